/* ipv4_ranges: private and special ranges (RFC 1122 §3.2.1.3, 1918, 3927, 6598, 6890). */
#include "base/ipv4_ranges.h"

#include <stddef.h>

const char *ipv4_special_range(uint32_t a) {
    switch (a >> 24) {
    case 0:
        return "0.0.0.0/8";
    case 10:
        return "10.0.0.0/8";
    case 100:
        return a >> 22 == 0x191 ? "100.64.0.0/10" : NULL;
    case 127:
        return "127.0.0.0/8";
    case 169:
        return a >> 16 == 0xa9fe ? "169.254.0.0/16" : NULL;
    case 172:
        return a >> 20 == 0xac1 ? "172.16.0.0/12" : NULL;
    case 192:
        return a >> 16 == 0xc0a8 ? "192.168.0.0/16" : NULL;
    default:
        return a >> 28 == 0xf ? "240.0.0.0/4" : NULL;
    }
}
