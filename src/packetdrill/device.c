/*
 * device: packets in and out, and the clock. Both are virtual. packetdrill asks for the next packet
 * without saying how long it would wait, so asking moves the time on to when one comes out; and it
 * waits for a moment by asking for the time over and over, so asking moves the time by a
 * microsecond: but for a thread that was woken, which asks when that was.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "packetdrill/calls.h"

#define EPOCH_S 946684800 /* 2000-01-01T00:00:00Z, when virtual time begins */

int call_netdev_send(void *userdata, const void *packet, size_t length) {
    struct world *world = userdata;
    (void)world_enter(world);
    world_input(world, packet, length);
    world_leave(world);
    return 0;
}

int call_netdev_receive(void *userdata, void *packet, size_t *length, long long *time_us) {
    struct world *world = userdata;
    (void)world_enter(world);
    world_flush(world);
    while (!world->first && world_step(world, DOBOS_NEVER))
        continue;
    struct emission *emission = world_take(world);
    const size_t room = *length;
    *length = 0;
    *time_us = world->now / DOBOS_MICROSECOND + EPOCH_S * 1000000LL;
    if (emission) {
        *length = emission->length < room ? emission->length : room;
        *time_us = emission->at / DOBOS_MICROSECOND + EPOCH_S * 1000000LL;
        memcpy(packet, emission->bytes, *length);
    }
    world_leave(world);
    free(emission);
    return 0;
}

/* Whether the kernel says that a thread sleeps, or is no more. */
static bool task_rests(int task) {
    char path[64];
    char text[256] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", task);
    FILE *file = fopen(path, "r");
    if (!file)
        return true;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    const char *state = length > 0 ? strrchr(text, ')') : NULL;
    return !state || state[1] == '\0' || state[2] == 'S';
}

/* A thread that has come back from a call has something to do with the result, of which nothing is
 * heard here: on Linux it would have the real time that passes while this one sleeps. */
static void returned_await(int task) {
    const struct timespec pause = {.tv_nsec = 200000};
    unsigned rests = 0;
    for (unsigned turns = 0; task != 0 && rests < 5 && turns < 5000; turns++) {
        (void)nanosleep(&pause, NULL);
        rests = task_rests(task) ? rests + 1 : 0;
    }
}

int call_usleep(void *userdata, useconds_t us) {
    struct world *world = userdata;
    (void)world_enter(world);
    const int returned = world->returned == gettid() ? 0 : world->returned;
    world->returned = 0;
    (void)pthread_mutex_unlock(&world->lock);
    returned_await(returned);
    (void)world_enter(world);
    world_advance(world, world->now + us * DOBOS_MICROSECOND);
    world_leave(world);
    return 0;
}

int call_gettimeofday(void *userdata, struct timeval *time, struct timezone *zone) {
    struct world *world = userdata;
    (void)zone;
    if (!time)
        return (int)result_tell(-EFAULT);
    if (!world_enter(world))
        world_advance(world, world->now + DOBOS_MICROSECOND);
    time->tv_sec = EPOCH_S + world->now / DOBOS_SECOND;
    time->tv_usec = world->now % DOBOS_SECOND / DOBOS_MICROSECOND;
    world_leave(world);
    return 0;
}
