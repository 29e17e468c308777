/* dhcp_client: the client's states, times and messages, without a host. */
#include "dhcp_peer.h"

#include "services/dhcp_client.h"

#define MAC ((struct dobos_mac){{2, 0, 0, 0, 0, 7}})

struct scene {
    struct dhcp_client client;
    struct dhcp_client_out out; /* of the last event */
    dobos_time now;             /* virtual */
    struct dhcp said;           /* the client's last message */
};

static void begin(struct scene *s, uint32_t wanted) {
    *s = (struct scene){.now = 1000 * DOBOS_SECOND};
    s->client.mac = MAC;
    s->client.client_id_length = 7;
    s->client.client_id[0] = 1;
    memcpy(s->client.client_id + 1, MAC.bytes, 6);
    memcpy(s->client.hostname, "laptop", 7);
    s->client.max_bytes = 1500;
    s->client.key.word[0] = 42;
    s->client.has_link = true;
    s->client.wanted = dhcp_address(wanted);
    dhcp_client_init(&s->client, s->now);
}

static bool listen_to(struct scene *s) {
    if (s->out.send)
        s->said = dhcp_read(s->out.bytes, s->out.length);
    return s->out.send;
}

/* Lets the next timer fire; true: it said something. */
static bool tick(struct scene *s) {
    assert_true(s->client.again != DOBOS_NEVER);
    s->now = max_i64(s->now, s->client.again);
    dhcp_client_on_timer(&s->client, s->now, &s->out);
    return listen_to(s);
}

static bool tell(struct scene *s, const struct dhcp *message) {
    uint8_t bytes[DHCP_MAX_BYTES];
    size_t length = dhcp_write(message, bytes);
    dhcp_client_on_message(&s->client, (struct slice){bytes, length}, s->now, &s->out);
    return listen_to(s);
}

static bool answer(struct scene *s, enum dhcp_type type) {
    struct dhcp message = dhcp_answer(&s->said, type);
    return tell(s, &message);
}

static void expect_state(const struct scene *s, enum dobos_dhcp_client_state state) {
    assert_int_equal(s->client.state, state);
}

static void probed(struct scene *s, enum dhcp_probe_result result) {
    dhcp_client_on_probed(&s->client, result, s->now, &s->out);
    (void)listen_to(s);
}

/* From the beginning to PROBING, with a last change of the ACK's lease and times. */
static void acknowledge(struct scene *s, uint32_t lease, uint32_t t1, uint32_t t2) {
    assert_true(tick(s));
    assert_true(answer(s, DHCP_OFFER));
    struct dhcp ack = dhcp_answer(&s->said, DHCP_ACK);
    ack.lease_s = lease;
    ack.has_renewal = t1 > 0;
    ack.has_rebinding = t2 > 0;
    ack.renewal_s = t1;
    ack.rebinding_s = t2;
    tell(s, &ack);
    expect_state(s, DOBOS_DHCP_PROBING);
}

static void bind_for(struct scene *s, uint32_t lease) {
    begin(s, 0);
    acknowledge(s, lease, 0, 0);
    probed(s, DHCP_PROBE_FREE);
    expect_state(s, DOBOS_DHCP_BOUND);
}

static uint32_t number(struct dobos_address address) {
    return dobos_address_ipv4_number(&address);
}

