/* pipes: a real pipe, and splice between it and a socket, by way of a copy. */
#include <errno.h>
#include <unistd.h>

#include "packetdrill/calls.h"

#define SPLICE_BYTES 65536 /* what a pipe holds */

int call_pipe(void *userdata, int ends[2]) {
    (void)userdata;
    return pipe(ends);
}

static bool is_socket(struct world *world, int fd) {
    (void)world_enter(world);
    const struct descriptor *descriptor = descriptor_find(&world->descriptors, fd);
    const bool is = descriptor && descriptor->socket;
    world_leave(world);
    return is;
}

int call_splice(void *userdata, int from, loff_t *from_offset, int to, loff_t *to_offset,
                size_t length, unsigned flags) {
    uint8_t bytes[SPLICE_BYTES];
    const size_t most = length < sizeof bytes ? length : sizeof bytes;
    const bool out = is_socket(userdata, to);
    ssize_t count;
    (void)flags;
    /* packetdrill gives an offset of 0 for none. */
    if ((from_offset && *from_offset != 0) || (to_offset && *to_offset != 0))
        return (int)result_tell(-ESPIPE);
    if (out == is_socket(userdata, from))
        return (int)result_tell(-EINVAL);
    count = out ? read(from, bytes, most) : call_read(userdata, from, bytes, most);
    if (count <= 0)
        return (int)count;
    return (int)(out ? call_write(userdata, to, bytes, (size_t)count)
                     : write(to, bytes, (size_t)count));
}
