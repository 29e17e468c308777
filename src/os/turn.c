/* turn: one host on one TAP device, driven by a wait (dobos/os.h). For a whole network, see
 * lab_loop.c. */
#include <dobos/os.h>

#include "os/tap_device.h"
#include "os/wait.h"

/* Writes what the host has to send, until it has nothing or the kernel has no room. */
static int transmit(struct dobos_host *host, uint32_t interface, struct dobos_tap *tap) {
    int result = tap_flush(tap);
    while (result == 0 && !tap_is_waiting(tap)) {
        struct dobos_packet *packets[DOBOS_BURST_PACKETS];
        unsigned count =
            dobos_output(host, interface, packets, DOBOS_BURST_PACKETS, dobos_os_now());
        if (count == 0)
            break;
        result = tap_queue(tap, packets, count);
    }
    return result;
}

int dobos_os_turn(struct dobos_host *host, uint32_t interface, struct dobos_tap *tap,
                  dobos_time until) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    if (dobos_next_deadline(host) <= dobos_os_now())
        dobos_advance(host, dobos_os_now());
    int result = transmit(host, interface, tap);
    if (result < 0)
        return result;
    struct pollfd device = {.fd = dobos_tap_descriptor(tap), .events = POLLIN};
    if (tap_is_waiting(tap))
        device.events |= POLLOUT;
    dobos_time deadline = dobos_next_deadline(host);
    if (wait_until(&device, 1, deadline < until ? deadline : until) < 0)
        return -DOBOS_EIO;
    int count = dobos_tap_read(tap, packets, DOBOS_BURST_PACKETS);
    if (count > 0)
        dobos_input(host, interface, packets, (unsigned)count, dobos_os_now());
    return count;
}