/* [rfc2131#65] [rfc2131#68] [rfc2131#69] [rfc2131#72] [rfc2131#77] [rfc2131#98] [rfc3442#62] */
static void init_offer_and_ack_are_probed_and_bound(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 0);
    assert_true(tick(&s));
    expect_state(&s, DOBOS_DHCP_SELECTING);
    assert_int_equal(s.now, 1000 * DOBOS_SECOND);
    assert_int_equal(s.said.type, DHCP_DISCOVER);
    assert_int_equal(number(s.out.to), UINT32_MAX);
    assert_int_equal(number(s.said.ciaddr), 0);
    assert_int_equal(number(s.said.requested), 0);
    assert_int_equal(number(s.said.server), 0);
    assert_false(s.said.broadcast);
    assert_int_equal(s.said.max_size, 1500);
    assert_memory_equal(s.said.hostname.bytes, "laptop", 6);
    struct dhcp_bytes asked = s.said.parameters, id = s.said.client_id;
    const uint8_t *classless = memchr(asked.bytes, 121, asked.length);
    const uint8_t *routers = memchr(asked.bytes, 3, asked.length);
    assert_true(classless && routers && classless < routers);
    assert_int_equal(id.length, 7);
    uint32_t xid = s.said.xid;
    assert_true(tick(&s)); /* the offer comes after the second message */
    uint16_t secs = s.said.secs;
    assert_in_range(secs, 3, 5);
    s.now += 2 * DOBOS_SECOND;
    assert_true(answer(&s, DHCP_OFFER));
    expect_state(&s, DOBOS_DHCP_REQUESTING);
    assert_int_equal(s.said.type, DHCP_REQUEST);
    assert_int_equal(number(s.out.to), UINT32_MAX);
    assert_int_equal(s.said.xid, xid);
    assert_int_equal(s.said.secs, secs);
    assert_int_equal(number(s.said.ciaddr), 0);
    assert_int_equal(number(s.said.requested), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.server), DHCP_PEER_SERVER);
    assert_memory_equal(&s.said.parameters, &asked, 1u + asked.length);
    assert_memory_equal(&s.said.client_id, &id, 1u + id.length);
    assert_false(answer(&s, DHCP_ACK));
    expect_state(&s, DOBOS_DHCP_PROBING);
    assert_true(s.out.probe && !s.out.apply);
    assert_int_equal(number(s.client.terms.prefix.address), DHCP_PEER_ADDRESS);
    assert_int_equal(s.client.terms.prefix.length, 24);
    probed(&s, DHCP_PROBE_FREE);
    expect_state(&s, DOBOS_DHCP_BOUND);
    assert_true(s.out.apply && s.out.learn && !s.out.send);
}

/* [rfc2131#70] */
static void selecting_unanswered_asks_ever_later(void **state) {
    static const int64_t waits[] = {4, 8, 16, 32, 64, 64, 64};
    bool differs = false;
    (void)state;
    for (unsigned run = 0; run < 20; run++) {
        struct scene s;
        begin(&s, 0);
        s.client.key.word[1] = run;
        assert_true(tick(&s));
        uint32_t xid = s.said.xid;
        for (size_t i = 0; i < array_length(waits); i++) {
            dobos_time before = s.now;
            assert_true(tick(&s));
            assert_int_equal(s.said.type, DHCP_DISCOVER);
            assert_int_equal(s.said.xid, xid);
            assert_in_range(s.now - before, (waits[i] - 1) * DOBOS_SECOND,
                            (waits[i] + 1) * DOBOS_SECOND);
            differs = differs || (s.now - before) % DOBOS_SECOND != 0;
        }
    }
    assert_true(differs);
}

/* [rfc2131#73] */
static void exchange_has_a_number_of_its_own(void **state) {
    struct scene a, b;
    (void)state;
    begin(&a, 0);
    begin(&b, 0);
    b.client.key.word[1] = 1;
    assert_true(tick(&a) && tick(&b));
    assert_int_not_equal(a.said.xid, b.said.xid);
    uint32_t first = a.said.xid;
    bind_for(&a, 1000);
    assert_true(tick(&a));
    assert_int_not_equal(a.said.xid, first);
}

static void requesting_unanswered_begins_anew_after_a_minute(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 0);
    assert_true(tick(&s));
    assert_true(answer(&s, DHCP_OFFER));
    dobos_time began = s.now;
    uint32_t xid = s.said.xid;
    for (unsigned i = 0; i < 3; i++) {
        assert_true(tick(&s));
        assert_int_equal(s.said.type, DHCP_REQUEST);
    }
    assert_false(tick(&s));
    expect_state(&s, DOBOS_DHCP_INIT);
    assert_in_range(s.now - began, 56 * DOBOS_SECOND, 64 * DOBOS_SECOND);
    assert_true(tick(&s));
    assert_int_equal(s.said.type, DHCP_DISCOVER);
    assert_int_not_equal(s.said.xid, xid);
}

