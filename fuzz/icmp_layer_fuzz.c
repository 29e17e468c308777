/*
 * icmp_layer_fuzz: any bytes as an IPv4 packet that arrives: read, answered, quoted in an ICMP
 * error for every reason, forwarded, and cut into fragments. What we make of it is well-formed,
 * whatever it was.
 */
#include "pool.h"

#include "base/checksum.h"
#include "network/icmp_layer.h"
#include "network/ipv4_layer.h"
#include "network/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define ERROR_BYTES (576 - 20)

static void message_check(struct dobos_packet *message) {
    if (message)
        HOLDS(checksum_fold(packet_sum(message, 0, message->length)) == 0xffff);
    dobos_packet_release(message);
}

static void receive(struct dobos_packet *packet, const struct ipv4 *ipv4, bool broadcast) {
    struct icmp_receipt receipt;
    enum drop_reason reason = DROP_NONE;
    enum verdict verdict = icmp_receive(packet, ipv4, broadcast, &receipt, &reason);
    if (verdict == VERDICT_QUOTE)
        HOLDS(receipt.quote.length >= 8 && receipt.quote.length <= sizeof(receipt.quote.bytes));
    if (verdict == VERDICT_DROP)
        HOLDS(reason != DROP_NONE);
    HOLDS((verdict == VERDICT_ANSWER) == (receipt.answer != NULL));
    message_check(receipt.answer);
}

static void refuse(struct dobos_pool *pool, struct dobos_packet *packet, const struct ipv4 *ipv4) {
    static const struct hash_key key = {{1, 2}};
    struct icmp_limit limit;
    for (int reason = 0; reason < DROP_REASON_COUNT; reason++) {
        icmp_limit_init(&limit, &key, 1, 0);
        struct dobos_packet *error =
            icmp_error_transmit(pool, &limit, packet, ipv4, (enum drop_reason)reason, 1280, 0);
        HOLDS(!error || error->length <= ERROR_BYTES);
        message_check(error);
    }
}

/* Writes into its options, and hides what others have written; the checksum stays right. */
static void continue_records(struct dobos_packet *packet, const struct ipv4 *ipv4) {
    const struct record_entry entry = {
        .address = 0xcb007101, .time = 0x80000001, .next_is_ours = ipv4->tos & 1};
    uint8_t *header = packet_pull(packet, ipv4->header_length);
    struct ipv4_records records;
    HOLDS(header);
    if (ipv4_records_parse(records_options(header), &records))
        records_write(header, &records, &entry);
    HOLDS(checksum_fold(checksum_add(0, header, ipv4->header_length)) == 0xffff);
    (void)records_erase(header, ipv4->tos & 2);
    HOLDS(checksum_fold(checksum_add(0, header, ipv4->header_length)) == 0xffff);
}

/* Takes the packet. */
static void pass_on(struct dobos_packet *packet, struct ipv4 *ipv4, uint32_t mtu) {
    struct packet_queue out;
    enum drop_reason reason;
    packet_queue_init(&out);
    uint8_t ttl = ipv4->ttl;
    if (ipv4_forward(packet, ipv4, &reason) == VERDICT_DROP) {
        HOLDS(ttl <= 1);
        dobos_packet_release(packet);
        return;
    }
    continue_records(packet, ipv4);
    if (ipv4_fragment(packet, mtu, &out, &reason)) {
        for (packet = packet_queue_take(&out); packet; packet = packet_queue_take(&out)) {
            struct ipv4 piece;
            HOLDS(packet->length <= mtu);
            HOLDS(ipv4_receive(packet, &piece, &reason) == VERDICT_DELIVER);
            HOLDS(piece.ttl == ttl - 1);
            dobos_packet_release(packet);
        }
        return;
    }
    dobos_packet_release(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct memory memory;
    struct timing_wheel wheel;
    struct ipv4 ipv4;
    enum drop_reason reason = DROP_NONE;
    if (length < 3 || length > 65000)
        return 0;
    struct dobos_pool *pool = pool_make(&memory, &wheel);
    struct dobos_packet *packet = dobos_packet_from_bytes(pool, bytes + 2, length - 2, NULL);
    packet->link_broadcast = bytes[0] & 2;
    if (ipv4_receive(packet, &ipv4, &reason) == VERDICT_DROP) {
        HOLDS(reason != DROP_NONE);
        dobos_packet_release(packet);
    } else {
        HOLDS(packet->length == ipv4.total_length);
        if (ipv4.protocol == PROTOCOL_ICMP)
            receive(packet, &ipv4, bytes[0] & 1);
        refuse(pool, packet, &ipv4);
        pass_on(packet, &ipv4, 68 + bytes[1] * 8U);
    }
    pool_end(&memory, &wheel, pool);
    return 0;
}
