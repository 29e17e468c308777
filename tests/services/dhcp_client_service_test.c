/*
 * dhcp_client_service: a client on host a, whose lease becomes its host's address, routes and
 * names; b is the server, played by the test.
 */
#include "dhcp_peer.h"
#include "scene.h"

#include "wire/arp.h"
#include "wire/ethernet.h"

#define LEASE_S 3200u
#define KEEPS   64 /* messages */

struct play {
    struct scene scene;
    struct dobos_service *client; /* on a; owned by the scene */
    struct dobos_socket *socket;  /* port 67 of b */
    bool is_silent;               /* the server answers nothing */
    bool refuses;                 /* it answers requests with NAK */
    uint32_t lease_s;             /* of what it acknowledges */
    uint32_t address;             /* what it offers */
    uint32_t router;              /* option 3; 0: none */
    const char *domain;           /* option 15 */
    struct dhcp heard[KEEPS];     /* what the client said */
    uint32_t from[KEEPS];         /* and from which address */
    unsigned count;               /* of them */
};

static void address_add(struct dobos_host *host, uint32_t number, uint8_t length) {
    struct dobos_interface_address address = {.prefix = {dobos_address_ipv4(number), length},
                                              .valid_until = DOBOS_NEVER,
                                              .preferred_until = DOBOS_NEVER,
                                              .origin = DOBOS_ORIGIN_STATIC};
    assert_int_equal(dobos_address_add(host, 2, &address), 0);
}

static void play_begin(struct play *p, const struct dobos_dhcp_client_config *config) {
    struct dobos_address address = dobos_address_ipv4(PAIR_A);
    struct dobos_endpoint local = {.address = dobos_address_ipv4(0), .port = 67};
    *p = (struct play){.scene = scene_create(),
                       .lease_s = LEASE_S,
                       .address = DHCP_PEER_ADDRESS,
                       .router = DHCP_PEER_SERVER,
                       .domain = "home.example"};
    struct dobos_host *a = p->scene.pair->a.host, *b = p->scene.pair->b.host;
    assert_int_equal(dobos_address_remove(a, 2, &address), 0);
    address_add(b, DHCP_PEER_SERVER, 24);
    assert_int_equal(dobos_socket_create(b, DOBOS_UDP, NULL, &p->socket), 0);
    assert_int_equal(dobos_bind(p->socket, &local), 0);
    assert_int_equal(dobos_option_set(p->socket, DOBOS_OPTION_BROADCAST, 1), 0);
    int result = dobos_dhcp_client_create(a, config, &p->client);
    scene_add(&p->scene, result, p->client);
}

static void play_plain(struct play *p) {
    const struct dobos_dhcp_client_config config = {.size = sizeof config, .interface = 2};
    play_begin(p, &config);
}

static void play_end(struct play *p) {
    scene_destroy(&p->scene);
}

static void server_answer(struct play *p, const struct dhcp *question) {
    uint8_t bytes[DHCP_MAX_BYTES];
    bool asks = question->type == DHCP_REQUEST;
    if (p->is_silent || (question->type != DHCP_DISCOVER && !asks))
        return;
    struct dhcp answer =
        dhcp_answer(question, asks ? (p->refuses ? DHCP_NAK : DHCP_ACK) : DHCP_OFFER);
    if (answer.type != DHCP_NAK) {
        answer.yiaddr = dhcp_address(p->address);
        answer.lease_s = p->lease_s;
        answer.routers.count = p->router != 0;
        answer.routers.address[0] = dhcp_address(p->router);
        answer.nameservers.count = 1;
        answer.nameservers.address[0] = dhcp_address(DHCP_PEER_SERVER);
        answer.domain.length = (uint8_t)strlen(p->domain);
        memcpy(answer.domain.bytes, p->domain, answer.domain.length);
    }
    struct dobos_message to = {.peer = {.address = dobos_address_ipv4(UINT32_MAX), .port = 68},
                               .local = dobos_address_ipv4(DHCP_PEER_SERVER)};
    if (!dobos_address_is_unspecified(&question->ciaddr))
        to.peer.address = question->ciaddr;
    size_t length = dhcp_write(&answer, bytes);
    assert_int_equal(dobos_send_message(p->socket, bytes, length, &to), length);
}

