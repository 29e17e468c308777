/* witness: see witness.h. */
#include "witness.h"

#include "base/bytes.h"
#include "wire/arp.h"
#include "wire/ipv4.h"

#define SETTLE_TURNS   4096
#define EXCHANGE_BYTES 1500
#define CALM           (40 * DOBOS_SECOND)  /* longer than fragments and requests are kept */
#define GOODBYE        (130 * DOBOS_SECOND) /* longer than TIME-WAIT */

/* ---- the network ---- */

static struct dobos_host *host_open(struct witness *w, const char *name, bool forwarding,
                                    const uint8_t key[DOBOS_KEY_BYTES]) {
    struct dobos_host_config config = {
        .size = sizeof(config), .name = name, .forwarding = forwarding};
    struct dobos_host *host;
    memcpy(config.key, key, DOBOS_KEY_BYTES);
    config.key[0] = (uint8_t)(config.key[0] + name[0]);
    assert_int_equal(dobos_host_create(w->pool, &config, w->now, &host), 0);
    return host;
}

static void interface_open(struct dobos_host *host, const char *name, struct dobos_mac mac,
                           uint32_t number) {
    bool outside = strcmp(name, "eth1") == 0;
    struct dobos_interface_config config = {.size = sizeof(config), .mac = mac, .outside = outside};
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(number), 24},
                                              .valid_until = DOBOS_NEVER,
                                              .preferred_until = DOBOS_NEVER,
                                              .origin = DOBOS_ORIGIN_STATIC};
    memcpy(config.name, name, strlen(name));
    int interface = dobos_interface_add(host, &config);
    assert_true(interface >= 2);
    assert_int_equal(dobos_address_add(host, (uint32_t)interface, &address), 0);
}

static void default_route(struct dobos_host *host, uint32_t gateway) {
    struct dobos_route route = {.destination = {dobos_address_ipv4(0), 0},
                                .gateway = dobos_address_ipv4(gateway),
                                .origin = DOBOS_ORIGIN_STATIC};
    assert_int_equal(dobos_route_add(host, &route), 0);
}

