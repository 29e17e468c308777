/* dhcp_engine_fuzz: a DHCP server under any conversation: messages, answers to probes, time that
 * passes, restarts on its store; then any bytes as a store. No address is bound to two, answers are
 * sound, and all memory is given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "../tests/base/failing_allocator.h"
#include "../tests/services/lease_store.h"

#include "services/dhcp_server.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct scene {
    struct failing_allocator memory; /* under the engine */
    struct allocator allocator;      /* over it */
    struct lease_store store;        /* of the leases */
    struct dobos_lease_store hook;   /* of it */
    struct dhcp_server server;       /* what is tried */
    struct dhcp_out out;             /* its last word */
    dobos_time now;                  /* virtual */
};

static void start(struct scene *scene) {
    static const struct dobos_dhcp_reservation reserved = {
        .mac = {{2, 0, 0, 0, 0, 9}},
        .address = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9}}};
    const struct dobos_dhcp_server_config config = {
        .size = sizeof(config),
        .first = dobos_address_ipv4(0x0a000002),
        .last = dobos_address_ipv4(0x0a000007),
        .lease_s = 100,
        .domain = "x.y",
        .reservations = &reserved,
        .reservation_count = 1,
        .store = &scene->hook,
    };
    const struct dhcp_server_config inner = {.own = {dobos_address_ipv4(0x0a000001), 24},
                                             .mtu = 1500,
                                             .key = {{1, 2}},
                                             .config = &config};
    memset(&scene->server, 0, sizeof(scene->server));
    PROMISE(dhcp_server_init(&scene->server, &scene->allocator, &inner, scene->now) == 0);
}

static void sound(struct scene *scene) {
    static struct dhcp message;
    const struct dhcp_out *out = &scene->out;
    if (out->way != DHCP_WAY_PROBE)
        PROMISE(dhcp_parse((struct slice){out->bytes, out->length}, &message) &&
                message.op == DHCP_OP_REPLY && out->length >= DHCP_MIN_BYTES);
}

static void drain(struct scene *scene) {
    unsigned most = 2 * DHCP_PENDING + 8;
    while (dhcp_server_next(&scene->server, scene->now, &scene->out)) {
        sound(scene);
        PROMISE(most-- > 0);
    }
    PROMISE(dhcp_server_deadline(&scene->server) > scene->now);
}

/* A message whose first bytes the input gives, the rest made good often enough. */
static void hear(struct scene *scene, struct reader *r) {
    uint8_t message[DHCP_MAX_BYTES] = {1, 1, 6, 0};
    struct dhcp_from from = {.address = dobos_address_ipv4(0x0a000000u + reader_u8(r)),
                             .link = {{2, 0, 0, 0, 0, reader_u8(r)}}};
    message[28] = 2;
    message[33] = from.link.bytes[5];
    store_be32(message + 12, reader_u8(r) ? dobos_address_ipv4_number(&from.address) : 0);
    store_be32(message + 236, 0x63825363);
    size_t options = reader_u8(r);
    options = min_size(options, reader_rest(r));
    reader_copy(r, message + 240, options);
    message[240 + options] = DHCP_OPTION_END;
    if (dhcp_server_receive(&scene->server, (struct slice){message, 241 + options}, &from,
                            scene->now, &scene->out))
        sound(scene);
}

static void act(struct scene *scene, struct reader *r) {
    uint8_t what = reader_u8(r);
    if (what < 160) {
        hear(scene, r);
    } else if (what < 200) {
        if (dhcp_server_next(&scene->server, scene->now, &scene->out)) {
            sound(scene);
            if (scene->out.way == DHCP_WAY_PROBE && what % 2)
                dhcp_server_on_echo(&scene->server, &scene->out.address,
                                    &(struct dobos_mac){{2, 0, 0, 0, 0, what}}, scene->out.token,
                                    scene->now);
        }
    } else if (what < 250) {
        scene->now += (dobos_time)(what - 199) * (what % 2 ? DOBOS_SECOND : DHCP_PROBE_NS);
        drain(scene);
    } else {
        drain(scene);
        uint32_t bound = scene->server.leases.bound;
        dhcp_server_fini(&scene->server);
        start(scene);
        PROMISE(scene->server.leases.bound == bound);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct scene scene;
    struct reader r = reader_make(bytes, length);
    scene = (struct scene){.now = DOBOS_SECOND};
    scene.allocator.hook = failing_allocator_hook(&scene.memory);
    scene.hook = lease_store_hook(&scene.store);
    start(&scene);
    while (reader_rest(&r) > 0)
        act(&scene, &r);
    dhcp_server_fini(&scene.server);
    lease_file_append(&scene.store.now, bytes, length);
    start(&scene);
    dhcp_server_fini(&scene.server);
    PROMISE(scene.memory.live == 0);
    lease_store_fini(&scene.store);
    return 0;
}
