/* roundtrip_pcap: as roundtrip_pcapng.h, for captures in either format: what can be read stands
 * inside the file, in order, and survives as a capture of our own. */
#ifndef TESTS_WIRE_ROUNDTRIP_PCAP_H
#define TESTS_WIRE_ROUNDTRIP_PCAP_H

#include "roundtrip_pcapng.h"
#include "wire/pcap.h"

static inline bool roundtrip_pcap(const uint8_t *bytes, size_t length) {
    struct capture_reader r = capture_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type;
    size_t before = 0, offset;
    int next;
    while ((next = capture_next(&r, &packet, &link_type)) == 1) {
        PROMISE(capture_position(&r) > before && capture_position(&r) <= length);
        PROMISE(slice_is_inside(packet.data, bytes, length));
        PROMISE(slice_is_inside(capture_interface_name(&r, &packet), bytes, length));
        roundtrip_pcapng_packet(&packet, link_type);
        before = capture_position(&r);
    }
    PROMISE((next < 0) == (capture_error(&r, &offset) != NULL));
    PROMISE(offset <= length);
    return next == 0;
}

#endif
