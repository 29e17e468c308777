/*
 * nslookup: asks name servers as nslookup of BIND 9.18 does, whose output and exit codes it has:
 * for the addresses of both kinds, or for any type; with the search list, time-outs, and the next
 * server where one does not answer. Its interactive mode is not here.
 */
#include <dobos/dns.h>

#include "tools/nslookup.h"

#include <string.h>

#include "base/memory.h"

#define UDP_TIMEOUT_S 5 /* where the options say 0 */
#define TCP_TIMEOUT_S 10

/* ---- beginning ---- */

/* Arguments are read twice where a network is yet to begin: what is said of them is said once. */
static void notes_print(struct nslookup *nslookup) {
    if (!nslookup->task.json)
        sink_append(nslookup->task.context.out, nslookup->notes.text, nslookup->notes.length);
    sink_fini(&nslookup->notes);
}

static int nslookup_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct nslookup *nslookup = nslookup_of(task);
    nslookup->deadline = DOBOS_NEVER;
    const int code = nslookup_options_read(nslookup);
    if (code != TOOL_GOES_ON)
        notes_print(nslookup);
    return code;
}

/* The search list: the option's domain, or the node's. */
static void search_read(struct nslookup *nslookup) {
    struct dobos_search search;
    struct dobos_host *host = nslookup->task.context.host;
    if (nslookup->options.domain) {
        text_copy(nslookup->search[0], DOBOS_DOMAIN_BYTES, nslookup->options.domain);
        nslookup->search_count = 1;
        return;
    }
    for (uint32_t i = 0; i < NSLOOKUP_SEARCH && dobos_search_read(host, i, &search) == 0; i++)
        text_copy(nslookup->search[nslookup->search_count++], DOBOS_DOMAIN_BYTES, search.domain);
}

/* The node's name servers; without any, the node itself. */
static void servers_read(struct nslookup *nslookup) {
    struct dobos_nameserver server;
    struct dobos_host *host = nslookup->task.context.host;
    for (uint32_t i = 0; i < NSLOOKUP_SERVERS && dobos_nameserver_read(host, i, &server) == 0; i++)
        nslookup->servers[nslookup->server_count++].address = server.address;
    if (nslookup->server_count == 0)
        nslookup->servers[nslookup->server_count++].address = dobos_address_ipv4(0x7f000001);
}

static int server_unknown(struct nslookup *nslookup) {
    sink_format(nslookup->task.context.error,
                "dobos nslookup: couldn't get address for '%s': not found\n",
                nslookup->options.server);
    return NSLOOKUP_FAILED;
}

/* The SERVER of the arguments is looked up like any name. */
static int server_find(struct nslookup *nslookup, dobos_time now, dobos_time *again) {
    struct dobos_host *host = nslookup->task.context.host;
    if (!nslookup->lookup && dobos_getaddrinfo(host, nslookup->options.server, nslookup->poller,
                                               now, &nslookup->lookup) < 0)
        return server_unknown(nslookup);
    enum dobos_lookup_status status = dobos_lookup_step(nslookup->lookup, now, again);
    if (status == DOBOS_LOOKUP_PENDING)
        return TOOL_GOES_ON;
    if (status != DOBOS_LOOKUP_FOUND)
        return server_unknown(nslookup);
    const struct dobos_lookup_result *result = dobos_lookup_read(nslookup->lookup);
    for (unsigned i = 0; i < result->count; i++)
        nslookup->servers[nslookup->server_count++] =
            (struct nslookup_server){result->addresses[i], nslookup->options.server};
    dobos_lookup_destroy(nslookup->lookup);
    nslookup->lookup = NULL;
    return TOOL_GOES_ON;
}

/* ---- names ---- */

static unsigned count_dots(const char *name) {
    unsigned dots = 0;
    for (; *name; name++)
        dots += *name == '.';
    return dots;
}

