/* pcap_fuzz: any bytes as a capture of either format; each packet read survives emit and parse. */
#include "../tests/wire/roundtrip_pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_pcap(bytes, length);
    return 0;
}
