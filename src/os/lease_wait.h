/*
 * lease_wait: the lease of a program's interface, in a network that is joined to the outside: there
 * nothing can be hurried by virtual time, and CMD should not begin without an address.
 */
#ifndef OS_LEASE_WAIT_H
#define OS_LEASE_WAIT_H

#include "os/joins.h"

struct lease_wait {
    struct lab *lab;       /* the network; real_time */
    struct lab_port *port; /* whose lease is wanted */
    struct joins *joins;   /* the network's devices, which are open */
    int signals;           /* a signalfd; what comes there ends the wait */
    dobos_time limit;      /* at most so long for a server's answer, and again for its address */
};

/* Runs the network until the lease is there, or no longer wanted. Returns the number of a signal
 * that came meanwhile, 0: none; or −1 with *failure. */
int lease_wait(const struct lease_wait *wait, struct failure *failure);

#endif
