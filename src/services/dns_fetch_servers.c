/* Whom a fetch asks: the servers of its cut, as far as their addresses are known; see
 * dns_resolver.h. */
#include "services/dns_resolver.h"

/* What a parent or a server says is an address of a server, and nobody's that others can reach: who
 * asks it asks himself, or everybody. */
static bool is_reachable(const struct dobos_address *address) {
    const uint8_t *b = address->bytes;
    uint32_t ipv4 = dobos_address_ipv4_number(address);
    if (dobos_address_is_ipv4(address))
        return ipv4 >> 24 != 0 && ipv4 >> 24 != 127 && ipv4 >> 28 < 14;
    /* Link-local, multicast, and of the first eight bits: ::, ::1 and what holds IPv4. */
    return b[0] != 0 && b[0] != 0xff && !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

static void address_add(struct dns_fetch *fetch, const struct dobos_address *address) {
    for (unsigned i = 0; i < fetch->address_count; i++) {
        if (memcmp(&fetch->addresses[i], address, sizeof(*address)) == 0)
            return;
    }
    if (fetch->address_count == DNS_FETCH_ADDRESSES)
        return;
    fetch->addresses[fetch->address_count] = *address;
    fetch->tries[fetch->address_count++] = 0;
}

/* The server of that number in the cut. */
static void server_read(const struct dns_fetch *fetch, unsigned number,
                        struct dns_cut_server *server) {
    size_t at = 0;
    for (unsigned i = 0; i <= number; i++)
        (void)dns_referral_next(&fetch->cut, &at, server);
}

/* ---- addresses ---- */

/* [rfc2181#23] */
static void cached_add(struct dns_resolver *resolver, struct dns_fetch *fetch,
                       const struct dns_name *name, uint16_t type, dobos_time now) {
    const struct dns_cached *cached = dns_cache_find(resolver->cache, name, type, now);
    struct dns_cache_record record;
    size_t at = 0;
    if (!cached || cached->kind != DNS_CACHE_RECORDS)
        return;
    for (unsigned i = 0; i < DNS_CUT_ADDRESSES && dns_cached_next(cached, &at, &record); i++) {
        struct dobos_address address = {0};
        if (record.data.length == 4)
            address = dobos_address_ipv4(load_be32(record.data.bytes));
        else if (record.data.length == 16)
            memcpy(address.bytes, record.data.bytes, sizeof(address.bytes));
        if (is_reachable(&address))
            address_add(fetch, &address);
    }
}

static void server_gather(struct dns_resolver *resolver, struct dns_fetch *fetch,
                          const struct dns_cut_server *server, dobos_time now) {
    cached_add(resolver, fetch, &server->name, DNS_A, now);
    cached_add(resolver, fetch, &server->name, DNS_AAAA, now);
}

void dns_fetch_gather(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    struct dns_cut_server server;
    if (fetch->awaited_server == 0)
        return;
    server_read(fetch, fetch->awaited_server - 1, &server);
    fetch->awaited_server = 0;
    server_gather(resolver, fetch, &server, now);
}

void dns_fetch_enter(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    struct dns_cut_server server;
    size_t at = 0;
    fetch->address_count = 0;
    fetch->aside = 0;
    fetch->names_asked = 0;
    fetch->looked_for_a = fetch->looked_for_aaaa = 0;
    for (unsigned number = 0; dns_referral_next(&fetch->cut, &at, &server); number++) {
        for (unsigned i = 0; i < server.address_count; i++) {
            if (server.name.length == 1 || is_reachable(&server.addresses[i]))
                address_add(fetch, &server.addresses[i]);
        }
        if (server.name.length == 1)
            fetch->looked_for_a |= (uint16_t)(1u << number);
        else if (server.address_count == 0)
            server_gather(resolver, fetch, &server, now);
    }
    fetch->minimise.shown = (uint8_t)dns_name_labels(&fetch->cut.zone);
    dns_fetch_show(resolver, fetch, now);
    dns_resolver_continue(resolver, fetch, DNS_FETCH_CHOOSES);
}

/* ---- what must be asked first ---- */

/* Whether it is worth asking for the addresses of a type of a server. [rfc2181#23] */
static bool is_unknown(struct dns_resolver *resolver, const struct dns_name *name, uint16_t type,
                       dobos_time now) {
    return !dns_cache_find(resolver->cache, name, type, now) &&
           !dns_cache_find(resolver->cache, name, DNS_CACHE_NAME, now) &&
           !dns_cache_find(resolver->cache, name, DNS_CNAME, now);
}

/* The next type of addresses of a server to be asked for; 0: none helps. What lies in the zone
 * itself cannot be asked for without an address. */
static uint16_t lookup_type(struct dns_resolver *resolver, struct dns_fetch *fetch, unsigned number,
                            const struct dns_cut_server *server, dobos_time now) {
    uint16_t bit = (uint16_t)(1u << number);
    if (server->address_count > 0 || server->name.length == 1 ||
        dns_name_is_within(&server->name, &fetch->cut.zone))
        return 0;
    if (!(fetch->looked_for_a & bit)) {
        fetch->looked_for_a |= bit;
        if (is_unknown(resolver, &server->name, DNS_A, now))
            return DNS_A;
    }
    if (!(fetch->looked_for_aaaa & bit)) {
        fetch->looked_for_aaaa |= bit;
        const struct dns_cached *a = dns_cache_find(resolver->cache, &server->name, DNS_A, now);
        if (a && a->kind == DNS_CACHE_NO_DATA && is_unknown(resolver, &server->name, DNS_AAAA, now))
            return DNS_AAAA;
    }
    return 0;
}

/* Few of them: however many names a referral has, they are not all asked for. (attack I13) */
bool dns_fetch_lookup(struct dns_resolver *resolver, struct dns_fetch *fetch,
                      struct dns_question *question, dobos_time now) {
    struct dns_cut_server server;
    size_t at = 0;
    for (unsigned number = 0; dns_referral_next(&fetch->cut, &at, &server); number++) {
        uint16_t type = lookup_type(resolver, fetch, number, &server, now);
        if (type == 0)
            continue;
        if (type == DNS_A && fetch->names_asked++ >= DNS_FETCH_NAMES)
            return false;
        *question = (struct dns_question){.name = server.name, .type = type, .class_ = DNS_IN};
        fetch->awaited_server = number + 1;
        return true;
    }
    return false;
}

/* ---- who is asked next ---- */

/* Whether an address may be asked now. One that is down is left alone until it may be probed, but
 * for what asked it before it was found to be so; forwarders are asked whatever they did. */
static bool is_eligible(struct dns_resolver *resolver, const struct dns_fetch *fetch, unsigned i,
                        unsigned most, dobos_time now) {
    if (fetch->aside >> i & 1 || fetch->tries[i] >= most)
        return false;
    return fetch->tries[i] > 0 || resolver->forward_count > 0 ||
           dns_server_state(dns_servers_find(&resolver->servers, &fetch->addresses[i]), now) !=
               DNS_SERVER_DOWN;
}

/* Those with the fewest tries count; of them the one that is best by what is known. [rfc1034#35]
 * [rfc1035#25] [rfc1035#40] */
bool dns_fetch_candidate(struct dns_resolver *resolver, struct dns_fetch *fetch, bool fresh,
                         dobos_time now) {
    unsigned least = fresh ? 1 : DNS_FETCH_ROUNDS;
    struct dns_candidates candidates = {.zone = &fetch->cut.zone,
                                        .addresses = fetch->addresses,
                                        .count = fetch->address_count,
                                        .even_down = true};
    for (unsigned i = 0; i < fetch->address_count; i++) {
        if (is_eligible(resolver, fetch, i, least, now))
            least = fetch->tries[i];
    }
    for (unsigned i = 0; i < fetch->address_count; i++) {
        if (!is_eligible(resolver, fetch, i, least + 1, now))
            candidates.passed_over |= UINT64_C(1) << i;
    }
    if (least == (fresh ? 1 : DNS_FETCH_ROUNDS))
        return false;
    int chosen =
        dns_servers_choose(&resolver->servers, &candidates, dns_resolver_draw(resolver), now);
    fetch->current = (unsigned)max_i64(chosen, 0);
    return chosen >= 0;
}
