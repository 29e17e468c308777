/*
 * lookup: dobos_getaddrinfo: the resolver's engine over a host's sockets. One question at a time,
 * from a new unpredictable port with a new id each (RFC 5452 §9.2, §10); servers take turns, and
 * the waiting time doubles each round of them; an answer that was cut is asked for again by TCP
 * (RFC 1123 §6.1.3.2). A name without a dot is tried with the search list first, one with a dot as
 * it is first. Nothing is remembered from one lookup to the next.
 */
#include "services/dns_channel.h"
#include "services/resolver.h"

#define ROUNDS      4
#define TCP_WAIT_NS (10 * DOBOS_SECOND)
#define CANDIDATES  8 /* the name itself, and one a search domain */

struct dobos_lookup {
    struct dobos_host *host;                /* borrowed */
    struct dns_channel channel;             /* of the question that is under way */
    struct dns_name candidates[CANDIDATES]; /* to be tried in order */
    unsigned candidate, candidate_count;    /* now, and in all */
    struct dobos_nameserver servers[3];     /* the host's, when it began */
    unsigned server_count;                  /* used */
    unsigned attempt;                       /* questions sent for this candidate */
    uint16_t id;                            /* of the question */
    bool heard;                             /* a server answered with a failure */
    bool no_data;                           /* a candidate exists without addresses */
    dobos_time deadline;                    /* when to stop waiting for the answer */
    struct dobos_lookup_result result;      /* what is known */
};

/* ---- beginning ---- */

/* No host's name has a colon (RFC 1123 §2.1): what has one is meant to be an IPv6 address. */
static bool has_colon(const char *name) {
    while (*name && *name != ':')
        name++;
    return *name == ':';
}

/* A last label of digits alone is an address's, or meant to be one (RFC 1123 §2.1): it is no domain
 * that a server could know. */
static bool ends_in_number(const char *name) {
    size_t end = text_length(name);
    if (end > 0 && name[end - 1] == '.')
        end--;
    size_t start = end;
    while (start > 0 && name[start - 1] >= '0' && name[start - 1] <= '9')
        start--;
    return start < end && (start == 0 || name[start - 1] == '.');
}

static bool candidate_add(struct dobos_lookup *lookup, const char *name, const char *domain) {
    char text[2 * DOBOS_DOMAIN_BYTES];
    size_t length = text_length(name);
    if (lookup->candidate_count == CANDIDATES || length + 1 + text_length(domain) >= sizeof(text))
        return false;
    memcpy(text, name, length + 1);
    if (domain[0]) {
        text[length] = '.';
        text_copy(text + length + 1, sizeof(text) - length - 1, domain);
    }
    if (ends_in_number(text) || has_colon(text) ||
        !dns_name_from_text(text, &lookup->candidates[lookup->candidate_count]))
        return false;
    lookup->candidate_count++;
    return true;
}

/* The names to try; false: `name` is none. */
static bool candidates_choose(struct dobos_lookup *lookup, const char *name) {
    size_t length = text_length(name);
    bool dotted = false;
    if (length == 0 || length >= DOBOS_DOMAIN_BYTES)
        return false;
    for (size_t i = 0; i + 1 < length; i++)
        dotted = dotted || name[i] == '.';
    bool absolute = name[length - 1] == '.';
    if ((dotted || absolute) && !candidate_add(lookup, name, ""))
        return false;
    struct dobos_search search;
    for (uint32_t i = 0; !absolute && dobos_search_read(lookup->host, i, &search) == 0; i++)
        (void)candidate_add(lookup, name, search.domain);
    if (!dotted && !absolute)
        (void)candidate_add(lookup, name, "");
    return lookup->candidate_count > 0;
}

static void lookup_finish(struct dobos_lookup *lookup, enum dobos_lookup_status status) {
    lookup->result.status = status;
    dns_channel_close(&lookup->channel);
    lookup->deadline = DOBOS_NEVER;
}

static bool is_within(const char *name, const char *zone) {
    struct dns_name given, above;
    return dns_name_from_text(name, &given) && dns_name_from_text(zone, &above) &&
           dns_name_is_within(&given, &above);
}

/* What needs no server: an address as text, localhost, and invalid, which names nothing (RFC 6761
 * §6.3, §6.4) [rfc6761#1] [rfc6761#2]. */
static bool lookup_locally(struct dobos_lookup *lookup, const char *name) {
    struct dobos_address address;
    if (is_within(name, "invalid")) {
        lookup_finish(lookup, DOBOS_LOOKUP_NO_NAME);
        return true;
    }
    if (is_within(name, "localhost"))
        address = dobos_address_ipv4(0x7f000001);
    else if (dobos_address_parse(name, &address, NULL) < 0)
        return false;
    lookup->result.addresses[0] = address;
    lookup->result.count = 1;
    text_copy(lookup->result.canonical, sizeof(lookup->result.canonical), name);
    lookup_finish(lookup, DOBOS_LOOKUP_FOUND);
    return true;
}

