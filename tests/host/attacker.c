/*
 * attacker: two hosts and a router of ours, and on each link an attacker who sends what he likes:
 * ARP, ICMP, fragments, UDP and TCP, forged with right checksums or mere noise, frames he saw with
 * a few changes, floods of ARP or of SYNs. Programs on both hosts do as they please meanwhile, and
 * a witness connection moves bytes both ways across the router. Whatever he sends: every byte of
 * the witness arrives once and in order, nobody takes a station for another (attack A5), tables
 * stay within their bounds, timers come to rest, every frame has one fate, and all memory is given
 * back.
 *
 *     attacker --from 1 --count 1000      the seeds 1 to 1000
 *     attacker --seed 77                  one of them again, with a line on what it drew
 *
 * DOBOS_SEED is where --from begins when it is not given. It prints TAP. Exit status 0 when all
 * held; else 1, and the line that replays the first seed that failed. What he cannot do: read the
 * witness's segments or keep a frame from its addressee (then no stack can help).
 */
#include <inttypes.h>
#include <string.h>

#include "pair.h"
#include "seeds.h"

#include "attacker_frames.h"
#include "link/neighbor.h"

#define STEPS        400
#define SEEN         256 /* frames he remembers */
#define VICTIMS      32  /* sockets of the programs of each host */
#define BACKLOG      16
#define CALM         (300 * DOBOS_SECOND) /* for the witness to catch up when all is over */
#define SOCKETS      2048 /* of a host at most: its listeners' half-open records, and its own */
#define MEMORY_BYTES ((size_t)64 << 20) /* of all hosts at most */
#define TURNS        1000               /* of a host's timers at one moment: more is a loop */

enum flood {
    FLOOD_NONE,
    FLOOD_ARP,
    FLOOD_SYN
};

/* One end of the witness, and the programs beside it. */
struct side {
    struct dobos_socket *witness, *listener, *datagrams; /* the last two open to all */
    struct dobos_socket *victims[VICTIMS];               /* NULL: none */
    uint64_t sent, received;                             /* bytes of the witness */
};

struct run {
    uint64_t seed;                    /* this one's */
    struct attacker attacker;         /* on both links */
    struct dobos_allocator allocator; /* counts */
    uint64_t outstanding;             /* allocations not given back */
    struct dobos_pool *pool;          /* of all three hosts */
    struct dobos_host *hosts[3];      /* A, B, the router */
    struct side sides[2];             /* A, B */
    dobos_time now;                   /* virtual */
    bool offload;                     /* the ports compute checksums and split segments */
    uint32_t mtu[2];                  /* of the links */
    enum flood flood;                 /* beside all else */
    unsigned seen_count;              /* frames seen so far */
    struct frame seen[SEEN];          /* the latest of them */
};

static _Noreturn void run_fail(const struct run *run, const char *what, uint64_t number) {
    printf("not ok 1 - seed %" PRIu64 ": %s (%" PRIu64 ") at %.6f s\n", run->seed, what, number,
           (double)run->now / 1e9);
    printf("# replay: attacker --seed %" PRIu64 "\n", run->seed);
    exit(1);
}

static void must(const struct run *run, bool holds, const char *what, uint64_t number) {
    if (!holds)
        run_fail(run, what, number);
}

static unsigned below(struct run *run, unsigned bound) {
    return attacker_below(&run->attacker, bound);
}

static bool once_in(struct run *run, unsigned times) {
    return below(run, times) == 0;
}

/* ---- the network ---- */

static void *run_allocate(void *context, size_t bytes, const char *site) {
    struct run *run = context;
    (void)site;
    run->outstanding++;
    return calloc(1, bytes);
}

static void run_release(void *context, void *memory, size_t bytes) {
    struct run *run = context;
    (void)bytes;
    run->outstanding--;
    free(memory);
}

static struct dobos_host *station_host(const struct run *run, unsigned station) {
    return run->hosts[station < 2 ? station : 2];
}
static uint32_t station_interface(unsigned station) {
    return station == STATION_FAR ? 3 : 2;
}

static void station_open(struct run *run, unsigned station) {
    struct dobos_host *host = station_host(run, station);
    struct dobos_interface_config config = {.size = sizeof(config),
                                            .name = {'e', (char)('0' + station)},
                                            .mac = station_mac(station),
                                            .mtu = run->mtu[station % 2],
                                            .offload_checksum = run->offload,
                                            .offload_tso = run->offload};
    struct dobos_interface_address address = {
        .prefix = {dobos_address_ipv4(station_address(station)), 16},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .origin = DOBOS_ORIGIN_STATIC};
    int interface = dobos_interface_add(host, &config);
    must(run, interface == (int)station_interface(station), "interface", station);
    must(run, dobos_address_add(host, station_interface(station), &address) == 0, "address",
         station);
    if (station < 2) {
        struct dobos_route route = {.destination = {dobos_address_ipv4(0), 0},
                                    .gateway =
                                        dobos_address_ipv4(station_address(station_peer(station)))};
        must(run, dobos_route_add(host, &route) == 0, "route", station);
    }
}