/* [rfc2131#74] */
static void requesting_answered_late_counts_from_the_first_request(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 0);
    assert_true(tick(&s));
    assert_true(answer(&s, DHCP_OFFER));
    dobos_time asked = s.now;
    assert_true(tick(&s));
    assert_false(answer(&s, DHCP_ACK));
    assert_int_equal(s.client.until, asked + 3600 * DOBOS_SECOND);
}

/* ---- who is believed ---- */

static void refuse(struct scene *s, const struct dhcp *message) {
    enum dobos_dhcp_client_state before = s->client.state;
    uint64_t ignored = s->client.ignored;
    assert_false(tell(s, message));
    expect_state(s, before);
    assert_int_equal(s->client.ignored, ignored + 1);
    assert_false(s->out.end || s->out.probe || s->out.apply);
}

/* [rfc2131#63] [rfc6842#60] */
static void offer_that_is_no_answer_is_ignored(void **state) {
    struct scene s;
    struct dhcp message;
    (void)state;
    begin(&s, 0);
    assert_true(tick(&s));
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.xid ^= 1;
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.chaddr[5] ^= 1;
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.op = DHCP_OP_REQUEST;
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.client_id = s.said.client_id;
    message.client_id.bytes[6] ^= 1;
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_ACK);
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_NAK);
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_NO_TYPE);
    refuse(&s, &message);
    dhcp_client_on_message(&s.client, (struct slice){(const uint8_t *)"short", 5}, s.now, &s.out);
    assert_int_equal(s.client.ignored, 8);
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.client_id = s.said.client_id;
    assert_true(tell(&s, &message));
}

static void offer_of_what_cannot_be_is_ignored(void **state) {
    static const uint32_t addresses[] = {0,          0x00000005, 0x7f000001, 0xe0000001,
                                         0xf0000001, 0xffffffff, 0xc0a800ff, 0xc0a80000};
    struct scene s;
    struct dhcp message;
    (void)state;
    begin(&s, 0);
    assert_true(tick(&s));
    for (size_t i = 0; i < array_length(addresses); i++) {
        message = dhcp_answer(&s.said, DHCP_OFFER);
        message.yiaddr = dhcp_address(addresses[i]);
        refuse(&s, &message);
    }
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.server = dhcp_address(0);
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.has_lease = false;
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.lease_s = 0;
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.mask_length = 0;
    refuse(&s, &message);
}

/* [rfc2131#84] */
static void second_server_is_not_heard_once_one_is_chosen(void **state) {
    struct scene s;
    struct dhcp message;
    (void)state;
    begin(&s, 0);
    assert_true(tick(&s));
    assert_true(answer(&s, DHCP_OFFER));
    message = dhcp_answer(&s.said, DHCP_OFFER);
    message.server = dhcp_address(DHCP_PEER_SERVER + 1);
    refuse(&s, &message);
    message.type = DHCP_ACK;
    refuse(&s, &message);
    message.type = DHCP_NAK;
    refuse(&s, &message);
    message = dhcp_answer(&s.said, DHCP_ACK); /* it has changed its mind */
    message.yiaddr = dhcp_address(DHCP_PEER_ADDRESS + 1);
    refuse(&s, &message);
    assert_false(answer(&s, DHCP_ACK));
    expect_state(&s, DOBOS_DHCP_PROBING);
}

/* [rfc2131#85] */
static void nak_begins_anew_and_ever_later(void **state) {
    struct scene s;
    dobos_time last = 0;
    (void)state;
    begin(&s, 0);
    for (unsigned i = 0; i < 12; i++) {
        assert_true(tick(&s));
        assert_int_equal(s.said.type, DHCP_DISCOVER);
        if (i > 0)
            assert_int_equal(s.now - last,
                             i == 1 ? 0 : (i > 8 ? 64 : (dobos_time)1 << (i - 2)) * DOBOS_SECOND);
        last = s.now;
        assert_true(answer(&s, DHCP_OFFER));
        assert_false(answer(&s, DHCP_NAK));
        expect_state(&s, DOBOS_DHCP_INIT);
        assert_false(s.out.end);
    }
    acknowledge(&s, 3600, 0, 0);
    probed(&s, DHCP_PROBE_FREE);
    assert_true(tick(&s));
    assert_false(answer(&s, DHCP_NAK));
    last = s.now; /* once bound, the next refusal is the first again */
    assert_true(tick(&s));
    assert_int_equal(s.now, last);
}

