/* asking: see asking.h. */
#include "tools/asking.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/task.h"

#define UDP_TIMEOUT_S 5 /* where the rules say 0 */
#define TCP_TIMEOUT_S 10

/* ---- the host ---- */

/* The search list: the option's domain, or the node's. */
static void search_read(struct asking *asking) {
    struct dobos_search search;
    asking->search_count = 0;
    if (asking->rules.domain) {
        text_copy(asking->search[0], DOBOS_DOMAIN_BYTES, asking->rules.domain);
        asking->search_count = 1;
        return;
    }
    for (uint32_t i = 0; i < ASKING_SEARCH && dobos_search_read(asking->host, i, &search) == 0; i++)
        text_copy(asking->search[asking->search_count++], DOBOS_DOMAIN_BYTES, search.domain);
}

bool asking_open(struct asking *asking) {
    asking->deadline = DOBOS_NEVER;
    if (dobos_poller_create(asking->host, &asking->poller) != 0)
        return false;
    asking->channel = (struct dns_channel){.host = asking->host, .poller = asking->poller};
    asking->room = malloc(ASKING_ROOM);
    return asking->room != NULL;
}

void asking_fini(struct asking *asking) {
    dobos_lookup_destroy(asking->lookup);
    if (asking->channel.host)
        dns_channel_close(&asking->channel);
    if (asking->poller)
        dobos_poller_destroy(asking->poller);
    free(asking->room);
}

void asking_servers_read(struct asking *asking) {
    struct dobos_nameserver server;
    for (uint32_t i = 0; i < ASKING_SERVERS && dobos_nameserver_read(asking->host, i, &server) == 0;
         i++)
        asking->servers[asking->server_count++] = (struct asking_server){.address = server.address};
    if (asking->server_count == 0)
        asking->servers[asking->server_count++] =
            (struct asking_server){.address = dobos_address_ipv4(0x7f000001)};
}

int asking_server_find(struct asking *asking, const char *name, dobos_time now, dobos_time *again) {
    if (!asking->lookup &&
        dobos_getaddrinfo(asking->host, name, asking->poller, now, &asking->lookup) < 0)
        return -1;
    enum dobos_lookup_status status = dobos_lookup_step(asking->lookup, now, again);
    if (status == DOBOS_LOOKUP_PENDING)
        return 0;
    const struct dobos_lookup_result *result = dobos_lookup_read(asking->lookup);
    for (unsigned i = 0;
         status == DOBOS_LOOKUP_FOUND && i < result->count && asking->server_count < ASKING_SERVERS;
         i++)
        asking->servers[asking->server_count++] =
            (struct asking_server){result->addresses[i], name};
    dobos_lookup_destroy(asking->lookup);
    asking->lookup = NULL;
    return status == DOBOS_LOOKUP_FOUND ? 1 : -1;
}

/* ---- words ---- */

static void remark(struct asking *asking, const char *format, va_list arguments) {
    if (!asking->out)
        return;
    sink_put(asking->out, ";; ");
    sink_vformat(asking->out, format, arguments);
    sink_put(asking->out, "\n");
}

void asking_remark(struct asking *asking, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    remark(asking, format, arguments);
    va_end(arguments);
}

void asking_comment(struct asking *asking, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!asking->hides_comments)
        remark(asking, format, arguments);
    va_end(arguments);
}

const char *asking_server_text(const struct asking *asking, char text[64]) {
    char address[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(&asking->servers[asking->server].address, address);
    (void)snprintf(text, 64, "%s#%u", address, asking->rules.port);
    return text;
}

static void characters_print(struct sink *out, const uint8_t *bytes, size_t length) {
    sink_put(out, "         ");
    for (size_t i = 0; i < length; i++)
        sink_format(out, "%c", bytes[i] >= '!' && bytes[i] <= '}' ? bytes[i] : '.');
    sink_put(out, "\n");
}

void asking_bad_packet_print(struct asking *asking) {
    const uint8_t *bytes = asking->message;
    const size_t length = asking->message_length;
    asking_remark(asking, "Got bad packet: FORMERR");
    if (!asking->out)
        return;
    sink_format(asking->out, "%zu bytes\n", length);
    for (size_t line = 0; line < length; line += 16) {
        const size_t count = min_size(16, length - line);
        for (size_t i = 0; i < 16; i++) {
            if (i < count)
                sink_format(asking->out, "%02x ", bytes[line + i]);
            else
                sink_put(asking->out, "   ");
        }
        characters_print(asking->out, bytes + line, count);
    }
}

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
    case -DOBOS_EADDRNOTAVAIL:
        return "address not available";
    case -DOBOS_ECONNRESET:
        return "end of file";
    default:
        return strerror(-error);
    }
}

