/*
 * port_device: see port_device.h. A burst each way a turn. A device that somebody has deleted is a
 * cable pulled: its port takes and gives no frames any more, and the network goes on.
 */
#include "os/port_device.h"

#include "os/lab_clock.h"
#include "os/tap_device.h"

#define DRAIN_BURSTS 64

/* Frames for the device, a burst of them. 1: the network may have more now; 0: it has not, or the
 * device is full; or -DOBOS_EIO. */
static int transmit(const struct port_device *device) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    unsigned count = 0;
    int result = tap_flush(device->tap);
    if (result < 0 || tap_is_waiting(device->tap))
        return result;
    while (count < DOBOS_BURST_PACKETS && (packets[count] = lab_port_output(device->port)) != NULL)
        count++;
    result = tap_queue(device->tap, packets, count);
    return result < 0 ? result : count == DOBOS_BURST_PACKETS && !tap_is_waiting(device->tap);
}

/* Frames from the device, a burst of them; returns how many, or -DOBOS_EIO. */
static int receive(const struct port_device *device) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    int count = dobos_tap_read(device->tap, packets, DOBOS_BURST_PACKETS);
    dobos_time now = lab_loop_time(device->loop);
    for (int i = 0; i < count; i++)
        lab_port_input(device->port, packets[i], now);
    return count;
}

static bool before_wait(struct watch *watch) {
    struct port_device *device = container_of(watch, struct port_device, watch);
    if (watch->descriptor < 0)
        return false;
    int more = transmit(device);
    if (more < 0)
        watch->descriptor = -1;
    watch->events = tap_is_waiting(device->tap) ? POLLIN | POLLOUT : POLLIN;
    return more > 0;
}

static void on_ready(struct watch *watch, short ready) {
    (void)ready;
    if (receive(container_of(watch, struct port_device, watch)) < 0)
        watch->descriptor = -1;
}

int port_device_add(struct port_device *device, struct lab_loop *loop, struct lab_port *port,
                    struct dobos_tap *tap) {
    *device = (struct port_device){.watch = {.descriptor = dobos_tap_descriptor(tap),
                                             .events = POLLIN,
                                             .before_wait = before_wait,
                                             .on_ready = on_ready},
                                   .loop = loop,
                                   .port = port,
                                   .tap = tap};
    list_node_init(&device->watch.node);
    return lab_loop_add(loop, &device->watch);
}

void port_device_drain(struct port_device *device) {
    if (!device->loop || device->watch.descriptor < 0)
        return;
    for (unsigned bursts = 0; bursts < DRAIN_BURSTS && receive(device) > 0; bursts++)
        lab_loop_advance(device->loop, lab_clock_now());
}

void port_device_remove(struct port_device *device) {
    if (device->loop)
        lab_loop_remove(device->loop, &device->watch);
    device->loop = NULL;
}
