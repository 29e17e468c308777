/* dhcp_fuzz: any bytes as a DHCP message; what is accepted survives emit and parse in any room. */
#include "../tests/wire/roundtrip_dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_dhcp(bytes, length);
    return 0;
}
