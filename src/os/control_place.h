/* control_place: the place of a node of a live network that a program takes from outside: whoever
 * starts the program hands over its TAP device (dobos run -N). */
#ifndef OS_CONTROL_PLACE_H
#define OS_CONTROL_PLACE_H

#include "os/port_device.h"
#include "tools/sink.h"

struct control_place {
    struct lab_port *port;     /* the node's; NULL: none is taken */
    uint64_t generation;       /* of the configuration that was told last */
    struct dobos_tap *tap;     /* the program's device; NULL: not yet */
    struct port_device device; /* between them */
};

/* Takes a node's place, with NULL that of the first that can be; `bare`: the program configures its
 * interface itself. False: *reason says why not. */
bool control_place_take(struct control_place *place, struct lab *lab, const char *node, bool bare,
                        struct sink *reason);
/* Joins it to a TAP device by its descriptor (take). False: *reason says why not. */
bool control_place_attach(struct control_place *place, struct lab_loop *loop, int descriptor,
                          struct sink *reason);
/* A line that says how the interface is to be configured, if that has changed. */
void control_place_tell(struct control_place *place, struct sink *lines);
/* The node is a host of ours again. Nothing to do for {0}. */
void control_place_end(struct control_place *place, struct lab *lab);

#endif
