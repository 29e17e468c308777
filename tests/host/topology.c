/*
 * topology: random networks against an oracle. A seed draws 2 to 8 nodes (hosts, routers, routers
 * that translate addresses) on segments with prefixes, MTUs and route tables of their own, some of
 * them wrong, missing or going in circles. Datagrams and TCP connections are tried from anywhere to
 * anywhere, then segments go down and come up, and all is tried again. What the tables say of each
 * (topology_model.c) must happen: it arrives, by that many routers and from that address, and its
 * answer, too; or its sender is told why by that router; or nothing comes of it. No datagram is
 * ever seen with a time to live that did not fall; every frame has one fate; all memory is given
 * back.
 *
 *     topology --from 1 --count 1000      the seeds 1 to 1000
 *     topology --seed 77                  one of them again, with lines on what it drew
 *
 * Prints TAP. Exit status 0 when all held; else 1, and the line that replays the first seed that
 * failed.
 */
#include "topology.h"

#include "seeds.h"

#include "base/bytes.h"

#define PROBE_EVERY (700 * DOBOS_MILLISECOND)
#define PHASE       (PROBES * PROBE_EVERY + 6 * DOBOS_SECOND)
#define TCP_BYTES   6000
#define TCP_TIME    (40 * DOBOS_SECOND)

/* What each node dropped, and why: who fails a seed begins there. */
static void tell_drops(const struct topology *t) {
    struct dobos_counter counter;
    for (uint32_t n = 0; n < t->model.node_count; n++)
        for (uint32_t i = 0; t->hosts[n] && dobos_counter_read(t->hosts[n], i, &counter) == 0; i++)
            if (memcmp(counter.name, "Drop", 4) == 0 && counter.value > 0)
                printf("# node %u: %s %" PRIu64 "\n", n, counter.name, counter.value);
}

_Noreturn void fail_seed(const struct topology *t, const char *what, uint64_t number) {
    printf("not ok 1 - seed %" PRIu64 ": %s (%" PRIu64 ") at %.6f s\n", t->seed, what, number,
           (double)t->now / 1e9);
    tell_drops(t);
    printf("# replay: topology --seed %" PRIu64 "\n", t->seed);
    exit(1);
}

/* ---- datagrams ---- */

static uint8_t payload_byte(uint32_t tag, size_t place) {
    return (uint8_t)(tag * 31 + place * 7 + (place >> 8));
}

static void payload_make(uint8_t *bytes, uint32_t tag, bool answer, size_t length) {
    for (size_t i = 12; i < length; i++)
        bytes[i] = payload_byte(tag, i);
    store_be32(bytes, MAGIC);
    store_be32(bytes + 4, tag);
    store_be32(bytes + 8, answer);
}

static void probe_arrives(struct topology *t, uint32_t node, struct probe *probe, uint32_t tag,
                          const struct dobos_message *message, const uint8_t *bytes) {
    struct dobos_message answer = {.peer = message->peer, .local = message->local};
    uint8_t reply[4096];
    must(t, probe->way.fate == FATE_DELIVERED, "it arrived, though the tables say no", tag);
    must(t, !probe->arrived, "it arrived twice", tag);
    must(t, probe->way.at == node, "it arrived elsewhere", tag);
    must(t, message->length == probe->length, "it has another length", tag);
    must(t, message->ttl == probe->ttl - probe->way.hops, "another number of routers", tag);
    must(t, dobos_address_ipv4_number(&message->peer.address) == probe->way.source,
         "it is from another", tag);
    must(t, dobos_address_ipv4_number(&message->local) == probe->destination, "it is for another",
         tag);
    for (size_t i = 12; i < probe->length; i++)
        must(t, bytes[i] == payload_byte(tag, i), "it was changed", tag);
    probe->arrived = true;
    payload_make(reply, tag, true, probe->length);
    (void)dobos_socket_error(t->sockets[node]);
    answer.peer.interface = 0;
    (void)dobos_send_message(t->sockets[node], reply, probe->length, &answer);
}

