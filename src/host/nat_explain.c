/*
 * nat_explain: what NAT would do with a packet, and why, without doing it: the questions that
 * translate.c asks, in its order.
 */
#include <dobos/nat.h>
#include <dobos/rules.h>

#include "host/addresses.h"
#include "host/ingress.h"
#include "host/nat_read.h"
#include "host/paths.h"
#include "host/translate_source.h"

static void answer(struct dobos_nat_explanation *e, enum dobos_nat_answer said, const char *why) {
    e->answer = said;
    e->why = why;
}

static void drop(struct dobos_nat_explanation *e, enum drop_reason reason) {
    answer(e, DOBOS_NAT_DROPPED, drop_reason_text(reason));
    e->drop = drop_reason_name(reason);
}

static void show_mapping(struct dobos_nat_explanation *e, const struct nat_mapping *mapping) {
    e->has_mapping = true;
    nat_mapping_show(mapping, &e->mapping);
}

static void endpoint_set(struct dobos_endpoint *endpoint, uint32_t address, uint16_t port) {
    endpoint->address = dobos_address_ipv4(address);
    endpoint->port = port;
}

static void explain_session(const struct session *session, enum session_direction direction,
                            struct dobos_nat_explanation *e) {
    const struct session_key *other = &session->sides[1 - direction].key;
    e->has_session = true;
    session_show(session, &e->session);
    endpoint_set(&e->source, other->destination, other->destination_port);
    endpoint_set(&e->destination, other->source, other->source_port);
    if (session->source || session->target) {
        show_mapping(e, session->source ? session->source : session->target);
        answer(e, DOBOS_NAT_TRANSLATED, "it belongs to a session");
    } else {
        answer(e, DOBOS_NAT_UNTOUCHED, "it belongs to a session that is not translated");
    }
}

/* To an outside address. True: it goes on to a host inside. */
static bool explain_target(const struct dobos_host *host, const struct session_key *key,
                           const struct interface *from, struct dobos_nat_explanation *e) {
    const struct nat_mapping *mapping =
        nat_find_outside(host->nat, key->protocol, key->destination, key->destination_port);
    if (from && own_port_waits(host, key, from)) {
        answer(e, DOBOS_NAT_UNTOUCHED, "the router itself waits at that port");
        return false;
    }
    if (!mapping || mapping->kind == NAT_OWN || key->protocol == PROTOCOL_ICMP) {
        answer(e, DOBOS_NAT_UNTOUCHED, "no mapping has that port: it is for the router itself");
        if (from && from->is_outside && key->protocol == PROTOCOL_TCP)
            drop(e, DROP_NAT_SYN);
        return false;
    }
    show_mapping(e, mapping);
    if (from && from->is_outside && !nat_admits(host->nat, mapping, key->source, host->now)) {
        drop(e, DROP_NAT_FILTERED);
        return false;
    }
    endpoint_set(&e->destination, mapping->inside, mapping->inside_port);
    answer(e, DOBOS_NAT_TRANSLATED,
           mapping->kind == NAT_FORWARD ? "a forward leads there" : "a mapping has that port");
    return true;
}

/* From inside, to leave by an outside interface. */
static void explain_source(const struct dobos_host *host, const struct session_key *key,
                           const struct interface *outside, struct dobos_nat_explanation *e) {
    const struct nat_mapping *mapping =
        nat_find_inside(host->nat, key->protocol, key->source, key->source_port, outside->index);
    const struct session_share *share = session_share_find(host->sessions, key->source);
    if (key->protocol != PROTOCOL_TCP && key->protocol != PROTOCOL_UDP &&
        key->protocol != PROTOCOL_ICMP) {
        drop(e, DROP_NAT_PROTOCOL);
    } else if (mapping) {
        show_mapping(e, mapping);
        endpoint_set(&e->source, mapping->outside, mapping->outside_port);
        answer(e, DOBOS_NAT_TRANSLATED, "its port has a mapping, which is for every destination");
    } else if (!interface_addresses_ready(&outside->addresses)) {
        drop(e, DROP_NAT_NO_ADDRESS);
    } else if (share && share->mappings >= host->nat->quota && list_is_empty(&share->unanswered)) {
        drop(e, DROP_NAT_QUOTA);
    } else {
        answer(e, DOBOS_NAT_NEW, "its port gets a mapping, with an outside port drawn at random");
    }
}

/* A packet of no session. */
static int explain_new(const struct dobos_host *host, const struct session_key *key,
                       const struct dobos_nat_question *question, struct dobos_nat_explanation *e) {
    const struct interface *from = host_interface(host, question->interface);
    const struct interface *owner = host_address_owner(host, &question->destination.address);
    struct path path;
    bool from_outside = from && from->is_outside;
    if (from_outside && ingress_is_nat_inside(host, &question->source.address)) {
        drop(e, DROP_IP_SOURCE);
        return 0;
    }
    bool has_target = owner && owner->is_outside && explain_target(host, key, from, e);
    if (owner && !has_target) {
        if (!owner->is_outside)
            answer(e, DOBOS_NAT_UNTOUCHED, "it is for the router itself");
        return 0;
    }
    const struct path_question way = {.destination = e->destination.address,
                                      .arrived = question->interface};
    if (path_find(host, &way, &path) < 0)
        return -DOBOS_ENETUNREACH;
    const struct interface *out = has_target ? owner : host_interface(host, path.interface);
    if (from_outside && !has_target)
        drop(e, DROP_NAT_NO_MAPPING);
    else if (!from_outside && from && out->is_outside)
        explain_source(host, key, out, e);
    else if (!has_target)
        answer(e, DOBOS_NAT_UNTOUCHED,
               from ? "it does not leave by an outside interface" : "it is the router's own");
    return 0;
}

/* Whether its addresses end it where it comes in, before NAT sees it. */
static bool explain_refused(const struct dobos_host *host,
                            const struct dobos_nat_question *question,
                            struct dobos_nat_explanation *explanation) {
    const struct dobos_route_question arrival = {.size = sizeof arrival,
                                                 .source = question->source.address,
                                                 .destination = question->destination.address,
                                                 .arrived = question->interface};
    explanation->drop = dobos_route_refusal(host, &arrival, &explanation->why);
    if (explanation->drop)
        explanation->answer = DOBOS_NAT_DROPPED;
    return explanation->drop != NULL;
}

int dobos_nat_explain(const struct dobos_host *host, const struct dobos_nat_question *question,
                      struct dobos_nat_explanation *explanation) {
    enum session_direction direction;
    if (!host->nat)
        return -DOBOS_ENOENT;
    *explanation = (struct dobos_nat_explanation){.source = question->source,
                                                  .destination = question->destination};
    if (explain_refused(host, question, explanation))
        return 0;
    const struct session_key key = {
        .source = dobos_address_ipv4_number(&question->source.address),
        .destination = dobos_address_ipv4_number(&question->destination.address),
        .source_port = question->source.port,
        .destination_port = question->protocol == PROTOCOL_ICMP ? question->source.port
                                                                : question->destination.port,
        .protocol = question->protocol};
    const struct session *session = session_find(host->sessions, &key, &direction);
    if (!session)
        return explain_new(host, &key, question, explanation);
    explain_session(session, direction, explanation);
    return 0;
}
