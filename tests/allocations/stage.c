/* stage: see stage.h. */
#include "stage.h"

#include <stdio.h>

#define SETTLE_TURNS 20000
#define BURST        16 /* allocations that fail in a row, where more than one do */
#define PORT_AFTER   9999
#define SEED         UINT64_C(20261122)

struct dobos_endpoint stage_endpoint(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

bool stage_can_or(struct stage *s, int64_t result, int other) {
    if (result >= 0)
        return true;
    if (result == -DOBOS_ENOMEM)
        s->refused = true;
    else if (result != other)
        fail_msg("a call said %s", dobos_error_text((int)result));
    return false;
}

bool stage_can(struct stage *s, int64_t result) {
    return stage_can_or(s, result, -DOBOS_ENOMEM);
}

void stage_expect(const struct stage *s, bool holds) {
    assert_true(holds || s->memory.fail_at);
}

/* ---- the network ---- */

static bool host_build(struct stage *s, const char *name, struct dobos_host **host) {
    struct dobos_host_config config = {
        .size = sizeof(config), .name = name, .forwarding = name[0] == 'r'};
    for (unsigned i = 0; i < DOBOS_KEY_BYTES; i++)
        config.key[i] = (uint8_t)(i * 37 + (unsigned)name[0]);
    return stage_can(s, dobos_host_create(s->pool, &config, s->now, host));
}

static bool interface_build(struct stage *s, struct dobos_host *host, uint32_t number,
                            uint32_t mtu) {
    struct dobos_interface_config config = {
        .size = sizeof(config),
        .name = {'e', (char)('0' + (number >> 8 & 255))},
        .mac = {{2, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number}},
        .mtu = mtu};
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(number), 24},
                                              .valid_until = DOBOS_NEVER,
                                              .preferred_until = DOBOS_NEVER,
                                              .origin = DOBOS_ORIGIN_STATIC};
    int interface = dobos_interface_add(host, &config);
    return stage_can(s, interface) &&
           stage_can(s, dobos_address_add(host, (uint32_t)interface, &address));
}

static bool route_build(struct stage *s, struct dobos_host *host, uint32_t gateway) {
    struct dobos_route route = {.destination = {dobos_address_ipv4(0), 0},
                                .gateway = dobos_address_ipv4(gateway),
                                .origin = DOBOS_ORIGIN_STATIC};
    return stage_can(s, dobos_route_add(host, &route));
}

bool stage_build(struct stage *s) {
    struct dobos_pool_config pool = {.size = sizeof(pool), .allocator = &s->hook};
    return stage_can(s, dobos_pool_create(&pool, &s->pool)) && host_build(s, "a", &s->a) &&
           host_build(s, "r", &s->r) && host_build(s, "b", &s->b) &&
           interface_build(s, s->a, STAGE_A, 1500) && interface_build(s, s->r, STAGE_NEAR, 1500) &&
           interface_build(s, s->r, STAGE_FAR, 600) && interface_build(s, s->b, STAGE_B, 600) &&
           route_build(s, s->a, STAGE_NEAR) && route_build(s, s->b, STAGE_FAR);
}

/* What the cable does with a frame, and who gets it. */
static void pass(struct stage *s, struct dobos_host *to, uint32_t interface,
                 struct dobos_packet *packet) {
    if (s->lose && random_below(&s->random, s->lose) == 0) {
        dobos_packet_release(packet);
        return;
    }
    if (s->swap && to == s->b && !s->late && random_below(&s->random, s->swap) == 0) {
        s->late = packet;
        return;
    }
    dobos_input(to, interface, &packet, 1, s->now);
    if (s->late && to == s->b) {
        packet = s->late;
        s->late = NULL;
        dobos_input(to, interface, &packet, 1, s->now);
    }
}

static bool carry(struct stage *s, struct dobos_host *from, uint32_t interface,
                  struct dobos_host *to, uint32_t at) {
    struct dobos_packet *packets[8];
    unsigned count = dobos_output(from, interface, packets, 8, s->now);
    for (unsigned i = 0; i < count; i++)
        pass(s, to, at, packets[i]);
    return count > 0;
}

static bool advance(const struct stage *s, struct dobos_host *host) {
    if (dobos_next_deadline(host) > s->now)
        return false;
    dobos_advance(host, s->now);
    return true;
}

static dobos_time earlier(dobos_time a, dobos_time b) {
    return a < b ? a : b;
}

