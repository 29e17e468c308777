/*
 * gso_fuzz: any frame with any offload, as a port to the outside may hand it over. What comes of it
 * is finished, the payloads make the whole again, and nothing is left behind.
 */
#include "pool.h"

#include "link/gso.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct dobos_offload offload_read(struct reader *r) {
    uint8_t kind = reader_u8(r);
    return (struct dobos_offload){
        .flags = kind & 3,
        .gso = kind >> 2 & 3,
        .header_length = reader_u8(r),
        .gso_bytes = reader_be16(r),
        .checksum_start = reader_u8(r),
        .checksum_offset = reader_u8(r),
    };
}

/* Each piece has the headers' length of the whole and the next bytes of its payload. */
static void pieces_check(const struct packet_queue *out, const uint8_t *frame, size_t length) {
    size_t headers = out->packets > 1 ? 14 + (frame[14] & 15) * 4U : 0;
    if (out->packets > 1)
        headers += (frame[headers + 12] >> 4) * 4U;
    size_t at = headers;
    list_each(&out->list, node) {
        const struct dobos_packet *piece = container_of(node, struct dobos_packet, node);
        uint8_t bytes[2048];
        HOLDS(piece->offload.flags == 0 && piece->offload.gso == DOBOS_GSO_NONE);
        HOLDS(piece->length > headers && at + piece->length - headers <= length);
        size_t n = dobos_packet_read(piece, headers, bytes, sizeof(bytes));
        if (out->packets > 1)
            HOLDS(memcmp(bytes, frame + at, n) == 0);
        at += piece->length - headers;
    }
    HOLDS(at == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct memory memory;
    struct timing_wheel wheel;
    struct packet_queue out;
    struct reader r = reader_make(bytes, length);
    struct dobos_offload offload = offload_read(&r);
    size_t rest = reader_rest(&r);
    if (rest == 0 || rest > 4096)
        return 0;
    const uint8_t *frame = bytes + r.position;
    struct dobos_pool *pool = pool_make(&memory, &wheel);
    packet_queue_init(&out);
    struct dobos_packet *packet = dobos_packet_from_bytes(pool, frame, rest, &offload);
    if (gso_split(packet, &out))
        pieces_check(&out, frame, rest);
    else
        HOLDS(out.packets == 0);
    packet_queue_clear(&out);
    pool_end(&memory, &wheel, pool);
    return 0;
}