/* ---- probing ---- */

/* [rfc2131#86] [rfc2131#87] [rfc2131#96] */
static void probing_conflict_is_declined_and_waits(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 0);
    acknowledge(&s, 3600, 0, 0);
    uint32_t xid = s.said.xid;
    probed(&s, DHCP_PROBE_CONFLICT);
    expect_state(&s, DOBOS_DHCP_INIT);
    assert_true(s.out.end);
    assert_int_equal(number(s.out.ended), DHCP_PEER_ADDRESS);
    assert_int_equal(s.said.type, DHCP_DECLINE);
    assert_int_equal(number(s.out.to), UINT32_MAX);
    assert_int_equal(number(s.said.requested), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.server), DHCP_PEER_SERVER);
    assert_int_equal(number(s.said.ciaddr), 0);
    assert_int_equal(s.said.client_id.length, 7);
    assert_int_equal(s.said.parameters.length, 0);
    assert_int_not_equal(s.said.xid, xid);
    assert_int_equal(s.client.declined, 1);
    dobos_time before = s.now;
    assert_true(tick(&s));
    assert_int_equal(s.now - before, 10 * DOBOS_SECOND);
    assert_int_equal(number(s.said.requested), 0);
}

/* An address that was asked for, and is somebody's, is not asked for again. */
static void rebooting_conflict_asks_for_any_other(void **state) {
    struct scene s;
    (void)state;
    begin(&s, DHCP_PEER_ADDRESS);
    assert_true(tick(&s));
    assert_false(answer(&s, DHCP_ACK));
    expect_state(&s, DOBOS_DHCP_PROBING);
    probed(&s, DHCP_PROBE_CONFLICT);
    assert_int_equal(s.said.type, DHCP_DECLINE);
    assert_true(tick(&s));
    assert_int_equal(s.said.type, DHCP_DISCOVER);
    assert_int_equal(number(s.said.requested), 0);
}

static void probing_lease_that_ends_first_is_let_go(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 0);
    acknowledge(&s, 3, 0, 0);
    dobos_time acked = s.now;
    assert_false(tick(&s));
    assert_int_equal(s.now - acked, 3 * DOBOS_SECOND);
    assert_true(s.out.end);
    expect_state(&s, DOBOS_DHCP_INIT);
    acknowledge(&s, 3, 0, 0);
    assert_false(tick(&s));
    acked = s.now;
    assert_true(tick(&s));
    assert_int_equal(s.now - acked, 1 * DOBOS_SECOND); /* it waits by now */
}

/* ---- a lease's life ---- */

/* [rfc2131#64] [rfc2131#67] [rfc2131#74] [rfc2131#75] [rfc2131#79] [rfc2131#80] [rfc2131#81]
 * [rfc2131#83] */
static void lease_unanswered_is_renewed_rebound_and_ends(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3200);
    dobos_time asked = s.now;
    assert_int_equal(s.client.until, asked + 3200 * DOBOS_SECOND);
    assert_true(tick(&s));
    expect_state(&s, DOBOS_DHCP_RENEWING);
    assert_in_range(s.now - asked, 1575 * DOBOS_SECOND, 1600 * DOBOS_SECOND);
    assert_int_not_equal((s.now - asked) % DOBOS_SECOND, 0);
    assert_int_equal(number(s.out.to), DHCP_PEER_SERVER);
    assert_int_equal(number(s.out.from), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.ciaddr), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.requested), 0);
    assert_int_equal(number(s.said.server), 0);
    assert_int_equal(s.said.secs, 0);
    dobos_time end = s.client.rebind_at;
    assert_int_equal(end, asked + 2800 * DOBOS_SECOND);
    for (bool rebinding = false; !rebinding;) {
        dobos_time before = s.now;
        dobos_time wait = max_i64((end - before) / 2, 60 * DOBOS_SECOND);
        assert_true(tick(&s));
        assert_int_equal(s.now, min_i64(end, before + wait));
        rebinding = s.now == end;
    }
    expect_state(&s, DOBOS_DHCP_REBINDING);
    assert_int_equal(number(s.out.to), UINT32_MAX);
    assert_int_equal(number(s.out.from), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.ciaddr), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.requested), 0);
    assert_int_equal(number(s.said.server), 0);
    while (s.client.state == DOBOS_DHCP_REBINDING) {
        assert_false(s.out.end);
        (void)tick(&s);
    }
    assert_int_equal(s.now, asked + 3200 * DOBOS_SECOND);
    assert_true(s.out.end);
    assert_int_equal(number(s.out.ended), DHCP_PEER_ADDRESS);
    expect_state(&s, DOBOS_DHCP_INIT);
    assert_true(tick(&s));
    assert_int_equal(s.now, asked + 3200 * DOBOS_SECOND);
    assert_int_equal(s.said.type, DHCP_DISCOVER);
    assert_int_equal(number(s.said.requested), DHCP_PEER_ADDRESS);
}

