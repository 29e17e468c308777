/*
 * fates: see fates.h. What a fate says is put together only here, so that the packet's way carries
 * nothing for it but the packet's number.
 */
#include "host/fates.h"

#include <dobos/rules.h>

#include "network/ipv4_layer.h"
#include "transport/transport.h"
#include "wire/ethernet.h"

void dobos_host_explain(struct dobos_host *host, struct dobos_fate_log *log) {
    host->fates = log;
}

/* The next entry of the log, begun; NULL: the packet has no number, or there is no room. */
static struct dobos_fate *fate_begin(struct dobos_host *host, uint64_t number,
                                     enum dobos_fate_kind kind) {
    struct dobos_fate_log *log = host->fates;
    if (number == 0)
        return NULL;
    if (log->count >= log->room) {
        log->missed++;
        return NULL;
    }
    struct dobos_fate *fate = &log->fates[log->count++];
    *fate = (struct dobos_fate){.number = number, .host = host, .kind = kind};
    return fate;
}

static void set_reason(struct dobos_fate *fate, enum drop_reason reason) {
    fate->reason = drop_reason_name(reason);
    fate->text = drop_reason_text(reason);
}

static struct dobos_fate_ends ends_of(const struct tuple *tuple) {
    return (struct dobos_fate_ends){.source = tuple->source,
                                    .destination = tuple->destination,
                                    .source_port = tuple->has_ports ? tuple->source_port : 0,
                                    .destination_port =
                                        tuple->has_ports ? tuple->destination_port : 0};
}

/* What was found out about it on the way here. */
static void set_findings(struct dobos_fate *fate, const struct arrival *arrival) {
    fate->arrived = arrival->interface->index;
    fate->filter_rule = arrival->filter_rule;
    if (!arrival->is_translated || !arrival->translation.has_changed)
        return;
    fate->is_translated = true;
    fate->protocol = arrival->translation.before.protocol;
    fate->before = ends_of(&arrival->translation.before);
    fate->after = ends_of(&arrival->translation.after);
}

void fate_arrival(struct dobos_host *host, const struct arrival *arrival,
                  enum dobos_fate_kind kind) {
    struct dobos_fate *fate = fate_begin(host, arrival->packet->number, kind);
    if (fate)
        set_findings(fate, arrival);
}

/* The route for the packet as it will be; the error of one that drops packets. */
static int ask_route(const struct dobos_host *host, const struct arrival *arrival,
                     struct dobos_route_choice *choice) {
    const struct dobos_route_question question = {.size = sizeof(question),
                                                  .destination = *arrival_goal(arrival),
                                                  .source = arrival->ipv4.source,
                                                  .arrived = arrival->interface->index};
    return dobos_route_ask(host, &question, choice);
}

/* Whether it was a route that said so. */
static bool is_by_route(enum drop_reason reason) {
    return reason == DROP_ROUTE_BLACKHOLE || reason == DROP_ROUTE_UNREACHABLE ||
           reason == DROP_ROUTE_PROHIBIT;
}

void fate_arrival_dropped(struct dobos_host *host, const struct arrival *arrival,
                          enum drop_reason reason, bool told) {
    struct dobos_fate *fate = fate_begin(host, arrival->packet->number, DOBOS_FATE_DROPPED);
    if (!fate)
        return;
    set_findings(fate, arrival);
    set_reason(fate, reason);
    fate->is_translated = false; /* it was dropped as it came */
    fate->has_route = is_by_route(reason) && ask_route(host, arrival, &fate->route) < 0;
    fate->has_error = told && icmp_error_of(reason, &fate->error_type, &fate->error_code);
}

void fate_fragment(struct dobos_host *host, const struct arrival *arrival, uint64_t number,
                   enum drop_reason reason) {
    if (reason == DROP_NONE && arrival->packet && arrival->packet->number == number)
        return; /* what becomes of the whole is to be told of it */
    const bool is_dropped = reason != DROP_NONE;
    struct dobos_fate *fate =
        fate_begin(host, number, is_dropped ? DOBOS_FATE_DROPPED : DOBOS_FATE_HELD);
    if (!fate)
        return;
    set_findings(fate, arrival);
    if (is_dropped)
        set_reason(fate, reason);
}

void fate_taken(struct dobos_host *host, const struct arrival *arrival, uint64_t number,
                struct transport_result *result) {
    const bool is_good = result->reason == DROP_NONE;
    if (result->reply)
        result->reply->cause = number;
    struct dobos_fate *fate =
        fate_begin(host, number, is_good ? DOBOS_FATE_DELIVERED : DOBOS_FATE_DROPPED);
    if (!fate)
        return;
    set_findings(fate, arrival);
    if (!is_good)
        set_reason(fate, result->reason);
}

void fate_forwarded(struct dobos_host *host, const struct arrival *arrival,
                    const struct path *path) {
    struct dobos_fate *fate = fate_begin(host, arrival->packet->number, DOBOS_FATE_FORWARDED);
    if (!fate)
        return;
    set_findings(fate, arrival);
    fate->has_route = ask_route(host, arrival, &fate->route) == 0;
    /* Of routes that share the flows the path says which one this flow takes. */
    struct dobos_route_choice *choice = &fate->route;
    choice->interface = choice->route.interface = path->interface;
    choice->next_hop = path->next_hop;
    if (!dobos_address_is_unspecified(&choice->route.gateway))
        choice->route.gateway = path->next_hop;
}

void fate_dropped(struct dobos_host *host, uint64_t number, enum drop_reason reason, bool told) {
    struct dobos_fate *fate = fate_begin(host, number, DOBOS_FATE_DROPPED);
    if (!fate)
        return;
    set_reason(fate, reason);
    fate->has_error = told && icmp_error_of(reason, &fate->error_type, &fate->error_code);
}

void fate_arp_answers(struct packet_queue *frames, uint64_t number) {
    list_each(&frames->list, node) {
        struct dobos_packet *frame = container_of(node, struct dobos_packet, node);
        const uint8_t *bytes = packet_pull(frame, ETHERNET_HEADER_BYTES);
        if (frame->number == 0 && bytes && load_be16(bytes + 12) == ETHER_TYPE_ARP)
            frame->cause = number;
    }
}