static void network_open(struct run *run) {
    struct dobos_pool_config pool = {.size = sizeof(pool), .allocator = &run->allocator};
    must(run, dobos_pool_create(&pool, &run->pool) == 0, "pool", 0);
    for (unsigned i = 0; i < 3; i++) {
        struct dobos_host_config config = {.size = sizeof(config), .forwarding = i == 2};
        for (unsigned k = 0; k < DOBOS_KEY_BYTES; k++)
            config.key[k] = (uint8_t)(run->seed >> 8 * (k % 8) ^ k * 37 ^ i);
        must(run, dobos_host_create(run->pool, &config, run->now, &run->hosts[i]) == 0, "host", i);
    }
    for (unsigned station = 0; station < STATIONS; station++)
        station_open(run, station);
}

/* A frame that somebody sent comes past the attacker and to its addressee; now and then one is
 * lost, but never one of the witness. */
static void frame_pass(struct run *run, unsigned from, struct dobos_packet *packet) {
    struct frame *frame = &run->seen[run->seen_count++ % SEEN];
    unsigned to = station_peer(from);
    struct dobos_mac mac = station_mac(to);
    memset(frame, 0, sizeof *frame);
    frame->length = dobos_packet_read(packet, 0, frame->bytes, FRAME_BYTES);
    bool meant = (frame->bytes[0] & 1) || memcmp(frame->bytes, mac.bytes, 6) == 0;
    bool lost = frame->length > ETHERNET_MIN_FRAME_BYTES &&
                !frame_is_witness(&run->attacker, frame) && once_in(run, 50);
    if (!meant || lost)
        dobos_packet_release(packet);
    else
        dobos_input(station_host(run, to), station_interface(to), &packet, 1, run->now);
}

/* Returns how many frames it took. */
static unsigned carry(struct run *run, unsigned from) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    unsigned count = dobos_output(station_host(run, from), station_interface(from), packets,
                                  1 + below(run, DOBOS_BURST_PACKETS), run->now);
    for (unsigned i = 0; i < count; i++)
        frame_pass(run, from, packets[i]);
    return count;
}

/* Before much time passes all frames arrive: the links are not slow. */
static void network_settle(struct run *run) {
    unsigned busy = 1;
    for (unsigned turn = 0; busy > 0; turn++) {
        busy = 0;
        for (unsigned station = 0; station < STATIONS; station++)
            busy += carry(run, station);
        must(run, turn < TURNS, "the network never rests", busy);
    }
}

/* Frames cross the network, timers fire, programs hear of it. */
static void network_step(struct run *run) {
    static const uint8_t way[] = {STATION_A, STATION_FAR, STATION_B, STATION_NEAR};
    for (unsigned i = 0; i < 3 * STATIONS; i++)
        carry(run, way[i % STATIONS]);
    for (unsigned i = 0; i < 3; i++) {
        unsigned turns = 0;
        do {
            dobos_advance(run->hosts[i], run->now);
            must(run, ++turns < TURNS, "timers never rest, of host", i);
        } while (dobos_next_deadline(run->hosts[i]) <= run->now);
        struct dobos_event events[16];
        (void)dobos_poller_next(dobos_poller_default(run->hosts[i]), events, 16);
    }
}

/* ---- the attacker ---- */

/* Where the ports have offloads, what is said with a frame may be nonsense too. */
static void inject(struct run *run, unsigned to, const struct frame *frame) {
    struct dobos_offload offload = {0};
    if (run->offload && once_in(run, 3)) {
        offload.flags = (uint8_t)below(run, 4);
        offload.checksum_start =
            (uint16_t)(once_in(run, 2) ? FRAME_PAYLOAD : below(run, (unsigned)frame->length + 20));
        offload.checksum_offset = (uint16_t)(once_in(run, 2) ? below(run, 2000) : 16);
        if (once_in(run, 2)) {
            offload.gso = DOBOS_GSO_TCPV4;
            offload.header_length = (uint16_t)(once_in(run, 2) ? 54 : below(run, 200));
            offload.gso_bytes = (uint16_t)below(run, once_in(run, 2) ? 100 : 65536);
        }
    }
    struct dobos_packet *packet =
        dobos_packet_from_bytes(run->pool, frame->bytes, frame->length, &offload);
    must(run, packet, "packet", frame->length);
    dobos_input(station_host(run, to), station_interface(to), &packet, 1, run->now);
}