/* [rfc2131#74] */
static void renewing_answered_is_bound_from_when_it_was_asked(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3200);
    assert_true(tick(&s));
    dobos_time asked = s.now;
    s.now += DOBOS_SECOND;
    struct dhcp nak = dhcp_answer(&s.said, DHCP_NAK);
    nak.server = dhcp_address(DHCP_PEER_SERVER + 1);
    refuse(&s, &nak); /* of a server that does not lease it */
    struct dhcp other = dhcp_answer(&s.said, DHCP_ACK);
    other.yiaddr = dhcp_address(DHCP_PEER_ADDRESS + 1);
    refuse(&s, &other);
    assert_false(answer(&s, DHCP_ACK));
    expect_state(&s, DOBOS_DHCP_BOUND);
    assert_true(s.out.apply && !s.out.learn && !s.out.end && !s.out.probe);
    assert_int_equal(s.client.until, asked + 3600 * DOBOS_SECOND);
}

/* [rfc2131#95] */
static void rebinding_answered_by_another_server_is_bound_to_it(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3200);
    while (s.client.state != DOBOS_DHCP_REBINDING)
        assert_true(tick(&s));
    struct dhcp ack = dhcp_answer(&s.said, DHCP_ACK);
    ack.server = dhcp_address(DHCP_PEER_SERVER + 5);
    ack.routers.count = 1;
    ack.routers.address[0] = dhcp_address(DHCP_PEER_SERVER);
    ack.mask_length = 25;
    tell(&s, &ack);
    expect_state(&s, DOBOS_DHCP_BOUND);
    assert_true(s.out.apply && s.out.learn && s.out.resize);
    assert_int_equal(number(s.client.terms.server), DHCP_PEER_SERVER + 5);
    assert_true(tick(&s));
    assert_int_equal(number(s.out.to), DHCP_PEER_SERVER + 5);
}

static void rebinding_nak_ends_the_lease(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3200);
    while (s.client.state != DOBOS_DHCP_REBINDING)
        assert_true(tick(&s));
    answer(&s, DHCP_NAK);
    expect_state(&s, DOBOS_DHCP_INIT);
    assert_true(s.out.end);
    assert_true(tick(&s));
    assert_int_equal(number(s.said.requested), 0);
}

/* [rfc2131#56] */
static void times_out_of_order_are_replaced(void **state) {
    static const uint32_t times[][3] = {
        {1600, 1600, 2800}, {1600, 2800, 1600}, {1600, 3200, 3300}, {1600, 5000, 6000},
        {1600, 0, 1000},    {1600, 3100, 0},    {1000, 1000, 3000},
    };
    (void)state;
    for (size_t i = 0; i < array_length(times); i++) {
        struct scene s;
        begin(&s, 0);
        acknowledge(&s, 3200, times[i][1], times[i][2]);
        dobos_time asked = s.now, t1 = times[i][0] * DOBOS_SECOND;
        assert_in_range(s.client.renew_at - asked, t1 - t1 / 64, t1);
        assert_true(s.client.renew_at < s.client.rebind_at);
        assert_true(s.client.rebind_at < s.client.until);
    }
}

