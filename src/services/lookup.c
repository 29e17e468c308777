/*
 * lookup: the stub resolver over a host's sockets: what a lookup asks, of whom and when. For each
 * name to try there are one or two questions at once (the types of both families), each from a new
 * unpredictable port with a new id each time (RFC 5452 §9.2, §10); servers take turns, the first
 * one first, and the waiting time doubles each round of them; an answer that was cut is asked for
 * again by TCP (RFC 1123 §6.1.3.2). A name without a dot is tried with the search list first, one
 * with a dot as it is first. Nothing is remembered from one lookup to the next. Which names, and
 * what needs no server: lookup_names.c; what an answer means: stub_answer.c.
 */
#include "services/dns_channel.h"
#include "services/lookup_names.h"
#include "services/lookup_order.h"
#include "services/stub_answer.h"
#include "wire/dns_data_text.h"

#define ROUNDS      4
#define TCP_WAIT_NS (10 * DOBOS_SECOND)
#define QUESTIONS   2 /* of a name: AAAA and A */

/* One question on its way. */
struct lookup_question {
    uint16_t type;                   /* asked for */
    struct dns_channel channel;      /* it goes by */
    uint16_t id;                     /* of it */
    unsigned attempt;                /* how often it was sent for this name */
    bool heard;                      /* a server answered with a failure */
    dobos_time deadline;             /* when to stop waiting for the answer */
    enum dobos_lookup_status status; /* what came of it */
    struct stub_answer found;        /* of DOBOS_LOOKUP_FOUND */
    struct dobos_address server;     /* who said so */
};

struct dobos_lookup {
    struct dobos_host *host;                     /* borrowed */
    struct lookup_names names;                   /* to be tried in order */
    unsigned name;                               /* of them, now */
    struct dobos_nameserver servers[3];          /* the host's, when it began */
    unsigned server_count;                       /* used */
    struct lookup_question questions[QUESTIONS]; /* of this name */
    unsigned question_count;                     /* used */
    bool has_records;                            /* records are what is wanted */
    bool no_data;                                /* a name exists, without what was wanted */
    bool failure;                                /* servers failed for a name */
    uint8_t *kept;                               /* of records: the answer; owned; NULL: none */
    size_t kept_length;                          /* bytes */
    struct dobos_lookup_result result;           /* what is known */
};

/* ---- beginning ---- */

static void questions_choose(struct dobos_lookup *lookup, const struct dobos_lookup_config *config,
                             enum dobos_family family) {
    uint16_t types[QUESTIONS] = {DNS_A};
    lookup->question_count = 1;
    if (config->kind == DOBOS_LOOKUP_NAME) {
        types[0] = DNS_PTR;
    } else if (config->kind == DOBOS_LOOKUP_RECORDS) {
        types[0] = config->type;
    } else if (family != DOBOS_FAMILY_IPV4) {
        types[0] = DNS_AAAA;
        types[1] = DNS_A;
        lookup->question_count = family == DOBOS_FAMILY_BOTH ? 2 : 1;
    }
    for (unsigned i = 0; i < lookup->question_count; i++)
        lookup->questions[i] = (struct lookup_question){
            .type = types[i],
            .channel = {.host = lookup->host,
                        .poller =
                            config->poller ? config->poller : dobos_poller_default(lookup->host),
                        .user = lookup}};
}

static void lookup_finish(struct dobos_lookup *lookup, enum dobos_lookup_status status) {
    lookup->result.status = status;
    for (unsigned i = 0; i < lookup->question_count; i++)
        dns_channel_close(&lookup->questions[i].channel);
}

static bool is_sound(const struct dobos_lookup_config *config) {
    switch (config->kind) {
    case DOBOS_LOOKUP_ADDRESS:
        return config->name && config->family <= DOBOS_FAMILY_BOTH;
    case DOBOS_LOOKUP_NAME:
        return !dobos_address_is_unspecified(&config->address);
    case DOBOS_LOOKUP_RECORDS:
        return config->name && config->type > 0;
    }
    return false;
}

static int lookup_begin(struct dobos_lookup *lookup, struct dobos_lookup_config *config) {
    if (config->family == DOBOS_FAMILY_USABLE)
        config->family = lookup_has_ipv6(lookup->host) ? DOBOS_FAMILY_BOTH : DOBOS_FAMILY_IPV4;
    if (lookup_locally(lookup->host, config, &lookup->result)) {
        lookup->result.complete = DOBOS_LOOKUP_HAS_IPV4 | DOBOS_LOOKUP_HAS_IPV6;
        return 0;
    }
    if (!lookup_names_choose(lookup->host, config, &lookup->names))
        return -DOBOS_EINVAL;
    while (lookup->server_count < array_length(lookup->servers) &&
           dobos_nameserver_read(lookup->host, lookup->server_count,
                                 &lookup->servers[lookup->server_count]) == 0)
        lookup->server_count++;
    lookup->has_records = config->kind == DOBOS_LOOKUP_RECORDS;
    questions_choose(lookup, config, config->family);
    if (lookup->server_count == 0)
        lookup_finish(lookup, DOBOS_LOOKUP_NO_SERVER);
    return 0;
}

