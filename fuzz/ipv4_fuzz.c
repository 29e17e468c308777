/* ipv4_fuzz: any bytes as an IPv4 packet, as they are and with the checksum put right; what is
 * accepted survives emit and parse. */
#include "../tests/wire/roundtrip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_ipv4(bytes, length);
    return 0;
}
