/* A fetch's way from cut to cut; see dns_resolver.h. */
#include "services/dns_resolver.h"

#define EDNS_BYTES 1232
#define BEGINS     3 /* times that a fetch looks for its cut */

static const struct dns_name root = {.length = 1};

/* ---- asking ---- */

/* Letters in a case that only who saw the question can repeat (0x20). (attack I7) */
static void letters_mix(struct dns_resolver *resolver, struct dns_name *name) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < name->length; i++) {
        if (i % 64 == 0)
            bits = dns_resolver_draw(resolver);
        uint8_t c = name->bytes[i] | 0x20;
        /* Lengths of labels are at most 63, and no letters. */
        if (c >= 'a' && c <= 'z')
            name->bytes[i] = (uint8_t)(bits & 1 ? c : c & ~0x20);
        bits >>= 1;
    }
}

/* How long an answer by UDP is waited for. A server that is asked to ask others needs time of its
 * own, of which the way there says nothing. */
static dobos_time wait_of(const struct dns_resolver *resolver, const struct dns_fetch *fetch) {
    dobos_time wait = dns_servers_wait(&resolver->servers, &fetch->addresses[fetch->current]);
    if (resolver->forward_count == 0)
        return wait;
    return max_i64(wait, DNS_FORWARD_WAIT << min_u32(fetch->tries[fetch->current], 3));
}

/* Behind two tries in vain letters are left alone: a server may be that cannot repeat them.
 * [rfc5452#1] [rfc6891#14] */
void dns_fetch_ask(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    const struct dobos_address *server = &fetch->addresses[fetch->current];
    bool is_exact = fetch->tries[fetch->current] < 2;
    dobos_time wait = fetch->exchange.tcp ? DNS_FETCH_TCP_WAIT : wait_of(resolver, fetch);
    fetch->exchange.server = *server;
    fetch->exchange.inquiry = (struct dns_inquiry){
        .question = fetch->asked,
        .id = (uint16_t)dns_resolver_draw(resolver),
        .recursion_desired = resolver->forward_count > 0,
        .is_exact = is_exact,
        .edns_bytes = fetch->has_edns ? EDNS_BYTES : 0,
    };
    if (is_exact)
        letters_mix(resolver, &fetch->exchange.inquiry.question.name);
    fetch->step = DNS_FETCH_ASKS;
    fetch->queries_left--;
    fetch->queries_sent++;
    resolver->queries++;
    fetch->sent_at = now;
    fetch->deadline = min_i64(now + wait, fetch->until);
    resolver->next = min_i64(resolver->next, fetch->deadline);
    if (!list_node_is_linked(&fetch->turn))
        list_append(&resolver->asking, &fetch->turn);
    dns_log_add(resolver->log, now, DOBOS_DNS_ASKS, &fetch->asked.name, fetch->asked.type, server,
                &fetch->cut.zone, fetch->exchange.tcp);
}

/* A server that was chosen is asked, as it is asked first. */
static void ask_first(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    fetch->exchange.tcp = false;
    fetch->was_puzzled = false;
    fetch->has_edns =
        dns_servers_has_edns(&resolver->servers, &fetch->addresses[fetch->current], now);
    dns_fetch_ask(resolver, fetch, now);
}

/* Whether it is known that a name on the way is there. */
static bool is_shown(struct dns_resolver *resolver, const struct dns_question *asked,
                     dobos_time now) {
    const struct dns_cached *known =
        dns_cache_find(resolver->cache, &asked->name, asked->type, now);
    return known && (known->kind == DNS_CACHE_RECORDS || known->kind == DNS_CACHE_NO_DATA);
}

void dns_fetch_show(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    for (;;) {
        uint8_t steps = fetch->minimise.steps;
        fetch->is_final = dns_minimise_next(&fetch->minimise, &fetch->question, &fetch->asked);
        if (fetch->is_final || !is_shown(resolver, &fetch->asked, now))
            return;
        fetch->minimise.shown = (uint8_t)dns_name_labels(&fetch->asked.name);
        fetch->minimise.steps = steps;
    }
}

/* ---- the next step ---- */

/* Whether `fetch` waits for `awaited` already, by way of others: they would wait for ever.
 * [rfc1034#41] */
static bool is_cycle(const struct dns_fetch *fetch, const struct dns_fetch *awaited) {
    while (awaited && awaited != fetch)
        awaited = awaited->awaited;
    return awaited == fetch;
}