/* [rfc1123#27] */
int dobos_lookup_create(struct dobos_host *host, const struct dobos_lookup_config *config,
                        dobos_time now, struct dobos_lookup **lookup) {
    struct dobos_lookup_config known = {0};
    (void)now;
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    memcpy(&known, config, config->size);
    if (!is_sound(&known))
        return -DOBOS_EINVAL;
    struct dobos_lookup *made = dobos_pool_allocate(dobos_host_pool(host), sizeof(*made), "lookup");
    if (!made)
        return -DOBOS_ENOMEM;
    made->host = host;
    int result = lookup_begin(made, &known);
    if (result < 0)
        dobos_lookup_destroy(made);
    else
        *lookup = made;
    return result;
}

/* [rfc1123#11] */
int dobos_getaddrinfo(struct dobos_host *host, const char *name, struct dobos_poller *poller,
                      dobos_time now, struct dobos_lookup **lookup) {
    const struct dobos_lookup_config config = {
        .size = sizeof(config), .name = name, .poller = poller};
    return dobos_lookup_create(host, &config, now, lookup);
}

/* [rfc1123#11] */
int dobos_getnameinfo(struct dobos_host *host, const struct dobos_address *address,
                      struct dobos_poller *poller, dobos_time now, struct dobos_lookup **lookup) {
    const struct dobos_lookup_config config = {
        .size = sizeof(config), .kind = DOBOS_LOOKUP_NAME, .address = *address, .poller = poller};
    return dobos_lookup_create(host, &config, now, lookup);
}

/* ---- asking ---- */

static const struct dobos_address *server_now(const struct dobos_lookup *lookup,
                                              const struct lookup_question *question) {
    return &lookup->servers[(question->attempt - 1) % lookup->server_count].address;
}

/* Sends the question by UDP to the next server, or by TCP to the same one [rfc7766#1]. UDP goes
 * first [rfc1123#4]; each round waits twice as long [rfc1123#9]. */
static void ask(struct dobos_lookup *lookup, struct lookup_question *question, bool tcp,
                dobos_time now) {
    if (!tcp)
        question->attempt++;
    unsigned round = (question->attempt - 1) / lookup->server_count;
    struct dobos_endpoint server = {.address = *server_now(lookup, question), .port = DNS_PORT};
    question->id = (uint16_t)dobos_host_random(lookup->host);
    struct dns_inquiry inquiry =
        stub_inquiry(&lookup->names.names[lookup->name], question->type, question->id);
    question->deadline = now + (tcp ? TCP_WAIT_NS : DOBOS_SECOND << round);
    if (dns_channel_ask(&question->channel, &server, tcp, &inquiry) < 0)
        question->deadline = now;
}

static void question_end(struct lookup_question *question, enum dobos_lookup_status status) {
    question->status = status;
    question->deadline = DOBOS_NEVER;
    dns_channel_close(&question->channel);
}

/* This server said nothing useful: the next one, or the end. After ROUNDS of all servers it is over
 * [rfc1123#3] [rfc1123#7] [rfc1123#8]. [rfc1034#32] [rfc1035#25] [rfc1123#28] */
static void server_next(struct dobos_lookup *lookup, struct lookup_question *question,
                        dobos_time now) {
    if (question->attempt < ROUNDS * lookup->server_count)
        ask(lookup, question, false, now);
    else
        question_end(question, question->heard ? DOBOS_LOOKUP_FAILED : DOBOS_LOOKUP_TIMEOUT);
}

/* ---- hearing ---- */

/* Keeps an answer whose records will be read; without memory the lookup fails. */
static bool answer_keep(struct dobos_lookup *lookup, const uint8_t *bytes, size_t length) {
    if (!lookup->has_records)
        return true;
    lookup->kept = dobos_pool_allocate(dobos_host_pool(lookup->host), length, "lookup answer");
    if (!lookup->kept)
        return false;
    memcpy(lookup->kept, bytes, length);
    lookup->kept_length = length;
    return true;
}

/* What an answer leads to; true: something was decided. A cut answer is asked for by TCP
 * [rfc1123#5]. */
