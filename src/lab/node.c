/*
 * node: a host's turn: its timers, its services, its tools, and what it sends, until nothing is
 * left to do now; then it sleeps until its next deadline or the next frame.
 *
 * A port takes frames a little ahead of its wire, as a network card's ring does, and leaves the
 * rest where it can still be sorted: in the host's egress queue, or unsent in TCP. Where the file
 * gives the cable a limit, the cable is the queue, as netem takes the egress queue's place.
 */
#include <stdlib.h>

#include "lab/lab_inner.h"

#define ROUNDS       16
/* As a shell tells of a program that was killed. */
#define EXIT_KILLED  137
/* Who always wants another turn at once gets it a little later, so that time goes on. */
#define IMPATIENT_NS 1000

void node_wake(struct lab_node *node) {
    if (node->host)
        clock_arm(&node->lab->clock, &node->turn, node->lab->clock.now);
}

/* When the cable takes another frame; now or earlier: at once. */
static dobos_time room_at(const struct plug *plug, dobos_time now) {
    if (plug->has_limit)
        return now; /* the queue is the cable's own, and drops what it has no room for */
    if (cable_is_full(&plug->cable))
        return cable_next(&plug->cable);
    if (plug->cable.busy_until - now >= plug->ring_ns && plug->ring_ns > 0)
        return plug->cable.busy_until - plug->ring_ns / 2;
    return now;
}

/* Puts what an interface has on its cable. When it had to stop for want of room: when to go on. */
static dobos_time transmit(struct plug *plug, dobos_time now) {
    struct dobos_host *host = plug->node->host;
    while (dobos_output_is_pending(host, plug->interface)) {
        const dobos_time room = room_at(plug, now);
        if (room > now)
            return room;
        struct dobos_packet *packets[DOBOS_BURST_PACKETS];
        const unsigned want = plug->ring_ns > 0 && !plug->has_limit ? 1 : DOBOS_BURST_PACKETS;
        const unsigned count = dobos_output(host, plug->interface, packets, want, now);
        for (unsigned i = 0; i < count; i++)
            plug_send(plug, packets[i], now);
        if (count == 0)
            break;
    }
    return DOBOS_NEVER;
}

static dobos_time step_task(struct lab_task *task, dobos_time now) {
    if (task->has_ended || task->is_held)
        return DOBOS_NEVER;
    task->again = DOBOS_NEVER;
    task->has_ended = tool_step(task->tool, now, &task->again, &task->exit_code);
    return task->has_ended ? DOBOS_NEVER : task->again;
}

/* One round; returns when the next is due. */
static dobos_time round_once(struct lab_node *node, dobos_time now) {
    dobos_time again = DOBOS_NEVER;
    if (dobos_next_deadline(node->host) <= now)
        dobos_advance(node->host, now);
    for (unsigned i = 0; i < node->service_count; i++)
        again = min_i64(again, dobos_service_step(node->services[i], now));
    list_each(&node->tasks, item) {
        struct lab_task *task = container_of(item, struct lab_task, node);
        const bool had_ended = task->has_ended;
        again = min_i64(again, step_task(task, now));
        node->lab->tasks_ended += task->has_ended && !had_ended;
    }
    for (unsigned i = 0; i < node->file->interface_count; i++)
        again = min_i64(again, transmit(&node->plugs[i], now));
    return min_i64(again, dobos_next_deadline(node->host));
}

void node_on_turn(struct lab_node *node, dobos_time now) {
    dobos_time again = now;
    for (unsigned i = 0; i < ROUNDS && again <= now; i++)
        again = round_once(node, now);
    explain_collect(node, NULL);
    if (node->port)
        companion_mirror(node->port);
    clock_arm(&node->lab->clock, &node->turn, again > now ? again : now + IMPATIENT_NS);
}

/* As tool_network has it. */
static bool network_node_read(const void *network, unsigned nth, struct tool_node *node) {
    const struct lab *lab = network;
    if (!lab || nth >= lab->network.node_count)
        return false;
    const struct lab_node *found = &lab->nodes[nth];
    *node = (struct tool_node){.name = found->file->name,
                               .host = found->port ? NULL : found->host,
                               .services = found->services,
                               .service_count = found->host ? found->service_count : 0};
    return true;
}

bool node_task_init(struct lab_node *node, struct lab_task *task, int argc, char *const argv[],
                    bool json, struct sink *out, struct sink *error) {
    *task = (struct lab_task){.again = DOBOS_NEVER};
    list_node_init(&task->node);
    const struct tool *tool = tool_find(argv[0]);
    const bool is_ours = node && !node->port;
    const struct tool_context context = {.host = is_ours ? node->host : NULL,
                                         .out = out,
                                         .error = error,
                                         .json = json,
                                         .services = is_ours ? node->services : NULL,
                                         .service_count = is_ours ? node->service_count : 0,
                                         .network = {node ? node->lab : NULL, network_node_read},
                                         .wall_ns = node ? (int64_t)node->lab->epoch_ns : 0};
    if (!tool) {
        sink_format(error, "dobos: %s: no such command\n", argv[0]);
        task->exit_code = 2;
    } else if (tool->needs_node && !context.host) {
        sink_format(error, "dobos: %s: needs a node that is a host of the network\n", argv[0]);
        task->exit_code = 2;
    } else {
        const dobos_time now = node ? node->lab->clock.now : 0;
        task->tool = tool_begin(tool, &context, argc, argv, now, &task->exit_code);
    }
    task->has_ended = !task->tool;
    if (task->tool && node) {
        list_append(&node->tasks, &task->node);
        node_wake(node);
    }
    return task->tool != NULL;
}

void node_task_fini(struct lab_task *task) {
    list_remove(&task->node);
    if (task->tool)
        tool_end(task->tool);
    task->tool = NULL;
}

void node_tasks_kill(struct lab_node *node) {
    list_each(&node->tasks, item) {
        struct lab_task *task = container_of(item, struct lab_task, node);
        node_task_fini(task);
        if (task->has_ended)
            continue;
        task->has_ended = true;
        task->exit_code = EXIT_KILLED;
        node->lab->tasks_ended++;
    }
}
