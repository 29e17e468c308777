/* tcp_options_fuzz: any bytes as a list of options; what was understood survives emit and parse. */
#include "../tests/wire/roundtrip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_tcp_options(bytes, length);
    return 0;
}