struct dobos_endpoint witness_endpoint(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

static struct dobos_socket *socket_open(struct dobos_host *host, enum dobos_protocol protocol,
                                        uint16_t port) {
    struct dobos_endpoint at = witness_endpoint(0, port);
    struct dobos_socket *socket;
    assert_int_equal(dobos_socket_create(host, protocol, NULL, &socket), 0);
    if (port)
        assert_int_equal(dobos_bind(socket, &at), 0);
    return socket;
}

struct dobos_socket *witness_udp(struct dobos_host *host, uint16_t port) {
    return socket_open(host, DOBOS_UDP, port);
}

struct dobos_socket *witness_listener(struct dobos_host *host, uint16_t port, unsigned backlog) {
    struct dobos_socket *socket = socket_open(host, DOBOS_TCP, port);
    assert_int_equal(dobos_listen(socket, backlog), 0);
    return socket;
}

static void stream_open(struct witness *w, struct witness_end ends[2], struct dobos_host *server,
                        uint32_t address) {
    struct dobos_socket *listener = witness_listener(server, WITNESS_PORT, 1);
    struct dobos_endpoint to = witness_endpoint(address, WITNESS_PORT);
    ends[0].socket = socket_open(w->friend, DOBOS_TCP, 0);
    assert_int_equal(dobos_connect(ends[0].socket, &to), -DOBOS_EINPROGRESS);
    witness_run(w, DOBOS_SECOND);
    assert_int_equal(dobos_accept(listener, &ends[1].socket, NULL), 0);
    dobos_close(listener);
}

static void hosts_open(struct witness *w, bool forwarding, uint8_t seed, unsigned flipped) {
    uint8_t key[DOBOS_KEY_BYTES];
    for (unsigned i = 0; i < DOBOS_KEY_BYTES; i++)
        key[i] = (uint8_t)(seed + i * 37);
    w->friend = host_open(w, "friend", false, key);
    w->beyond = host_open(w, "beyond", false, key);
    if (flipped)
        key[(flipped - 1) / 8] ^= (uint8_t)(1u << (flipped - 1) % 8);
    w->victim = host_open(w, "victim", forwarding, key);
    interface_open(w->victim, "eth0", VICTIM_MAC, VICTIM_ADDRESS);
    interface_open(w->victim, "eth1", (struct dobos_mac){{2, 0, 0, 0, 1, 1}}, BEYOND_ROUTER);
    interface_open(w->friend, "eth0", FRIEND_MAC, FRIEND_ADDRESS);
    interface_open(w->beyond, "eth0", BEYOND_MAC, BEYOND_ADDRESS);
    default_route(w->victim, ATTACKER_ADDRESS);
    default_route(w->friend, VICTIM_ADDRESS);
    default_route(w->beyond, BEYOND_ROUTER);
}

struct witness *witness_open(bool forwarding, uint8_t key) {
    return witness_open_keyed(forwarding, key, 0);
}

static struct witness *open_all(bool forwarding, uint8_t key, unsigned flipped,
                                const struct dobos_nat_config *nat) {
    struct witness *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->ring = calloc(WITNESS_ANSWERS, sizeof(struct answer));
    assert_non_null(w->ring);
    w->hook = failing_allocator_hook(&w->memory);
    w->now = 1000 * DOBOS_SECOND;
    w->random = random_make(key + 1u);
    w->pace = 64;
    w->patience = 5 * DOBOS_SECOND;
    w->memory_limit = (size_t)16 << 20;
    w->growth_limit = (size_t)1 << 20;
    struct dobos_pool_config pool = {.size = sizeof(pool), .allocator = &w->hook};
    assert_int_equal(dobos_pool_create(&pool, &w->pool), 0);
    hosts_open(w, forwarding, key, flipped);
    if (nat)
        assert_int_equal(dobos_nat_set(w->victim, nat), 0);
    stream_open(w, w->ends[0], w->victim, VICTIM_ADDRESS);
    if (forwarding)
        stream_open(w, w->ends[1], w->beyond, BEYOND_ADDRESS);
    witness_exchange(w);
    witness_forget(w);
    w->memory_baseline = witness_memory(w);
    return w;
}

struct witness *witness_open_keyed(bool forwarding, uint8_t key, unsigned flipped) {
    return open_all(forwarding, key, flipped, NULL);
}

struct witness *witness_open_nat(const struct dobos_nat_config *nat) {
    return open_all(true, 7, 0, nat);
}

static int setup(void **state, bool forwarding) {
    *state = witness_open(forwarding, 7);
    return 0;
}

int attack_setup(void **state) {
    return setup(state, false);
}

int attack_setup_router(void **state) {
    return setup(state, true);
}

int attack_setup_nat(void **state) {
    static const uint32_t outside[] = {3};
    const struct dobos_nat_config nat = {
        .size = sizeof(nat), .interfaces = outside, .interface_count = 1};
    *state = witness_open_nat(&nat);
    return 0;
}

int attack_teardown(void **state) {
    witness_close(*state);
    return 0;
}

/* ---- frames on the links ---- */

static bool is_witness(const uint8_t *bytes, size_t length) {
    size_t ip = ETHERNET_HEADER_BYTES, tcp = ip + IPV4_HEADER_BYTES;
    return length >= tcp + 4 && load_be16(bytes + 12) == ETHER_TYPE_IPV4 && bytes[ip] == 0x45 &&
           bytes[ip + 9] == PROTOCOL_TCP &&
           (load_be16(bytes + tcp) == WITNESS_PORT || load_be16(bytes + tcp + 2) == WITNESS_PORT);
}

static void answer_note(struct witness *w, uint32_t interface, const uint8_t *bytes,
                        size_t length) {
    if (w->answer_count == WITNESS_ANSWERS) {
        w->answer_first = (w->answer_first + 1) % WITNESS_ANSWERS;
        w->answer_count--;
    }
    struct answer *answer = &w->ring[(w->answer_first + w->answer_count++) % WITNESS_ANSWERS];
    *answer = (struct answer){.interface = interface, .at = w->now, .length = length};
    memcpy(answer->bytes, bytes, length < ANSWER_BYTES ? length : ANSWER_BYTES);
    w->answers++;
    w->answer_bytes += length;
}

static void give(struct witness *w, struct dobos_host *host, uint32_t interface,
                 struct dobos_packet *packet) {
    assert_non_null(packet);
    dobos_input(host, interface, &packet, 1, w->now);
}

/* The attacker, or a stranger on the other link, says where his addresses are, to whom asks. */
static void attacker_answer(struct witness *w, uint32_t interface, const uint8_t *bytes,
                            size_t length) {
    struct reader r = reader_make(bytes, length);
    struct ethernet link;
    struct arp arp;
    if (w->hides_attacker || !ethernet_parse(&r, &link) || link.type != ETHER_TYPE_ARP ||
        !arp_parse(&r, &arp) || arp.operation != ARP_REQUEST)
        return;
    uint32_t target = dobos_address_ipv4_number(&arp.target);
    uint32_t first = interface == 2 ? ATTACKER_ADDRESS : STRANGER_ADDRESS;
    if (target < first || target > first + 61)
        return;
    uint8_t frame[ETHERNET_MIN_FRAME_BYTES] = {0};
    struct writer out = writer_make(frame, sizeof(frame));
    ethernet_emit(&out, &(struct ethernet){.destination = arp.sender_mac,
                                           .source = ATTACKER_MAC,
                                           .type = ETHER_TYPE_ARP});
    arp_emit(&out, &(struct arp){.operation = ARP_REPLY,
                                 .sender_mac = ATTACKER_MAC,
                                 .sender = arp.target,
                                 .target_mac = arp.sender_mac,
                                 .target = arp.sender});
    give(w, w->victim, interface, dobos_packet_from_bytes(w->pool, frame, sizeof(frame), NULL));
}

/* What the victim sent at an interface: to the host there, if it is meant, and past the attacker.
 */
static void victim_frame(struct witness *w, uint32_t interface, struct dobos_packet *packet) {
    static uint8_t bytes[FRAME_MAX_BYTES];
    size_t length = dobos_packet_read(packet, 0, bytes, sizeof(bytes));
    const struct dobos_mac *peer = interface == 2 ? &FRIEND_MAC : &BEYOND_MAC;
    assert_int_equal(length, dobos_packet_length(packet));
    assert_true(length >= ETHERNET_MIN_FRAME_BYTES);
    if ((bytes[0] & 1) == 0 && memcmp(bytes, peer, 6) != 0)
        dobos_packet_release(packet);
    else if (w->cut && interface == 2)
        dobos_packet_release(packet);
    else
        give(w, interface == 2 ? w->friend : w->beyond, 2, packet);
    if (!is_witness(bytes, length))
        answer_note(w, interface, bytes, length);
    attacker_answer(w, interface, bytes, length);
}

/* Returns whether there was a frame. */
static bool carry(struct witness *w, struct dobos_host *host, uint32_t interface) {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS];
    unsigned count = dobos_output(host, interface, packets, DOBOS_BURST_PACKETS, w->now);
    for (unsigned i = 0; i < count; i++) {
        if (host == w->victim)
            victim_frame(w, interface, packets[i]);
        else if (host == w->friend && w->cut)
            dobos_packet_release(packets[i]);
        else
            give(w, w->victim, host == w->friend ? 2 : 3, packets[i]);
    }
    return count > 0;
}

