/* calls: what a script's program does, in the names of dobos/socket.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct named {
    const char *name;
    int64_t value;
};

static const struct named ERRORS[] = {
    {"EAGAIN", DOBOS_EAGAIN},
    {"ENOMEM", DOBOS_ENOMEM},
    {"EINVAL", DOBOS_EINVAL},
    {"EPIPE", DOBOS_EPIPE},
    {"EMSGSIZE", DOBOS_EMSGSIZE},
    {"EOPNOTSUPP", DOBOS_EOPNOTSUPP},
    {"EADDRINUSE", DOBOS_EADDRINUSE},
    {"EADDRNOTAVAIL", DOBOS_EADDRNOTAVAIL},
    {"ENETUNREACH", DOBOS_ENETUNREACH},
    {"ECONNABORTED", DOBOS_ECONNABORTED},
    {"ECONNRESET", DOBOS_ECONNRESET},
    {"ENOBUFS", DOBOS_ENOBUFS},
    {"EISCONN", DOBOS_EISCONN},
    {"ENOTCONN", DOBOS_ENOTCONN},
    {"ETIMEDOUT", DOBOS_ETIMEDOUT},
    {"ECONNREFUSED", DOBOS_ECONNREFUSED},
    {"EHOSTUNREACH", DOBOS_EHOSTUNREACH},
    {"EALREADY", DOBOS_EALREADY},
    {"EINPROGRESS", DOBOS_EINPROGRESS},
};

static const struct named OPTIONS[] = {
    {"NODELAY", DOBOS_OPTION_NODELAY},
    {"KEEPALIVE", DOBOS_OPTION_KEEPALIVE},
    {"KEEPALIVE_IDLE_S", DOBOS_OPTION_KEEPALIVE_IDLE_S},
    {"KEEPALIVE_INTERVAL_S", DOBOS_OPTION_KEEPALIVE_INTERVAL_S},
    {"KEEPALIVE_PROBES", DOBOS_OPTION_KEEPALIVE_PROBES},
    {"USER_TIMEOUT_MS", DOBOS_OPTION_USER_TIMEOUT_MS},
    {"SEND_BUFFER", DOBOS_OPTION_SEND_BUFFER},
    {"RECEIVE_BUFFER", DOBOS_OPTION_RECEIVE_BUFFER},
    {"TTL", DOBOS_OPTION_TTL},
    {"TOS", DOBOS_OPTION_TOS},
    {"PATH_MTU", DOBOS_OPTION_PATH_MTU},
    {"CONGESTION", DOBOS_OPTION_CONGESTION},
    {"URGENT", DOBOS_OPTION_URGENT},
    {"FASTOPEN", DOBOS_OPTION_FASTOPEN},
    {"FASTOPEN_CONNECT", DOBOS_OPTION_FASTOPEN_CONNECT},
    {"MAXSEG", DOBOS_OPTION_MAXSEG},
    {"CORK", DOBOS_OPTION_CORK},
    {"SYNCNT", DOBOS_OPTION_SYNCNT},
};

static const struct named LEVELS[] = {
    {"READABLE", DOBOS_READABLE},
    {"WRITABLE", DOBOS_WRITABLE},
    {"ERROR", DOBOS_ERROR},
    {"HANGUP", DOBOS_HANGUP},
};

static const struct named WAYS[] = {
    {"RECEIVE", DOBOS_SHUTDOWN_RECEIVE},
    {"SEND", DOBOS_SHUTDOWN_SEND},
    {"BOTH", DOBOS_SHUTDOWN_BOTH},
};

/* The value of the next word; a fault if it is none of these. */
static bool named_read(struct play *play, const struct named *names, size_t count, int64_t *value) {
    char word[40];
    if (!play_name(play, word, sizeof(word)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i].name, word) == 0) {
            *value = names[i].value;
            return true;
        }
    }
    return play_fault(play, "%s is not known here", word);
}

static const char *error_name(int64_t result) {
    for (size_t i = 0; i < COUNT(ERRORS); i++)
        if (ERRORS[i].value == -result)
            return ERRORS[i].name;
    return "?";
}