/* [rfc2131#94] */
static void lease_for_ever_is_not_renewed(void **state) {
    struct scene s;
    (void)state;
    begin(&s, 0);
    acknowledge(&s, DHCP_FOREVER, 100, 200);
    probed(&s, DHCP_PROBE_FREE);
    assert_int_equal(s.client.until, DOBOS_NEVER);
    assert_int_equal(s.client.again, DOBOS_NEVER);
    begin(&s, 0);
    acknowledge(&s, DHCP_FOREVER - 1, 0, 0); /* 136 years */
    probed(&s, DHCP_PROBE_FREE);
    assert_true(s.client.until > s.now && s.client.until < DOBOS_NEVER);
    assert_true(s.client.renew_at > s.now && s.client.renew_at < s.client.until);
}

/* A server that leases for moments makes no busy loop. */
static void lease_of_a_second_is_asked_for_seldom(void **state) {
    struct scene s;
    (void)state;
    for (uint32_t lease = 1; lease < 12; lease++) {
        begin(&s, 0);
        dobos_time end = s.now + 600 * DOBOS_SECOND;
        unsigned said = 0;
        while (s.now < end) {
            said += tick(&s);
            if (s.out.send && s.said.type == DHCP_DISCOVER) {
                said += answer(&s, DHCP_OFFER);
            } else if (s.out.send) {
                struct dhcp ack = dhcp_answer(&s.said, DHCP_ACK);
                ack.lease_s = lease;
                tell(&s, &ack);
            }
            if (s.client.state == DOBOS_DHCP_PROBING && s.client.until - s.now > 5 * DOBOS_SECOND) {
                s.now += 5 * DOBOS_SECOND;
                probed(&s, DHCP_PROBE_FREE);
            }
        }
        assert_true(said <= 300);
    }
}

/* ---- links ---- */

/* [rfc2131#66] [rfc2131#88] */
static void link_back_asks_for_the_same_address(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3600);
    dhcp_client_on_link(&s.client, false, s.now, &s.out);
    assert_false(s.out.end || s.out.send);
    assert_int_equal(s.client.again, s.client.until);
    s.now += 100 * DOBOS_SECOND;
    dhcp_client_on_link(&s.client, true, s.now, &s.out);
    expect_state(&s, DOBOS_DHCP_INIT_REBOOT);
    assert_true(tick(&s));
    expect_state(&s, DOBOS_DHCP_REBOOTING);
    assert_int_equal(s.said.type, DHCP_REQUEST);
    assert_int_equal(number(s.said.requested), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.server), 0);
    assert_int_equal(number(s.said.ciaddr), 0);
    struct dhcp ack = dhcp_answer(&s.said, DHCP_ACK); /* by any server */
    ack.server = dhcp_address(DHCP_PEER_SERVER + 1);
    tell(&s, &ack);
    expect_state(&s, DOBOS_DHCP_BOUND); /* [rfc2131#78] */
    assert_true(s.out.apply && !s.out.probe);
}

static void link_back_elsewhere_ends_the_lease(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3600);
    dhcp_client_on_link(&s.client, false, s.now, &s.out);
    dhcp_client_on_link(&s.client, true, s.now, &s.out);
    assert_true(tick(&s));
    answer(&s, DHCP_NAK);
    assert_true(s.out.end);
    expect_state(&s, DOBOS_DHCP_INIT);
}

/* [rfc2131#82] */
static void rebooting_unanswered_keeps_the_rest_of_the_lease(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3600);
    dobos_time until = s.client.until, renew_at = s.client.renew_at;
    dhcp_client_on_link(&s.client, false, s.now, &s.out);
    dhcp_client_on_link(&s.client, true, s.now, &s.out);
    assert_true(tick(&s));
    assert_true(tick(&s));
    assert_false(tick(&s));
    expect_state(&s, DOBOS_DHCP_BOUND);
    assert_int_equal(s.client.until, until);
    assert_int_equal(s.client.again, renew_at);
    begin(&s, DHCP_PEER_ADDRESS); /* the same without a lease */
    assert_true(tick(&s));
    expect_state(&s, DOBOS_DHCP_REBOOTING);
    assert_true(tick(&s));
    assert_false(tick(&s));
    expect_state(&s, DOBOS_DHCP_INIT);
    assert_true(tick(&s));
    assert_int_equal(s.said.type, DHCP_DISCOVER);
    assert_int_equal(number(s.said.requested), DHCP_PEER_ADDRESS);
}