/* Sends a frame that he saw again, changed: whole, or in pieces that overlap. */
static void attack_again(struct run *run) {
    if (run->seen_count == 0)
        return;
    unsigned kept = run->seen_count < SEEN ? run->seen_count : SEEN;
    struct frame frame = run->seen[below(run, kept)], piece;
    unsigned to = frame.bytes[5] - 1u;
    if (to >= STATIONS || frame_is_witness(&run->attacker, &frame))
        return;
    frame_mutate(&run->attacker, &frame);
    frame.bytes[0] = 2;
    if (frame_is_witness(&run->attacker, &frame))
        return;
    bool cut =
        frame.length > 100 && load_be16(frame.bytes + 12) == ETHER_TYPE_IPV4 && once_in(run, 15);
    for (unsigned i = 0; cut && i < 4; i++) {
        frame_cut(&run->attacker, &frame, &piece);
        inject(run, to, &piece);
    }
    inject(run, to, &frame);
}

static void attack(struct run *run) {
    struct frame frame;
    for (unsigned count = below(run, 20); count > 0; count--) {
        if (once_in(run, 2)) {
            attack_again(run);
            continue;
        }
        unsigned to = below(run, STATIONS);
        frame_draw(&run->attacker, to, &frame);
        inject(run, to, &frame);
    }
    for (unsigned i = 0; run->flood != FLOOD_NONE && i < 32; i++) {
        unsigned to = below(run, run->flood == FLOOD_ARP ? STATIONS : 2);
        if (run->flood == FLOOD_ARP)
            frame_draw_arp_flood(&run->attacker, to, &frame);
        else
            frame_draw_syn_flood(&run->attacker, to, &frame);
        inject(run, to, &frame);
    }
}

/* ---- programs that do as they please ---- */

static void victim_open(struct run *run, unsigned s, struct dobos_socket **victim) {
    struct dobos_endpoint to = {.port = PORT_STREAM,
                                .address = dobos_address_ipv4(station_address(!s))};
    struct dobos_endpoint at = {.address = dobos_address_ipv4(0)};
    if (once_in(run, 2)) {
        if (dobos_accept(run->sides[s].listener, victim, NULL) < 0)
            *victim = NULL;
        return;
    }
    must(run, dobos_socket_create(run->hosts[s], DOBOS_TCP, NULL, victim) == 0, "socket", s);
    if (once_in(run, 4))
        (void)dobos_option_set(*victim, DOBOS_OPTION_RECEIVE_BUFFER, 4096 + below(run, 20000));
    if (once_in(run, 4))
        (void)dobos_option_set(*victim, DOBOS_OPTION_SEND_BUFFER, 4096 + below(run, 20000));
    if (once_in(run, 4))
        (void)dobos_option_set(*victim, DOBOS_OPTION_USER_TIMEOUT_MS, 1 + below(run, 20000));
    at.port = (uint16_t)(once_in(run, 2) ? PORT_STREAM : 2000 + below(run, 8));
    if (once_in(run, 3))
        (void)dobos_bind(*victim, &at);
    if (once_in(run, 8))
        to.port = (uint16_t)(2000 + below(run, 8));
    if (once_in(run, 16))
        to.address = dobos_address_ipv4(station_address(s)); /* itself */
    (void)dobos_connect(*victim, &to);
}

static void victim_turn(struct run *run, unsigned s) {
    static const uint8_t zeros[4000];
    uint8_t bytes[4000];
    struct dobos_socket **victim = &run->sides[s].victims[below(run, VICTIMS)];
    if (!*victim) {
        victim_open(run, s, victim);
        return;
    }
    switch (below(run, 14)) {
    case 0:
        dobos_close(*victim);
        *victim = NULL;
        break;
    case 1:
        if (once_in(run, 3)) {
            dobos_abort(*victim);
            *victim = NULL;
        }
        break;
    case 2:
        (void)dobos_shutdown(*victim, (enum dobos_shutdown)(1 + below(run, 3)));
        break;
    case 3:
        (void)dobos_option_set(*victim, (enum dobos_option)(1 + below(run, 13)),
                               below(run, once_in(run, 2) ? 2 : 70000));
        break;
    case 4:
        (void)dobos_listen(*victim, 1 + below(run, 3));
        break;
    case 5:
        (void)dobos_socket_error(*victim);
        break;
    case 6:
    case 7:
    case 8:
    case 9:
        (void)dobos_send(*victim, zeros, below(run, once_in(run, 2) ? 4000 : 20));
        break;
    default:
        (void)dobos_receive(*victim, bytes, below(run, sizeof bytes));
        break;
    }
}