/* What came to a socket of a node: to its server, or back to where a datagram was sent from. */
static void datagrams_take(struct topology *t, uint32_t node, struct dobos_socket *socket) {
    uint8_t bytes[4096];
    struct dobos_message message;
    for (unsigned errors = 0; errors < 8;) {
        int64_t length = dobos_receive_message(socket, bytes, sizeof(bytes), &message);
        if (length == -DOBOS_EAGAIN)
            return;
        if (length < 0) {
            errors++;
            continue;
        }
        must(t, length >= 12 && load_be32(bytes) == MAGIC, "bytes of nobody", node);
        uint32_t tag = load_be32(bytes + 4);
        must(t, tag < t->probe_count, "a datagram of nobody", tag);
        struct probe *probe = &t->probes[tag];
        if (!(load_be32(bytes + 8) & 1)) {
            must(t, socket == t->sockets[node], "it came to another port", tag);
            probe_arrives(t, node, probe, tag, &message, bytes);
            continue;
        }
        must(t, socket == probe->socket && probe->arrived && !probe->returned, "an answer astray",
             tag);
        must(t, probe->may_return, "it was answered, though the tables say no", tag);
        must(t, (uint32_t)length == probe->length, "the answer has another length", tag);
        probe->returned = true;
    }
}

static void reports_take(struct topology *t, struct probe *probe) {
    struct dobos_icmp_report report;
    while (dobos_receive_icmp(probe->socket, &report) == 0) {
        uint32_t tag = (uint32_t)(probe - t->probes);
        must(t,
             report.payload_length == 8 && load_be32(report.payload) == MAGIC &&
                 load_be32(report.payload + 4) == tag,
             "an error about another", tag);
        must(t, probe->may_tell, "told, though the tables say no", tag);
        if (!probe->must_tell)
            continue;
        must(t, !probe->told, "told twice", tag);
        must(t, report.type == probe->way.type && report.code == probe->way.code,
             "told something else", ((uint64_t)tag * 256 + report.type) * 256 + report.code);
        must(t, dobos_address_ipv4_number(&report.from) == probe->teller, "told by another", tag);
        probe->told = true;
    }
}

/* Lets time pass up to then. */
static void run(struct topology *t, dobos_time until) {
    for (;;) {
        dobos_time next = until + 1;
        wires_collect(t);
        if (t->in_flight > 0)
            next = t->flight[t->first].arrives;
        for (uint32_t n = 0; n < t->model.node_count; n++)
            next = min_i64(next, max_i64(t->now, dobos_next_deadline(t->hosts[n])));
        if (next > until)
            break;
        t->now = next;
        while (t->in_flight > 0 && t->flight[t->first].arrives <= t->now) {
            const struct frame *frame = &t->flight[t->first];
            t->first = (t->first + 1) % FLIGHT;
            t->in_flight--;
            wire_deliver(t, frame);
        }
        for (uint32_t n = 0; n < t->model.node_count; n++) {
            if (dobos_next_deadline(t->hosts[n]) <= t->now)
                dobos_advance(t->hosts[n], t->now);
            datagrams_take(t, n, t->sockets[n]);
        }
        for (unsigned i = 0; i < t->probe_count; i++) {
            if (t->probes[i].socket) {
                datagrams_take(t, t->probes[i].from, t->probes[i].socket);
                reports_take(t, &t->probes[i]);
            }
        }
    }
    t->now = until;
}

/* What must come of it, from the tables. */
static void probe_judge(struct topology *t, struct probe *probe) {
    const struct model *model = &t->model;
    struct model_way *way = &probe->way, error = {.is_new = false};
    way->is_new = true;
    model_follow(model, probe->from, MODEL_NONE, 0, probe->destination, probe->ttl, way);
    probe->source = way->translated ? way->translations[0].before : way->source;
    if (way->fate == FATE_DELIVERED) {
        model_return(model, way, probe->destination, &probe->back);
        bool back = probe->back.fate == FATE_DELIVERED && probe->back.at == probe->from;
        bool doubtful = probe->back.translated > 0;
        probe->must_return = back && !doubtful;
        probe->may_return = back || doubtful;
    } else if (way->fate == FATE_TOLD && way->arrived == MODEL_NONE) {
        probe->must_tell = probe->may_tell = true;
        probe->teller = way->source;
    } else if (way->fate == FATE_TOLD) {
        model_follow(model, way->at, MODEL_NONE, 0, way->source, 64, &error);
        bool doubtful = way->translated > 0 || error.translated > 0;
        bool back = error.fate == FATE_DELIVERED && error.at == probe->from;
        probe->must_tell = back && !doubtful;
        probe->may_tell = back || doubtful;
        probe->teller = error.source;
    }
}