/* Another question comes first; false: that cannot be. (attack I14) [rfc1035#39] */
static bool await(struct dns_resolver *resolver, struct dns_fetch *fetch,
                  const struct dns_question *question, dobos_time now) {
    const struct dns_budget budget = {.queries = fetch->queries_left, .until = fetch->until};
    struct dns_fetch *other = dns_resolver_find(resolver, question);
    fetch->pays = !other;
    if (!other && fetch->depth < DNS_FETCH_DEPTH)
        other = dns_resolver_make(resolver, question, &budget, fetch, now);
    if (!other || is_cycle(fetch, other))
        return false;
    fetch->awaited = other;
    list_append(&other->dependents, &fetch->dependent);
    fetch->step = DNS_FETCH_AWAITS;
    return true;
}

/* The nearest cut above the name; false: not even the root's is known. What a parent alone knows
 * (DS) is asked above the name. [rfc1123#26] */
static bool cut_find(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    struct dns_name name = fetch->question.name;
    if (fetch->question.type == DNS_DS)
        (void)dns_name_parent(&name, &name);
    return dns_referral_recall(resolver->cache, &name, now, &fetch->cut);
}

/* It begins at addresses that a configuration has. [rfc1123#14] */
static void enter_by_hints(struct dns_resolver *resolver, struct dns_fetch *fetch,
                           const struct dobos_address *addresses, unsigned count, dobos_time now) {
    dns_referral_init(&fetch->cut, &root);
    for (unsigned i = 0; i < count; i++)
        dns_referral_hint(&fetch->cut, &addresses[i]);
    dns_fetch_enter(resolver, fetch, now);
}

/* Where it begins: at the forwarders, at the nearest cut, or at the hints, which tell who the
 * root's servers are (RFC 8109). [rfc8109#1] [rfc1034#34] */
static void begin(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    const struct dns_question servers_of_root = {.name = root, .type = DNS_NS, .class_ = DNS_IN};
    bool is_of_root = fetch->question.type == DNS_NS && fetch->question.name.length == 1;
    if (fetch->begins++ == BEGINS) {
        dns_resolver_fail(resolver, fetch, now);
    } else if (resolver->forward_count > 0) {
        fetch->minimise.is_off = true;
        enter_by_hints(resolver, fetch, resolver->forward, resolver->forward_count, now);
    } else if (cut_find(resolver, fetch, now)) {
        dns_fetch_enter(resolver, fetch, now);
    } else if (is_of_root) {
        enter_by_hints(resolver, fetch, resolver->roots, resolver->root_count, now);
    } else if (!await(resolver, fetch, &servers_of_root, now)) {
        dns_resolver_fail(resolver, fetch, now);
    }
}

/* Whether the same is asked already for another, whose word will do; then it is awaited. (attack
 * I5)
 */
static bool is_asked(struct dns_resolver *resolver, struct dns_fetch *fetch) {
    list_each(&resolver->by_age, node) {
        struct dns_fetch *other = container_of(node, struct dns_fetch, age);
        if (other->step != DNS_FETCH_ASKS || other->asked.type != fetch->asked.type ||
            !dns_name_is_equal(&other->asked.name, &fetch->asked.name) ||
            !dns_name_is_equal(&other->cut.zone, &fetch->cut.zone))
            continue;
        fetch->awaited = other;
        fetch->awaits_word = true;
        fetch->pays = false;
        fetch->begins--;
        list_append(&other->dependents, &fetch->dependent);
        fetch->step = DNS_FETCH_AWAITS;
        return true;
    }
    return false;
}

/* A server not asked yet; else one whose address can be learned; else one more try. [rfc1034#41]
 * [rfc1035#38] */
static void choose(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    struct dns_question lookup;
    dns_fetch_gather(resolver, fetch, now);
    if (fetch->queries_left == 0) {
        fetch->is_spent = true;
        dns_resolver_fail(resolver, fetch, now);
        return;
    }
    if (is_asked(resolver, fetch))
        return;
    if (dns_fetch_candidate(resolver, fetch, true, now)) {
        ask_first(resolver, fetch, now);
        return;
    }
    while (dns_fetch_lookup(resolver, fetch, &lookup, now)) {
        if (await(resolver, fetch, &lookup, now))
            return;
    }
    if (dns_fetch_candidate(resolver, fetch, false, now))
        ask_first(resolver, fetch, now);
    else
        dns_resolver_fail(resolver, fetch, now);
}

void dns_fetch_advance(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    if (fetch->until <= now) {
        fetch->is_spent = true;
        dns_resolver_fail(resolver, fetch, now);
        return;
    }
    if (fetch->step == DNS_FETCH_BEGINS)
        begin(resolver, fetch, now);
    if (fetch->step == DNS_FETCH_CHOOSES)
        choose(resolver, fetch, now);
}