static bool answer_take(struct dobos_lookup *lookup, struct lookup_question *question,
                        const uint8_t *answer, size_t length, dobos_time now) {
    const struct dns_name *name = &lookup->names.names[lookup->name];
    enum answer_kind kind =
        stub_answer_parse(answer, length, name, question->type, question->id, &question->found);
    if (kind == ANSWER_TRUNCATED && question->channel.tcp)
        kind = ANSWER_FAILED;
    question->heard = question->heard || kind == ANSWER_TRUNCATED || kind == ANSWER_FAILED;
    switch (kind) {
    case ANSWER_IGNORED:
        return false;
    case ANSWER_FOUND:
        question->server = *server_now(lookup, question);
        question_end(question, answer_keep(lookup, answer, length) ? DOBOS_LOOKUP_FOUND
                                                                   : DOBOS_LOOKUP_FAILED);
        return true;
    case ANSWER_NO_DATA:
        question_end(question, DOBOS_LOOKUP_NO_DATA);
        return true;
    case ANSWER_NO_NAME:
        question_end(question, DOBOS_LOOKUP_NO_NAME);
        return true;
    case ANSWER_TRUNCATED:
        ask(lookup, question, true, now);
        return true;
    case ANSWER_FAILED:
        server_next(lookup, question, now);
        return true;
    }
    return false;
}

/* [rfc7766#10] */
static void hear(struct dobos_lookup *lookup, struct lookup_question *question, dobos_time now) {
    uint8_t room[DNS_CHANNEL_BYTES];
    const uint8_t *answer;
    for (;;) {
        int64_t got = dns_channel_hear(&question->channel, room, &answer);
        if (got == -DOBOS_EAGAIN)
            return;
        if (got < 0) {
            server_next(lookup, question, now);
            return;
        }
        if (answer_take(lookup, question, answer, (size_t)got, now))
            return;
    }
}

/* A server that cannot be asked at all is passed over at once; ROUNDS bounds the loop. */
static void question_step(struct dobos_lookup *lookup, struct lookup_question *question,
                          dobos_time now) {
    if (question->status == DOBOS_LOOKUP_PENDING && question->attempt == 0)
        ask(lookup, question, false, now);
    if (question->status == DOBOS_LOOKUP_PENDING && question->channel.socket)
        hear(lookup, question, now);
    while (question->status == DOBOS_LOOKUP_PENDING && question->deadline <= now)
        server_next(lookup, question, now);
}

/* ---- what comes of the questions of a name ---- */

static bool has_question(const struct dobos_lookup *lookup, enum dobos_lookup_status status) {
    for (unsigned i = 0; i < lookup->question_count; i++)
        if (lookup->questions[i].status == status)
            return true;
    return false;
}

/* How many records the kept answer has. */
static uint32_t records_count(const struct dobos_lookup *lookup) {
    const struct lookup_question *question = &lookup->questions[0];
    struct reader message;
    struct dns_record record;
    uint32_t count = 0;
    while (lookup->kept &&
           stub_answer_record(lookup->kept, lookup->kept_length, &lookup->names.names[lookup->name],
                              question->type, &question->found, count, &message, &record))
        count++;
    return count;
}

/* [rfc1034#30] */
static void question_tell(struct dobos_lookup *lookup, const struct lookup_question *question) {
    struct dobos_lookup_result *result = &lookup->result;
    const struct stub_answer *found = &question->found;
    char text[DNS_NAME_TEXT];
    const bool is_address =
        !lookup->has_records && (question->type == DNS_A || question->type == DNS_AAAA);
    for (unsigned i = 0; is_address && i < found->count; i++)
        result->addresses[result->count++] = found->addresses[i];
    (void)dns_name_format(
        question->type == DNS_PTR && !lookup->has_records ? &found->target : &found->owner, text);
    text_copy(result->canonical, sizeof(result->canonical), text);
    result->server = question->server;
    result->authoritative = found->authoritative;
    result->ttl_s = result->ttl_s > 0 ? min_u32(result->ttl_s, found->ttl_s) : found->ttl_s;
}

/* Makes the result what the questions of this name say so far. */
static void result_make(struct dobos_lookup *lookup) {
    lookup->result = (struct dobos_lookup_result){.status = DOBOS_LOOKUP_PENDING};
    for (unsigned i = 0; i < lookup->question_count; i++) {
        const struct lookup_question *question = &lookup->questions[i];
        if (question->status == DOBOS_LOOKUP_PENDING)
            continue;
        if (question->type == DNS_A || question->type == DNS_AAAA)
            lookup->result.complete |=
                question->type == DNS_A ? DOBOS_LOOKUP_HAS_IPV4 : DOBOS_LOOKUP_HAS_IPV6;
        if (question->status == DOBOS_LOOKUP_FOUND)
            question_tell(lookup, question);
    }
    lookup_order(lookup->host, lookup->result.addresses, lookup->result.count);
    lookup->result.records = records_count(lookup);
}