/* ---- asking ---- */

static void sent_remember(struct asking *asking, dobos_time now) {
    char name[DNS_NAME_TEXT];
    if (asking->sent_count == ASKING_SENT_MOST)
        return;
    struct asking_sent *sent = &asking->sent[asking->sent_count++];
    *sent = (struct asking_sent){.at = now,
                                 .server = asking->servers[asking->server].address,
                                 .tcp = asking->question.tcp,
                                 .type = asking->question.type};
    dns_name_format(&asking->inquiry.question.name, name);
    (void)text_copy(sent->name, sizeof sent->name, name);
}

/* Asks one server; what cannot be sent is seen by the next step. */
static void server_ask(struct asking *asking, dobos_time now) {
    const struct dobos_endpoint server = {.address = asking->servers[asking->server].address,
                                          .port = asking->rules.port};
    const bool tcp = asking->question.tcp;
    uint32_t seconds = asking->rules.timeout_s;
    if (seconds == 0)
        seconds = tcp ? TCP_TIMEOUT_S : UDP_TIMEOUT_S;
    sent_remember(asking, now);
    asking->sent_at = tcp ? DOBOS_NEVER : now;
    asking->deadline = now + (dobos_time)seconds * DOBOS_SECOND;
    asking->send_error =
        dns_channel_send(&asking->channel, &server, tcp, asking->query, asking->query_length);
}

/* Asks the whole question, from the first server on. */
void asking_begin(struct asking *asking, dobos_time now) {
    struct asking_question *question = &asking->question;
    struct dns_inquiry *inquiry = &asking->inquiry;
    if (!asking->has_search)
        search_read(asking);
    asking->has_search = true;
    asking_origin_choose(asking);
    *inquiry = (struct dns_inquiry){
        .question = {.type = question->type, .class_ = question->class_},
        .id = question->has_id ? question->id : (uint16_t)dobos_host_random(asking->host),
    };
    asking->server = 0;
    asking->goes_on = false;
    asking->had_connection = false;
    asking->exit_code = asking_name_read(asking, &inquiry->question.name);
    if (asking->exit_code != TOOL_GOES_ON)
        return;
    asking->query_length =
        dns_query_emit(&asking->form, &inquiry->question, inquiry->id, asking->query);
    asking->has_news = true;
    server_ask(asking, now);
}

