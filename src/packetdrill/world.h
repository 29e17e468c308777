/*
 * world: one host in virtual time, the line that its packets wait in, and the threads that wait for
 * it. packetdrill has two threads: one reads the script, and one makes the calls that block, which
 * really sleep there until what the other does lets them go. The time moves on when it is asked
 * for, when a packet is, and while a thread sleeps for a while; it does not go on before a thread
 * that was woken has found out that it must sleep again, or has come back with another call
 * (packetdrill asks for the time first). Where the thread that reads the script would block itself,
 * nobody else could move the time, and it does.
 */
#ifndef DOBOS_PACKETDRILL_WORLD_H
#define DOBOS_PACKETDRILL_WORLD_H

#include <pthread.h>

#include <dobos/host.h>
#include <dobos/packet.h>
#include <dobos/socket.h>

#include "packetdrill/descriptors.h"
#include "packetdrill/settings.h"

#define WORLD_SLEEPERS 16

/* A packet that came out. */
struct emission {
    struct emission *next; /* the one that came out after it */
    dobos_time at;         /* when */
    size_t length;         /* of the IP packet */
    uint8_t bytes[];       /* of it */
};

enum sleep_state {
    SLEEP_FREE = 0, /* nobody's */
    SLEEP_ASLEEP,   /* waits for a change, or its deadline */
    SLEEP_AWAKE,    /* was woken; has not called since */
};

/* A thread that waits, or has waited. */
struct sleeper {
    enum sleep_state state; /* see above */
    pthread_t thread;       /* whose */
    int task;               /* as the kernel knows it */
    dobos_time deadline;    /* virtual; DOBOS_NEVER: none */
};

struct world {
    pthread_mutex_t lock;                    /* of all that follows */
    pthread_cond_t changed;                  /* those asleep shall look again */
    pthread_cond_t settled;                  /* one that was awake has gone to sleep or come back */
    pthread_t reader;                        /* the thread that made it, and reads the script */
    struct sleeper sleepers[WORLD_SLEEPERS]; /* all other threads that wait */
    struct settings settings;                /* as the flags said */
    struct dobos_pool *pool;                 /* owned */
    struct dobos_host *host;                 /* owned */
    uint32_t interface;                      /* its index */
    int returned;                   /* the task that last came back from a call; 0: none since */
    dobos_time now;                 /* virtual */
    struct emission *first, *last;  /* the line; NULL: empty */
    struct descriptors descriptors; /* sockets by number */
};

/* Makes a world (give); NULL: there is no memory. The calling thread is its reader. */
struct world *world_create(const struct settings *settings);
void world_destroy(struct world *world);

/* Every call begins and ends with these: in between, the world is the caller's alone. Whether the
 * caller comes back from a call that slept. */
bool world_enter(struct world *world);
void world_leave(struct world *world);

/* Lets the host send what it has, at this moment. */
void world_flush(struct world *world);
/* Gives the host a packet that has arrived. */
void world_input(struct world *world, const void *packet, size_t length);
/* Moves on to `until`, by all that happens before. */
void world_advance(struct world *world, dobos_time until);
/* Moves on to the next thing that happens; false: nothing will by `until`. */
bool world_step(struct world *world, dobos_time until);
/* Lets the caller wait until something has changed; false: `deadline` has come, or nothing can
 * change any more. The world was the others' meanwhile. */
bool world_sleep(struct world *world, dobos_time deadline);
/* Whether a number stands for one of its descriptors. */
bool world_has(struct world *world, int fd);
/* Takes the first packet of the line (give); NULL: it is empty. */
struct emission *world_take(struct world *world);

/* The world whose descriptors libc's own calls are asked about; NULL: none. */
struct world *world_current(void);

#endif