static void server_step(struct play *p) {
    uint8_t bytes[DHCP_MAX_BYTES];
    struct dobos_message message;
    int64_t got;
    while ((got = dobos_receive_message(p->socket, bytes, sizeof bytes, &message)) >= 0) {
        assert_true(p->count < KEEPS);
        struct dhcp *heard = &p->heard[p->count];
        p->from[p->count++] = dobos_address_ipv4_number(&message.peer.address);
        *heard = dhcp_read(bytes, (size_t)got);
        server_answer(p, heard);
    }
}

/* Lets time pass, the server answering at once. */
static void play_run(struct play *p, dobos_time duration) {
    struct pair *pair = p->scene.pair;
    dobos_time until = pair->now + duration;
    while (pair->now < until) {
        server_step(p);
        dobos_time next = scene_turn(&p->scene);
        server_step(p);
        next = min_i64(next, scene_turn(&p->scene));
        pair->now = min_i64(until, max_i64(next, pair->now));
    }
    (void)scene_turn(&p->scene);
    server_step(p);
}

static struct dobos_host *host_of(const struct play *p) {
    return p->scene.pair->a.host;
}

static struct dobos_dhcp_client_info info_of(const struct play *p) {
    struct dobos_dhcp_client_info info;
    assert_int_equal(dobos_dhcp_client_read(p->client, &info), 0);
    return info;
}

static const struct dhcp *last_of(const struct play *p, enum dhcp_type type) {
    for (unsigned i = p->count; i-- > 0;)
        if (p->heard[i].type == type)
            return &p->heard[i];
    fail_msg("the client said no such thing");
    return NULL;
}

static unsigned count_of(const struct play *p, enum dhcp_type type) {
    unsigned count = 0;
    for (unsigned i = 0; i < p->count; i++)
        count += p->heard[i].type == type;
    return count;
}

static void expect_nothing_left(const struct play *p) {
    struct dobos_interface_address address;
    struct dobos_route route;
    struct dobos_nameserver server;
    struct dobos_search search;
    assert_int_equal(dobos_address_read(host_of(p), 2, 0, &address), -DOBOS_ENOENT);
    assert_int_equal(dobos_route_read(host_of(p), 0, &route), -DOBOS_ENOENT);
    assert_int_equal(dobos_nameserver_read(host_of(p), 0, &server), -DOBOS_ENOENT);
    assert_int_equal(dobos_search_read(host_of(p), 0, &search), -DOBOS_ENOENT);
}

