/*
 * ss_filter: which sockets ss is to show: the states and the conditions behind its options, of
 * ss's own language what stands side by side (all of it must hold):
 *
 *     state established exclude time-wait src 192.0.2.0/24 dst 192.0.2.1:80 sport = :22 dport != 53
 */
#ifndef TOOLS_SS_FILTER_H
#define TOOLS_SS_FILTER_H

#include "tools/task.h"

#define SS_CONDITIONS 8

struct ss_condition {
    bool is_peer;               /* of the other end, not of this one */
    bool is_not;                /* it must not be so */
    bool has_prefix, has_port;  /* what it says: */
    struct dobos_prefix prefix; /* the address is one of these */
    uint16_t port;              /* the port is this */
};

struct ss_filter {
    bool has_states; /* states were named */
    unsigned states; /* 1 << enum dobos_tcp_state; CLOSED is UDP's UNCONN */
    struct ss_condition conditions[SS_CONDITIONS];
    unsigned condition_count; /* of them; all must hold */
};

/* Reads the operands; an exit code behind its error, or TOOL_GOES_ON. */
int ss_filter_read(struct tool_task *task, struct ss_filter *filter);
/* Whether a socket in this state is to be shown, when has_states. */
bool ss_filter_has_state(const struct ss_filter *filter, enum dobos_tcp_state state);
/* Only one state is: its column says nothing. */
bool ss_filter_is_one_state(const struct ss_filter *filter);
/* Whether all conditions hold. */
bool ss_filter_holds(const struct ss_filter *filter, const struct dobos_socket_info *info);

#endif