/* ---- the witness ---- */

static uint8_t witness_byte(unsigned side, uint64_t place) {
    return (uint8_t)(place * 31 + (place >> 8) * 7 + side);
}

static void witness_send(struct run *run, unsigned s) {
    uint8_t bytes[2000];
    struct side *side = &run->sides[s];
    size_t length = 1 + below(run, sizeof bytes);
    for (size_t i = 0; i < length; i++)
        bytes[i] = witness_byte(s, side->sent + i);
    int64_t sent = dobos_send(side->witness, bytes, length);
    must(run, sent > 0 || sent == -DOBOS_EAGAIN, "the witness cannot send", (uint64_t)-sent);
    side->sent += sent > 0 ? (uint64_t)sent : 0;
}

static void witness_receive(struct run *run, unsigned s) {
    uint8_t bytes[4096];
    struct side *side = &run->sides[s];
    int64_t got;
    while ((got = dobos_receive(side->witness, bytes, sizeof bytes)) > 0) {
        for (size_t i = 0; i < (size_t)got; i++)
            must(run, bytes[i] == witness_byte(!s, side->received + i), "wrong byte of the witness",
                 side->received + i);
        side->received += (uint64_t)got;
    }
    must(run, got == -DOBOS_EAGAIN, "the witness cannot receive", (uint64_t)-got);
}

static bool witness_is_even(const struct run *run) {
    return run->sides[0].sent == run->sides[1].received &&
           run->sides[1].sent == run->sides[0].received;
}

/* Listeners on both hosts, and the witness from A to B, before the attacker wakes up. */
static void sockets_open(struct run *run) {
    struct dobos_endpoint to = {.port = PORT_STREAM,
                                .address = dobos_address_ipv4(station_address(STATION_B))};
    struct dobos_endpoint at = {.address = dobos_address_ipv4(0)};
    for (unsigned s = 0; s < 2; s++) {
        struct side *side = &run->sides[s];
        bool made = dobos_socket_create(run->hosts[s], DOBOS_TCP, NULL, &side->listener) == 0 &&
                    dobos_socket_create(run->hosts[s], DOBOS_UDP, NULL, &side->datagrams) == 0;
        must(run, made, "socket", s);
        at.port = PORT_STREAM;
        must(run, dobos_bind(side->listener, &at) == 0, "bind", PORT_STREAM);
        must(run, dobos_listen(side->listener, BACKLOG) == 0, "listen", s);
        at.port = PORT_DATAGRAM;
        must(run, dobos_bind(side->datagrams, &at) == 0, "bind", PORT_DATAGRAM);
    }
    struct side *a = &run->sides[0], *b = &run->sides[1];
    must(run, dobos_socket_create(run->hosts[0], DOBOS_TCP, NULL, &a->witness) == 0, "socket", 0);
    must(run, dobos_connect(a->witness, &to) == -DOBOS_EINPROGRESS, "connect", 0);
    must(run, dobos_local(a->witness, &at) == 0, "local", 0);
    run->attacker.witness_port = at.port;
    while (dobos_accept(b->listener, &b->witness, NULL) < 0) {
        network_step(run);
        run->now += DOBOS_MILLISECOND;
        must(run, run->now < CALM, "the witness does not connect", 0);
    }
}

/* ---- what must hold ---- */

/* Nobody is taken for the peer of a station on its link [attack:A5]; no table outgrows its bound.
 */
static void check_bounds(const struct run *run) {
    struct dobos_neighbor_info neighbor;
    struct dobos_socket_info socket;
    struct dobos_pool_statistics pool;
    for (unsigned station = 0; station < STATIONS; station++) {
        const struct dobos_host *host = station_host(run, station);
        uint32_t interface = station_interface(station);
        uint32_t peer = station_address(station_peer(station)), address = 0;
        struct dobos_mac mac = station_mac(station_peer(station)), none = {{0}};
        for (uint32_t i = 0; address < peer; i++) { /* few addresses are below a station's */
            if (dobos_neighbor_read(host, interface, i, &neighbor) != 0)
                break;
            address = dobos_address_ipv4_number(&neighbor.address);
            bool known = memcmp(&neighbor.mac, &none, sizeof none) != 0;
            must(run, address != peer || !known || memcmp(&neighbor.mac, &mac, sizeof mac) == 0,
                 "another passes for the peer of station", station);
        }
        must(run, dobos_neighbor_read(host, interface, NEIGHBOR_ENTRIES, &neighbor) != 0,
             "too many neighbours at station", station);
    }
    for (unsigned i = 0; i < 3; i++)
        must(run, dobos_socket_read(run->hosts[i], SOCKETS, &socket) != 0, "too many sockets", i);
    dobos_pool_statistics_read(run->pool, &pool);
    must(run, pool.bytes <= MEMORY_BYTES, "too much memory", pool.bytes);
}

