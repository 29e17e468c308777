/*
 * lab_clock: the time of a network in real time. It goes as dobos_os_now() goes, a minute ahead of
 * it, so that the network has lived up to a minute before anybody looks: that minute is run in
 * virtual time, as fast as it can be, and what comes up late (leases, probes of addresses) costs
 * nobody any waiting.
 */
#ifndef OS_LAB_CLOCK_H
#define OS_LAB_CLOCK_H

#include "lab/lab.h"
#include "os/failure.h"

/* How far the network's time is ahead, and how long it has lived when reality begins. */
#define LAB_CLOCK_AHEAD (60 * DOBOS_SECOND)

/* The network's time now. */
dobos_time lab_clock_now(void);
/* A time of the network as dobos_os_now() counts. */
dobos_time lab_clock_outside(dobos_time at);
/* Fills in what a network in real time needs: keys, clock and date. 0, or −1 with *failure. */
int lab_clock_set(struct lab_options *options, struct failure *failure);

#endif