/* [rfc2131#92] */
static void lease_becomes_the_hosts_address_routes_and_names(void **state) {
    struct play p;
    struct dobos_interface_address address;
    struct dobos_route route;
    struct dobos_nameserver server;
    struct dobos_search search;
    (void)state;
    play_plain(&p);
    assert_string_equal(dobos_service_name(p.client), "dhcp-client");
    play_run(&p, DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_PROBING);
    assert_int_equal(dobos_address_read(host_of(&p), 2, 0, &address), 0);
    assert_int_equal(address.state, DOBOS_ADDRESS_TENTATIVE);
    assert_int_equal(dobos_route_read(host_of(&p), 0, &route), -DOBOS_ENOENT);
    play_run(&p, 9 * DOBOS_SECOND);
    struct dobos_dhcp_client_info info = info_of(&p);
    assert_int_equal(info.state, DOBOS_DHCP_BOUND);
    assert_int_equal(dobos_address_ipv4_number(&info.server), DHCP_PEER_SERVER);
    assert_in_range(info.until, LEASE_S * DOBOS_SECOND,
                    LEASE_S * DOBOS_SECOND + 10 * DOBOS_MILLISECOND);
    assert_int_equal(dobos_address_read(host_of(&p), 2, 0, &address), 0);
    assert_int_equal(address.state, DOBOS_ADDRESS_READY);
    assert_int_equal(address.origin, DOBOS_ORIGIN_DHCP);
    assert_int_equal(address.valid_until, info.until);
    assert_int_equal(address.preferred_until, info.until);
    assert_int_equal(dobos_address_ipv4_number(&address.prefix.address), DHCP_PEER_ADDRESS);
    assert_int_equal(dobos_route_read(host_of(&p), 0, &route), 0);
    assert_int_equal(route.destination.length, 0);
    assert_int_equal(route.origin, DOBOS_ORIGIN_DHCP);
    assert_int_equal(dobos_address_ipv4_number(&route.gateway), DHCP_PEER_SERVER);
    assert_int_equal(dobos_address_ipv4_number(&route.source), DHCP_PEER_ADDRESS);
    assert_int_equal(dobos_nameserver_read(host_of(&p), 0, &server), 0);
    assert_int_equal(server.interface, 2);
    assert_int_equal(dobos_search_read(host_of(&p), 0, &search), 0);
    assert_string_equal(search.domain, "home.example");
    assert_int_equal(p.count, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(p.from[i], 0);
    assert_false(p.heard[0].broadcast); /* [rfc2131#93] */
    assert_memory_equal(p.heard[0].hostname.bytes, "a", 1);
    static const uint8_t id[] = {1, 2, 0, 0, 0, 0, (uint8_t)PAIR_A};
    assert_int_equal(p.heard[0].client_id.length, sizeof id);
    assert_memory_equal(p.heard[0].client_id.bytes, id, sizeof id);
    play_end(&p);
}

/* A station that uses the leased address, as an ARP packet says. */
static void neighbour_claims(struct play *p, uint32_t number) {
    struct pair *pair = p->scene.pair;
    const struct dobos_mac other = {{2, 0, 0, 0, 0, 0x66}};
    uint8_t frame[ETHERNET_MIN_FRAME_BYTES] = {0};
    struct writer w = writer_make(frame, sizeof(frame));
    ethernet_emit(&w, &(struct ethernet){MAC_BROADCAST, other, ETHER_TYPE_ARP, 0, 0});
    arp_emit(&w, &(struct arp){.operation = ARP_REQUEST,
                               .sender_mac = other,
                               .sender = dobos_address_ipv4(number),
                               .target = dobos_address_ipv4(number)});
    struct dobos_packet *packet = dobos_packet_from_bytes(pair->pool, frame, sizeof(frame), NULL);
    assert_true(dobos_input(host_of(p), 2, &packet, 1, pair->now));
}

/* RFC 5227 §2.4 b; the server hears of it as of a probe that failed. */
static void leased_address_lost_to_another_is_declined(void **state) {
    struct play p;
    (void)state;
    play_plain(&p);
    play_run(&p, 20 * DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_BOUND);
    neighbour_claims(&p, DHCP_PEER_ADDRESS);
    play_run(&p, 5 * DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_BOUND);
    assert_int_equal(count_of(&p, DHCP_DECLINE), 0);
    neighbour_claims(&p, DHCP_PEER_ADDRESS);
    p.address = DHCP_PEER_ADDRESS + 1;
    play_run(&p, DOBOS_SECOND);
    assert_int_equal(count_of(&p, DHCP_DECLINE), 1);
    assert_int_equal(info_of(&p).declined, 1);
    expect_nothing_left(&p);
    play_run(&p, 30 * DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_BOUND);
    assert_int_equal(count_of(&p, DHCP_DECLINE), 1);
    play_end(&p);
}

static void lease_renewed_lives_on_with_new_routes(void **state) {
    struct play p;
    struct dobos_interface_address address;
    struct dobos_route route;
    struct dobos_search search;
    (void)state;
    play_plain(&p);
    play_run(&p, 10 * DOBOS_SECOND);
    p.router = DHCP_PEER_SERVER + 1;
    p.domain = "other.example";
    play_run(&p, 1600 * DOBOS_SECOND);
    assert_int_equal(p.count, 3);
    assert_int_equal(p.from[2], DHCP_PEER_ADDRESS);
    struct dobos_dhcp_client_info info = info_of(&p);
    assert_int_equal(info.state, DOBOS_DHCP_BOUND);
    assert_true(info.until > 4700 * DOBOS_SECOND);
    assert_int_equal(dobos_address_read(host_of(&p), 2, 0, &address), 0);
    assert_int_equal(address.valid_until, info.until);
    assert_int_equal(dobos_route_read(host_of(&p), 0, &route), 0);
    assert_int_equal(dobos_address_ipv4_number(&route.gateway), DHCP_PEER_SERVER + 1);
    assert_int_equal(dobos_search_read(host_of(&p), 0, &search), 0);
    assert_string_equal(search.domain, "other.example");
    play_end(&p);
}

static void lease_unanswered_ends_and_takes_all_with_it(void **state) {
    struct play p;
    (void)state;
    play_plain(&p);
    play_run(&p, 10 * DOBOS_SECOND);
    p.is_silent = true;
    play_run(&p, info_of(&p).until - p.scene.pair->now - 1);
    struct dobos_interface_address address;
    assert_int_equal(dobos_address_read(host_of(&p), 2, 0, &address), 0);
    play_run(&p, 2);
    expect_nothing_left(&p);
    p.is_silent = false;
    play_run(&p, 20 * DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_BOUND);
    play_end(&p);
}

static void server_silent_at_first_is_asked_again(void **state) {
    struct play p;
    (void)state;
    play_plain(&p);
    p.is_silent = true;
    play_run(&p, 200 * DOBOS_SECOND);
    assert_in_range(p.count, 5, 8);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_SELECTING);
    assert_int_equal(info_of(&p).attempts, p.count);
    p.is_silent = false;
    play_run(&p, 80 * DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_BOUND);
    play_end(&p);
}

