/*
 * reverse: see reverse.h. Servers take turns, twice each, five seconds at a time, as the resolver
 * of the C library has it. Answers are taken only from whom was asked, to the port that asked, with
 * the question's id (RFC 5452 §9).
 */
#include "tools/reverse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/dns.h"

#define ROUNDS       2
#define LOOPBACK     0x7f000001 /* RFC 6761 §6.3: nobody has to be asked */
#define WAIT_NS      (5 * DOBOS_SECOND)
#define ANSWER_BYTES 1500
#define QUERY_BYTES  512

static struct reverse_name *name_find(struct reverse *reverse,
                                      const struct dobos_address *address) {
    for (size_t i = 0; i < reverse->count; i++) {
        if (dobos_address_is_equal(&reverse->names[i].address, address))
            return &reverse->names[i];
    }
    return NULL;
}

/* A new place; NULL: no memory. */
static struct reverse_name *name_append(struct reverse *reverse,
                                        const struct dobos_address *address) {
    if (reverse->count == reverse->room || !reverse->names) {
        size_t room = reverse->room > 0 ? 2 * reverse->room : 16;
        struct reverse_name *larger = realloc(reverse->names, room * sizeof(*larger));
        if (!larger)
            return NULL;
        reverse->names = larger;
        reverse->room = room;
    }
    struct reverse_name *name = &reverse->names[reverse->count++];
    *name = (struct reverse_name){.address = *address};
    (void)dobos_address_format(address, name->text);
    name->is_known = dobos_address_ipv4_number(address) == LOOPBACK;
    if (name->is_known)
        (void)snprintf(name->text, sizeof(name->text), "localhost");
    return name;
}

static unsigned server_count(const struct reverse *reverse) {
    struct dobos_nameserver server;
    unsigned count = 0;
    while (dobos_nameserver_read(reverse->host, count, &server) == 0)
        count++;
    return count;
}

static size_t question_emit(const struct reverse *reverse, const struct reverse_name *name,
                            uint8_t query[QUERY_BYTES]) {
    struct dns_writer w = dns_writer_make(query, QUERY_BYTES);
    const struct dns_header header = {.id = reverse->id, .recursion_desired = true, .questions = 1};
    struct dns_question question = {.type = DNS_PTR, .class_ = DNS_IN};
    dns_name_reverse(&name->address, &question.name);
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &question);
    return w.writer.position;
}

/* Asks the next server from a new port; false: none is left to ask. */
static bool ask(struct reverse *reverse, const struct reverse_name *name, dobos_time now) {
    struct dobos_nameserver server;
    uint8_t query[QUERY_BYTES];
    unsigned servers = server_count(reverse);
    dobos_close(reverse->socket);
    reverse->socket = NULL;
    if (reverse->attempt >= ROUNDS * servers ||
        dobos_nameserver_read(reverse->host, reverse->attempt % servers, &server) != 0)
        return false;
    const struct dobos_endpoint peer = {.address = server.address, .port = DNS_PORT};
    reverse->attempt++;
    reverse->id = (uint16_t)dobos_host_random(reverse->host);
    reverse->deadline = now; /* where it cannot be sent the next one is asked at once */
    if (dobos_socket_create(reverse->host, DOBOS_UDP, reverse->poller, &reverse->socket) != 0 ||
        dobos_connect(reverse->socket, &peer) != 0)
        return true;
    if (dobos_send(reverse->socket, query, question_emit(reverse, name, query)) > 0)
        reverse->deadline = now + WAIT_NS;
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

static enum heard answer_read(const struct reverse *reverse, const uint8_t *bytes, size_t length,
                              struct reverse_name *name) {
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    struct dns_question question;
    struct dns_name owner, target;
    char text[DNS_NAME_TEXT];
    dns_name_reverse(&name->address, &owner);
    if (!dns_header_parse(&message, &header) || header.id != reverse->id || !header.response ||
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
static bool hear(struct reverse *reverse, struct reverse_name *name, dobos_time now) {
    uint8_t bytes[ANSWER_BYTES];
    int64_t length;
    while ((length = dobos_receive(reverse->socket, bytes, sizeof(bytes))) != -DOBOS_EAGAIN) {
        enum heard heard =
            length < 0 ? HEARD_FAILURE : answer_read(reverse, bytes, (size_t)length, name);
        if (heard == HEARD_NAME || heard == HEARD_NO_NAME)
            return true;
        if (heard == HEARD_FAILURE) {
            reverse->deadline = now;
            return false;
        }
    }
    return false;
}

const char *reverse_name(struct reverse *reverse, const struct dobos_address *address,
                         dobos_time now, dobos_time *again) {
    static const char no_memory[] = "?";
    struct reverse_name *name = name_find(reverse, address);
    if (!name) {
        name = name_append(reverse, address);
        if (!name)
            return no_memory;
        reverse->attempt = 0;
        name->is_known = name->is_known || !ask(reverse, name, now);
    }
    while (!name->is_known) {
        name->is_known = reverse->socket && hear(reverse, name, now);
        if (!name->is_known && reverse->deadline > now) {
            *again = min_i64(*again, reverse->deadline);
            return NULL;
        }
        if (!name->is_known)
            name->is_known = !ask(reverse, name, now);
    }
    dobos_close(reverse->socket);
    reverse->socket = NULL;
    return name->text;
}

void reverse_fini(struct reverse *reverse) {
    dobos_close(reverse->socket);
    reverse->socket = NULL;
    free(reverse->names);
    reverse->names = NULL;
    reverse->count = reverse->room = 0;
}
