/* dns_fuzz: any bytes as a DNS message, see walk_dns.h. */
#include "../tests/wire/walk_dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)walk_dns(bytes, length);
    return 0;
}