static bool advance(struct witness *w, struct dobos_host *host) {
    if (dobos_next_deadline(host) > w->now)
        return false;
    dobos_advance(host, w->now);
    return true;
}

/* Steps what runs on the victim; when it wants to be stepped again. */
static dobos_time serve(struct witness *w) {
    dobos_time next = DOBOS_NEVER;
    for (unsigned i = 0; i < w->service_count; i++) {
        dobos_time again = dobos_service_step(w->services[i], w->now);
        next = again < next ? again : next;
    }
    if (w->step) {
        dobos_time again = w->step(w->step_context, w->now);
        next = again < next ? again : next;
    }
    return next;
}

static dobos_time settle(struct witness *w) {
    bool busy = true;
    dobos_time next = DOBOS_NEVER;
    for (unsigned turn = 0; busy; turn++) {
        assert_true(turn < SETTLE_TURNS);
        busy = advance(w, w->victim);
        busy = advance(w, w->friend) || busy;
        busy = advance(w, w->beyond) || busy;
        next = serve(w);
        busy = carry(w, w->victim, 2) || busy;
        busy = carry(w, w->victim, 3) || busy;
        busy = carry(w, w->friend, 2) || busy;
        busy = carry(w, w->beyond, 2) || busy;
    }
    assert_true(witness_memory(w) <= w->memory_limit);
    return next;
}