/* What is said to the client's port before the answer, and together with it, does not hold the
 * answer up until something else happens. */
static void answer_behind_a_burst_of_others_is_heard(void **state) {
    struct play p;
    struct dobos_message to = {.peer = {.address = dobos_address_ipv4(UINT32_MAX), .port = 68},
                               .local = dobos_address_ipv4(DHCP_PEER_SERVER)};
    (void)state;
    play_plain(&p);
    p.is_silent = true;
    play_run(&p, DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_SELECTING);
    for (unsigned i = 0; i < 150; i++)
        assert_int_equal(dobos_send_message(p.socket, "no", 2, &to), 2);
    p.is_silent = false;
    server_answer(&p, last_of(&p, DHCP_DISCOVER));
    pair_run(p.scene.pair, p.scene.pair->now + 100 * DOBOS_MILLISECOND);
    dobos_time now = p.scene.pair->now;
    while (dobos_service_step(p.client, now) <= now)
        continue;
    assert_int_equal(info_of(&p).ignored, 150);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_REQUESTING);
    play_end(&p);
}

static void address_in_use_is_declined_and_left_alone(void **state) {
    struct play p;
    (void)state;
    play_plain(&p);
    address_add(p.scene.pair->b.host, DHCP_PEER_ADDRESS, 24);
    play_run(&p, 9 * DOBOS_SECOND);
    assert_int_equal(count_of(&p, DHCP_DECLINE), 1);
    assert_int_equal(info_of(&p).declined, 1);
    assert_int_equal(p.from[2], 0);
    expect_nothing_left(&p);
    p.address = DHCP_PEER_ADDRESS + 1;
    play_run(&p, 20 * DOBOS_SECOND);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_BOUND);
    play_end(&p);
}

/* The host itself has it, set by hand. */
static void address_of_our_own_is_declined(void **state) {
    struct play p;
    (void)state;
    play_plain(&p);
    address_add(host_of(&p), DHCP_PEER_ADDRESS, 24);
    play_run(&p, 5 * DOBOS_SECOND);
    assert_int_equal(count_of(&p, DHCP_DECLINE), 1);
    assert_true(p.heard[0].broadcast); /* [rfc2131#93] */
    struct dobos_interface_address address;
    assert_int_equal(dobos_address_read(host_of(&p), 2, 0, &address), 0);
    assert_int_equal(address.origin, DOBOS_ORIGIN_STATIC);
    play_end(&p);
}

static void nak_of_a_renewal_takes_the_address(void **state) {
    struct play p;
    (void)state;
    play_plain(&p);
    play_run(&p, 10 * DOBOS_SECOND);
    p.refuses = true;
    play_run(&p, 1591 * DOBOS_SECOND);
    expect_nothing_left(&p);
    play_end(&p);
}

