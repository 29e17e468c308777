/* dns_servers: what is known of servers, and what changes it; see dns_servers.h. */
#include "services/dns_servers.h"

void dns_servers_init(struct dns_servers *servers, struct allocator *allocator,
                      const struct hash_key *key) {
    *servers = (struct dns_servers){.allocator = allocator, .key = *key, .most = DNS_SERVERS_MOST};
    hash_table_init(&servers->table, allocator);
    hash_table_init(&servers->lame, allocator);
    list_init(&servers->silent);
    list_init(&servers->heard);
    list_init(&servers->lame_by_age);
}

static void known_free(struct dns_servers *servers, struct dns_server_known *known) {
    hash_table_remove(&servers->table, &known->node);
    list_remove(&known->age);
    allocator_release(servers->allocator, known, sizeof(*known));
}

static void lame_free(struct dns_servers *servers, struct dns_server_lame *lame) {
    hash_table_remove(&servers->lame, &lame->node);
    list_remove(&lame->age);
    allocator_release(servers->allocator, lame, sizeof(*lame));
}

static struct dns_server_known *first_of(const struct list *list) {
    struct list_node *node = list_first(list);
    return node ? container_of(node, struct dns_server_known, age) : NULL;
}

static struct dns_server_lame *lame_first(const struct dns_servers *servers) {
    struct list_node *node = list_first(&servers->lame_by_age);
    return node ? container_of(node, struct dns_server_lame, age) : NULL;
}

void dns_servers_fini(struct dns_servers *servers) {
    struct dns_server_known *known;
    struct dns_server_lame *lame;
    while ((known = first_of(&servers->silent)) || (known = first_of(&servers->heard)))
        known_free(servers, known);
    while ((lame = lame_first(servers)))
        lame_free(servers, lame);
    hash_table_fini(&servers->table);
    hash_table_fini(&servers->lame);
}

/* ---- finding ---- */

static uint64_t address_hash(const struct dns_servers *servers,
                             const struct dobos_address *address) {
    return keyed_hash(&servers->key, address->bytes, sizeof(address->bytes));
}

