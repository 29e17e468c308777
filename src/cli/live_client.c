/* live_client: see live_client.h. */
#include "cli/live_client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/command.h"

#define LINE_MOST (64 * 1024 * 1024) /* bytes of an answer's line */

int live_folder_open(struct control_folder *folder, const char *command) {
    struct failure failure;
    if (control_folder_open(folder, false, &failure) == 0)
        return 0;
    (void)complain(command, "%s", failure.text);
    return -1;
}

/* No network was named: the only one, if there is only one. Returns 0 or the exit code. */
static int name_choose(struct live_client *client, const struct control_folder *folder,
                       const char *command) {
    struct sink names = {0};
    int code = 0;
    unsigned count = folder->descriptor < 0 ? 0 : control_names(folder, &names);
    if (count == 1) {
        (void)snprintf(client->name, sizeof client->name, "%s", sink_text(&names));
    } else if (count == 0) {
        code = complain(command, "no network is live: dobos lab NET.yaml --live brings one up; "
                                 "-f NET.yaml starts one for this question only");
    } else {
        for (size_t i = 0; i + 1 < names.length; i++)
            if (names.text[i] == '\0')
                names.text[i] = ' ';
        code = complain(command, "several networks are live: -N NAME says which: %s",
                        sink_text(&names));
    }
    sink_fini(&names);
    return code;
}

static int connect_named(struct live_client *client, const struct control_folder *folder,
                         const char *command) {
    client->socket = folder->descriptor < 0 ? -ENOENT : control_connect(folder, client->name);
    if (client->socket == -ENOENT || client->socket == -ECONNREFUSED) {
        struct sink names = {0};
        unsigned count = folder->descriptor < 0 ? 0 : control_names(folder, &names);
        for (size_t i = 0; i + 1 < names.length; i++)
            if (names.text[i] == '\0')
                names.text[i] = ' ';
        (void)complain(command, "%s: no network of that name is live%s%s", client->name,
                       count > 0 ? "; there is " : "", sink_text(&names));
        sink_fini(&names);
        return EXIT_USAGE;
    }
    if (client->socket < 0) {
        (void)complain(command, "%s: cannot be asked: %s", client->name, strerror(-client->socket));
        return EXIT_INTERNAL;
    }
    if (control_peer_is_ours(client->socket))
        return 0;
    (void)complain(command, "%s: its control socket is somebody else's", client->name);
    live_client_close(client);
    return EXIT_INTERNAL;
}

int live_client_open(struct live_client *client, const char *command, const char *name) {
    struct control_folder folder;
    int code;
    *client = (struct live_client){.socket = -1};
    if (name && !control_name_is_good(name))
        return complain(command, "-N: '%s': expected the name of a network", name);
    if (live_folder_open(&folder, command) != 0)
        return EXIT_INTERNAL;
    (void)snprintf(client->name, sizeof client->name, "%s", name ? name : "");
    code = name ? 0 : name_choose(client, &folder, command);
    if (code == 0)
        code = connect_named(client, &folder, command);
    control_folder_close(&folder);
    return code;
}

void live_client_close(struct live_client *client) {
    if (client->socket >= 0)
        (void)close(client->socket);
    client->socket = -1;
    sink_fini(&client->lines);
}

bool live_client_send(struct live_client *client, json_t *object) {
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    size_t length = text ? strlen(text) : 0;
    bool is_sent = text != NULL;
    json_decref(object);
    if (text)
        text[length++] = '\n'; /* in the place of its end */
    for (size_t at = 0; is_sent && at < length;) {
        ssize_t sent = send(client->socket, text + at, length - at, MSG_NOSIGNAL);
        if (sent >= 0)
            at += (size_t)sent;
        else
            is_sent = errno == EINTR;
    }
    free(text);
    return is_sent;
}

/* The next whole line; NULL: there is none yet. */
static json_t *line_take(struct live_client *client) {
    const char *start = client->lines.text + client->taken;
    const size_t length = client->lines.length - client->taken;
    const char *end = length > 0 ? memchr(start, '\n', length) : NULL;
    if (!end)
        return NULL;
    json_t *object = json_loadb(start, (size_t)(end - start), 0, NULL);
    client->taken += (size_t)(end - start) + 1;
    return object ? object : json_object();
}

/* Gives the room of the lines that were taken back. */
static void lines_shorten(struct live_client *client) {
    if (client->taken == 0)
        return;
    client->lines.length -= client->taken;
    memmove(client->lines.text, client->lines.text + client->taken, client->lines.length);
    client->taken = 0;
}

enum live_answer live_client_take(struct live_client *client, json_t **object) {
    char bytes[65536];
    *object = line_take(client);
    if (*object)
        return LIVE_LINE;
    lines_shorten(client);
    ssize_t got = recv(client->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return LIVE_LINE;
    if (got <= 0 || client->lines.failed || client->lines.length > LINE_MOST)
        return LIVE_GONE;
    sink_append(&client->lines, bytes, (size_t)got);
    *object = line_take(client);
    return LIVE_LINE;
}

enum live_answer live_client_receive(struct live_client *client, json_t **object) {
    sigset_t waiting;
    (void)sigprocmask(SIG_SETMASK, NULL, &waiting);
    (void)sigdelset(&waiting, SIGINT);
    for (;;) {
        enum live_answer answer = live_client_take(client, object);
        if (answer != LIVE_LINE || *object)
            return answer;
        struct pollfd waited = {.fd = client->socket, .events = POLLIN};
        if (ppoll(&waited, 1, NULL, &waiting) < 0 && errno == EINTR)
            return LIVE_INTERRUPTED;
    }
}

bool live_client_hand(struct live_client *client, const char *line, int descriptor) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } rights = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {(void *)(uintptr_t)line, strlen(line)};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    ssize_t sent;
    memcpy(CMSG_DATA(&rights.header), &descriptor, sizeof descriptor);
    do
        sent = sendmsg(client->socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)strlen(line);
}
