/* icmp: ICMP for IPv4 (RFC 792, 1122 §3.2.2, 1191). */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include "base/cursor.h"

#define ICMP_HEADER_BYTES 8

enum icmp_type {
    ICMP_ECHO_REPLY = 0,
    ICMP_UNREACHABLE = 3,
    ICMP_SOURCE_QUENCH = 4,
    ICMP_REDIRECT = 5,
    ICMP_ECHO_REQUEST = 8,
    ICMP_TIME_EXCEEDED = 11,
    ICMP_PARAMETER_PROBLEM = 12,
};
enum icmp_unreachable_code {
    ICMP_NET_UNREACHABLE = 0,
    ICMP_HOST_UNREACHABLE = 1,
    ICMP_PROTOCOL_UNREACHABLE = 2,
    ICMP_PORT_UNREACHABLE = 3,
    ICMP_FRAGMENTATION_NEEDED = 4,
    ICMP_SOURCE_ROUTE_FAILED = 5,
    ICMP_NET_PROHIBITED = 9,
    ICMP_HOST_PROHIBITED = 10,
    ICMP_ADMINISTRATIVELY_PROHIBITED = 13,
};
enum icmp_redirect_code {
    ICMP_REDIRECT_HOST = 1,
};

struct icmp {
    uint8_t type, code;
    uint16_t checksum; /* as read; emit writes 0 in its place, the caller finishes it over the whole
                          message */
    uint16_t identifier; /* of echo request and reply; for others the third 16-bit word */
    uint16_t sequence;   /* of echo request and reply; for type 3 code 4 the MTU; for others the
                            fourth 16-bit word */
};

/* True for the types that report errors (3, 4, 5, 11, 12), which quote the packet they are about.
 */
bool icmp_type_is_error(uint8_t type);
/* False: fewer than 8 bytes. The checksum is the caller's to verify (it spans the packet). */
bool icmp_parse(struct reader *r, struct icmp *icmp);
void icmp_emit(struct writer *w, const struct icmp *icmp);

#endif
