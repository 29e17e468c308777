/* control: see control.h. This file: the socket, its guard, and who is let in. */
#include "os/control.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/control_connection.h"

#define ACCEPTED_A_TURN 16
#define GUARDS_MOST     256 /* somebody kills them on purpose then */

static void on_listener(struct watch *watch, short ready) {
    struct control *control = container_of(watch, struct control, listener);
    (void)ready;
    for (unsigned i = 0; i < ACCEPTED_A_TURN; i++) {
        int made = accept4(watch->descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (made < 0 && (errno == ECONNABORTED || errno == EINTR))
            continue;
        if (made < 0)
            return;
        if (control_peer_is_ours(made))
            control_connection_begin(control, made);
        else
            (void)close(made);
    }
}

static void guard_watch(struct control *control) {
    control->guard_ended.descriptor = control->guard.pidfd;
}

static void on_guard_ended(struct watch *watch, short ready) {
    struct control *control = container_of(watch, struct control, guard_ended);
    struct failure failure;
    (void)ready;
    control_guard_end(&control->guard);
    if (control->guards++ < GUARDS_MOST)
        (void)control_guard_start(&control->guard, &control->folder, control->name, &failure);
    guard_watch(control);
}

int control_begin(struct control *control, struct lab_loop *loop, const char *name,
                  struct failure *failure) {
    *control = (struct control){.loop = loop,
                                .guard = {.process = -1},
                                .listener = {.descriptor = -1, .events = POLLIN},
                                .guard_ended = {.descriptor = -1, .events = POLLIN}};
    (void)snprintf(control->name, sizeof control->name, "%s", name);
    list_init(&control->connections);
    list_node_init(&control->listener.node);
    list_node_init(&control->guard_ended.node);
    control->listener.on_ready = on_listener;
    control->guard_ended.on_ready = on_guard_ended;
    int result = control_folder_open(&control->folder, true, failure);
    if (result == 0)
        result = control_guard_start(&control->guard, &control->folder, name, failure);
    if (result == 0) {
        guard_watch(control);
        control->listener.descriptor = control_listen(&control->folder, name, failure);
        result = control->listener.descriptor < 0 ? -1 : 0;
    }
    if (result == 0 && (lab_loop_add(loop, &control->listener) != 0 ||
                        lab_loop_add(loop, &control->guard_ended) != 0))
        result = failure_set(failure, "too many ports for one network");
    if (result != 0)
        control_end(control);
    return result;
}

void control_end(struct control *control) {
    if (!control->loop)
        return;
    for (struct list_node *item; (item = list_first(&control->connections));)
        control_connection_end(container_of(item, struct control_connection, node));
    lab_loop_remove(control->loop, &control->listener);
    lab_loop_remove(control->loop, &control->guard_ended);
    if (control->listener.descriptor >= 0) {
        (void)close(control->listener.descriptor);
        control_clear(&control->folder, control->name);
    }
    control_guard_end(&control->guard);
    control_folder_close(&control->folder);
    control->loop = NULL;
}
