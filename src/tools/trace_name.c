/*
 * trace_name: the names of routers on the way: a PTR question (RFC 1035 §3.5) to the node's name
 * servers in turn, twice each, five seconds at a time, as the resolver of the C library does. An
 * address without a name, or when nobody answers, is its own name. Answers are taken only from whom
 * was asked, to the port that asked, with the question's id (RFC 5452 §9).
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "tools/trace.h"

#define ROUNDS       2
#define WAIT_NS      (5 * DOBOS_SECOND)
#define ANSWER_BYTES 1500
#define QUERY_BYTES  512

static struct trace_name *name_find(struct trace_names *names,
                                    const struct dobos_address *address) {
    for (size_t i = 0; i < names->count; i++) {
        if (dobos_address_is_equal(&names->names[i].address, address))
            return &names->names[i];
    }
    return NULL;
}

/* A new place; NULL: no memory. */
static struct trace_name *name_append(struct trace_names *names,
                                      const struct dobos_address *address) {
    if (names->count == names->room || !names->names) {
        size_t room = names->room > 0 ? 2 * names->room : 16;
        struct trace_name *larger = realloc(names->names, room * sizeof(*larger));
        if (!larger)
            return NULL;
        names->names = larger;
        names->room = room;
    }
    struct trace_name *name = &names->names[names->count++];
    *name = (struct trace_name){.address = *address};
    (void)dobos_address_format(address, name->text);
    return name;
}

static unsigned server_count(const struct trace_names *names) {
    struct dobos_nameserver server;
    unsigned count = 0;
    while (dobos_nameserver_read(names->host, count, &server) == 0)
        count++;
    return count;
}

static size_t question_emit(const struct trace_names *names, const struct trace_name *name,
                            uint8_t query[QUERY_BYTES]) {
    struct dns_writer w = dns_writer_make(query, QUERY_BYTES);
    const struct dns_header header = {.id = names->id, .recursion_desired = true, .questions = 1};
    struct dns_question question = {.type = DNS_PTR, .class_ = DNS_IN};
    dns_name_reverse(&name->address, &question.name);
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &question);
    return w.writer.position;
}

/* Asks the next server from a new port; false: none is left to ask. */
static bool ask(struct trace_names *names, const struct trace_name *name, dobos_time now) {
    struct dobos_nameserver server;
    uint8_t query[QUERY_BYTES];
    unsigned servers = server_count(names);
    dobos_close(names->socket);
    names->socket = NULL;
    if (names->attempt >= ROUNDS * servers ||
        dobos_nameserver_read(names->host, names->attempt % servers, &server) != 0)
        return false;
    const struct dobos_endpoint peer = {.address = server.address, .port = DNS_PORT};
    names->attempt++;
    names->id = (uint16_t)dobos_host_random(names->host);
    names->deadline = now; /* where it cannot be sent the next one is asked at once */
    if (dobos_socket_create(names->host, DOBOS_UDP, names->poller, &names->socket) != 0 ||
        dobos_connect(names->socket, &peer) != 0)
        return true;
    if (dobos_send(names->socket, query, question_emit(names, name, query)) > 0)
        names->deadline = now + WAIT_NS;
    return true;
}

/* The PTR record of the answer, aliases followed (RFC 2317). */
static bool target_find(struct reader *message, unsigned count, struct dns_name *owner,
                        struct dns_name *target) {
    struct dns_record record;
    for (; count > 0 && dns_record_parse(message, &record); count--) {
        size_t at = 0;
        bool is_name = record.type == DNS_PTR || record.type == DNS_CNAME;
        if (!is_name || record.class_ != DNS_IN || !dns_name_is_equal(&record.name, owner) ||
            !dns_record_name_parse(message, &record, &at, target))
            continue;
        if (record.type == DNS_PTR)
            return true;
        *owner = *target;
    }
    return false;
}

enum heard {
    HEARD_NOTHING, /* it is no answer to the question */
    HEARD_NAME,    /* the name stands in the text */
    HEARD_NO_NAME, /* there is none */
    HEARD_FAILURE, /* the server could not say */
};

static enum heard answer_read(const struct trace_names *names, const uint8_t *bytes, size_t length,
                              struct trace_name *name) {
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    struct dns_question question;
    struct dns_name owner, target;
    char text[DNS_NAME_TEXT];
    dns_name_reverse(&name->address, &owner);
    if (!dns_header_parse(&message, &header) || header.id != names->id || !header.response ||
        header.questions != 1 || !dns_question_parse(&message, &question) ||
        question.type != DNS_PTR || !dns_name_is_equal(&question.name, &owner))
        return HEARD_NOTHING;
    if (header.rcode != DNS_NOERROR && header.rcode != DNS_NXDOMAIN)
        return HEARD_FAILURE;
    if (!target_find(&message, header.answers, &owner, &target))
        return HEARD_NO_NAME;
    if (dns_name_format(&target, text) >= sizeof(name->text))
        return HEARD_NO_NAME;
    memcpy(name->text, text, strlen(text) + 1);
    return HEARD_NAME;
}

/* Takes what has come; true: asking is over. */
static bool hear(struct trace_names *names, struct trace_name *name, dobos_time now) {
    uint8_t bytes[ANSWER_BYTES];
    int64_t length;
    while ((length = dobos_receive(names->socket, bytes, sizeof(bytes))) != -DOBOS_EAGAIN) {
        enum heard heard =
            length < 0 ? HEARD_FAILURE : answer_read(names, bytes, (size_t)length, name);
        if (heard == HEARD_NAME || heard == HEARD_NO_NAME)
            return true;
        if (heard == HEARD_FAILURE) {
            names->deadline = now;
            return false;
        }
    }
    return false;
}

const char *trace_name(struct trace_names *names, const struct dobos_address *address,
                       dobos_time now, dobos_time *again) {
    static const char no_memory[] = "?";
    struct trace_name *name = name_find(names, address);
    if (!name) {
        name = name_append(names, address);
        if (!name)
            return no_memory;
        names->attempt = 0;
        name->is_known = !ask(names, name, now);
    }
    while (!name->is_known) {
        name->is_known = names->socket && hear(names, name, now);
        if (!name->is_known && names->deadline > now) {
            *again = min_i64(*again, names->deadline);
            return NULL;
        }
        if (!name->is_known)
            name->is_known = !ask(names, name, now);
    }
    dobos_close(names->socket);
    names->socket = NULL;
    return name->text;
}

void trace_names_fini(struct trace_names *names) {
    dobos_close(names->socket);
    names->socket = NULL;
    free(names->names);
    names->names = NULL;
    names->count = names->room = 0;
}