static void rebooting_lease_ends_at_its_time(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3600);
    s.now = s.client.until - DOBOS_SECOND;
    dobos_time until = s.client.until;
    dhcp_client_on_link(&s.client, false, s.now, &s.out);
    dhcp_client_on_link(&s.client, true, s.now, &s.out);
    assert_true(tick(&s));
    expect_state(&s, DOBOS_DHCP_REBOOTING);
    assert_false(tick(&s));
    assert_int_equal(s.now, until);
    assert_true(s.out.end);
}

static void link_down_says_nothing_until_the_lease_ends(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3600);
    dhcp_client_on_link(&s.client, false, s.now, &s.out);
    dobos_time until = s.client.until;
    assert_false(tick(&s));
    assert_int_equal(s.now, until);
    assert_true(s.out.end);
    assert_int_equal(s.client.again, DOBOS_NEVER);
    dhcp_client_on_link(&s.client, true, s.now, &s.out);
    assert_true(tick(&s));
}

/* [rfc2131#64] [rfc2131#89] [rfc2131#97] */
static void release_tells_the_server_and_is_the_end(void **state) {
    struct scene s;
    (void)state;
    bind_for(&s, 3600);
    dhcp_client_on_release(&s.client, s.now, &s.out);
    assert_true(listen_to(&s) && s.out.end);
    assert_int_equal(s.said.type, DHCP_RELEASE);
    assert_int_equal(number(s.out.to), DHCP_PEER_SERVER);
    assert_int_equal(number(s.out.from), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.ciaddr), DHCP_PEER_ADDRESS);
    assert_int_equal(number(s.said.server), DHCP_PEER_SERVER);
    assert_int_equal(s.said.client_id.length, 7);
    assert_int_equal(number(s.said.requested), 0);
    assert_int_equal(s.said.parameters.length, 0);
    assert_int_equal(s.client.again, DOBOS_NEVER);
    dhcp_client_on_link(&s.client, false, s.now, &s.out);
    dhcp_client_on_link(&s.client, true, s.now, &s.out);
    assert_int_equal(s.client.again, DOBOS_NEVER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_offer_and_ack_are_probed_and_bound),
        cmocka_unit_test(selecting_unanswered_asks_ever_later),
        cmocka_unit_test(exchange_has_a_number_of_its_own),
        cmocka_unit_test(requesting_unanswered_begins_anew_after_a_minute),
        cmocka_unit_test(offer_that_is_no_answer_is_ignored),
        cmocka_unit_test(offer_of_what_cannot_be_is_ignored),
        cmocka_unit_test(second_server_is_not_heard_once_one_is_chosen),
        cmocka_unit_test(nak_begins_anew_and_ever_later),
        cmocka_unit_test(probing_conflict_is_declined_and_waits),
        cmocka_unit_test(probing_lease_that_ends_first_is_let_go),
        cmocka_unit_test(lease_unanswered_is_renewed_rebound_and_ends),
        cmocka_unit_test(renewing_answered_is_bound_from_when_it_was_asked),
        cmocka_unit_test(rebinding_answered_by_another_server_is_bound_to_it),
        cmocka_unit_test(rebinding_nak_ends_the_lease),
        cmocka_unit_test(times_out_of_order_are_replaced),
        cmocka_unit_test(lease_for_ever_is_not_renewed),
        cmocka_unit_test(lease_of_a_second_is_asked_for_seldom),
        cmocka_unit_test(link_back_asks_for_the_same_address),
        cmocka_unit_test(link_back_elsewhere_ends_the_lease),
        cmocka_unit_test(rebooting_unanswered_keeps_the_rest_of_the_lease),
        cmocka_unit_test(rebooting_lease_ends_at_its_time),
        cmocka_unit_test(rebooting_conflict_asks_for_any_other),
        cmocka_unit_test(requesting_answered_late_counts_from_the_first_request),
        cmocka_unit_test(link_down_says_nothing_until_the_lease_ends),
        cmocka_unit_test(release_tells_the_server_and_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
