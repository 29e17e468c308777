/* Tests of os/vnet_header: what the kernel says of a frame, and what we say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/virtio_net.h>

#include "os/vnet_header.h"

static bool parse(const struct virtio_net_hdr *in, size_t frame_bytes,
                  struct dobos_offload *offload) {
    uint8_t bytes[VNET_HEADER_BYTES];
    memcpy(bytes, in, sizeof bytes);
    return vnet_header_parse(bytes, frame_bytes, offload);
}

static void zero_header_means_nothing_is_left(void **state) {
    (void)state;
    static const struct dobos_offload nothing;
    struct dobos_offload offload;
    memset(&offload, 0xff, sizeof offload);
    assert_true(parse(&(struct virtio_net_hdr){0}, 60, &offload));
    assert_memory_equal(&offload, &nothing, sizeof nothing);
}

static void unfinished_checksum_keeps_its_place(void **state) {
    (void)state;
    struct virtio_net_hdr in = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16};
    struct dobos_offload offload;
    assert_true(parse(&in, 54, &offload));
    assert_int_equal(offload.flags, DOBOS_OFFLOAD_NEEDS_CHECKSUM);
    assert_int_equal(offload.checksum_start, 34);
    assert_int_equal(offload.checksum_offset, 16);
    assert_int_equal(offload.gso, DOBOS_GSO_NONE);
}

static void checksum_beyond_the_frame_is_refused(void **state) {
    (void)state;
    struct virtio_net_hdr in = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16};
    struct dobos_offload offload;
    assert_true(parse(&in, 52, &offload));
    assert_false(parse(&in, 51, &offload));
    in.csum_start = UINT16_MAX;
    in.csum_offset = UINT16_MAX;
    assert_false(parse(&in, 65600, &offload));
}

static void verified_checksum_is_told(void **state) {
    (void)state;
    struct virtio_net_hdr in = {.flags = VIRTIO_NET_HDR_F_DATA_VALID};
    struct dobos_offload offload;
    assert_true(parse(&in, 54, &offload));
    assert_int_equal(offload.flags, DOBOS_OFFLOAD_DATA_VALID);
}

static void super_segment_comes_back_as_it_went(void **state) {
    (void)state;
    const struct dobos_offload out = {.flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
                                      .gso = DOBOS_GSO_TCPV4,
                                      .header_length = 66,
                                      .gso_bytes = 1448,
                                      .checksum_start = 34,
                                      .checksum_offset = 16};
    uint8_t bytes[VNET_HEADER_BYTES];
    struct dobos_offload in;
    vnet_header_emit(&out, bytes);
    assert_true(vnet_header_parse(bytes, 65226, &in));
    assert_memory_equal(&in, &out, sizeof out);
    assert_false(vnet_header_parse(bytes, 60, &in));
}

/* A packet socket gives them unasked, from senders that have halved their window. */
static void super_segment_with_cwr_comes_back_as_it_went(void **state) {
    (void)state;
    struct virtio_net_hdr in = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                .csum_start = 34,
                                .csum_offset = 16,
                                .hdr_len = 54,
                                .gso_size = 1460,
                                .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN};
    struct dobos_offload offload;
    uint8_t out[VNET_HEADER_BYTES];
    assert_true(parse(&in, 4000, &offload));
    assert_int_equal(offload.gso, DOBOS_GSO_TCPV4);
    assert_int_equal(offload.gso_bytes, 1460);
    vnet_header_emit(&offload, out);
    assert_memory_equal(out, &in, sizeof out);
}

static void segmentation_never_asked_for_is_refused(void **state) {
    (void)state;
    static const uint8_t kinds[] = {
        VIRTIO_NET_HDR_GSO_UDP, VIRTIO_NET_HDR_GSO_TCPV6, 5 /* UDP_L4 */,
        VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN, VIRTIO_NET_HDR_GSO_ECN};
    struct virtio_net_hdr in = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                .csum_start = 34,
                                .csum_offset = 16,
                                .hdr_len = 54,
                                .gso_size = 1460,
                                .gso_type = VIRTIO_NET_HDR_GSO_TCPV4};
    struct dobos_offload offload;
    assert_true(parse(&in, 4000, &offload));
    for (size_t i = 0; i < sizeof kinds; i++) {
        in.gso_type = kinds[i];
        assert_false(parse(&in, 4000, &offload));
    }
}

static void super_segment_without_size_or_checksum_is_refused(void **state) {
    (void)state;
    struct virtio_net_hdr in = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                .csum_start = 34,
                                .csum_offset = 16,
                                .hdr_len = 54,
                                .gso_type = VIRTIO_NET_HDR_GSO_TCPV4};
    struct dobos_offload offload;
    assert_false(parse(&in, 4000, &offload));
    in.gso_size = 1460;
    in.flags = 0;
    assert_false(parse(&in, 4000, &offload));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_header_means_nothing_is_left),
        cmocka_unit_test(unfinished_checksum_keeps_its_place),
        cmocka_unit_test(checksum_beyond_the_frame_is_refused),
        cmocka_unit_test(verified_checksum_is_told),
        cmocka_unit_test(super_segment_comes_back_as_it_went),
        cmocka_unit_test(super_segment_with_cwr_comes_back_as_it_went),
        cmocka_unit_test(segmentation_never_asked_for_is_refused),
        cmocka_unit_test(super_segment_without_size_or_checksum_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
