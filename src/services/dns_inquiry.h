/*
 * dns_inquiry: one question as it goes to a name server, and whether what comes is its answer (RFC
 * 1035 §7.3, 5452 §9.1). Who asks is told nothing by an answer that fails this test: it was sent by
 * somebody else. The stub resolver, the forwarder and the tools all ask so.
 */
#ifndef SERVICES_DNS_INQUIRY_H
#define SERVICES_DNS_INQUIRY_H

#include "wire/dns.h"

/* Header, the longest question, an OPT record without options. */
#define DNS_INQUIRY_BYTES (DNS_HEADER_BYTES + DNS_NAME_BYTES + 4 + 11)

struct dns_inquiry {
    struct dns_question question; /* as it is sent, letter by letter */
    uint16_t id;                  /* unpredictable */
    bool recursion_desired;       /* RD */
    bool is_exact;                /* the answer must repeat the letters as they were sent */
    uint16_t edns_bytes;          /* the answer by UDP may be so long (RFC 6891); 0: no OPT */
};

/* Returns the length. */
size_t dns_inquiry_emit(const struct dns_inquiry *inquiry, uint8_t bytes[DNS_INQUIRY_BYTES]);
/*
 * Whether the message answers it: a response of the same id, opcode and question. `message` is at
 * its first byte and afterwards behind the question; *header is filled in whenever there is one. A
 * server that cannot read a question may leave it out of its error.
 */
bool dns_inquiry_is_answered(const struct dns_inquiry *inquiry, struct reader *message,
                             struct dns_header *header);

#endif
