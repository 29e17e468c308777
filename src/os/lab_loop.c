/*
 * lab_loop: see lab_loop.h. One turn: the network does what is due; what it has for CMD goes to the
 * TAP device; wait; what CMD sent goes in, a burst at most. So neither direction can starve the
 * other, and a signal or CMD's end is seen after at most one burst each way. Nothing is delayed but
 * by the network itself.
 */
#include "os/lab_loop.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/tap_device.h"
#include "os/wait.h"

enum place {
    PLACE_TAP,
    PLACE_CONTROL,
    PLACE_SIGNALS,
    PLACES
};

/* Frames for CMD, a burst of them. 1: the network may have more now; 0: it has not, or the device
 * is full; or -DOBOS_EIO. */
static int transmit(const struct lab_loop *loop) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    unsigned count = 0;
    int result = tap_flush(loop->tap);
    if (result < 0 || tap_is_waiting(loop->tap))
        return result;
    while (count < DOBOS_BURST_PACKETS && (packets[count] = lab_port_output(loop->port)) != NULL)
        count++;
    result = tap_queue(loop->tap, packets, count);
    return result < 0 ? result : count == DOBOS_BURST_PACKETS && !tap_is_waiting(loop->tap);
}

/* Frames from CMD, a burst of them; returns how many, or -DOBOS_EIO. */
static int receive(const struct lab_loop *loop) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    int count = dobos_tap_read(loop->tap, packets, DOBOS_BURST_PACKETS);
    dobos_time now = dobos_os_now();
    for (int i = 0; i < count; i++)
        lab_port_input(loop->port, packets[i], now);
    return count;
}

/*
 * Passes on what somebody sent to this process. What the terminal sends goes to the whole
 * foreground process group, so CMD has it already.
 */
static void signals_pass(const struct lab_loop *loop) {
    struct signalfd_siginfo got;
    while (read(loop->signals, &got, sizeof got) == (ssize_t)sizeof got)
        if (got.ssi_code <= 0)
            namespace_signal(loop->namespace, (int)got.ssi_signo);
}

/* The last frames of CMD, so that a capture holds its end. */
static void drain(const struct lab_loop *loop) {
    for (unsigned bursts = 0; loop->tap && bursts < 64 && receive(loop) > 0; bursts++)
        lab_run_until(loop->lab, dobos_os_now());
}

int lab_loop_run(const struct lab_loop *loop, struct namespace_message *last,
                 struct failure *failure) {
    struct pollfd waited[PLACES] = {
        [PLACE_TAP] = {.fd = loop->tap ? dobos_tap_descriptor(loop->tap) : -1},
        [PLACE_CONTROL] = {.fd = loop->namespace->control, .events = POLLIN},
        [PLACE_SIGNALS] = {.fd = loop->signals, .events = POLLIN},
    };
    for (;;) {
        lab_run_until(loop->lab, dobos_os_now());
        int more = waited[PLACE_TAP].fd < 0 ? 0 : transmit(loop);
        if (more < 0)
            waited[PLACE_TAP].fd = -1; /* the program has deleted its interface */
        bool waiting = loop->tap && tap_is_waiting(loop->tap);
        waited[PLACE_TAP].events = waiting ? POLLIN | POLLOUT : POLLIN;
        if (wait_until(waited, PLACES, more > 0 ? 0 : lab_next(loop->lab)) < 0)
            return failure_set(failure, "cannot wait: %s", strerror(errno));
        if (waited[PLACE_SIGNALS].revents != 0)
            signals_pass(loop);
        if (waited[PLACE_TAP].revents != 0 && receive(loop) < 0)
            waited[PLACE_TAP].fd = -1;
        if (waited[PLACE_CONTROL].revents != 0) {
            namespace_receive(loop->namespace, last);
            drain(loop);
            return 0;
        }
    }
}
