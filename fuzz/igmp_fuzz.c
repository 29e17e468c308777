/* igmp_fuzz: any bytes as an IGMP message, as they are and with the checksum that they should have;
 * what is accepted survives emit and parse. */
#include "../tests/wire/roundtrip.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    (void)roundtrip_igmp(bytes, length);
    if (length < IGMP_BYTES)
        return 0;
    uint8_t *copy = malloc(length);
    memcpy(copy, bytes, length);
    store_be16(copy + 2, 0);
    store_be16(copy + 2, checksum_finish(checksum_add(0, copy, length)));
    (void)roundtrip_igmp(copy, length);
    free(copy);
    return 0;
}