void witness_settle(struct witness *w) {
    (void)settle(w);
}

static dobos_time earlier(dobos_time a, dobos_time b) {
    return a < b ? a : b;
}

void witness_run(struct witness *w, dobos_time duration) {
    dobos_time end = w->now + duration;
    for (unsigned turn = 0;; turn++) {
        assert_true(turn < 1000000);
        dobos_time next = settle(w);
        next = earlier(next, dobos_next_deadline(w->victim));
        next = earlier(next, dobos_next_deadline(w->friend));
        next = earlier(next, dobos_next_deadline(w->beyond));
        if (next > end)
            break;
        w->now = next > w->now ? next : w->now;
    }
    w->now = end;
    witness_settle(w);
}

void witness_run_moving(struct witness *w, dobos_time duration) {
    for (dobos_time end = w->now + duration; w->now < end;) {
        witness_run(w, earlier(DOBOS_SECOND, end - w->now));
        witness_exchange(w);
    }
}

/* ---- the attacker ---- */

void witness_inject_at(struct witness *w, uint32_t interface, const void *frame, size_t length) {
    give(w, w->victim, interface, dobos_packet_from_bytes(w->pool, frame, length, NULL));
    witness_settle(w);
    if (w->pace && ++w->injected % w->pace == 0)
        witness_exchange(w);
}

void witness_inject(struct witness *w, const void *frame, size_t length) {
    witness_inject_at(w, 2, frame, length);
}

bool witness_answer(struct witness *w, struct answer *answer) {
    if (w->answer_count == 0)
        return false;
    *answer = w->ring[w->answer_first];
    w->answer_first = (w->answer_first + 1) % WITNESS_ANSWERS;
    w->answer_count--;
    return true;
}

size_t witness_memory(const struct witness *w) {
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(w->pool, &statistics);
    return w->memory.live_bytes - statistics.kept;
}

uint64_t witness_forget(struct witness *w) {
    uint64_t answers = w->answers;
    w->answer_count = 0;
    w->answers = w->answer_bytes = 0;
    return answers;
}

void witness_serve(struct witness *w, int result, struct dobos_service *service) {
    assert_int_equal(result, 0);
    assert_true(w->service_count < WITNESS_SERVICES);
    w->services[w->service_count++] = service;
}

/* ---- the witness ---- */

static uint8_t byte_at(unsigned end, uint64_t place) {
    return (uint8_t)(place * 31 + (place >> 8) * 7 + end);
}

static void end_send(struct witness *w, struct witness_end *end, unsigned which) {
    uint8_t bytes[EXCHANGE_BYTES];
    size_t length = 1 + (size_t)random_below(&w->random, EXCHANGE_BYTES);
    for (size_t i = 0; i < length; i++)
        bytes[i] = byte_at(which, end->sent + i);
    assert_int_equal(dobos_send(end->socket, bytes, length), length);
    end->sent += length;
}

static void end_receive(struct witness_end *end, unsigned other) {
    uint8_t bytes[EXCHANGE_BYTES];
    int64_t got;
    while ((got = dobos_receive(end->socket, bytes, sizeof(bytes))) > 0) {
        for (size_t i = 0; i < (size_t)got; i++)
            assert_int_equal(bytes[i], byte_at(other, end->received + i));
        end->received += (uint64_t)got;
    }
    assert_int_equal(got, -DOBOS_EAGAIN);
}