/* On to the next name; false: there is none. */
static bool name_next(struct dobos_lookup *lookup) {
    if (lookup->name + 1 == lookup->names.count)
        return false;
    lookup->name++;
    for (unsigned i = 0; i < lookup->question_count; i++) {
        question_end(&lookup->questions[i], DOBOS_LOOKUP_PENDING);
        lookup->questions[i].attempt = 0;
    }
    return true;
}

/*
 * What the questions of a name come to; true: the next name is to be asked about. A name that does
 * not exist does so for all types, unless another answer has records. Where servers are silent for
 * one name they will be for the next.
 */
static bool questions_weigh(struct dobos_lookup *lookup) {
    const bool is_found = has_question(lookup, DOBOS_LOOKUP_FOUND);
    const bool is_none = !is_found && has_question(lookup, DOBOS_LOOKUP_NO_NAME);
    result_make(lookup);
    if (has_question(lookup, DOBOS_LOOKUP_PENDING) && !is_none)
        return false;
    if (is_found || (!is_none && has_question(lookup, DOBOS_LOOKUP_TIMEOUT))) {
        lookup_finish(lookup, is_found ? DOBOS_LOOKUP_FOUND : DOBOS_LOOKUP_TIMEOUT);
        return false;
    }
    lookup->failure = lookup->failure || (!is_none && has_question(lookup, DOBOS_LOOKUP_FAILED));
    lookup->no_data = lookup->no_data || (!is_none && !has_question(lookup, DOBOS_LOOKUP_FAILED));
    if (name_next(lookup))
        return true;
    lookup_finish(lookup, lookup->failure   ? DOBOS_LOOKUP_FAILED
                          : lookup->no_data ? DOBOS_LOOKUP_NO_DATA
                                            : DOBOS_LOOKUP_NO_NAME);
    return false;
}

enum dobos_lookup_status dobos_lookup_step(struct dobos_lookup *lookup, dobos_time now,
                                           dobos_time *again) {
    bool goes_on = lookup->result.status == DOBOS_LOOKUP_PENDING;
    while (goes_on) {
        for (unsigned i = 0; i < lookup->question_count; i++)
            question_step(lookup, &lookup->questions[i], now);
        goes_on = questions_weigh(lookup);
    }
    *again = DOBOS_NEVER;
    for (unsigned i = 0; i < lookup->question_count; i++)
        if (lookup->result.status == DOBOS_LOOKUP_PENDING &&
            lookup->questions[i].status == DOBOS_LOOKUP_PENDING)
            *again = min_i64(*again, lookup->questions[i].deadline);
    return lookup->result.status;
}

/* ---- reading ---- */

const struct dobos_lookup_result *dobos_lookup_read(const struct dobos_lookup *lookup) {
    return &lookup->result;
}

int dobos_lookup_record_read(const struct dobos_lookup *lookup, uint32_t nth,
                             struct dobos_lookup_record *record, uint8_t *data, size_t room) {
    const struct lookup_question *question = &lookup->questions[0];
    struct reader message;
    struct dns_record found;
    struct writer w = writer_make(data, room);
    char text[DNS_NAME_TEXT];
    if (!lookup->kept ||
        !stub_answer_record(lookup->kept, lookup->kept_length, &lookup->names.names[lookup->name],
                            question->type, &question->found, nth, &message, &found))
        return -DOBOS_ENOENT;
    if (!dns_data_expand(&message, &found, &w))
        return w.failed ? -DOBOS_ERANGE : -DOBOS_EPROTO;
    (void)dns_name_format(&found.name, text);
    *record =
        (struct dobos_lookup_record){.type = found.type, .ttl = found.ttl, .length = w.position};
    text_copy(record->name, sizeof(record->name), text);
    return 0;
}

int64_t dobos_record_format(uint16_t type, const uint8_t *data, size_t length, char *text,
                            size_t room) {
    struct writer w = writer_make(text, room);
    const struct slice whole = {data, length};
    if (!dns_data_is_sound(type, whole))
        return -DOBOS_EINVAL;
    dns_data_format(type, whole, &w);
    const size_t end = w.position;
    writer_u8(&w, 0);
    return w.failed ? -DOBOS_ERANGE : (int64_t)end;
}

void dobos_lookup_destroy(struct dobos_lookup *lookup) {
    if (!lookup)
        return;
    struct dobos_pool *pool = dobos_host_pool(lookup->host);
    for (unsigned i = 0; i < lookup->question_count; i++)
        dns_channel_close(&lookup->questions[i].channel);
    if (lookup->kept)
        dobos_pool_free(pool, lookup->kept, lookup->kept_length);
    dobos_pool_free(pool, lookup, sizeof(*lookup));
}