/* An address that somebody has, or that nobody has on a segment that there is, or on none. */
static uint32_t draw_destination(struct topology *t, uint32_t from) {
    const struct model *model = &t->model;
    uint64_t kind = random_below(&t->random, 16);
    for (;;) {
        uint32_t n = (uint32_t)random_below(&t->random, model->node_count);
        const struct model_node *node = &model->nodes[n];
        uint64_t i = random_below(&t->random, node->interface_count);
        uint32_t segment = node->interfaces[i].segment;
        if (kind == 0)
            return model->segments[segment].prefix + MODEL_NODES + 2;
        if (kind == 1)
            return UINT32_C(0xc6336401);
        if (n != from)
            return node->interfaces[i].address;
    }
}

static void tell_address(const char *before, uint32_t address) {
    printf("%s%u.%u.%u.%u", before, address >> 24, address >> 16 & 255, address >> 8 & 255,
           address & 255);
}

static void tell_model(const struct topology *t) {
    for (uint32_t n = 0; n < t->model.node_count; n++) {
        const struct model_node *node = &t->model.nodes[n];
        printf("# node %u%s:", n, node->is_router ? ", a router" : "");
        for (uint32_t i = 0; i < node->interface_count; i++) {
            tell_address(i ? ", " : " ", node->interfaces[i].address);
            printf("/%u%s mtu %u", t->model.segments[node->interfaces[i].segment].length,
                   node->nat == i ? " outside" : "", node->interfaces[i].mtu);
        }
        for (uint32_t i = 0; i < node->route_count; i++) {
            if (node->routes[i].gateway == 0)
                continue;
            tell_address("; ", node->routes[i].prefix);
            printf("/%u", node->routes[i].length);
            tell_address(" by ", node->routes[i].gateway);
            printf(" metric %u", node->routes[i].metric);
        }
        putchar('\n');
    }
}

static void tell_probe(const struct topology *t, const struct probe *probe) {
    static const char *const fates[] = {"arrives", "is lost", "has no route", "is told"};
    printf("# %u: %.3f s, from %u", (unsigned)(probe - t->probes), (double)t->now / 1e9,
           probe->from);
    tell_address(" at ", probe->source);
    tell_address(" to ", probe->destination);
    printf(", %u bytes, ttl %u: %s at %u after %u routers, code %u.%u, %u translations; %s%s%s%s\n",
           probe->length, probe->ttl, fates[probe->way.fate], probe->way.at, probe->way.hops,
           probe->way.type, probe->way.code, probe->way.translated,
           probe->must_return ? "answered " : "", probe->may_return ? "perhaps " : "",
           probe->must_tell ? "told " : "", probe->may_tell ? "perhaps" : "");
}

static void probe_send(struct topology *t) {
    static const uint8_t ttls[] = {64, 64, 64, 64, 64, 1, 2, 3};
    uint8_t payload[4096];
    uint32_t tag = t->probe_count++;
    struct probe *probe = &t->probes[tag];
    *probe = (struct probe){
        .from = (uint32_t)random_below(&t->random, t->model.node_count),
        .ttl = ttls[random_below(&t->random, sizeof ttls)],
        .length = 16 + (uint32_t)random_below(&t->random, random_below(&t->random, 3) ? 400 : 2000),
    };
    probe->destination = draw_destination(t, probe->from);
    probe_judge(t, probe);
    if (probe->way.fate == FATE_TOLD) /* sixteen fragments that wait for nobody push others out */
        probe->length = min_u32(probe->length, 500);
    if (t->tells)
        tell_probe(t, probe);
    payload_make(payload, tag, false, probe->length);
    struct dobos_message message = {
        .peer = {.address = dobos_address_ipv4(probe->destination), .port = PORT},
        .ttl = probe->ttl};
    probe->socket = socket_open(t, probe->from, DOBOS_UDP, (uint16_t)(1000 + tag));
    int64_t sent = dobos_send_message(probe->socket, payload, probe->length, &message);
    probe->is_sent = sent == probe->length;
    must(t, (probe->way.fate == FATE_NO_ROUTE) == (sent == -DOBOS_ENETUNREACH),
         "what it says of its own tables", (uint64_t)-sent);
    must(t, probe->is_sent || sent == -DOBOS_ENETUNREACH, "sending failed", (uint64_t)-sent);
}