static bool stream_is_even(struct witness_end ends[2]) {
    end_receive(&ends[0], 1);
    end_receive(&ends[1], 0);
    return ends[0].sent == ends[1].received && ends[1].sent == ends[0].received;
}

/* Each frame has one fate, and it was counted. */
static void fates_check(const struct dobos_host *host) {
    uint64_t fates = 0, in = 0;
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++) {
        if (strcmp(counter.name, "FramesIn") == 0)
            in = counter.value;
        else if (strncmp(counter.name, "Frames", 6) == 0)
            fates += counter.value;
        else if (strncmp(counter.name, "Drop", 4) == 0 && strncmp(counter.name, "DropOut", 7) != 0)
            fates += counter.value;
    }
    assert_int_equal(fates, in);
}

static void hosts_check(const struct witness *w) {
    fates_check(w->victim);
    fates_check(w->friend);
    fates_check(w->beyond);
}

void witness_exchange(struct witness *w) {
    for (unsigned i = 0; i < WITNESS_STREAMS && w->ends[i][0].socket; i++) {
        end_send(w, &w->ends[i][0], 0);
        end_send(w, &w->ends[i][1], 1);
    }
    witness_settle(w);
    dobos_time until = w->now + w->patience;
    for (unsigned i = 0; i < WITNESS_STREAMS && w->ends[i][0].socket; i++) {
        while (!stream_is_even(w->ends[i])) {
            if (w->now >= until)
                fail_msg("the witness waits for its bytes: %llu of %llu, %llu of %llu",
                         (unsigned long long)w->ends[i][1].received,
                         (unsigned long long)w->ends[i][0].sent,
                         (unsigned long long)w->ends[i][0].received,
                         (unsigned long long)w->ends[i][1].sent);
            witness_run(w, 10 * DOBOS_MILLISECOND);
        }
    }
    witness_settle(w);
    hosts_check(w);
}

static void hosts_close(struct witness *w) {
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(w->pool, &statistics);
    assert_int_equal(statistics.packets, 0);
    assert_true(witness_memory(w) <= w->memory_baseline + w->growth_limit);
    dobos_host_destroy(w->victim);
    dobos_host_destroy(w->friend);
    dobos_host_destroy(w->beyond);
    dobos_pool_destroy(w->pool);
    assert_int_equal(w->memory.live, 0);
}

void witness_close(struct witness *w) {
    witness_exchange(w);
    witness_run(w, CALM);
    witness_exchange(w);
    while (w->service_count > 0)
        dobos_service_destroy(w->services[--w->service_count]);
    for (unsigned i = 0; i < WITNESS_STREAMS; i++) {
        dobos_close(w->ends[i][0].socket);
        dobos_close(w->ends[i][1].socket);
    }
    witness_run(w, GOODBYE);
    hosts_check(w);
    hosts_close(w);
    free(w->ring);
    free(w);
}

/* ---- what one sees of the victim ---- */

uint64_t witness_counter(const struct witness *w, const char *name) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(w->victim, i, &counter) == 0; i++)
        if (strcmp(counter.name, name) == 0)
            return counter.value;
    fail_msg("there is no counter %s", name);
    return 0;
}

unsigned witness_neighbors(const struct witness *w) {
    struct dobos_neighbor_info info;
    unsigned low = 0, high = 1 << 16; /* by halves: reading the nth costs more the larger n is */
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (dobos_neighbor_read(w->victim, 2, middle, &info) == 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool witness_neighbor(const struct witness *w, uint32_t address, struct dobos_neighbor_info *info) {
    for (uint32_t i = 0; dobos_neighbor_read(w->victim, 2, i, info) == 0; i++)
        if (dobos_address_ipv4_number(&info->address) == address)
            return true;
    return false;
}

struct dobos_socket *witness_socket(const struct witness *w) {
    return w->ends[0][1].socket;
}

struct dobos_socket_info witness_info(const struct witness *w) {
    struct dobos_socket_info info;
    assert_int_equal(dobos_socket_info_read(w->ends[0][1].socket, &info), 0);
    return info;
}
