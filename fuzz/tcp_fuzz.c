/* tcp_fuzz: any bytes as a TCP segment; what is accepted survives emit and parse. */
#include "../tests/wire/roundtrip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_tcp(bytes, length);
    return 0;
}
