/*
 * netlink: what a namespace's own interface gets from the network file, by rtnetlink. It acts on
 * the network namespace of the calling process, where that must have CAP_NET_ADMIN.
 */
#ifndef OS_NETLINK_H
#define OS_NETLINK_H

#include "lab/lab.h"
#include "os/failure.h"

/* `lo` up. 0, or −1 with *failure. */
int netlink_loopback_up(struct failure *failure);
/* The interface outside->interface, which is there already: MAC and MTU; and unless `bare`, up,
 * with its addresses and routes. */
int netlink_interface_set(const struct lab_outside *outside, bool bare, struct failure *failure);
/* The same interface, configured as `old` says so far, is to be so from now on. What the kernel
 * refuses is left: CMD may have changed something itself. */
void netlink_interface_change(const struct lab_outside *old, const struct lab_outside *outside);

#endif