/* Why a text is no name, as BIND says it. */
static const char *name_reason(const char *text) {
    size_t label = 0;
    while (*text) {
        const size_t digits = text[0] == '\\' ? strspn(text + 1, "0123456789") : 0;
        if (text[0] == '.' && label == 0)
            return "empty label";
        if (text[0] == '\\' && (text[1] == '\0' || (digits < 3 && text[1 + digits] == '\0')))
            return "unexpected end of input";
        if (digits > 0 && (digits < 3 || strncmp(text + 1, "255", 3) > 0))
            return "bad escape";
        if (text[0] != '.' && ++label > 63)
            return "label too long";
        label = text[0] == '.' ? 0 : label;
        text += text[0] != '\\' ? 1 : digits > 0 ? 4 : 2;
    }
    return "ran out of space";
}

static bool is_absolute(const char *name) {
    const size_t length = strlen(name);
    return length > 0 && name[length - 1] == '.';
}

/* The question's name in full; an exit code when there can be none. */
static int name_read(struct nslookup *nslookup, struct dns_name *name) {
    const struct nslookup_question *question = &nslookup->question;
    const bool has_origin = question->origin >= 0 && !is_absolute(question->name);
    const char *text = strcmp(question->name, "@") == 0 ? "." : question->name;
    struct dns_name origin = {.length = 1};
    if (!dns_name_from_text(text, name)) {
        sink_format(nslookup->task.context.error, "dobos nslookup: '%s' is not %s (%s)\n",
                    question->name, has_origin ? "in legal name syntax" : "a legal name",
                    name_reason(text));
        return has_origin ? NSLOOKUP_FAILED : NSLOOKUP_BAD_NAME;
    }
    if (has_origin && !dns_name_from_text(nslookup->search[question->origin], &origin))
        origin.length = 1;
    if (origin.length > 1 && name->length - 1u + origin.length <= DNS_NAME_BYTES) {
        memcpy(name->bytes + name->length - 1, origin.bytes, origin.length);
        name->length = (uint8_t)(name->length - 1 + origin.length);
    }
    return TOOL_GOES_ON;
}

/* Where a new question is sought first. */
static void origin_choose(struct nslookup *nslookup) {
    struct nslookup_question *question = &nslookup->question;
    const struct nslookup_options *options = &nslookup->options;
    if (!question->is_new)
        return;
    question->is_new = false;
    if (count_dots(question->name) >= options->ndots || !options->search) {
        question->done_as_is = true;
        question->needs_search = options->search;
    } else if (nslookup->search_count > 0) {
        question->origin = 0;
    }
}

/* The next place to seek a name that does not exist here; false: there is none. */
static bool origin_next(struct nslookup *nslookup) {
    struct nslookup_question *question = &nslookup->question;
    if (!nslookup->options.search || is_absolute(question->name) ||
        count_dots(question->name) + 1 > nslookup->options.ndots || question->origin < 0)
        return false;
    if (question->origin + 1 < (int)nslookup->search_count)
        question->origin++;
    else if (question->done_as_is)
        return false;
    else
        question->origin = -1;
    return true;
}

/* ---- asking ---- */

static const char *error_text(int error) {
    switch (error) {
    case -DOBOS_ETIMEDOUT:
        return "timed out";
    case -DOBOS_ECONNREFUSED:
        return "connection refused";
    case -DOBOS_EHOSTUNREACH:
        return "host unreachable";
    case -DOBOS_ENETUNREACH:
        return "network unreachable";
    case -DOBOS_ECONNRESET:
        return "end of file";
    default:
        return strerror(-error);
    }
}

/* Nothing more to ask: the last words. */
static int finish(struct nslookup *nslookup) {
    if (nslookup->task.json) {
        task_print(&nslookup->task, nslookup->answers);
        nslookup->answers = NULL;
    } else {
        sink_put(nslookup->task.context.out, "\n");
    }
    return nslookup->has_answer && !nslookup->has_failed ? 0 : NSLOOKUP_FAILED;
}

static void server_ask(struct nslookup *nslookup, dobos_time now);

/* Asks the whole question, from the first server on. */
static int question_ask(struct nslookup *nslookup, dobos_time now) {
    struct dns_inquiry *inquiry = &nslookup->inquiry;
    origin_choose(nslookup);
    *inquiry = (struct dns_inquiry){
        .question = {.type = nslookup->question.type, .class_ = nslookup->options.class_},
        .id = (uint16_t)dobos_host_random(nslookup->task.context.host),
        .recursion_desired = nslookup->question.recurse,
    };
    nslookup->server = 0;
    const int code = name_read(nslookup, &inquiry->question.name);
    if (code == TOOL_GOES_ON)
        server_ask(nslookup, now);
    return code;
}

