/* What a fetch makes of what a server said, or did not say; see dns_resolver.h. */
#include "services/dns_learn.h"
#include "services/dns_resolver.h"
#include "wire/dns_edns.h"

static void log_add(struct dns_resolver *resolver, const struct dns_fetch *fetch,
                    enum dobos_dns_step step, const struct dns_name *zone, uint32_t detail,
                    dobos_time now) {
    dns_log_add(resolver->log, now, step, &fetch->asked.name, fetch->asked.type,
                &fetch->exchange.server, zone, detail);
}

/* Nothing useful came from this server: the next one. [rfc1034#40] */
static void pass_over(struct dns_resolver *resolver, struct dns_fetch *fetch,
                      const struct dns_response *response, dobos_time now) {
    log_add(resolver, fetch, DOBOS_DNS_PASSED_OVER, NULL, response->rcode, now);
    fetch->aside |= UINT64_C(1) << fetch->current;
    fetch->extended = DNS_ERROR_NETWORK_ERROR;
    dns_resolver_continue(resolver, fetch, DNS_FETCH_CHOOSES);
}

/* The same server once more, asked in another way. */
static void ask_again(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    if (fetch->queries_left > 0) {
        dns_fetch_ask(resolver, fetch, now);
        return;
    }
    fetch->is_spent = true;
    dns_resolver_fail(resolver, fetch, now);
}

/* ---- what it said ---- */

/* An answer to the whole question. [rfc1034#36] */
static void conclude(struct dns_resolver *resolver, struct dns_fetch *fetch,
                     const struct dns_response *response, dobos_time now) {
    bool is_none =
        response->disposition == DNS_SAYS_NO_DATA || response->disposition == DNS_SAYS_NO_NAME;
    uint32_t ttl;
    if (dns_private_is_refused(&resolver->private_, response)) {
        fetch->extended = DNS_ERROR_BLOCKED;
        dns_resolver_fail(resolver, fetch, now);
        return;
    }
    if (!dns_learn_answer(resolver->cache, response, resolver->room, now, &ttl)) {
        pass_over(resolver, fetch, response, now);
        return;
    }
    log_add(resolver, fetch, is_none ? DOBOS_DNS_LEARNED_NONE : DOBOS_DNS_LEARNED, &fetch->cut.zone,
            is_none ? response->rcode : ttl, now);
    dns_resolver_end(resolver, fetch);
}

/* The servers of the root, from the root. Where it does not say their addresses, they are those
 * that were asked. [rfc8109#2] */
static void root_learn(struct dns_resolver *resolver, const struct dns_response *response,
                       dobos_time now) {
    struct dns_referral cut;
    struct dns_cut_server server;
    size_t at = 0;
    bool has_address = false;
    if (!dns_referral_parse_root(response, &cut))
        return;
    while (dns_referral_next(&cut, &at, &server))
        has_address = has_address || server.address_count > 0;
    for (unsigned i = 0; !has_address && i < resolver->root_count; i++)
        dns_referral_hint(&cut, &resolver->roots[i]);
    dns_referral_keep(resolver->cache, &cut, now);
}

/* An answer to less than the whole question: the name so far is there, or it is said not to be,
 * which the whole question must show. [rfc9156#4] */
static void show_more(struct dns_resolver *resolver, struct dns_fetch *fetch,
                      const struct dns_response *response, dobos_time now) {
    bool is_there =
        response->disposition == DNS_SAYS_NO_DATA || response->disposition == DNS_SAYS_ANSWER;
    uint32_t ttl;
    if (is_there && !dns_private_is_refused(&resolver->private_, response))
        (void)dns_learn_answer(resolver->cache, response, resolver->room, now, &ttl);
    fetch->minimise.shown = (uint8_t)dns_name_labels(&fetch->asked.name);
    fetch->minimise.is_off = fetch->minimise.is_off || (response->disposition != DNS_SAYS_NO_DATA &&
                                                        response->disposition != DNS_SAYS_ANSWER);
    fetch->tries[fetch->current] = 0;
    dns_fetch_show(resolver, fetch, now);
    dns_resolver_continue(resolver, fetch, DNS_FETCH_CHOOSES);
}

/* [rfc1034#37] */
static void descend(struct dns_resolver *resolver, struct dns_fetch *fetch,
                    const struct dns_response *response, dobos_time now) {
    struct dns_referral cut;
    if (!dns_referral_parse(response, &cut)) {
        pass_over(resolver, fetch, response, now);
        return;
    }
    log_add(resolver, fetch, DOBOS_DNS_LEARNED_CUT, &cut.zone, cut.ttl_s, now);
    cut.until_most = fetch->cut.until_most;
    dns_referral_keep(resolver->cache, &cut, now);
    cut.until_most = min_i64(cut.until_most, now + (dobos_time)cut.ttl_s * DOBOS_SECOND);
    fetch->cut = cut;
    dns_fetch_enter(resolver, fetch, now);
}