static dobos_time settle(struct stage *s) {
    bool busy = true;
    dobos_time next = DOBOS_NEVER;
    for (unsigned turn = 0; busy; turn++) {
        assert_true(turn < SETTLE_TURNS);
        busy = advance(s, s->a);
        busy = advance(s, s->r) || busy;
        busy = advance(s, s->b) || busy;
        next = DOBOS_NEVER;
        for (unsigned i = 0; i < s->service_count; i++)
            next = earlier(next, dobos_service_step(s->services[i], s->now));
        if (s->lookup) {
            dobos_time again = DOBOS_NEVER;
            if (dobos_lookup_step(s->lookup, s->now, &again) == DOBOS_LOOKUP_PENDING)
                next = earlier(next, again);
        }
        busy = carry(s, s->a, 2, s->r, 2) || busy;
        busy = carry(s, s->r, 2, s->a, 2) || busy;
        busy = carry(s, s->r, 3, s->b, 2) || busy;
        busy = carry(s, s->b, 2, s->r, 3) || busy;
    }
    next = earlier(next, dobos_next_deadline(s->a));
    next = earlier(next, dobos_next_deadline(s->r));
    return earlier(next, dobos_next_deadline(s->b));
}

void stage_settle(struct stage *s) {
    (void)settle(s);
}

void stage_run(struct stage *s, dobos_time duration) {
    dobos_time end = s->now + duration;
    for (unsigned turn = 0;; turn++) {
        assert_true(turn < SETTLE_TURNS);
        dobos_time next = settle(s);
        if (next > end)
            break;
        s->now = next > s->now ? next : s->now;
    }
    s->now = end;
    stage_settle(s);
}

void stage_inject(struct stage *s, struct dobos_host *host, uint32_t interface, const void *frame,
                  size_t length) {
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, frame, length, NULL);
    if (packet)
        dobos_input(host, interface, &packet, 1, s->now);
    stage_settle(s);
}

/* ---- sockets ---- */

static struct dobos_socket *open_at(struct stage *s, struct dobos_host *host,
                                    enum dobos_protocol protocol, uint16_t port) {
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint at = stage_endpoint(0, port);
    if (!stage_can(s, dobos_socket_create(host, protocol, NULL, &socket)))
        return NULL;
    if (port == 0 || stage_can(s, dobos_bind(socket, &at)))
        return socket;
    dobos_close(socket);
    return NULL;
}

struct dobos_socket *stage_udp(struct stage *s, struct dobos_host *host, uint16_t port) {
    return open_at(s, host, DOBOS_UDP, port);
}

struct dobos_socket *stage_listener(struct stage *s, struct dobos_host *host, uint16_t port,
                                    unsigned backlog) {
    struct dobos_socket *socket = open_at(s, host, DOBOS_TCP, port);
    if (!socket || stage_can(s, dobos_listen(socket, backlog)))
        return socket;
    dobos_close(socket);
    return NULL;
}

struct dobos_socket *stage_connect(struct stage *s, struct dobos_host *from, uint32_t to,
                                   uint16_t port) {
    struct dobos_socket *socket = open_at(s, from, DOBOS_TCP, 0);
    struct dobos_endpoint peer = stage_endpoint(to, port);
    if (!socket)
        return NULL;
    int result = dobos_connect(socket, &peer);
    if (result == -DOBOS_EINPROGRESS || stage_can(s, result))
        return socket;
    dobos_close(socket);
    return NULL;
}

bool stage_transfer(struct stage *s, struct dobos_socket *from, struct dobos_socket *to,
                    size_t length) {
    uint8_t bytes[2000];
    size_t sent = 0, received = 0;
    for (unsigned turn = 0; received < length && turn < 2000; turn++) {
        size_t part = length - sent < sizeof(bytes) ? length - sent : sizeof(bytes);
        for (size_t i = 0; i < part; i++)
            bytes[i] = (uint8_t)((sent + i) * 7 + (sent + i) / 256);
        int64_t result = part ? dobos_send(from, bytes, part) : 0;
        if (result < 0 && result != -DOBOS_EAGAIN && result != -DOBOS_ENOMEM)
            return false;
        sent += result > 0 ? (size_t)result : 0;
        stage_run(s, 50 * DOBOS_MILLISECOND);
        int64_t got;
        while ((got = dobos_receive(to, bytes, sizeof(bytes))) > 0) {
            for (size_t i = 0; i < (size_t)got; i++)
                assert_int_equal(bytes[i], (uint8_t)((received + i) * 7 + (received + i) / 256));
            received += (size_t)got;
        }
        if (got == 0 || (got < 0 && got != -DOBOS_EAGAIN && got != -DOBOS_ENOMEM))
            return false;
    }
    return received == length;
}

void stage_serve(struct stage *s, int result, struct dobos_service *service) {
    assert_true(s->service_count < STAGE_SERVICES);
    if (stage_can(s, result))
        s->services[s->service_count++] = service;
}

