/*
 * explain: see explain.h. Stories stand in a ring by their packet's number: of the packets under
 * way at one moment the last STORIES have one, which is more than the cables of most networks hold;
 * a frame without one has its number as its only comment.
 */
#include "lab/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "lab/lab_inner.h"
#include "tools/filter_words.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

#define STORIES 8192 /* a power of two */
#define FATES   512  /* between two looks: a burst's, and what one turn drops */

struct story {
    uint64_t number;                 /* of the packet; 0: none */
    uint64_t cause;                  /* the packet that it answers or reports; 0: none */
    const struct lab_node *origin;   /* who sent it first */
    const struct lab_node *hop;      /* who forwarded it last; NULL: nobody yet */
    const struct lab_node *reporter; /* who has sent an ICMP error about it; NULL: nobody */
    struct dobos_fate forwarded;     /* why it went where it went at `hop` */
    const char *reason, *text;       /* what `reporter` said of it */
};

struct explainer {
    uint64_t numbers;               /* given so far */
    struct dobos_fate_log log;      /* of all hosts */
    struct dobos_fate fates[FATES]; /* in it */
    struct story stories[STORIES];  /* by the packet's number */
};

/* ---- beginning and ending ---- */

static void tell_hosts(struct lab *lab, struct dobos_fate_log *log) {
    for (unsigned i = 0; lab->nodes && i < lab->network.node_count; i++)
        if (lab->nodes[i].host)
            dobos_host_explain(lab->nodes[i].host, log);
}

bool explain_begin(struct lab *lab) {
    if (lab->explainer)
        return true;
    lab->explainer = calloc(1, sizeof *lab->explainer);
    if (!lab->explainer)
        return false;
    lab->explainer->log = (struct dobos_fate_log){.fates = lab->explainer->fates, .room = FATES};
    tell_hosts(lab, &lab->explainer->log);
    return true;
}

void explain_end(struct lab *lab) {
    tell_hosts(lab, NULL);
    free(lab->explainer);
    lab->explainer = NULL;
}

void explain_host(struct lab *lab, struct dobos_host *host) {
    if (lab->explainer)
        dobos_host_explain(host, &lab->explainer->log);
}

/* ---- stories ---- */

static struct story *story_at(const struct lab *lab, uint64_t number) {
    return &lab->explainer->stories[number % STORIES];
}

/* NULL: it is not known any more. */
static struct story *story_find(const struct lab *lab, uint64_t number) {
    struct story *story = story_at(lab, number);
    return number != 0 && story->number == number ? story : NULL;
}

void explain_departure(struct lab_node *node, struct dobos_packet *packet) {
    struct explainer *explainer = node->lab->explainer;
    if (!explainer || dobos_packet_number(packet) != 0)
        return;
    dobos_packet_number_set(packet, ++explainer->numbers);
    *story_at(node->lab, explainer->numbers) = (struct story){
        .number = explainer->numbers, .cause = dobos_packet_cause(packet), .origin = node};
}

static void story_note(struct lab_node *node, const struct dobos_fate *fate) {
    struct story *story = story_find(node->lab, fate->number);
    if (!story)
        return;
    if (fate->kind == DOBOS_FATE_FORWARDED) {
        story->hop = node;
        story->forwarded = *fate;
    }
    if (fate->kind == DOBOS_FATE_DROPPED && fate->has_error) {
        story->reporter = node;
        story->reason = fate->reason;
        story->text = fate->text;
    }
}

/* What says nothing about a packet: it was meant for somebody else. */
static bool is_nothing(const struct dobos_fate *fate) {
    return fate->kind == DOBOS_FATE_DROPPED && (strcmp(fate->reason, "DropFrameNotForUs") == 0 ||
                                                strcmp(fate->reason, "DropArpIgnored") == 0);
}

void explain_collect(struct lab_node *node, struct capture *capture) {
    struct explainer *explainer = node->lab->explainer;
    if (!explainer)
        return;
    for (uint32_t i = 0; i < explainer->log.count; i++) {
        const struct dobos_fate *fate = &explainer->fates[i];
        if (fate->host != node->host)
            continue;
        story_note(node, fate);
        if (capture && !is_nothing(fate))
            capture_fate(capture, node, fate);
    }
    explainer->log.count = 0;
}

/* ---- in words ---- */

static const char *name_of(const struct lab_node *node) {
    return node->port ? node->port->name : node->file->name;
}