static struct dns_server_known *known_find(const struct dns_servers *servers,
                                           const struct dobos_address *address) {
    uint64_t hash = address_hash(servers, address);
    for (struct hash_node *node = hash_table_find(&servers->table, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dns_server_known *known = container_of(node, struct dns_server_known, node);
        if (dobos_address_is_equal(&known->address, address))
            return known;
    }
    return NULL;
}

const struct dns_server_known *dns_servers_find(const struct dns_servers *servers,
                                                const struct dobos_address *address) {
    return known_find(servers, address);
}

const struct dns_server_known *dns_servers_walk(const struct dns_servers *servers,
                                                const struct dns_server_known *known) {
    struct list_node *next = NULL;
    if (!known)
        next = list_first(&servers->silent);
    else
        next = list_next(known->has_answered ? &servers->heard : &servers->silent, &known->age);
    if (!next && (!known || !known->has_answered))
        next = list_first(&servers->heard);
    return next ? container_of(next, struct dns_server_known, age) : NULL;
}

/* One that is to be remembered, behind the others of its list; NULL: no memory. Who never answered
 * goes first. */
static struct dns_server_known *known_hold(struct dns_servers *servers,
                                           const struct dobos_address *address) {
    struct dns_server_known *known = known_find(servers, address);
    if (known) {
        list_remove(&known->age);
        list_append(known->has_answered ? &servers->heard : &servers->silent, &known->age);
        return known;
    }
    while (servers->table.count >= servers->most) {
        struct dns_server_known *gone = first_of(&servers->silent);
        known_free(servers, gone ? gone : first_of(&servers->heard));
        servers->evictions++;
    }
    known = allocator_allocate(servers->allocator, sizeof(*known), "dns server");
    if (!known)
        return NULL;
    known->address = *address;
    if (!hash_table_insert(&servers->table, &known->node, address_hash(servers, address))) {
        allocator_release(servers->allocator, known, sizeof(*known));
        return NULL;
    }
    list_append(&servers->silent, &known->age);
    return known;
}

/* ---- what happened ---- */

/* RFC 6298 §2 (2.2) and (2.3), whose constants serve here as well. */
static void rtt_take(struct dns_server_known *known, dobos_time rtt) {
    if (known->srtt == 0) {
        known->srtt = rtt;
        known->rttvar = rtt / 2;
        return;
    }
    dobos_time off = known->srtt > rtt ? known->srtt - rtt : rtt - known->srtt;
    known->rttvar = (3 * known->rttvar + off) / 4;
    known->srtt = (7 * known->srtt + rtt) / 8;
}

/* [rfc1035#40] */
void dns_servers_on_answer(struct dns_servers *servers, const struct dobos_address *address,
                           dobos_time rtt, dobos_time now) {
    struct dns_server_known *known = known_hold(servers, address);
    (void)now;
    if (!known)
        return;
    if (!known->has_answered) {
        known->has_answered = true;
        list_remove(&known->age);
        list_append(&servers->heard, &known->age);
    }
    if (rtt > 0)
        rtt_take(known, min_i64(rtt, DNS_SERVER_WAIT_MOST));
    known->answers++;
    known->timeouts_in_row = 0;
    known->retry = 0;
}

/* Down after some in a row, and then for longer after each. [rfc2308#19]
 * DEVIATION: remembered by address, for a minute at most; a silent server is silent for all names.
 * [rfc2308#20] */
void dns_servers_on_timeout(struct dns_servers *servers, const struct dobos_address *address,
                            dobos_time now) {
    struct dns_server_known *known = known_hold(servers, address);
    if (!known)
        return;
    known->timeouts++;
    if (known->timeouts_in_row < UINT16_MAX)
        known->timeouts_in_row++;
    if (known->timeouts_in_row < DNS_SERVER_TIMEOUTS)
        return;
    unsigned probes = known->timeouts_in_row - DNS_SERVER_TIMEOUTS;
    dobos_time pause = probes < 6 ? DNS_SERVER_DOWN_FIRST << probes : DNS_SERVER_DOWN_MOST;
    known->retry = now + min_i64(pause, DNS_SERVER_DOWN_MOST);
}

/* [rfc6891#12] */
void dns_servers_on_no_edns(struct dns_servers *servers, const struct dobos_address *address,
                            dobos_time now) {
    struct dns_server_known *known = known_hold(servers, address);
    if (known)
        known->no_edns_until = now + DNS_SERVER_EDNS_HOLDS;
}

static uint64_t lame_hash(const struct dns_servers *servers, const struct dobos_address *address,
                          const struct dns_name *zone) {
    uint8_t key[sizeof(address->bytes) + DNS_NAME_BYTES];
    memcpy(key, address->bytes, sizeof(address->bytes));
    for (unsigned i = 0; i < zone->length; i++) {
        uint8_t c = zone->bytes[i];
        key[sizeof(address->bytes) + i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    return keyed_hash(&servers->key, key, sizeof(address->bytes) + zone->length);
}

static struct dns_server_lame *lame_find(const struct dns_servers *servers,
                                         const struct dobos_address *address,
                                         const struct dns_name *zone) {
    uint64_t hash = lame_hash(servers, address, zone);
    for (struct hash_node *node = hash_table_find(&servers->lame, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dns_server_lame *lame = container_of(node, struct dns_server_lame, node);
        if (dobos_address_is_equal(&lame->address, address) && dns_name_is_equal(&lame->zone, zone))
            return lame;
    }
    return NULL;
}

/* [rfc2308#17]
 * DEVIATION: a server is remembered by its zone, as the one to ask last; a question that nobody
 * could answer by name and type, as RFC 9520 §3.2 has it since. [rfc2308#18] */
void dns_servers_on_lame(struct dns_servers *servers, const struct dobos_address *address,
                         const struct dns_name *zone, dobos_time now) {
    struct dns_server_lame *lame = lame_find(servers, address, zone);
    if (lame)
        lame_free(servers, lame);
    while (servers->lame.count >= DNS_SERVERS_LAME_MOST)
        lame_free(servers, lame_first(servers));
    lame = allocator_allocate(servers->allocator, sizeof(*lame), "dns lame server");
    if (!lame)
        return;
    lame->address = *address;
    lame->zone = *zone;
    lame->until = now + DNS_SERVER_LAME_HOLDS;
    if (!hash_table_insert(&servers->lame, &lame->node, lame_hash(servers, address, zone))) {
        allocator_release(servers->allocator, lame, sizeof(*lame));
        return;
    }
    list_append(&servers->lame_by_age, &lame->age);
}

bool dns_servers_is_lame(const struct dns_servers *servers, const struct dobos_address *address,
                         const struct dns_name *zone, dobos_time now) {
    const struct dns_server_lame *lame =
        servers->lame.count > 0 ? lame_find(servers, address, zone) : NULL;
    return lame && now <= lame->until;
}

const struct dns_name *dns_servers_lame_zone(const struct dns_servers *servers,
                                             const struct dobos_address *address, dobos_time now) {
    list_each(&servers->lame_by_age, node) {
        const struct dns_server_lame *lame = container_of(node, struct dns_server_lame, age);
        if (now <= lame->until && dobos_address_is_equal(&lame->address, address))
            return &lame->zone;
    }
    return NULL;
}
