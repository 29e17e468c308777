/* port_device: a port of the network joined to a device of the kernel: frames go both ways. */
#ifndef OS_PORT_DEVICE_H
#define OS_PORT_DEVICE_H

#include <dobos/os.h>

#include "os/lab_loop.h"

struct port_device {
    struct watch watch;    /* of the device; its descriptor is −1 once the device is gone */
    struct lab_loop *loop; /* where it is watched */
    struct lab_port *port; /* the network's side */
    struct dobos_tap *tap; /* the kernel's, of lab_pool(lab); borrowed */
};

/* Begins to carry frames. −1: the loop has no room for it. */
int port_device_add(struct port_device *device, struct lab_loop *loop, struct lab_port *port,
                    struct dobos_tap *tap);
/* Takes the last frames that the device has, so that a capture holds them. */
void port_device_drain(struct port_device *device);
/* Carries no more; the TAP is the caller's. Does nothing when it was never added ({0}). */
void port_device_remove(struct port_device *device);

#endif