static void check_end(struct run *run) {
    must(run, run->sides[0].sent == run->sides[1].received, "bytes of A are lost",
         run->sides[0].sent - run->sides[1].received);
    must(run, run->sides[1].sent == run->sides[0].received, "bytes of B are lost",
         run->sides[1].sent - run->sides[0].received);
    must(run, run->sides[0].received > 0 && run->sides[1].received > 0, "the witness slept", 0);
    for (unsigned i = 0; i < 3; i++)
        must(run, pair_fates(run->hosts[i]) == pair_counter(run->hosts[i], "FramesIn"),
             "a frame has no fate, or two, at host", i);
}

/* All memory comes back, whatever state the connections are in. */
static void network_close(struct run *run) {
    struct dobos_pool_statistics pool;
    for (unsigned i = 0; i < 3; i++)
        dobos_host_destroy(run->hosts[i]);
    dobos_pool_statistics_read(run->pool, &pool);
    must(run, pool.packets == 0, "packets are left", pool.packets);
    dobos_pool_destroy(run->pool);
    must(run, run->outstanding == 0, "memory is left, pieces", run->outstanding);
}

/* ---- one seed ---- */

static void run_draw(struct run *run) {
    static const uint32_t mtus[] = {1500, 1500, 1500, 9000, 576, 300};
    run->attacker.random = random_make(run->seed);
    run->offload = once_in(run, 2);
    for (unsigned i = 0; i < 2; i++)
        run->mtu[i] = mtus[below(run, sizeof mtus / sizeof mtus[0])];
    run->flood = (enum flood)(once_in(run, 4) ? 1 + below(run, 2) : 0);
}

static void run_step(struct run *run, unsigned step) {
    uint8_t bytes[100];
    attack(run);
    for (unsigned turns = below(run, 4); turns > 0; turns--)
        victim_turn(run, below(run, 2));
    for (unsigned s = 0; s < 2; s++) {
        witness_send(run, s);
        witness_receive(run, s);
        while (dobos_receive(run->sides[s].datagrams, bytes, sizeof bytes) > 0)
            continue;
    }
    network_step(run);
    if (step % 8 == 0)
        check_bounds(run);
    dobos_time pause = below(run, 3000000);
    if (once_in(run, 10)) {
        network_settle(run);
        pause *= 1000;
    }
    run->now += pause;
}

static void attack_by_seed(uint64_t seed, bool tell) {
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        exit(1);
    run->seed = seed;
    run->now = DOBOS_SECOND;
    run->allocator = (struct dobos_allocator){run, run_allocate, run_release};
    run_draw(run);
    network_open(run);
    sockets_open(run);
    if (tell)
        printf("# seed %" PRIu64 ": MTU %u and %u, offloads %d, flood %d\n", seed,
               (unsigned)run->mtu[0], (unsigned)run->mtu[1], run->offload, (int)run->flood);
    for (unsigned step = 0; step < STEPS; step++)
        run_step(run, step);
    dobos_time end = run->now + CALM;
    while (!witness_is_even(run) && run->now < end) {
        witness_receive(run, 0);
        witness_receive(run, 1);
        network_step(run);
        run->now += 5 * DOBOS_MILLISECOND;
    }
    check_end(run);
    if (tell)
        for (unsigned i = 0; i < 3; i++)
            printf("# host %u: %" PRIu64 " frames in, %" PRIu64 " forwarded\n", i,
                   pair_counter(run->hosts[i], "FramesIn"),
                   pair_counter(run->hosts[i], "FramesForwarded"));
    if (tell)
        printf("# seed %" PRIu64 ": held, %.3f s of virtual time, %" PRIu64 " and %" PRIu64
               " bytes of the witness\n",
               seed, (double)run->now / 1e9, run->sides[0].sent, run->sides[1].sent);
    network_close(run);
    free(run);
}

int main(int argc, char **argv) {
    return seeds_run(argc, argv, attack_by_seed);
}