static void put_address(struct sink *out, const struct dobos_address *address) {
    char text[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(address, text);
    sink_put(out, text);
}

static void put_end(struct sink *out, const struct dobos_address *address, uint16_t port) {
    put_address(out, address);
    if (port != 0)
        sink_format(out, ":%u", port);
}

/* "; NAT source 192.168.0.100:40000 -> 203.0.113.12:51234", where one of both changes. */
static void put_rewritten(struct sink *out, const char *what, const struct dobos_address *before,
                          uint16_t port_before, const struct dobos_address *after,
                          uint16_t port_after) {
    if (dobos_address_is_equal(before, after) && port_before == port_after)
        return;
    sink_format(out, "; NAT %s ", what);
    put_end(out, before, port_before);
    sink_put(out, " -> ");
    put_end(out, after, port_after);
}

/* The identifier of an ICMP query is a port of neither end. */
static void put_translation(struct sink *out, const struct dobos_fate *fate) {
    const struct dobos_fate_ends *before = &fate->before, *after = &fate->after;
    const bool has_ports = fate->protocol != DOBOS_ICMP;
    put_rewritten(out, "source", &before->source, has_ports ? before->source_port : 0,
                  &after->source, has_ports ? after->source_port : 0);
    put_rewritten(out, "destination", &before->destination,
                  has_ports ? before->destination_port : 0, &after->destination,
                  has_ports ? after->destination_port : 0);
    if (!has_ports && before->source_port != after->source_port)
        sink_format(out, "; NAT id 0x%04x -> 0x%04x", before->source_port, after->source_port);
}

static const char *interface_of(const struct lab_node *node, uint32_t index) {
    const bool is_files = index >= 2 && index - 2 < node->file->interface_count;
    return is_files ? node->file->interfaces[index - 2].name : index == 1 ? "lo" : "";
}

/* ": route default via 203.0.113.1 dev wan0" */
static void put_route(struct sink *out, const struct lab_node *node,
                      const struct dobos_fate *fate) {
    const struct dobos_route_choice *choice = &fate->route;
    char prefix[DOBOS_PREFIX_TEXT];
    if (!fate->has_route)
        return;
    (void)dobos_prefix_format(&choice->route.destination, prefix);
    sink_format(out, ": route %s", choice->route.destination.length == 0 ? "default" : prefix);
    if (!dobos_address_is_unspecified(&choice->route.gateway)) {
        sink_put(out, " via ");
        put_address(out, &choice->route.gateway);
    }
    if (choice->interface != 0)
        sink_format(out, " dev %s", interface_of(node, choice->interface));
    if (choice->equals > 1)
        sink_format(out, ", one of %" PRIu32 " equal ones", choice->equals);
    if (choice->has_rule)
        sink_format(out, ", of table %" PRIu32 " by the rule of priority %" PRIu32, choice->table,
                    choice->priority);
}

/* "; filter rule 2: allow established" */
static void put_rule(struct sink *out, const struct lab_node *node, uint32_t number) {
    sink_format(out, "; filter rule %" PRIu32, number);
    if (number > node->file->filter_count)
        return; /* the implicit one */
    struct filter_sentence sentence = {.rule = node->file->filter[number - 1]};
    text_copy(sentence.from, sizeof sentence.from,
              interface_of(node, sentence.rule.from.interface));
    text_copy(sentence.to, sizeof sentence.to, interface_of(node, sentence.rule.to.interface));
    sink_put(out, ": ");
    filter_sentence_format(&sentence, out);
}

static void put_findings(struct sink *out, const struct lab_node *node,
                         const struct dobos_fate *fate) {
    if (fate->filter_rule != 0)
        put_rule(out, node, fate->filter_rule);
    if (fate->is_translated)
        put_translation(out, fate);
}

static void put_forwarded(struct sink *out, const struct lab_node *node,
                          const struct dobos_fate *fate) {
    sink_format(out, "forwarded by %s", name_of(node));
    put_route(out, node, fate);
    put_findings(out, node, fate);
}

void explain_fate(const struct lab_node *node, const struct dobos_fate *fate, struct sink *out) {
    switch (fate->kind) {
    case DOBOS_FATE_FORWARDED:
        sink_put(out, "then ");
        put_forwarded(out, node, fate);
        return;
    case DOBOS_FATE_DELIVERED:
        sink_format(out, "then delivered to %s", name_of(node));
        put_findings(out, node, fate);
        return;
    case DOBOS_FATE_HELD:
        sink_format(out, "then held by %s: a fragment that waits for the others", name_of(node));
        return;
    case DOBOS_FATE_DROPPED:
        break;
    }
    sink_format(out, "then dropped by %s: %s: %s", name_of(node), fate->reason, fate->text);
    put_route(out, node, fate);
    put_findings(out, node, fate);
    if (fate->has_error)
        sink_format(out, "; its sender is told by ICMP type %u code %u", fate->error_type,
                    fate->error_code);
}

/* Whether a frame is an ICMP error: then it is no answer to what has caused it. */
static bool is_error(const struct dobos_packet *packet) {
    uint8_t head[ETHERNET_HEADER_BYTES + IPV4_HEADER_MAX_BYTES + 1];
    const size_t length = dobos_packet_read(packet, 0, head, sizeof head);
    const size_t at = ETHERNET_HEADER_BYTES;
    if (length < at + IPV4_HEADER_BYTES || load_be16(head + 12) != ETHER_TYPE_IPV4 ||
        head[at + 9] != PROTOCOL_ICMP)
        return false;
    const size_t type = at + (size_t)(head[at] & 15) * 4;
    return type < length && icmp_type_is_error(head[type]);
}

/* "answers packet 16", or "error about packet 16: DropTtlExpired: …" */
static void put_cause(struct sink *out, const struct story *story,
                      const struct dobos_packet *packet) {
    const struct story *other = story_find(story->origin->lab, story->cause);
    sink_format(out, "%s packet %" PRIu64, is_error(packet) ? "error about" : "answers",
                story->cause);
    if (is_error(packet) && other && other->reporter == story->origin)
        sink_format(out, ": %s: %s", other->reason, other->text);
    sink_append(out, "", 1);
}

void explain_way(const struct lab_node *node, const struct dobos_packet *packet, struct sink *out) {
    const uint64_t number = dobos_packet_number(packet);
    const struct story *story = story_find(node->lab, number);
    sink_format(out, "packet %" PRIu64, number);
    if (story)
        sink_format(out, " from %s", name_of(story->origin));
    sink_append(out, "", 1);
    if (!story)
        return;
    if (story->cause != 0)
        put_cause(out, story, packet);
    if (story->hop == node) {
        put_forwarded(out, node, &story->forwarded);
        sink_append(out, "", 1);
    }
}
