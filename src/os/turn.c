/*
 * turn: one host on its devices, driven by a wait (dobos/os.h). While frames come, nobody waits:
 * the devices are asked again at once, which costs less than to be told. For a whole network, see
 * lab_loop.c.
 */
#include <dobos/os.h>

#include "os/tap_device.h"
#include "os/wait.h"

/* Writes what the host has to send, until it has nothing or the kernel has no room. */
static int transmit(struct dobos_host *host, const struct dobos_os_port *port) {
    int result = tap_flush(port->tap);
    while (result == 0 && !tap_is_waiting(port->tap) &&
           dobos_output_is_pending(host, port->interface)) {
        struct dobos_packet *packets[DOBOS_BURST_PACKETS];
        unsigned count =
            dobos_output(host, port->interface, packets, DOBOS_BURST_PACKETS, dobos_os_now());
        if (count == 0)
            break;
        result = tap_queue(port->tap, packets, count);
    }
    return result;
}

/* Hands over what every device has; what comes of it is sent before the next is asked, so that a
 * burst stays in the cache. The number of frames, or −DOBOS_EIO. */
static int receive_all(struct dobos_host *host, const struct dobos_os_port *ports, unsigned count) {
    int total = 0;
    for (unsigned i = 0; i < count; i++) {
        struct dobos_packet *packets[DOBOS_BURST_PACKETS];
        int got = dobos_tap_read(ports[i].tap, packets, DOBOS_BURST_PACKETS);
        if (got < 0)
            return got;
        if (got == 0)
            continue;
        dobos_input(host, ports[i].interface, packets, (unsigned)got, dobos_os_now());
        total += got;
        for (unsigned j = 0; j < count && count > 1; j++)
            if (transmit(host, &ports[j]) < 0)
                return -DOBOS_EIO;
    }
    return total;
}

int dobos_os_turn_ports(struct dobos_host *host, const struct dobos_os_port *ports, unsigned count,
                        dobos_time until) {
    struct pollfd devices[DOBOS_OS_PORTS];
    if (count == 0 || count > DOBOS_OS_PORTS)
        return -DOBOS_EINVAL;
    if (dobos_next_deadline(host) <= dobos_os_now())
        dobos_advance(host, dobos_os_now());
    for (unsigned i = 0; i < count; i++)
        if (transmit(host, &ports[i]) < 0)
            return -DOBOS_EIO;
    int total = receive_all(host, ports, count);
    if (total != 0)
        return total;
    for (unsigned i = 0; i < count; i++)
        devices[i] = (struct pollfd){
            .fd = dobos_tap_descriptor(ports[i].tap),
            .events = (short)(tap_is_waiting(ports[i].tap) ? POLLIN | POLLOUT : POLLIN)};
    dobos_time deadline = dobos_next_deadline(host);
    if (wait_until(devices, count, deadline < until ? deadline : until) < 0)
        return -DOBOS_EIO;
    return receive_all(host, ports, count);
}

int dobos_os_turn(struct dobos_host *host, uint32_t interface, struct dobos_tap *tap,
                  dobos_time until) {
    const struct dobos_os_port port = {interface, tap};
    return dobos_os_turn_ports(host, &port, 1, until);
}
