/* icmp: see icmp.h. Only the first eight bytes, which all types share; what an error quotes is
 * parsed by who needs it. */
#include "wire/icmp.h"

bool icmp_type_is_error(uint8_t type) {
    return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM;
}

bool icmp_parse(struct reader *r, struct icmp *icmp) {
    icmp->type = reader_u8(r);
    icmp->code = reader_u8(r);
    icmp->checksum = reader_be16(r);
    icmp->identifier = reader_be16(r);
    icmp->sequence = reader_be16(r);
    return !r->failed;
}

void icmp_emit(struct writer *w, const struct icmp *icmp) {
    uint8_t *at = writer_take(w, ICMP_HEADER_BYTES);
    if (!at)
        return;
    at[0] = icmp->type;
    at[1] = icmp->code;
    store_be16(at + 2, 0);
    store_be16(at + 4, icmp->identifier);
    store_be16(at + 6, icmp->sequence);
}
