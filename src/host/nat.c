/*
 * nat: the public calls of dobos/nat.h. A new configuration is made whole beside the old one, and
 * takes its place when nothing can fail any more.
 */
#include <dobos/nat.h>

#include "host/nat_read.h"
#include "host/translate.h"

static int config_check(const struct dobos_host *host, const struct dobos_nat_config *config) {
    if (!host->forwarding || config->interface_count == 0 ||
        config->interface_count > NAT_INTERFACES || config->forward_count > NAT_FORWARDS ||
        (unsigned)config->filtering > DOBOS_NAT_ADDRESS_AND_PORT_DEPENDENT ||
        config->port_last < config->port_first)
        return -DOBOS_EINVAL;
    for (uint32_t i = 0; i < config->interface_count; i++) {
        if (config->interfaces[i] == LOOPBACK)
            return -DOBOS_EINVAL;
        if (!host_interface(host, config->interfaces[i]))
            return -DOBOS_ENODEV;
        for (uint32_t k = 0; k < i; k++) {
            if (config->interfaces[k] == config->interfaces[i])
                return -DOBOS_EINVAL;
        }
    }
    return 0;
}

static void nat_end(struct dobos_host *host) {
    if (!host->nat)
        return;
    timer_cancel(&host->wheel, &host->nat->timer);
    nat_destroy(host->nat);
    host->nat = NULL;
    for (uint32_t i = 0; i < host->interface_count; i++)
        host->interfaces[i]->is_outside = false;
}

static int nat_begin(struct dobos_host *host, const struct dobos_nat_config *config) {
    struct nat *nat;
    bool had_table = host->sessions != NULL;
    uint8_t users = had_table ? host->sessions->users : 0;
    int result = config_check(host, config);
    if (result < 0)
        return result;
    if (!tracking_begin(host, TRACKER_NAT))
        return -DOBOS_ENOMEM;
    result = nat_create(&nat, config, host->allocator, host->sessions, &host->session_key,
                        &host->nat_port_key);
    if (result < 0) {
        if (!(users & TRACKER_NAT))
            tracking_end(host, TRACKER_NAT);
        return result;
    }
    nat_end(host);
    host->nat = nat;
    for (uint32_t i = 0; i < config->interface_count; i++)
        host_interface(host, config->interfaces[i])->is_outside = true;
    translate_forwards_open(host);
    return 0;
}

int dobos_nat_set(struct dobos_host *host, const struct dobos_nat_config *config) {
    if (config) {
        /* A caller built against an older header gives a shorter struct. */
        struct dobos_nat_config known = {0};
        if (config->size == 0 || config->size > sizeof(known))
            return -DOBOS_EINVAL;
        memcpy(&known, config, config->size);
        return nat_begin(host, &known);
    }
    if (host->nat) {
        nat_end(host);
        tracking_end(host, TRACKER_NAT);
    }
    return 0;
}

bool dobos_nat_is_set(const struct dobos_host *host) {
    return host->nat != NULL;
}

enum dobos_nat_filtering dobos_nat_filtering_read(const struct dobos_host *host) {
    return host->nat ? host->nat->filtering : DOBOS_NAT_FILTERING_DEFAULT;
}

/* ---- reading ---- */

const char *dobos_session_state_name(enum dobos_session_state state) {
    static const char *const names[] = {"one-way", "both-ways", "opening", "established",
                                        "closing"};
    return (size_t)state < array_length(names) ? names[state] : names[0];
}

static struct dobos_endpoint endpoint(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

/* Adds what the sessions of a list have carried, and when the last of them ends. */
static void sum_sessions(const struct list *list, bool is_source,
                         struct dobos_nat_mapping *mapping) {
    list_each(list, node) {
        const struct session *session = is_source ? container_of(node, struct session, by_source)
                                                  : container_of(node, struct session, by_target);
        unsigned out = is_source ? SESSION_ORIGIN : SESSION_REPLY;
        mapping->packets_out += session->packets[out];
        mapping->bytes_out += session->bytes[out];
        mapping->packets_in += session->packets[1 - out];
        mapping->bytes_in += session->bytes[1 - out];
        mapping->expires = max_i64(mapping->expires, session_expires(session));
    }
}

void nat_mapping_show(const struct nat_mapping *mapping, struct dobos_nat_mapping *shown) {
    *shown = (struct dobos_nat_mapping){
        .protocol = mapping->protocol,
        .is_forward = mapping->kind == NAT_FORWARD,
        .inside = endpoint(mapping->inside, mapping->inside_port),
        .outside = endpoint(mapping->outside, mapping->outside_port),
        .sessions = mapping->sessions,
        .made = mapping->made,
        .maker = endpoint(mapping->maker, mapping->maker_port),
        .packets_out = mapping->packets[0],
        .packets_in = mapping->packets[1],
        .bytes_out = mapping->bytes[0],
        .bytes_in = mapping->bytes[1],
    };
    shown->outside.interface = mapping->interface;
    sum_sessions(&mapping->sources, true, shown);
    sum_sessions(&mapping->targets, false, shown);
    if (shown->is_forward)
        shown->expires = DOBOS_NEVER;
}

static enum dobos_session_state state_of(const struct session *session) {
    switch ((enum session_life)session->life) {
    case LIFE_TCP_OPENING:
        return DOBOS_SESSION_OPENING;
    case LIFE_TCP_CLOSING:
        return DOBOS_SESSION_CLOSING;
    case LIFE_TCP_OPEN:
        return DOBOS_SESSION_ESTABLISHED;
    case LIFE_ICMP:
    case LIFE_UDP:
    case LIFE_BARE:
        return DOBOS_SESSION_BOTH_WAYS;
    case LIFE_ICMP_ONE_WAY:
    case LIFE_UDP_ONE_WAY:
    case LIFE_BARE_ONE_WAY:
    case LIFE_COUNT:
        break;
    }
    return DOBOS_SESSION_ONE_WAY;
}

void session_show(const struct session *session, struct dobos_session *shown) {
    const struct session_key *origin = &session->sides[SESSION_ORIGIN].key;
    const struct session_key *reply = &session->sides[SESSION_REPLY].key;
    *shown = (struct dobos_session){
        .protocol = origin->protocol,
        .state = state_of(session),
        .source = endpoint(origin->source, origin->source_port),
        .destination = endpoint(origin->destination, origin->destination_port),
        .source_seen = endpoint(reply->destination, reply->destination_port),
        .destination_seen = endpoint(reply->source, reply->source_port),
        .expires = session_expires(session),
        .packets = {session->packets[0], session->packets[1]},
        .bytes = {session->bytes[0], session->bytes[1]},
    };
}

int dobos_nat_mapping_read(const struct dobos_host *host, uint32_t nth,
                           struct dobos_nat_mapping *mapping) {
    const struct nat_mapping *found = host->nat ? nat_mapping_nth(host->nat, nth) : NULL;
    if (!found)
        return -DOBOS_ENOENT;
    nat_mapping_show(found, mapping);
    return 0;
}

int dobos_session_read(const struct dobos_host *host, uint32_t nth, struct dobos_session *session) {
    const struct session *found = host->sessions ? session_nth(host->sessions, nth) : NULL;
    if (!found)
        return -DOBOS_ENOENT;
    session_show(found, session);
    return 0;
}
