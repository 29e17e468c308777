/*
 * screen: see screen.h; and the calls of dobos/filter.h. A host without a filter pays the test of a
 * pointer. A filter has the host track flows, which is also what puts fragments together.
 */
#include "host/screen.h"

#include "host/translate.h"

/* ---- packets ---- */

/* Of a host that tracks flows, what it found; of others, what the packet says. */
static struct tuple tuple_of(const struct arrival *arrival) {
    struct tuple tuple;
    if (!arrival->is_translated) {
        (void)tuple_parse(arrival->packet, &arrival->ipv4, &tuple);
        return tuple;
    }
    tuple = arrival->translation.before;
    tuple.destination = arrival->translation.after.destination;
    tuple.destination_port = arrival->translation.after.destination_port;
    return tuple;
}

static bool is_established(const struct arrival *arrival) {
    return arrival->is_translated && (arrival->translation.track == TRACK_ESTABLISHED ||
                                      arrival->translation.track == TRACK_RELATED);
}

/* [rfc1812#131] */
static enum drop_reason ask(struct filter *filter, struct arrival *arrival, uint32_t out) {
    const struct tuple tuple = tuple_of(arrival);
    const struct filter_question question = {
        .source = dobos_address_ipv4_number(&tuple.source),
        .destination = dobos_address_ipv4_number(&tuple.destination),
        .in = arrival->interface->index,
        .out = out,
        .source_port = tuple.source_port,
        .destination_port = tuple.destination_port,
        .protocol = tuple.protocol,
        .has_ports = tuple.has_ports && tuple.protocol != PROTOCOL_ICMP,
        .is_established = is_established(arrival),
    };
    const uint32_t bytes = arrival->packet->length - arrival->packet->network_offset;
    switch (filter_decide(filter, &question, bytes, &arrival->filter_rule)) {
    case DOBOS_FILTER_ALLOW:
        return DROP_NONE;
    case DOBOS_FILTER_REJECT:
        return DROP_FILTER_REJECTED;
    case DOBOS_FILTER_DENY:
        break;
    }
    return DROP_FILTER;
}

#define PORT_DHCP_SERVER 67

enum drop_reason screen_delivered(struct dobos_host *host, struct arrival *arrival) {
    bool is_own = arrival->interface->index == LOOPBACK || arrival->packet->looped_at != 0;
    if (!host->filter || is_own)
        return DROP_NONE;
    /* An answer to a DHCP client of our own: nobody could allow it who does not know yet what
     * addresses there are. */
    if (arrival_dhcp_source(host, arrival) == PORT_DHCP_SERVER)
        return DROP_NONE;
    return ask(host->filter, arrival, LOOPBACK);
}

enum drop_reason screen_forwarded(struct dobos_host *host, struct arrival *arrival,
                                  const struct path *path) {
    return host->filter ? ask(host->filter, arrival, path->interface) : DROP_NONE;
}

/* ---- the public calls ---- */

static bool has_interfaces(const struct dobos_host *host, const struct dobos_filter_rule *rule) {
    return (rule->from.interface == 0 || host_interface(host, rule->from.interface)) &&
           (rule->to.interface == 0 || host_interface(host, rule->to.interface));
}

int dobos_filter_set(struct dobos_host *host, const struct dobos_filter_rule *rules, uint32_t count,
                     uint32_t *bad) {
    struct filter *filter = NULL;
    uint32_t ignored;
    int result = 0;
    if (count > 0)
        result = filter_create(host->allocator, rules, count, bad ? bad : &ignored, &filter);
    for (uint32_t i = 0; i < count && result == 0; i++) {
        if (has_interfaces(host, &rules[i]))
            continue;
        if (bad)
            *bad = i;
        result = -DOBOS_ENODEV;
    }
    if (result == 0 && filter && !tracking_begin(host, TRACKER_FILTER))
        result = -DOBOS_ENOMEM;
    if (result < 0) {
        filter_destroy(host->allocator, filter);
        return result;
    }
    if (!filter)
        tracking_end(host, TRACKER_FILTER);
    filter_destroy(host->allocator, host->filter);
    host->filter = filter;
    return 0;
}

int dobos_filter_read(const struct dobos_host *host, uint32_t nth, struct dobos_filter_info *info) {
    return filter_read(host->filter, nth, info);
}