static void probes_check(struct topology *t, uint32_t from) {
    for (uint32_t tag = from; tag < t->probe_count; tag++) {
        struct probe *probe = &t->probes[tag];
        dobos_close(probe->socket);
        probe->socket = NULL;
        must(t, probe->way.fate != FATE_DELIVERED || probe->arrived, "it did not arrive", tag);
        must(t, !probe->must_return || probe->returned, "it was not answered", tag);
        must(t, !probe->must_tell || probe->told, "nobody was told", tag);
        must(t, probe->seen[0] <= probe->ttl && probe->seen[1] <= 64, "it outlived its hops", tag);
        t->delivered += probe->arrived;
        t->answered += probe->returned;
        t->told += probe->told;
        t->silent += !probe->arrived && !probe->told;
    }
}

/* ---- connections ---- */

/* Whether each router on a way could tell its beginning that a packet is too long. */
static bool narrows_are_told(const struct model *model, const struct model_way *way,
                             uint32_t segment_bytes) {
    for (uint32_t i = 1; i < way->passed_count; i++) {
        struct model_way error = {.is_new = false};
        if (way->passed_mtu[i] >= segment_bytes)
            continue;
        model_follow(model, way->passed[i], MODEL_NONE, 0, way->source, 64, &error);
        if (way->translated > 0 || error.fate != FATE_DELIVERED || error.at != way->passed[0] ||
            error.translated > 0)
            return false;
    }
    return true;
}

/* Reads what there is; true at its end. */
static bool drain(struct dobos_socket *socket, size_t *received) {
    uint8_t bytes[2048];
    int64_t got;
    while ((got = dobos_receive(socket, bytes, sizeof(bytes))) > 0)
        *received += (size_t)got;
    return got == 0;
}

/* Bytes both ways, and an end; true when all of it came about in time. */
static bool converse(struct topology *t, struct dobos_socket *client, uint32_t server_node) {
    static const uint8_t bytes[TCP_BYTES];
    struct dobos_socket *server = NULL;
    size_t received[2] = {0}, sent[2] = {0};
    dobos_time until = t->now + TCP_TIME;
    while (t->now < until && (received[0] < TCP_BYTES || received[1] < TCP_BYTES)) {
        struct dobos_socket *ends[] = {client, server};
        for (unsigned i = 0; i < 2; i++) {
            if (!ends[i])
                continue;
            if (sent[i] < TCP_BYTES) {
                int64_t result = dobos_send(ends[i], bytes, TCP_BYTES - sent[i]);
                sent[i] += result > 0 ? (size_t)result : 0;
            }
            (void)drain(ends[i], &received[i]);
        }
        if (!server)
            (void)dobos_accept(t->listeners[server_node], &server, NULL);
        run(t, t->now + 20 * DOBOS_MILLISECOND);
    }
    dobos_abort(server);
    return received[0] == TCP_BYTES && received[1] == TCP_BYTES;
}

static void connection_try(struct topology *t) {
    const struct model *model = &t->model;
    uint32_t from = (uint32_t)random_below(&t->random, model->node_count);
    uint32_t destination = draw_destination(t, from);
    struct model_way way = {.is_new = true}, back;
    model_follow(model, from, MODEL_NONE, 0, destination, 64, &way);
    if (way.fate != FATE_DELIVERED)
        return;
    model_return(model, &way, destination, &back);
    bool reaches = back.fate == FATE_DELIVERED && back.at == from && back.translated == 0;
    if (!reaches && back.translated > 0)
        return;
    if (way.translated > 0 && (way.narrowest < 1500 || back.narrowest < 1500))
        return;
    if (reaches && (!narrows_are_told(model, &way, way.passed_mtu[0]) ||
                    !narrows_are_told(model, &back, back.passed_mtu[0])))
        return;
    struct dobos_socket *client = socket_open(t, from, DOBOS_TCP, 0);
    struct dobos_endpoint peer = {.address = dobos_address_ipv4(destination), .port = TCP_PORT};
    must(t, dobos_connect(client, &peer) == -DOBOS_EINPROGRESS, "connect", from);
    bool done = false;
    if (reaches)
        done = converse(t, client, way.at);
    else
        run(t, t->now + 4 * DOBOS_SECOND);
    must(t, done == reaches, reaches ? "the connection does not get on" : "", destination);
    must(t,
         reaches || !(dobos_socket_ready(client) & DOBOS_WRITABLE) ||
             dobos_socket_error(client) < 0,
         "connected, though the tables say no", destination);
    t->connected += done;
    t->refused += !done;
    dobos_abort(client);
    for (uint32_t n = 0; n < model->node_count; n++) {
        struct dobos_socket *left;
        while (dobos_accept(t->listeners[n], &left, NULL) == 0)
            dobos_abort(left);
    }
    run(t, t->now + 100 * DOBOS_MILLISECOND);
}