static void result_check(struct play *play, int64_t expected, int64_t found) {
    if (expected == found)
        return;
    if (found < 0)
        play_fault(play, "returned %lld (-%s)", (long long)found, error_name(found));
    else
        play_fault(play, "returned %lld", (long long)found);
}

/* ") = RESULT": a number, or an error. */
static void result_read(struct play *play, int64_t found) {
    int64_t expected = 0;
    if (!play_sign(play, ")") || !play_sign(play, "=")) {
        play_fault(play, ") = RESULT is expected");
        return;
    }
    if (play_sign(play, "-E")) {
        play->at--;
        if (!named_read(play, ERRORS, COUNT(ERRORS), &expected))
            return;
        expected = -expected;
    } else if (!play_number(play, &expected)) {
        return;
    }
    result_check(play, expected, found);
}

static bool slot_read(struct play *play, struct slot **slot) {
    int64_t number;
    if (!play_number(play, &number))
        return false;
    if (number < 0 || number >= PLAY_SOCKETS)
        return play_fault(play, "a socket's number is expected, not %lld", (long long)number);
    play->last = (unsigned)number;
    *slot = &play->slots[number];
    return true;
}

/* ") = NUMBER" gives the socket its number. */
static void slot_give(struct play *play, struct dobos_socket *socket, int64_t result) {
    struct slot *slot;
    if (result < 0) {
        result_read(play, result);
        return;
    }
    if (!play_sign(play, ")") || !play_sign(play, "=") || play_sign(play, "-") ||
        !slot_read(play, &slot)) {
        play_fault(play, "returned a socket");
        dobos_abort(socket);
        return;
    }
    *slot = (struct slot){.socket = socket};
}

static void open_play(struct play *play) {
    struct dobos_socket *socket = NULL;
    int made = dobos_socket_create(play->stage.host, DOBOS_TCP, NULL, &socket);
    slot_give(play, socket, made);
}

static void accept_play(struct play *play, struct slot *slot) {
    struct dobos_socket *socket = NULL;
    int accepted = dobos_accept(slot->socket, &socket, NULL);
    slot_give(play, socket, accepted);
}

static void send_play(struct play *play, struct slot *slot) {
    int64_t length = 0, sent;
    if (!play_sign(play, ",") || !play_number(play, &length) || length < 0)
        return;
    uint8_t *bytes = malloc((size_t)length + 1);
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = stage_byte(slot->sent + i);
    sent = dobos_send(slot->socket, bytes, (size_t)length);
    free(bytes);
    slot->sent += sent > 0 ? (uint32_t)sent : 0;
    result_read(play, sent);
}

static int64_t bytes_read(struct play *play, const struct slot *slot,
                          int64_t (*read)(struct dobos_socket *socket, void *bytes, size_t room)) {
    int64_t room = 0, received;
    if (!play_sign(play, ",") || !play_number(play, &room) || room < 0)
        return 0;
    uint8_t *bytes = malloc((size_t)room + 1);
    received = read(slot->socket, bytes, (size_t)room);
    for (uint32_t i = 0; i < received; i++)
        if (bytes[i] != stage_byte(slot->received + i)) {
            play_fault(play, "byte %u is not the stream's", slot->received + i);
            break;
        }
    free(bytes);
    result_read(play, received);
    return received;
}

static void receive_play(struct play *play, struct slot *slot) {
    int64_t received = bytes_read(play, slot, dobos_receive);
    slot->received += received > 0 ? (uint32_t)received : 0;
}

static void peek_play(struct play *play, struct slot *slot) {
    (void)bytes_read(play, slot, dobos_peek);
}

static void option_play(struct play *play, struct slot *slot) {
    int64_t option = 0, value = 0;
    if (!play_sign(play, ",") || !named_read(play, OPTIONS, COUNT(OPTIONS), &option))
        return;
    if (play_sign(play, ",") && !play_number(play, &value))
        return;
    result_read(play, dobos_option_set(slot->socket, (enum dobos_option)option, value));
}

static void option_read_play(struct play *play, struct slot *slot) {
    int64_t option = 0, value = 0;
    if (!play_sign(play, ",") || !named_read(play, OPTIONS, COUNT(OPTIONS), &option))
        return;
    int read = dobos_option_read(slot->socket, (enum dobos_option)option, &value);
    result_read(play, read < 0 ? read : value);
}

