/* tcp: see tcp.h. The three reserved bits are not read and are sent as zero; the checksum is the
 * transport's to verify. */
#include "wire/tcp.h"

#define AE_BIT 0x01 /* in the byte of the data offset */

/* [rfc9293#10] */
bool tcp_parse(struct reader *r, struct tcp_header *tcp) {
    tcp->source_port = reader_be16(r);
    tcp->destination_port = reader_be16(r);
    tcp->seq = seq_make(reader_be32(r));
    tcp->ack = seq_make(reader_be32(r));
    uint8_t offset = reader_u8(r);
    tcp->header_length = (uint8_t)((offset >> 4) * 4);
    tcp->ae = offset & AE_BIT;
    tcp->flags = reader_u8(r);
    tcp->window = reader_be16(r);
    tcp->checksum = reader_be16(r);
    tcp->urgent = reader_be16(r);
    tcp->options = (struct slice){0};
    if (r->failed || tcp->header_length < TCP_HEADER_BYTES)
        return false;
    tcp->options = reader_slice(r, (size_t)tcp->header_length - TCP_HEADER_BYTES);
    return !r->failed;
}

/* [rfc9293#9] */
void tcp_emit(struct writer *w, const struct tcp_header *tcp) {
    size_t length = TCP_HEADER_BYTES + ((tcp->options.length + 3) & ~(size_t)3);
    if (length > TCP_HEADER_MAX_BYTES) {
        w->failed = true;
        return;
    }
    uint8_t *at = writer_take(w, length);
    if (!at)
        return;
    store_be16(at, tcp->source_port);
    store_be16(at + 2, tcp->destination_port);
    store_be32(at + 4, tcp->seq.raw);
    store_be32(at + 8, tcp->ack.raw);
    at[12] = (uint8_t)(length / 4 << 4 | (tcp->ae ? AE_BIT : 0u));
    at[13] = tcp->flags;
    store_be16(at + 14, tcp->window);
    store_be16(at + 16, tcp->checksum);
    store_be16(at + 18, tcp->urgent);
    memset(at + TCP_HEADER_BYTES, 0, length - TCP_HEADER_BYTES);
    if (tcp->options.length > 0)
        memcpy(at + TCP_HEADER_BYTES, tcp->options.bytes, tcp->options.length);
}