static void release_comes_from_the_address_that_goes(void **state) {
    struct play p;
    (void)state;
    play_plain(&p);
    play_run(&p, 10 * DOBOS_SECOND);
    dobos_dhcp_client_release(p.client, p.scene.pair->now);
    expect_nothing_left(&p);
    play_run(&p, 5 * DOBOS_SECOND);
    assert_int_equal(count_of(&p, DHCP_RELEASE), 1);
    assert_int_equal(p.from[p.count - 1], DHCP_PEER_ADDRESS);
    play_run(&p, 5000 * DOBOS_SECOND);
    assert_int_equal(p.count, 3);
    dobos_dhcp_client_release(p.client, p.scene.pair->now);
    play_end(&p);
}

static void link_down_and_up_asks_again(void **state) {
    struct play p;
    struct dobos_interface_address address;
    (void)state;
    play_plain(&p);
    play_run(&p, 10 * DOBOS_SECOND);
    assert_int_equal(dobos_interface_carrier_set(host_of(&p), 2, false), 0);
    play_run(&p, 100 * DOBOS_SECOND);
    assert_int_equal(p.count, 2);
    assert_int_equal(dobos_interface_carrier_set(host_of(&p), 2, true), 0);
    play_run(&p, 1 * DOBOS_SECOND);
    const struct dhcp *request = last_of(&p, DHCP_REQUEST);
    assert_int_equal(dobos_address_ipv4_number(&request->requested), DHCP_PEER_ADDRESS);
    assert_int_equal(dobos_address_ipv4_number(&request->server), 0);
    assert_int_equal(info_of(&p).state, DOBOS_DHCP_BOUND);
    assert_true(info_of(&p).until > (LEASE_S + 100) * DOBOS_SECOND);
    assert_int_equal(dobos_interface_carrier_set(host_of(&p), 2, false), 0);
    assert_int_equal(dobos_interface_carrier_set(host_of(&p), 2, true), 0); /* between two steps */
    p.refuses = true;
    play_run(&p, DOBOS_MILLISECOND * 10);
    assert_int_equal(dobos_address_read(host_of(&p), 2, 0, &address), -DOBOS_ENOENT);
    play_end(&p);
}

static void configured_client_says_what_it_was_told(void **state) {
    const struct dobos_dhcp_client_config config = {
        .size = sizeof config,
        .interface = 2,
        .hostname = "lap-top.example.org",
        .client_id = {0, 'x', 'y'},
        .client_id_length = 3,
        .requested = dobos_address_ipv4(DHCP_PEER_ADDRESS),
        .route_metric = 77,
    };
    struct play p;
    struct dobos_route route;
    (void)state;
    play_begin(&p, &config);
    play_run(&p, 10 * DOBOS_SECOND);
    assert_int_equal(p.heard[0].type, DHCP_REQUEST);
    assert_int_equal(dobos_address_ipv4_number(&p.heard[0].requested), DHCP_PEER_ADDRESS);
    assert_int_equal(p.heard[0].client_id.length, 3);
    assert_int_equal(p.heard[0].hostname.length, 7);
    assert_memory_equal(p.heard[0].hostname.bytes, "lap-top", 7);
    assert_int_equal(dobos_route_read(host_of(&p), 0, &route), 0);
    assert_int_equal(route.metric, 77);
    play_end(&p);
}

/* A name for a shell is no host's name. [attack:H8] */
static void hostname_that_is_none_is_not_sent(void **state) {
    const struct dobos_dhcp_client_config config = {
        .size = sizeof config, .interface = 2, .hostname = "$(reboot)"};
    struct play p;
    (void)state;
    play_begin(&p, &config);
    play_run(&p, DOBOS_SECOND);
    assert_int_equal(p.heard[0].hostname.length, 0);
    play_end(&p);
}

/* ---- with our own server ---- */

static struct dobos_lease lease_of(const struct dobos_service *server) {
    struct dobos_lease lease;
    assert_int_equal(dobos_dhcp_lease_read(server, 0, &lease), 0);
    return lease;
}