/* The question could not even be sent: again from the first server, as long as there are tries. */
static enum asking_event setup_failed(struct asking *asking, int error, dobos_time now) {
    struct asking_question *question = &asking->question;
    char text[64], address[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(&asking->servers[asking->server].address, address);
    asking_remark(asking, "%s %s(%s) for %s failed: %s.",
                  question->tcp ? "Connection to" : "UDP setup with",
                  asking_server_text(asking, text), address, question->name, error_text(error));
    if (question->tries > 1) {
        question->tries--;
        asking_remark(asking, "no servers could be reached");
        asking_begin(asking, now);
        return ASKING_PENDING;
    }
    if (asking->server + 1 == asking->server_count)
        return ASKING_NOBODY;
    asking->server++;
    server_ask(asking, now);
    return ASKING_PENDING;
}

/* No answer comes from this server: once more, or the next one. */
static enum asking_event answer_failed(struct asking *asking, int error, dobos_time now) {
    struct asking_question *question = &asking->question;
    char text[64];
    if (question->tcp && asking->channel.query_sent == 0)
        return setup_failed(asking, error, now);
    asking_remark(asking, "communications error to %s: %s", asking_server_text(asking, text),
                  error_text(error));
    if (question->tries > 1) {
        question->tries--;
        if (question->tcp) {
            asking_begin(asking, now);
            return ASKING_PENDING;
        }
    } else if (++asking->server == asking->server_count) {
        asking->server--;
        asking->had_connection = true;
        return ASKING_NOBODY;
    }
    server_ask(asking, now);
    return ASKING_PENDING;
}

/* ---- hearing ---- */

/* An answer that is no use here is left for the next server, where there is one; true: it was. */
static bool is_passed_over(struct asking *asking, const struct dns_header *header) {
    const bool fails = header->rcode == DNS_SERVFAIL && asking->question.skips_fails;
    const bool lacks = asking->rules.checks_recursion && !header->recursion_available &&
                       asking->form.recursion_desired;
    char address[DOBOS_ADDRESS_TEXT];
    if (!fails && !lacks)
        return false;
    const bool is_last = asking->server + 1 == asking->server_count;
    (void)dobos_address_format(&asking->servers[asking->server].address, address);
    asking_comment(asking, "Got %s from %s%s", fails ? "SERVFAIL reply" : "recursion not available",
                   address, is_last ? "" : ", trying next server");
    return !is_last;
}

/* A name that does not exist may be sought elsewhere. */
static bool search_goes_on(const struct asking *asking) {
    struct asking_question question = asking->question;
    return asking->header.rcode == DNS_NXDOMAIN &&
           (question.origin >= 0 || question.needs_search) && asking_origin_next(asking, &question);
}

static enum asking_event answer_take(struct asking *asking, dobos_time now) {
    struct dns_header *header = &asking->header;
    struct dns_record record;
    asking->body = reader_make(asking->message, asking->message_length);
    if (!dns_inquiry_is_answered(&asking->inquiry, &asking->body, header))
        return ASKING_PENDING;
    asking->answered_at = now;
    if (header->truncated && !asking->question.tcp && !asking->rules.ignores_truncation) {
        asking_comment(asking, "Truncated, retrying in TCP mode.");
        asking->question.tcp = true;
        asking_begin(asking, now);
        return ASKING_PENDING;
    }
    struct reader at = asking->body;
    const unsigned count = header->answers + (unsigned)header->authorities + header->additionals;
    for (unsigned i = 0; i < count; i++)
        if (!dns_record_parse(&at, &record))
            return ASKING_UNREADABLE;
    if (is_passed_over(asking, header)) {
        asking->server++;
        server_ask(asking, now);
        return ASKING_PENDING;
    }
    asking->goes_on = search_goes_on(asking);
    return !asking->goes_on             ? ASKING_ANSWERED
           : asking->rules.shows_search ? ASKING_SOUGHT
                                        : ASKING_PENDING;
}

static enum asking_event hear(struct asking *asking, dobos_time now) {
    if (asking->send_error < 0)
        return setup_failed(asking, asking->send_error, now);
    int64_t got =
        dns_channel_receive(&asking->channel, asking->room, ASKING_ROOM, &asking->message);
    if (asking->sent_at == DOBOS_NEVER && asking->channel.query_sent > 0)
        asking->sent_at = now;
    if (got == -DOBOS_EAGAIN && now >= asking->deadline)
        got = -DOBOS_ETIMEDOUT;
    if (got == -DOBOS_EAGAIN) {
        asking->message = NULL;
        return ASKING_PENDING;
    }
    if (got < 0)
        return answer_failed(asking, (int)got, now);
    asking->message_length = (size_t)got;
    return answer_take(asking, now);
}

enum asking_event asking_step(struct asking *asking, dobos_time now, dobos_time *again) {
    enum asking_event event = ASKING_PENDING;
    do {
        if (asking->goes_on) {
            (void)asking_origin_next(asking, &asking->question);
            asking_begin(asking, now);
        }
        if (asking->exit_code != TOOL_GOES_ON)
            return ASKING_NO_NAME;
        if (asking->has_news) {
            asking->has_news = false;
            return ASKING_SENT;
        }
        asking->message = asking->room;
        event = hear(asking, now);
    } while (event == ASKING_PENDING && asking->message);
    *again = asking->deadline;
    return event;
}

void asking_reverse_ipv6(const uint8_t bytes[16], char name[DNS_NAME_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    size_t length = 0;
    for (int i = 15; i >= 0; i--) {
        name[length++] = digits[bytes[i] & 15];
        name[length++] = '.';
        name[length++] = digits[bytes[i] >> 4];
        name[length++] = '.';
    }
    memcpy(name + length, "ip6.arpa", sizeof "ip6.arpa");
}