/* ---- a seed ---- */

static void segments_set(struct topology *t, bool down) {
    for (uint32_t s = 0; s < t->model.segment_count; s++) {
        bool down_now = down && random_below(&t->random, 3) == 0;
        if (t->model.segments[s].is_down == down_now)
            continue;
        t->model.segments[s].is_down = down_now;
        if (t->tells)
            printf("# segment %u goes %s\n", s, down_now ? "down" : "up");
        for (uint32_t n = 0; n < t->model.node_count; n++)
            for (uint32_t i = 0; i < t->model.nodes[n].interface_count; i++)
                if (t->model.nodes[n].interfaces[i].segment == s)
                    must(t, dobos_interface_carrier_set(t->hosts[n], i + 2, !down_now) == 0,
                         "carrier", n);
    }
}

static void phase_run(struct topology *t) {
    uint32_t first = t->probe_count;
    dobos_time end = t->now + PHASE;
    for (unsigned i = 0; i < PROBES; i++) {
        probe_send(t);
        run(t, t->now + PROBE_EVERY);
    }
    run(t, end);
    probes_check(t, first);
    connection_try(t);
    connection_try(t);
    run(t, t->now + DOBOS_SECOND);
}

static void topology_create(struct topology *t, uint64_t seed) {
    *t = (struct topology){.seed = seed, .random = random_make(seed), .flight = t->flight};
    t->allocator = (struct dobos_allocator){
        .allocate = pair_allocate, .release = pair_release, .context = &t->memory};
    t->now = DOBOS_SECOND;
    struct dobos_pool_config pool = {.size = sizeof(pool), .allocator = &t->allocator};
    must(t, dobos_pool_create(&pool, &t->pool) == 0, "pool", 0);
    model_draw(&t->model, &t->random);
    for (uint32_t n = 0; n < t->model.node_count; n++)
        node_create(t, n);
}

static void topology_end(struct topology *t) {
    struct dobos_pool_statistics statistics;
    run(t, t->now + 120 * DOBOS_SECOND); /* fragments, neighbours and goodbyes that hang on */
    for (uint32_t n = 0; n < t->model.node_count; n++) {
        must(t, pair_fates(t->hosts[n]) == pair_counter(t->hosts[n], "FramesIn"),
             "frames without a fate", n);
        dobos_close(t->sockets[n]);
        dobos_close(t->listeners[n]);
        dobos_host_destroy(t->hosts[n]);
        t->hosts[n] = NULL;
    }
    dobos_pool_statistics_read(t->pool, &statistics);
    must(t, statistics.packets == 0, "packets left", statistics.packets);
    dobos_pool_destroy(t->pool);
    must(t, t->memory == 0, "memory left", t->memory);
}

static void tell_drawn(const struct topology *t) {
    unsigned routers = 0, nats = 0;
    for (uint32_t n = 0; n < t->model.node_count; n++) {
        routers += t->model.nodes[n].is_router;
        nats += t->model.nodes[n].nat != MODEL_NONE;
    }
    printf("# seed %" PRIu64 ": %u nodes, %u routers, %u with NAT, %u segments; %u datagrams "
           "arrived, %u answers, %u told, %u silent; %u connections, %u without; %u frames\n",
           t->seed, t->model.node_count, routers, nats, t->model.segment_count, t->delivered,
           t->answered, t->told, t->silent, t->connected, t->refused, t->frames);
}

static void attempt(uint64_t seed, bool tell) {
    static struct topology topology;
    struct topology *t = &topology;
    if (!t->flight)
        t->flight = calloc(FLIGHT, sizeof(struct frame));
    topology_create(t, seed);
    t->tells = tell;
    if (tell)
        tell_model(t);
    for (unsigned phase = 0; phase < PHASES; phase++) {
        segments_set(t, phase == 1);
        phase_run(t);
    }
    topology_end(t);
    if (tell)
        tell_drawn(t);
}

int main(int argc, char **argv) {
    return seeds_run(argc, argv, attempt);
}