/* ---- trying ---- */

static void fates_check(const struct dobos_host *host) {
    uint64_t fates = 0, in = 0;
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(host, i, &counter) == 0; i++) {
        if (strcmp(counter.name, "FramesIn") == 0)
            in = counter.value;
        else if (strncmp(counter.name, "Frames", 6) == 0 ||
                 (strncmp(counter.name, "Drop", 4) == 0 &&
                  strncmp(counter.name, "DropOut", 7) != 0))
            fates += counter.value;
    }
    assert_int_equal(fates, in);
}

/* With memory again: a new connection carries bytes both ways, and a datagram arrives. */
static void goes_on_check(struct stage *s) {
    uint8_t bytes[64];
    struct dobos_socket *accepted = NULL;
    struct dobos_endpoint to = stage_endpoint(STAGE_B, PORT_AFTER);
    struct dobos_socket *listener = stage_listener(s, s->b, PORT_AFTER, 1);
    struct dobos_socket *from = stage_udp(s, s->a, 0), *at = stage_udp(s, s->b, PORT_AFTER);
    struct dobos_socket *socket = stage_connect(s, s->a, STAGE_B, PORT_AFTER);
    assert_true(listener && from && at && socket);
    stage_run(s, 10 * DOBOS_SECOND);
    assert_int_equal(dobos_accept(listener, &accepted, NULL), 0);
    assert_true(stage_transfer(s, socket, accepted, 3000));
    assert_true(stage_transfer(s, accepted, socket, 3000));
    assert_int_equal(dobos_connect(from, &to), 0);
    assert_int_equal(dobos_send(from, "still here", 10), 10);
    stage_run(s, 10 * DOBOS_SECOND);
    assert_int_equal(dobos_receive(at, bytes, sizeof(bytes)), 10);
    dobos_close(socket);
    dobos_close(accepted);
    dobos_close(listener);
    dobos_close(from);
    dobos_close(at);
}

static void stage_end(struct stage *s) {
    bool whole = s->a && s->r && s->b;
    dobos_packet_release(s->late);
    if (whole) {
        fates_check(s->a);
        fates_check(s->r);
        fates_check(s->b);
    }
    dobos_lookup_destroy(s->lookup);
    while (s->service_count > 0)
        dobos_service_destroy(s->services[--s->service_count]);
    dobos_host_destroy(s->a);
    dobos_host_destroy(s->r);
    dobos_host_destroy(s->b);
    if (s->pool) {
        struct dobos_pool_statistics statistics;
        dobos_pool_statistics_read(s->pool, &statistics);
        assert_int_equal(statistics.packets, 0);
    }
    dobos_pool_destroy(s->pool);
    assert_int_equal(s->memory.live, 0);
}

/* One time, with the allocations from `fail_at` on failing, `more` behind it too. Returns how many
 * the scenario made. */
static uint64_t once(stage_scenario scenario, bool bare, uint64_t fail_at, uint64_t more) {
    struct stage *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    s->hook = failing_allocator_hook(&s->memory);
    s->random = random_make(SEED);
    s->now = 1000 * DOBOS_SECOND;
    if (!bare)
        assert_true(stage_build(s));
    s->memory.calls = 0;
    s->memory.fail_at = fail_at;
    s->memory.fail_more = more;
    scenario(s);
    uint64_t calls = s->memory.calls;
    s->memory.fail_at = 0;
    s->lose = s->swap = 0;
    assert_false(s->refused && fail_at == 0);
    if (s->a && s->r && s->b && !(bare && s->refused))
        goes_on_check(s);
    stage_end(s);
    free(s);
    return calls;
}

static void try(stage_scenario scenario, bool bare) {
    uint64_t calls = once(scenario, bare, 0, 0), tries = 0;
    bool all = getenv("DOBOS_ALL_ALLOCATIONS") != NULL;
    uint64_t stride = all || calls <= STAGE_TRIES ? 1 : calls / STAGE_TRIES;
    struct random random = random_make(SEED);
    assert_true(calls > 0);
    for (uint64_t n = 1; n <= calls; n += 1 + random_below(&random, 2 * stride - 1), tries++) {
        (void)once(scenario, bare, n, 0);
        if (all || n % 4 == 1)
            (void)once(scenario, bare, n, BURST);
        if (all || n % 8 == 3) /* none any more, until the scenario is over */
            (void)once(scenario, bare, n, UINT64_MAX);
    }
    printf("# %llu allocations, %llu of them failed once\n", (unsigned long long)calls,
           (unsigned long long)tries);
}

void stage_try(stage_scenario scenario) {
    try(scenario, false);
}

void stage_try_bare(stage_scenario scenario) {
    try(scenario, true);
}
