/*
 * dhcp_fixture: a DHCP engine at 192.0.2.1/24 with the pool .100–.109 unless the test says
 * otherwise, and clients that speak to it with a line each:
 *
 *     say(f, &(struct said){.type = DHCP_DISCOVER, .who = 1});
 *     assert_answer(f, DHCP_OFFER, 100);
 */
#ifndef TESTS_SERVICES_DHCP_FIXTURE_H
#define TESTS_SERVICES_DHCP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../base/failing_allocator.h"
#include "lease_store.h"

#include "services/dhcp_server.h"

#define NET        UINT32_C(0xc0000200)
#define OWN_NUMBER (NET + 1)

struct dhcp_fixture {
    struct failing_allocator memory;        /* under the engine */
    struct allocator allocator;             /* over it */
    struct dhcp_server *server;             /* what is tested; owned */
    struct dobos_dhcp_server_config config; /* of it */
    struct lease_store store;               /* used when config.store points to `hook` */
    struct dobos_lease_store hook;          /* of store */
    struct dhcp_out out;                    /* the last answer or probe */
    bool has_out;                           /* there was one */
    struct dhcp answer;                     /* of `out`, when it is a datagram */
    dobos_time now;                         /* virtual */
};

/* A message of a client, with what is not zero. */
struct said {
    uint8_t type;                    /* enum dhcp_type */
    uint16_t who;                    /* its link address is 02:00:00:00:hi:lo */
    const char *id;                  /* option 61, its text behind type 0 */
    const char *name;                /* option 12 */
    uint8_t requested, ciaddr, from; /* last byte of addresses of the subnet */
    uint32_t far;                    /* ciaddr or requested of elsewhere */
    uint8_t server;                  /* last byte of option 54 */
    uint32_t lease_s;                /* option 51 */
    uint16_t max_size;               /* option 57 */
    bool broadcast;                  /* flag */
    uint32_t giaddr;                 /* a relay */
    struct dhcp_bytes parameters;    /* option 55 */
    uint32_t xid;                    /* 0: some */
    uint16_t link;                   /* the frame's source; 0: as who */
};

static inline struct dobos_mac mac_of(uint16_t who) {
    return (struct dobos_mac){{2, 0, 0, 0, (uint8_t)(who >> 8), (uint8_t)who}};
}

static inline struct dobos_address host_of(uint8_t last) {
    return dobos_address_ipv4(last ? NET + last : 0);
}

static inline int fixture_start(struct dhcp_fixture *f) {
    const struct dhcp_server_config config = {
        .own = {dobos_address_ipv4(OWN_NUMBER), 24},
        .own_numbers = {OWN_NUMBER, 0xc6336401},
        .own_count = 2,
        .mtu = 1500,
        .key = {{1, 2}},
        .config = &f->config,
    };
    size_t bad;
    assert_null(dhcp_config_check(&f->config, &config.own, &bad));
    f->server = calloc(1, sizeof(*f->server));
    return dhcp_server_init(f->server, &f->allocator, &config, f->now);
}

static inline void fixture_stop(struct dhcp_fixture *f) {
    dhcp_server_fini(f->server);
    free(f->server);
    f->server = NULL;
    assert_int_equal(f->memory.live, 0);
}

static inline void fixture_begin(struct dhcp_fixture *f) {
    *f = (struct dhcp_fixture){.now = 5 * DOBOS_SECOND};
    f->allocator.hook = failing_allocator_hook(&f->memory);
    f->hook = lease_store_hook(&f->store);
    f->config = (struct dobos_dhcp_server_config){
        .size = sizeof(f->config),
        .first = host_of(100),
        .last = host_of(109),
        .lease_s = 3600,
        .router = host_of(1),
        .nameservers = {host_of(1), dobos_address_ipv4(0x08080808)},
        .nameserver_count = 2,
        .domain = "home.test",
    };
}

static inline void fixture_end(struct dhcp_fixture *f) {
    if (f->server)
        fixture_stop(f);
    lease_store_fini(&f->store);
}

static inline int fixture_setup(void **state) {
    struct dhcp_fixture *f = malloc(sizeof(*f));
    fixture_begin(f);
    assert_int_equal(fixture_start(f), 0);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state) {
    struct dhcp_fixture *f = *state;
    fixture_end(f);
    free(f);
    return 0;
}

/* The server dies and another starts on the same store. */
static inline void fixture_restart(struct dhcp_fixture *f) {
    fixture_stop(f);
    lease_store_reopen(&f->store);
    assert_int_equal(fixture_start(f), 0);
}

