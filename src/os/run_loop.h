/* run_loop: the loop of `dobos run`: a network with one node outside, whose place CMD has. */
#ifndef OS_RUN_LOOP_H
#define OS_RUN_LOOP_H

#include <dobos/os.h>

#include "lab/lab.h"
#include "os/joins.h"
#include "os/namespace.h"

struct run_loop {
    struct lab *lab;       /* the network; real_time */
    struct lab_port *port; /* its node outside */
    struct dobos_tap *tap; /* whose device CMD has; of lab_pool(lab); NULL: it has none any more */
    struct joins *joins;   /* the network's other devices, which are open */
    const struct namespace *namespace; /* where CMD runs */
    int signals;                       /* a signalfd of the signals that are blocked */
    uint64_t generation;               /* of lab_outside_generation, that CMD was started with */
    bool bare;                         /* the interface is CMD's to configure */
};

/* Runs until CMD has ended or failed, which *last tells. 0, or −1 with *failure. */
int run_loop_run(const struct run_loop *run, struct namespace_message *last,
                 struct failure *failure);

#endif
