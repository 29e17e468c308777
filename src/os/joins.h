/* joins: the segments of a network that its file joins to devices of the machine: tap, interface.
 */
#ifndef OS_JOINS_H
#define OS_JOINS_H

#include "os/port_device.h"

struct join {
    struct lab_port *port;     /* the segment's side */
    struct dobos_tap *tap;     /* the device's side; owned */
    struct port_device device; /* between them */
};

struct joins {
    struct join *all; /* owned */
    unsigned count;   /* of them */
};

/* Opens the devices of every segment that is joined, in the network namespace of this process. 0,
 * or −1 with *failure: then none is open. */
int joins_open(struct joins *joins, struct lab *lab, struct failure *failure);
/* Begins to carry frames. 0, or −1 with *failure. */
int joins_add(struct joins *joins, struct lab_loop *loop, struct failure *failure);
/* Carries no more: before the loop ends. */
void joins_remove(struct joins *joins);
/* Ends it; TAP devices that were made are gone. Before the lab ends. Nothing to do for {0}. */
void joins_close(struct joins *joins);

#endif