int dobos_getaddrinfo(struct dobos_host *host, const char *name, struct dobos_poller *poller,
                      dobos_time now, struct dobos_lookup **lookup) {
    struct dobos_pool *pool = dobos_host_pool(host);
    struct dobos_lookup *made = dobos_pool_allocate(pool, sizeof(*made), "lookup");
    if (!made)
        return -DOBOS_ENOMEM;
    made->host = host;
    made->channel = (struct dns_channel){
        .host = host, .poller = poller ? poller : dobos_poller_default(host), .user = made};
    made->deadline = now;
    bool local = lookup_locally(made, name);
    if (!local && !candidates_choose(made, name)) {
        dobos_pool_free(pool, made, sizeof(*made));
        return -DOBOS_EINVAL;
    }
    while (made->server_count < array_length(made->servers) &&
           dobos_nameserver_read(host, made->server_count, &made->servers[made->server_count]) == 0)
        made->server_count++;
    if (!local && made->server_count == 0)
        lookup_finish(made, DOBOS_LOOKUP_NO_SERVER);
    *lookup = made;
    return 0;
}

/* ---- asking ---- */

static const struct dobos_address *server_now(const struct dobos_lookup *lookup) {
    return &lookup->servers[(lookup->attempt - 1) % lookup->server_count].address;
}

/* Sends the question by UDP to the next server, or by TCP to the same one [rfc7766#1]. UDP goes
 * first [rfc1123#4]; each round waits twice as long [rfc1123#9]. */
static void ask(struct dobos_lookup *lookup, bool tcp, dobos_time now) {
    if (!tcp)
        lookup->attempt++;
    unsigned round = (lookup->attempt - 1) / lookup->server_count;
    struct dobos_endpoint server = {.address = *server_now(lookup), .port = DNS_PORT};
    lookup->id = (uint16_t)dobos_host_random(lookup->host);
    struct dns_inquiry inquiry =
        resolver_inquiry(&lookup->candidates[lookup->candidate], lookup->id);
    lookup->deadline = now + (tcp ? TCP_WAIT_NS : DOBOS_SECOND << round);
    if (dns_channel_ask(&lookup->channel, &server, tcp, &inquiry) < 0)
        lookup->deadline = now;
}

/* ---- hearing ---- */

static void candidate_next(struct dobos_lookup *lookup, dobos_time now) {
    lookup->candidate++;
    lookup->attempt = 0;
    if (lookup->candidate < lookup->candidate_count) {
        ask(lookup, false, now);
        return;
    }
    lookup_finish(lookup, lookup->no_data ? DOBOS_LOOKUP_NO_DATA : DOBOS_LOOKUP_NO_NAME);
}

/* This server said nothing useful: the next one, or the end. After ROUNDS of all servers it is over
 * [rfc1123#3] [rfc1123#7] [rfc1123#8]. */
static void server_next(struct dobos_lookup *lookup, dobos_time now) {
    if (lookup->attempt < ROUNDS * lookup->server_count)
        ask(lookup, false, now);
    else
        lookup_finish(lookup, lookup->heard ? DOBOS_LOOKUP_FAILED : DOBOS_LOOKUP_TIMEOUT);
}

/* What an answer leads to; true: something was decided. A cut answer is asked for by TCP
 * [rfc1123#5]. */
static bool answer_take(struct dobos_lookup *lookup, const uint8_t *answer, size_t length,
                        dobos_time now) {
    const struct dns_name *name = &lookup->candidates[lookup->candidate];
    enum answer_kind kind =
        resolver_answer_parse(answer, length, name, lookup->id, &lookup->result);
    if (kind == ANSWER_TRUNCATED && lookup->channel.tcp)
        kind = ANSWER_FAILED;
    switch (kind) {
    case ANSWER_IGNORED:
        return false;
    case ANSWER_FOUND:
        lookup->result.server = *server_now(lookup);
        lookup_finish(lookup, DOBOS_LOOKUP_FOUND);
        return true;
    case ANSWER_NO_DATA:
        lookup->no_data = true;
        candidate_next(lookup, now);
        return true;
    case ANSWER_NO_NAME:
        candidate_next(lookup, now);
        return true;
    case ANSWER_TRUNCATED:
        lookup->heard = true;
        ask(lookup, true, now);
        return true;
    case ANSWER_FAILED:
        lookup->heard = true;
        server_next(lookup, now);
        return true;
    }
    return false;
}

static void hear(struct dobos_lookup *lookup, dobos_time now) {
    uint8_t room[DNS_CHANNEL_BYTES];
    const uint8_t *answer;
    for (;;) {
        int64_t got = dns_channel_hear(&lookup->channel, room, &answer);
        if (got == -DOBOS_EAGAIN)
            return;
        if (got < 0) {
            server_next(lookup, now);
            return;
        }
        if (answer_take(lookup, answer, (size_t)got, now))
            return;
    }
}

enum dobos_lookup_status dobos_lookup_step(struct dobos_lookup *lookup, dobos_time now,
                                           dobos_time *again) {
    if (lookup->result.status == DOBOS_LOOKUP_PENDING && lookup->attempt == 0)
        ask(lookup, false, now);
    if (lookup->result.status == DOBOS_LOOKUP_PENDING && lookup->channel.socket)
        hear(lookup, now);
    /* A server that cannot be asked at all is passed over at once; ROUNDS bounds the loop. */
    while (lookup->result.status == DOBOS_LOOKUP_PENDING && lookup->deadline <= now)
        server_next(lookup, now);
    *again = lookup->deadline;
    return lookup->result.status;
}

const struct dobos_lookup_result *dobos_lookup_read(const struct dobos_lookup *lookup) {
    return &lookup->result;
}

void dobos_lookup_destroy(struct dobos_lookup *lookup) {
    if (!lookup)
        return;
    struct dobos_pool *pool = dobos_host_pool(lookup->host);
    dns_channel_close(&lookup->channel);
    dobos_pool_free(pool, lookup, sizeof(*lookup));
}
