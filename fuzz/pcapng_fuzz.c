/* pcapng_fuzz: any bytes as a capture; each packet read survives emit and parse. */
#include "../tests/wire/roundtrip_pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_pcapng(bytes, length);
    return 0;
}
