/* link_local: an address for an interface that has no other, beside somebody who has it already. */
#include "scene.h"

#include "base/ipv4_ranges.h"
#include "wire/arp.h"
#include "wire/ethernet.h"

static const struct dobos_mac OTHER_MAC = {{2, 0, 0, 0, 0, 0x66}};

struct play {
    struct scene scene;            /* the service runs on a, which has lost its own address */
    struct dobos_service *service; /* owned by the scene */
};

static void play_begin(struct play *p) {
    const struct dobos_link_local_config config = {.size = sizeof config, .interface = 2};
    struct dobos_address own = dobos_address_ipv4(PAIR_A);
    *p = (struct play){.scene = scene_create()};
    assert_int_equal(dobos_address_remove(p->scene.pair->a.host, 2, &own), 0);
    int result = dobos_link_local_create(p->scene.pair->a.host, &config, &p->service);
    scene_add(&p->scene, result, p->service);
}

static struct dobos_link_local_info info_of(const struct play *p) {
    struct dobos_link_local_info info;
    assert_int_equal(dobos_link_local_read(p->service, &info), 0);
    return info;
}

static bool is_at(const struct play *p, struct dobos_address address) {
    struct dobos_link_local_info info = info_of(p);
    return dobos_address_is_equal(&info.address, &address);
}

/* Somebody says that he is an address, or asks for it as one who is about to take it. */
static void hear(struct play *p, struct dobos_address sender, struct dobos_address target) {
    struct pair *pair = p->scene.pair;
    uint8_t frame[ETHERNET_MIN_FRAME_BYTES] = {0};
    struct writer w = writer_make(frame, sizeof frame);
    struct ethernet link = {.destination = MAC_BROADCAST, .source = OTHER_MAC, .type = 0x0806};
    struct arp arp = {
        .operation = ARP_REQUEST, .sender_mac = OTHER_MAC, .sender = sender, .target = target};
    ethernet_emit(&w, &link);
    arp_emit(&w, &arp);
    struct dobos_packet *packet = dobos_packet_from_bytes(pair->pool, frame, sizeof frame, NULL);
    (void)dobos_input(pair->a.host, 2, &packet, 1, pair->now);
}

/* [rfc3927#3] [rfc3927#4] */
static void address_taken_is_left_and_the_next_tried(void **state) {
    struct play p;
    const struct dobos_address nobody = dobos_address_ipv4(0);
    (void)state;
    play_begin(&p);
    assert_true(info_of(&p).is_pending);
    scene_run(&p.scene, DOBOS_MILLISECOND);
    struct dobos_address first = info_of(&p).address;
    assert_true(ipv4_is_link_local(dobos_address_ipv4_number(&first)));
    assert_false(info_of(&p).is_ready);
    assert_true(info_of(&p).is_pending);
    hear(&p, first, first); /* while it is probed: somebody has it */
    scene_run(&p.scene, DOBOS_MILLISECOND);
    struct dobos_address second = info_of(&p).address;
    assert_false(dobos_address_is_equal(&first, &second));
    assert_int_equal(info_of(&p).conflicts, 1);
    hear(&p, nobody, second); /* or wants it */
    scene_run(&p.scene, 20 * DOBOS_SECOND);
    struct dobos_address third = info_of(&p).address;
    assert_true(info_of(&p).is_ready);
    assert_false(dobos_address_is_equal(&second, &third));
    hear(&p, third, third); /* in use: defended once */
    scene_run(&p.scene, DOBOS_SECOND);
    assert_true(is_at(&p, third));
    hear(&p, third, third); /* and given up when it goes on */
    scene_run(&p.scene, 20 * DOBOS_SECOND);
    assert_false(is_at(&p, third));
    assert_int_equal(info_of(&p).conflicts, 3);
    assert_true(info_of(&p).is_ready);
    scene_destroy(&p.scene);
}

static void address_removed_by_hand_is_found_again(void **state) {
    struct play p;
    (void)state;
    play_begin(&p);
    scene_run(&p.scene, 20 * DOBOS_SECOND);
    struct dobos_address address = info_of(&p).address;
    assert_int_equal(dobos_address_remove(p.scene.pair->a.host, 2, &address), 0);
    scene_run(&p.scene, 20 * DOBOS_SECOND);
    assert_true(is_at(&p, address));
    assert_true(info_of(&p).is_ready);
    dobos_service_destroy(p.service);
    p.scene.count = 0;
    struct dobos_interface_address left;
    assert_int_equal(dobos_address_read(p.scene.pair->a.host, 2, 0, &left), -DOBOS_ENOENT);
    scene_destroy(&p.scene);
}

static void impossible_interfaces_are_refused(void **state) {
    struct scene scene = scene_create();
    struct dobos_service *service;
    struct dobos_link_local_config config = {.size = sizeof config, .interface = 1};
    struct dobos_link_local_info info;
    (void)state;
    assert_int_equal(dobos_link_local_create(scene.pair->a.host, &config, &service), -DOBOS_EINVAL);
    config.interface = 3;
    assert_int_equal(dobos_link_local_create(scene.pair->a.host, &config, &service), -DOBOS_EINVAL);
    config.size = 0;
    assert_int_equal(dobos_link_local_create(scene.pair->a.host, &config, &service), -DOBOS_EINVAL);
    assert_int_equal(dobos_echo_server_create(scene.pair->b.host, 7, &service), 0);
    scene_add(&scene, 0, service);
    assert_int_equal(dobos_link_local_read(service, &info), -DOBOS_EINVAL);
    scene_destroy(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_taken_is_left_and_the_next_tried),
        cmocka_unit_test(address_removed_by_hand_is_found_again),
        cmocka_unit_test(impossible_interfaces_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
