/* pair: two TCP stacks and a bad channel between them, in virtual time. The same seed gives the
 * same run. */
#ifndef TESTS_TRANSPORT_TCP_PAIR_H
#define TESTS_TRANSPORT_TCP_PAIR_H

#include "base/random.h"
#include "transport/tcp/connection.h"
#include "transport/tcp/tcp.h"

struct channel {
    uint64_t loss, duplicate, corrupt; /* chances in 2^32 */
    uint64_t mark;                     /* likewise, of what is ECT; drawn where it is not 0 */
    dobos_time delay, jitter;          /* one way; jitter beyond the spacing of packets reorders */
    uint32_t mtu, gso_bytes;           /* of the paths */
    bool wire;    /* true: bytes and true checksums; false: packets as they are */
    uint32_t lie; /* so many milliseconds older are the timestamps that side 1 echoes */
};

#define PAIR_PACKETS 4096
#define PAIR_SOCKETS 16

struct flying {
    dobos_time at;
    uint64_t order;
    struct dobos_packet *packet;
    struct flow flow; /* as the receiver sees it */
    unsigned to;
    uint8_t ecn; /* enum ecn of the IP header */
};

struct station {
    struct timing_wheel wheel;
    struct transport transport;
    struct dobos_address address;
    struct dobos_socket *sockets[PAIR_SOCKETS]; /* registered, as host/ would */
    unsigned count;
};

struct pair {
    struct dobos_pool *pool;
    struct station side[2];
    struct channel channel;
    struct random random;
    struct flying flying[PAIR_PACKETS];
    unsigned flying_count;
    uint64_t order;
    dobos_time now;
    uint64_t sent, lost;
    uint64_t failures; /* of the allocator so far */
    uint64_t fail_at;  /* which allocation fails; 0: none */
    uint64_t allocations;
    int64_t outstanding; /* bytes */
};

void pair_init(struct pair *pair, uint64_t seed, const struct channel *channel);
void pair_fini(struct pair *pair);
struct dobos_socket *pair_listen(struct pair *pair, unsigned side, uint16_t port, unsigned backlog);
struct dobos_socket *pair_connect(struct pair *pair, unsigned side, uint16_t port);
/* Takes the next event (a packet, a timer); false: nothing is left before `until`. */
bool pair_step(struct pair *pair, dobos_time until);
void pair_run(struct pair *pair, dobos_time until);
/* What has anything to send, sends. */
void pair_flush(struct pair *pair);
void pair_close(struct pair *pair, unsigned side, struct dobos_socket *socket);

#endif
