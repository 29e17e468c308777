/* roundtrip_pcapng: as roundtrip.h, for captures: each packet that can be read is written into a
 * capture of its own and read from there. */
#ifndef TESTS_WIRE_ROUNDTRIP_PCAPNG_H
#define TESTS_WIRE_ROUNDTRIP_PCAPNG_H

#include "roundtrip.h"
#include "wire/pcapng.h"

static inline void roundtrip_pcapng_packet(const struct pcapng_packet *packet, uint16_t link_type) {
    struct pcapng_packet alone = *packet, again;
    alone.interface = 0;
    size_t room = 28 + 48 + pcapng_packet_length(&alone);
    uint8_t *capture = malloc(room);
    struct writer w = writer_make(capture, room);
    pcapng_section_emit(&w);
    pcapng_interface_emit(&w, link_type, 0, "segment");
    size_t before = w.position;
    pcapng_packet_emit(&w, &alone);
    PROMISE(!w.failed && w.position - before == pcapng_packet_length(&alone));
    uint16_t link_type_again;
    struct pcapng_reader r = pcapng_reader_make(capture, w.position);
    PROMISE(pcapng_next(&r, &again, &link_type_again) == 1);
    PROMISE(link_type_again == link_type && again.interface == 0);
    PROMISE(again.time_ns == alone.time_ns && again.original_length == alone.original_length);
    PROMISE(slices_are_equal(again.data, alone.data));
    PROMISE(again.comment_count == alone.comment_count);
    for (uint32_t i = 0; i < alone.comment_count; i++)
        PROMISE(slices_are_equal(again.comments[i], alone.comments[i]));
    PROMISE(pcapng_next(&r, &again, &link_type_again) == 0);
    free(capture);
}

static inline bool roundtrip_pcapng(const uint8_t *bytes, size_t length) {
    struct pcapng_reader r = pcapng_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type;
    size_t before = 0;
    int next;
    while ((next = pcapng_next(&r, &packet, &link_type)) == 1) {
        PROMISE(r.reader.position > before && r.reader.position <= length);
        PROMISE(r.error_offset >= before && packet.interface < r.interface_count);
        PROMISE(slice_is_inside(packet.data, bytes, length));
        PROMISE(packet.comment_count <= PCAPNG_COMMENTS);
        for (uint32_t i = 0; i < packet.comment_count; i++)
            PROMISE(slice_is_inside(packet.comments[i], bytes, length));
        before = r.reader.position;
        roundtrip_pcapng_packet(&packet, link_type);
    }
    if (next == 0) {
        PROMISE(r.reader.position == length && !r.error && r.has_section);
        return true;
    }
    PROMISE(r.error && r.error_offset <= length);
    PROMISE(pcapng_next(&r, &packet, &link_type) == -1);
    return false;
}

#endif