static inline size_t said_emit(const struct said *said, uint8_t bytes[DHCP_MAX_BYTES]) {
    static struct dhcp m;
    dhcp_init(&m);
    m.op = DHCP_OP_REQUEST;
    m.type = said->type;
    m.hardware = DHCP_HARDWARE_ETHERNET;
    m.hardware_length = 6;
    m.xid = said->xid ? said->xid : 0x1000u + said->who;
    m.broadcast = said->broadcast;
    m.ciaddr = said->ciaddr ? host_of(said->ciaddr) : dobos_address_ipv4(0);
    m.requested = said->requested ? host_of(said->requested) : dobos_address_ipv4(0);
    if (said->far && said->ciaddr)
        m.ciaddr = dobos_address_ipv4(said->far);
    else if (said->far)
        m.requested = dobos_address_ipv4(said->far);
    m.giaddr = dobos_address_ipv4(said->giaddr);
    m.server = host_of(said->server);
    m.has_lease = said->lease_s > 0;
    m.lease_s = said->lease_s;
    m.max_size = said->max_size;
    m.parameters = said->parameters;
    if (said->id) {
        m.client_id.length = (uint8_t)(strlen(said->id) + 1);
        memcpy(m.client_id.bytes + 1, said->id, strlen(said->id));
    }
    if (said->name) {
        m.hostname.length = (uint8_t)strlen(said->name);
        memcpy(m.hostname.bytes, said->name, m.hostname.length);
    }
    struct dobos_mac mac = mac_of(said->who);
    memcpy(m.chaddr, mac.bytes, 6);
    struct writer w = writer_make(bytes, DHCP_MAX_BYTES);
    (void)dhcp_emit(&w, &m, NULL);
    assert_false(w.failed);
    return w.position;
}

static inline void out_note(struct dhcp_fixture *f, bool has_out) {
    f->has_out = has_out;
    if (has_out && f->out.way != DHCP_WAY_PROBE)
        assert_true(dhcp_parse((struct slice){f->out.bytes, f->out.length}, &f->answer));
}

/* The engine hears it; f->out is what it answers at once. */
static inline void say(struct dhcp_fixture *f, const struct said *said) {
    uint8_t bytes[DHCP_MAX_BYTES];
    size_t length = said_emit(said, bytes);
    const struct dhcp_from from = {.address = host_of(said->from ? said->from : said->ciaddr),
                                   .link = mac_of(said->link ? said->link : said->who)};
    uint8_t *copy = malloc(length);
    memcpy(copy, bytes, length);
    out_note(f,
             dhcp_server_receive(f->server, (struct slice){copy, length}, &from, f->now, &f->out));
    free(copy);
}

/* What is to be sent now. */
static inline bool fixture_next(struct dhcp_fixture *f) {
    out_note(f, dhcp_server_next(f->server, f->now, &f->out));
    return f->has_out;
}

/* Time passes; what is sent meanwhile is lost. */
static inline void fixture_wait(struct dhcp_fixture *f, dobos_time duration) {
    dobos_time until = f->now + duration;
    for (;;) {
        while (fixture_next(f))
            continue;
        dobos_time next = dhcp_server_deadline(f->server);
        assert_true(next > f->now);
        if (next > until)
            break;
        f->now = next;
    }
    f->now = until;
}

static inline void assert_probe(struct dhcp_fixture *f, uint8_t last) {
    assert_true(fixture_next(f));
    assert_int_equal(f->out.way, DHCP_WAY_PROBE);
    assert_int_equal(dobos_address_ipv4_number(&f->out.address), NET + last);
}

/* The probe that has been sent is over. */
static inline void probe_pass(struct dhcp_fixture *f) {
    assert_false(fixture_next(f));
    f->now += DHCP_PROBE_NS;
    assert_true(fixture_next(f));
}

static inline void assert_silent(const struct dhcp_fixture *f) {
    assert_false(f->has_out);
}

static inline void assert_answer(const struct dhcp_fixture *f, enum dhcp_type type, uint8_t last) {
    assert_true(f->has_out);
    assert_int_not_equal(f->out.way, DHCP_WAY_PROBE);
    assert_int_equal(f->answer.type, type);
    assert_int_equal(dobos_address_ipv4_number(&f->answer.yiaddr), last ? NET + last : 0);
}

/* A client leases an address the whole way; what it got. */
static inline uint8_t lease_take(struct dhcp_fixture *f, uint16_t who, const char *id) {
    struct said said = {.type = DHCP_DISCOVER, .who = who, .id = id};
    say(f, &said);
    if (!f->has_out) {
        if (!fixture_next(f))
            return 0;
        assert_int_equal(f->out.way, DHCP_WAY_PROBE);
        probe_pass(f);
    }
    assert_int_equal(f->answer.type, DHCP_OFFER);
    said.type = DHCP_REQUEST;
    said.server = 1;
    said.requested = (uint8_t)dobos_address_ipv4_number(&f->answer.yiaddr);
    say(f, &said);
    assert_answer(f, DHCP_ACK, said.requested);
    return said.requested;
}

static inline const struct dhcp_lease *lease_at(const struct dhcp_fixture *f, uint8_t last) {
    return leases_at(&f->server->leases, NET + last);
}

static inline uint8_t state_at(const struct dhcp_fixture *f, uint8_t last) {
    const struct dhcp_lease *lease = lease_at(f, last);
    return lease ? lease->state : LEASE_FREE;
}

#define AT_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

#endif
