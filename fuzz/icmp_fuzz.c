/* icmp_fuzz: any bytes as an ICMP message; what is accepted survives emit and parse. */
#include "../tests/wire/roundtrip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_icmp(bytes, length);
    return 0;
}
