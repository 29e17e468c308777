/* filter: see filter.h. */
#include "network/filter.h"

#include "base/prefix.h"
#include "wire/ipv4.h"

#define ANY_PORT UINT16_MAX /* as the last: with 0 as the first */

static size_t filter_bytes(uint32_t count) {
    return sizeof(struct filter) + ((size_t)count + 1) * sizeof(struct filter_entry);
}

/* ---- rules ---- */

static bool side_is_good(const struct dobos_filter_side *side) {
    struct dobos_address network = prefix_network(&side->prefix);
    if (side->port_first > side->port_last || (side->port_first == 0 && side->port_last != 0))
        return false;
    return side->prefix.length == 0 ||
           (side->prefix.length <= 32 && dobos_address_is_ipv4(&side->prefix.address) &&
            dobos_address_is_equal(&network, &side->prefix.address));
}

static bool side_has_ports(const struct dobos_filter_side *side) {
    return side->port_first != 0;
}

static bool rule_is_good(const struct dobos_filter_rule *rule) {
    bool has_ports = side_has_ports(&rule->from) || side_has_ports(&rule->to);
    bool is_message = rule->protocol == PROTOCOL_ICMP || rule->protocol == PROTOCOL_IGMP;
    bool is_protocol = rule->protocol == 0 || is_message || rule->protocol == PROTOCOL_TCP ||
                       rule->protocol == PROTOCOL_UDP;
    return rule->action <= DOBOS_FILTER_REJECT && is_protocol && !(has_ports && is_message) &&
           side_is_good(&rule->from) && side_is_good(&rule->to);
}

static uint32_t prefix_number(const struct dobos_prefix *prefix) {
    return prefix->length == 0 ? 0 : dobos_address_ipv4_number(&prefix->address);
}

static struct filter_entry entry_of(const struct dobos_filter_rule *rule) {
    const struct dobos_filter_side *from = &rule->from, *to = &rule->to;
    return (struct filter_entry){
        .source = prefix_number(&from->prefix),
        .source_mask = ipv4_mask(from->prefix.length),
        .destination = prefix_number(&to->prefix),
        .destination_mask = ipv4_mask(to->prefix.length),
        .in = from->interface,
        .out = to->interface,
        .source_port_first = from->port_first,
        .source_port_last = side_has_ports(from) ? from->port_last : ANY_PORT,
        .destination_port_first = to->port_first,
        .destination_port_last = side_has_ports(to) ? to->port_last : ANY_PORT,
        .protocol = rule->protocol,
        .action = (uint8_t)rule->action,
        .established = rule->established,
        .has_ports = side_has_ports(from) || side_has_ports(to),
    };
}

int filter_create(struct allocator *allocator, const struct dobos_filter_rule *rules,
                  uint32_t count, uint32_t *bad, struct filter **filter) {
    *bad = DOBOS_FILTER_RULES;
    if (count > DOBOS_FILTER_RULES)
        return -DOBOS_EINVAL;
    for (uint32_t i = 0; i < count; i++) {
        *bad = i;
        if (!rule_is_good(&rules[i]))
            return -DOBOS_EINVAL;
    }
    struct filter *made = allocator_allocate(allocator, filter_bytes(count), "filter");
    if (!made)
        return -DOBOS_ENOMEM;
    made->count = count;
    for (uint32_t i = 0; i < count; i++)
        made->entries[i] = entry_of(&rules[i]);
    made->entries[count] = entry_of(&(struct dobos_filter_rule){.action = DOBOS_FILTER_ALLOW});
    *filter = made;
    return 0;
}

void filter_destroy(struct allocator *allocator, struct filter *filter) {
    if (filter)
        allocator_release(allocator, filter, filter_bytes(filter->count));
}

/* ---- packets ---- */

/* What has no ports, because it is of another protocol, is none of a rule about ports. A TCP or UDP
 * packet too short for its ports is denied by a rule that might mean it, and allowed by none. */
static bool ports_match(const struct filter_entry *entry, const struct filter_question *question) {
    if (!question->has_ports)
        return entry->action != DOBOS_FILTER_ALLOW &&
               (question->protocol == PROTOCOL_TCP || question->protocol == PROTOCOL_UDP);
    return question->source_port >= entry->source_port_first &&
           question->source_port <= entry->source_port_last &&
           question->destination_port >= entry->destination_port_first &&
           question->destination_port <= entry->destination_port_last;
}

/* [rfc1812#129] [rfc1812#130] */
static bool entry_matches(const struct filter_entry *entry,
                          const struct filter_question *question) {
    return (question->source & entry->source_mask) == entry->source &&
           (question->destination & entry->destination_mask) == entry->destination &&
           (entry->protocol == 0 || entry->protocol == question->protocol) &&
           (entry->in == 0 || entry->in == question->in) &&
           (entry->out == 0 || entry->out == question->out) &&
           (!entry->established || question->is_established) &&
           (!entry->has_ports || ports_match(entry, question));
}

/* [rfc1812#133] */
enum dobos_filter_action filter_decide(struct filter *filter,
                                       const struct filter_question *question, uint32_t bytes,
                                       uint32_t *rule) {
    uint32_t i = 0;
    while (i < filter->count && !entry_matches(&filter->entries[i], question))
        i++;
    filter->entries[i].packets++;
    filter->entries[i].bytes += bytes;
    *rule = i < filter->count ? i + 1 : 0;
    return (enum dobos_filter_action)filter->entries[i].action;
}

/* ---- looking at it ---- */

/* A mask is ones, then zeros. */
static uint8_t mask_length(uint32_t mask) {
    uint8_t length = 0;
    for (; mask & 0x80000000; mask <<= 1)
        length++;
    return length;
}

static struct dobos_filter_side side_of(uint32_t number, uint32_t mask, uint32_t interface,
                                        uint16_t first, uint16_t last) {
    bool is_any = first == 0;
    return (struct dobos_filter_side){
        .prefix = {dobos_address_ipv4(number), mask_length(mask)},
        .interface = interface,
        .port_first = first,
        .port_last = is_any ? 0 : last,
    };
}

int filter_read(const struct filter *filter, uint32_t nth, struct dobos_filter_info *info) {
    if (!filter || nth > filter->count)
        return -DOBOS_ENOENT;
    const struct filter_entry *entry = &filter->entries[nth];
    *info = (struct dobos_filter_info){
        .rule = {.action = (enum dobos_filter_action)entry->action,
                 .established = entry->established,
                 .protocol = entry->protocol},
        .is_implicit = nth == filter->count,
        .packets = entry->packets,
        .bytes = entry->bytes,
    };
    info->rule.from = side_of(entry->source, entry->source_mask, entry->in,
                              entry->source_port_first, entry->source_port_last);
    info->rule.to = side_of(entry->destination, entry->destination_mask, entry->out,
                            entry->destination_port_first, entry->destination_port_last);
    return 0;
}