/* The question is over: the next one, or the end. */
static int question_end(struct nslookup *nslookup, dobos_time now) {
    dns_channel_close(&nslookup->channel);
    if (!nslookup->has_next)
        return finish(nslookup);
    nslookup->question = nslookup->next;
    nslookup->has_next = false;
    return question_ask(nslookup, now);
}

static int give_up(struct nslookup *nslookup, dobos_time now) {
    nslookup_remark(nslookup, "no servers could be reached");
    return question_end(nslookup, now);
}

/* The question could not even be sent: again from the first server, as long as there are tries. */
static int setup_failed(struct nslookup *nslookup, int error, dobos_time now) {
    struct nslookup_question *question = &nslookup->question;
    char text[64], address[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(&nslookup->servers[nslookup->server].address, address);
    nslookup_remark(nslookup, "%s %s(%s) for %s failed: %s.",
                    question->tcp ? "Connection to" : "UDP setup with",
                    nslookup_server_text(nslookup, text), address, question->name,
                    error_text(error));
    if (question->tries > 1) {
        question->tries--;
        nslookup_remark(nslookup, "no servers could be reached");
        return question_ask(nslookup, now);
    }
    if (nslookup->server + 1 == nslookup->server_count)
        return give_up(nslookup, now);
    nslookup->server++;
    server_ask(nslookup, now);
    return TOOL_GOES_ON;
}

/* No answer comes from this server: once more, or the next one. */
static int answer_failed(struct nslookup *nslookup, int error, dobos_time now) {
    struct nslookup_question *question = &nslookup->question;
    char text[64];
    if (question->tcp && nslookup->channel.query_sent == 0)
        return setup_failed(nslookup, error, now);
    nslookup_remark(nslookup, "communications error to %s: %s",
                    nslookup_server_text(nslookup, text), error_text(error));
    if (question->tries > 1) {
        question->tries--;
        if (question->tcp)
            return question_ask(nslookup, now);
    } else if (++nslookup->server == nslookup->server_count) {
        nslookup->server--;
        return give_up(nslookup, now);
    }
    server_ask(nslookup, now);
    return TOOL_GOES_ON;
}

/* Asks one server; what cannot be sent is seen by the next step. */
static void server_ask(struct nslookup *nslookup, dobos_time now) {
    const struct dobos_endpoint server = {.address = nslookup->servers[nslookup->server].address,
                                          .port = nslookup->options.port};
    const bool tcp = nslookup->question.tcp;
    uint32_t seconds = nslookup->options.timeout_s;
    if (seconds == 0)
        seconds = tcp ? TCP_TIMEOUT_S : UDP_TIMEOUT_S;
    nslookup->deadline = now + (dobos_time)seconds * DOBOS_SECOND;
    nslookup->send_error = dns_channel_ask(&nslookup->channel, &server, tcp, &nslookup->inquiry);
}

/* ---- hearing ---- */

/* An answer that is no use here is left for the next server, where there is one; true: it was. */
static bool is_passed_over(struct nslookup *nslookup, const struct dns_header *header) {
    const bool fails = header->rcode == DNS_SERVFAIL && nslookup->question.skips_fails;
    const bool lacks = nslookup->options.checks_recursion && !header->recursion_available &&
                       nslookup->question.recurse;
    char address[DOBOS_ADDRESS_TEXT];
    if (!fails && !lacks)
        return false;
    const bool is_last = nslookup->server + 1 == nslookup->server_count;
    (void)dobos_address_format(&nslookup->servers[nslookup->server].address, address);
    nslookup_remark(nslookup, "Got %s from %s%s",
                    fails ? "SERVFAIL reply" : "recursion not available", address,
                    is_last ? "" : ", trying next server");
    return !is_last;
}

static int answer_take(struct nslookup *nslookup, const uint8_t *bytes, size_t length,
                       dobos_time now) {
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    if (!dns_inquiry_is_answered(&nslookup->inquiry, &message, &header))
        return TOOL_GOES_ON;
    if (header.truncated && !nslookup->question.tcp) {
        nslookup_remark(nslookup, "Truncated, retrying in TCP mode.");
        nslookup->question.tcp = true;
        return question_ask(nslookup, now);
    }
    if (!nslookup_is_sound(&message, &header)) {
        nslookup_bad_packet_print(nslookup, bytes, length);
        return question_end(nslookup, now);
    }
    if (is_passed_over(nslookup, &header)) {
        nslookup->server++;
        server_ask(nslookup, now);
        return TOOL_GOES_ON;
    }
    const bool is_sought = header.rcode == DNS_NXDOMAIN &&
                           (nslookup->question.origin >= 0 || nslookup->question.needs_search);
    struct nslookup_question asked = nslookup->question;
    const bool goes_on = is_sought && origin_next(nslookup);
    if (!goes_on || nslookup->options.debug) {
        struct nslookup_question sought = nslookup->question;
        nslookup->question = asked;
        nslookup_answer_print(nslookup, &message, &header);
        nslookup->question = sought;
    }
    return goes_on ? question_ask(nslookup, now) : question_end(nslookup, now);
}

static int hear(struct nslookup *nslookup, dobos_time now) {
    uint8_t room[DNS_CHANNEL_BYTES];
    const uint8_t *message;
    int code = TOOL_GOES_ON;
    while (code == TOOL_GOES_ON) {
        if (nslookup->send_error < 0) {
            code = setup_failed(nslookup, nslookup->send_error, now);
            continue;
        }
        int64_t got = dns_channel_hear(&nslookup->channel, room, &message);
        if (got == -DOBOS_EAGAIN && now < nslookup->deadline)
            return TOOL_GOES_ON;
        if (got == -DOBOS_EAGAIN)
            got = -DOBOS_ETIMEDOUT;
        if (got < 0)
            code = answer_failed(nslookup, (int)got, now);
        else
            code = answer_take(nslookup, message, (size_t)got, now);
    }
    return code;
}

static int begin_asking(struct nslookup *nslookup, dobos_time now) {
    notes_print(nslookup);
    if (nslookup->server_count == 0)
        servers_read(nslookup);
    search_read(nslookup);
    nslookup->channel =
        (struct dns_channel){.host = nslookup->task.context.host, .poller = nslookup->poller};
    nslookup->answers = nslookup->task.json ? json_array() : NULL;
    if (nslookup->task.json && !nslookup->answers)
        return TOOL_EXIT_INTERNAL;
    return question_ask(nslookup, now);
}

static int nslookup_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    struct nslookup *nslookup = nslookup_of(task);
    int code = TOOL_GOES_ON;
    if (task->interrupted)
        return NSLOOKUP_FAILED;
    if (!nslookup->poller && dobos_poller_create(task->context.host, &nslookup->poller) != 0)
        return TOOL_EXIT_INTERNAL;
    if (nslookup->options.server && nslookup->server_count == 0) {
        code = server_find(nslookup, now, again);
        if (code != TOOL_GOES_ON || nslookup->server_count == 0)
            return code;
    }
    if (!nslookup->channel.host)
        code = begin_asking(nslookup, now);
    if (code == TOOL_GOES_ON)
        code = hear(nslookup, now);
    *again = nslookup->deadline;
    return code;
}

static void nslookup_fini(struct tool_task *task) {
    struct nslookup *nslookup = nslookup_of(task);
    dobos_lookup_destroy(nslookup->lookup);
    if (nslookup->channel.host)
        dns_channel_close(&nslookup->channel);
    if (nslookup->poller)
        dobos_poller_destroy(nslookup->poller);
    json_decref(nslookup->answers);
    sink_fini(&nslookup->notes);
}

const struct tool_kind tool_nslookup = {
    .tool = {"nslookup", "ask name servers", true, "-"},
    .usage = "NAME|ADDRESS [SERVER]",
    .bytes = sizeof(struct nslookup),
    .reads_arguments = true,
    .begin = nslookup_begin,
    .step = nslookup_step,
    .fini = nslookup_fini,
};