/* From the first lease to its renewal, a server made anew that knows nothing, and the release. */
static void our_own_server_leases_renews_and_takes_back(void **state) {
    struct scene s = scene_create();
    struct dobos_service *server = NULL, *client = NULL;
    struct dobos_address own = dobos_address_ipv4(PAIR_A);
    const struct dobos_dhcp_server_config serving = {.size = sizeof serving,
                                                     .interface = 2,
                                                     .first = dobos_address_ipv4(PAIR_B + 8),
                                                     .last = dobos_address_ipv4(PAIR_B + 9),
                                                     .lease_s = 1000,
                                                     .router = dobos_address_ipv4(PAIR_B)};
    const struct dobos_dhcp_client_config asking = {.size = sizeof asking, .interface = 2};
    struct dobos_dhcp_client_info info, renewed;
    struct dobos_host *a = s.pair->a.host;
    (void)state;
    assert_int_equal(dobos_address_remove(a, 2, &own), 0);
    int result = dobos_dhcp_server_create(s.pair->b.host, &serving, &server);
    scene_add(&s, result, server);
    result = dobos_dhcp_client_create(a, &asking, &client);
    scene_add(&s, result, client);
    scene_run(&s, 15 * DOBOS_SECOND);
    assert_int_equal(dobos_dhcp_client_read(client, &info), 0);
    assert_int_equal(info.state, DOBOS_DHCP_BOUND);
    assert_int_equal(lease_of(server).state, DOBOS_LEASE_BOUND);
    assert_string_equal(lease_of(server).name, "a");
    assert_true(lease_of(server).until >= info.until);
    scene_run(&s, 500 * DOBOS_SECOND);
    assert_int_equal(dobos_dhcp_client_read(client, &renewed), 0);
    assert_int_equal(renewed.state, DOBOS_DHCP_BOUND);
    assert_true(renewed.until > info.until + 400 * DOBOS_SECOND);
    assert_true(lease_of(server).until >= renewed.until);
    dobos_dhcp_client_release(client, s.pair->now);
    scene_run(&s, DOBOS_SECOND);
    assert_int_equal(lease_of(server).state, DOBOS_LEASE_RELEASED);
    scene_destroy(&s);
}

static void impossible_clients_are_refused(void **state) {
    struct play p;
    struct dobos_service *other = NULL;
    struct dobos_dhcp_client_config config = {.size = sizeof config, .interface = 2};
    struct dobos_dhcp_client_info info;
    (void)state;
    play_begin(&p, &config);
    assert_int_equal(dobos_dhcp_client_create(host_of(&p), &config, &other), -DOBOS_EADDRINUSE);
    config.interface = 1;
    assert_int_equal(dobos_dhcp_client_create(host_of(&p), &config, &other), -DOBOS_EINVAL);
    config.interface = 9;
    assert_int_equal(dobos_dhcp_client_create(host_of(&p), &config, &other), -DOBOS_EINVAL);
    config.interface = 2;
    config.client_id_length = 1;
    assert_int_equal(dobos_dhcp_client_create(host_of(&p), &config, &other), -DOBOS_EINVAL);
    config.client_id_length = 65;
    assert_int_equal(dobos_dhcp_client_create(host_of(&p), &config, &other), -DOBOS_EINVAL);
    config.size = 0;
    assert_int_equal(dobos_dhcp_client_create(host_of(&p), &config, &other), -DOBOS_EINVAL);
    assert_int_equal(dobos_echo_server_create(host_of(&p), 0, &other), 0);
    assert_int_equal(dobos_dhcp_client_read(other, &info), -DOBOS_EINVAL);
    dobos_dhcp_client_release(other, 0);
    dobos_service_destroy(other);
    play_end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lease_becomes_the_hosts_address_routes_and_names),
        cmocka_unit_test(leased_address_lost_to_another_is_declined),
        cmocka_unit_test(lease_renewed_lives_on_with_new_routes),
        cmocka_unit_test(lease_unanswered_ends_and_takes_all_with_it),
        cmocka_unit_test(server_silent_at_first_is_asked_again),
        cmocka_unit_test(answer_behind_a_burst_of_others_is_heard),
        cmocka_unit_test(address_in_use_is_declined_and_left_alone),
        cmocka_unit_test(address_of_our_own_is_declined),
        cmocka_unit_test(nak_of_a_renewal_takes_the_address),
        cmocka_unit_test(release_comes_from_the_address_that_goes),
        cmocka_unit_test(link_down_and_up_asks_again),
        cmocka_unit_test(configured_client_says_what_it_was_told),
        cmocka_unit_test(hostname_that_is_none_is_not_sent),
        cmocka_unit_test(our_own_server_leases_renews_and_takes_back),
        cmocka_unit_test(impossible_clients_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
