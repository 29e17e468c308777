/*
 * lab_loop: a network in real time: its clock, and whatever has a descriptor: the outside ends of
 * its ports, sockets that ask it something, signals. One thread, one wait, and nothing in it may
 * block.
 */
#ifndef OS_LAB_LOOP_H
#define OS_LAB_LOOP_H

#include <poll.h>

#include "base/list.h"
#include "lab/lab.h"
#include "os/failure.h"

#define LOOP_WATCHES 256 /* at most, of one loop */

/* Something the loop waits for. It stands in what it belongs to. */
struct watch {
    struct list_node node; /* in lab_loop.watches */
    int descriptor;        /* borrowed; −1: there is none now */
    short events;          /* POLLIN, POLLOUT; may change at any time */
    /* Before each wait, when the network has done what is due. True: there is more to do at once.
     * NULL: nothing. Any watch may be removed meanwhile. */
    bool (*before_wait)(struct watch *watch);
    /* poll() found the descriptor `ready`. Any watch may be added or removed meanwhile. */
    void (*on_ready)(struct watch *watch, short ready);
};

struct lab_loop {
    struct lab *lab;                  /* the network; real_time */
    struct list watches;              /* of struct watch, in the order they are served */
    unsigned count;                   /* of them */
    bool has_ended;                   /* lab_loop_end was called */
    bool is_behind;                   /* the network is late: it has more to do than time for it */
    struct watch *turn[LOOP_WATCHES]; /* those of the current wait; NULL: removed since */
    unsigned turn_count;              /* of them */
};

/* Its time is lab_clock_now(). */
void lab_loop_init(struct lab_loop *loop, struct lab *lab);
/* −1: there are LOOP_WATCHES already. A watch is removed before its memory ends. */
int lab_loop_add(struct lab_loop *loop, struct watch *watch);
/* Does nothing when it is in no loop (list_node_init). */
void lab_loop_remove(struct lab_loop *loop, struct watch *watch);
/* The network does what is due up to now, as far as it comes in a turn's time. */
void lab_loop_advance(struct lab_loop *loop, dobos_time now);
/* When something that comes in now comes into the network. */
dobos_time lab_loop_time(const struct lab_loop *loop);
/* Ends lab_loop_run behind what is ready now. */
void lab_loop_end(struct lab_loop *loop);
/* Runs until lab_loop_end, or until the network's time `until`. 0, or −1 with *failure. */
int lab_loop_run(struct lab_loop *loop, dobos_time until, struct failure *failure);

#endif