/* "ready(4) = READABLE WRITABLE", or 0. */
static void ready_play(struct play *play, struct slot *slot) {
    unsigned expected = 0, found = dobos_socket_ready(slot->socket);
    int64_t value = 0;
    if (!play_sign(play, ")") || !play_sign(play, "=")) {
        play_fault(play, ") = LEVELS are expected");
        return;
    }
    if (!play_word(play, "0"))
        while (!play_is_end(play)) {
            if (!named_read(play, LEVELS, COUNT(LEVELS), &value))
                return;
            expected |= (unsigned)value;
        }
    if (expected != found)
        play_fault(play, "is ready for%s%s%s%s%s", found & DOBOS_READABLE ? " READABLE" : "",
                   found & DOBOS_WRITABLE ? " WRITABLE" : "", found & DOBOS_ERROR ? " ERROR" : "",
                   found & DOBOS_HANGUP ? " HANGUP" : "", found ? "" : " nothing");
}

/* The socket is the library's again. */
static void end_play(struct play *play, struct slot *slot, bool aborts) {
    if (!play_sign(play, ")")) {
        play_fault(play, ") is expected");
        return;
    }
    if (aborts)
        dobos_abort(slot->socket);
    else
        dobos_close(slot->socket);
    slot->socket = NULL;
}

static struct dobos_endpoint endpoint(uint32_t address, int64_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = (uint16_t)port};
}

static void connect_play(struct play *play, struct slot *slot) {
    int64_t port = PEER_PORT;
    if (play_sign(play, ",") && !play_number(play, &port))
        return;
    struct dobos_endpoint peer = endpoint(PEER_ADDRESS, port);
    result_read(play, dobos_connect(slot->socket, &peer));
}

static void bind_play(struct play *play, struct slot *slot) {
    int64_t port = 0;
    if (!play_sign(play, ",") || !play_number(play, &port))
        return;
    struct dobos_endpoint local = endpoint(HOST_ADDRESS, port);
    result_read(play, dobos_bind(slot->socket, &local));
}

static void listen_play(struct play *play, struct slot *slot) {
    int64_t backlog = 0;
    if (play_sign(play, ",") && play_number(play, &backlog))
        result_read(play, dobos_listen(slot->socket, (unsigned)backlog));
}

static void shutdown_play(struct play *play, struct slot *slot) {
    int64_t how = 0;
    if (play_sign(play, ",") && named_read(play, WAYS, COUNT(WAYS), &how))
        result_read(play, dobos_shutdown(slot->socket, (enum dobos_shutdown)how));
}

static void error_play(struct play *play, struct slot *slot) {
    result_read(play, dobos_socket_error(slot->socket));
}

static void close_play(struct play *play, struct slot *slot) {
    end_play(play, slot, false);
}

static void abort_play(struct play *play, struct slot *slot) {
    end_play(play, slot, true);
}

static const struct {
    const char *name;
    void (*play)(struct play *play, struct slot *slot);
} CALLS[] = {
    {"bind", bind_play},         {"listen", listen_play}, {"accept", accept_play},
    {"connect", connect_play},   {"send", send_play},     {"receive", receive_play},
    {"shutdown", shutdown_play}, {"option", option_play}, {"option_read", option_read_play},
    {"error", error_play},       {"ready", ready_play},   {"close", close_play},
    {"abort", abort_play},       {"peek", peek_play},
};

bool call_play(struct play *play) {
    struct slot *slot;
    if (play_word(play, "socket")) {
        if (play_sign(play, "("))
            open_play(play);
        return true;
    }
    for (size_t i = 0; i < COUNT(CALLS); i++) {
        if (!play_word(play, CALLS[i].name))
            continue;
        if (!play_sign(play, "(") || !slot_read(play, &slot))
            play_fault(play, "(SOCKET is expected");
        else if (!slot->socket)
            play_fault(play, "there is no socket %u", play->last);
        else
            CALLS[i].play(play, slot);
        return true;
    }
    return false;
}