/* [rfc5452#3] [rfc1123#5] [rfc2181#21] [rfc6891#18] */
static void act(struct dns_resolver *resolver, struct dns_fetch *fetch,
                const struct dns_response *response, dobos_time now) {
    switch (response->disposition) {
    case DNS_SAYS_TRUNCATED:
        if (fetch->exchange.tcp)
            break;
        fetch->exchange.tcp = true;
        ask_again(resolver, fetch, now);
        return;
    case DNS_SAYS_PUZZLED:
        if (!fetch->has_edns)
            break;
        fetch->has_edns = false;
        fetch->was_puzzled = true;
        ask_again(resolver, fetch, now);
        return;
    case DNS_SAYS_REFERRAL:
        descend(resolver, fetch, response, now);
        return;
    case DNS_SAYS_ANSWER:
    case DNS_SAYS_ALIAS:
    case DNS_SAYS_NO_DATA:
    case DNS_SAYS_NO_NAME:
        if (fetch->is_final)
            conclude(resolver, fetch, response, now);
        else
            show_more(resolver, fetch, response, now);
        return;
    case DNS_SAYS_LAME:
    case DNS_SAYS_FAILURE:
    case DNS_SAYS_GARBAGE:
        break;
    }
    if (fetch->is_final)
        pass_over(resolver, fetch, response, now);
    else
        show_more(resolver, fetch, response, now);
}

/* What it says of the server itself. Only what was asked once tells how long it takes. */
static void servers_learn(struct dns_resolver *resolver, const struct dns_fetch *fetch,
                          const struct dns_response *response, dobos_time now) {
    const struct dobos_address *server = &fetch->exchange.server;
    bool is_measured = !fetch->exchange.tcp && fetch->tries[fetch->current] == 0;
    dns_servers_on_answer(&resolver->servers, server, is_measured ? now - fetch->sent_at : 0, now);
    /* A forwarder fails for one name and not for others. */
    bool is_lame =
        (response->disposition == DNS_SAYS_LAME || response->disposition == DNS_SAYS_FAILURE) &&
        !response->hearing.recursive;
    if (is_lame)
        dns_servers_on_lame(&resolver->servers, server, &fetch->cut.zone, now);
    else if (fetch->was_puzzled && response->disposition != DNS_SAYS_PUZZLED)
        dns_servers_on_no_edns(&resolver->servers, server, now);
}

bool dns_fetch_hear(struct dns_resolver *resolver, struct dns_fetch *fetch, const uint8_t *bytes,
                    size_t length, dobos_time now) {
    struct reader message = reader_make(bytes, length);
    const struct dns_hearing hearing = {.question = &fetch->asked,
                                        .zone = &fetch->cut.zone,
                                        .recursive = resolver->forward_count > 0};
    struct dns_header header;
    struct dns_response response;
    if (!dns_inquiry_is_answered(&fetch->exchange.inquiry, &message, &header))
        return false;
    dns_resolver_word(resolver, fetch);
    dns_response_parse(&response, &hearing, &message, &header);
    servers_learn(resolver, fetch, &response, now);
    if (fetch->asked.type == DNS_NS && fetch->asked.name.length == 1 &&
        response.disposition == DNS_SAYS_ANSWER && !hearing.recursive)
        root_learn(resolver, &response, now);
    act(resolver, fetch, &response, now);
    return true;
}

/* ---- what it did not say ---- */

/* [rfc1123#7] [rfc1123#9] */
/* Nothing came of so many tries of the server asked now. */
static void give_up(struct dns_resolver *resolver, struct dns_fetch *fetch, unsigned tries,
                    dobos_time now) {
    dns_resolver_word(resolver, fetch);
    dns_servers_on_timeout(&resolver->servers, &fetch->exchange.server, now);
    fetch->tries[fetch->current] = (uint8_t)(fetch->tries[fetch->current] + tries);
    fetch->extended = DNS_ERROR_NO_REACHABLE_AUTHORITY;
    dns_resolver_continue(resolver, fetch, DNS_FETCH_CHOOSES);
}

/* Who cannot be reached is hardly a frame that was lost. */
void dns_fetch_fail(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    give_up(resolver, fetch, 2, now);
}

void dns_fetch_time_out(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now) {
    resolver->timeouts++;
    log_add(resolver, fetch, DOBOS_DNS_TIMED_OUT, &fetch->cut.zone, 0, now);
    give_up(resolver, fetch, 1, now);
}
