/* dns_fuzz: any bytes as a DNS message, see walk_dns.h. */
#include "../tests/wire/walk_dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length >= 4) {
        const struct dobos_address address = dobos_address_ipv4(load_be32(bytes));
        struct dns_name name;
        dns_name_reverse(&address, &name);
        PROMISE(dns_name_labels(&name) == 6);
    }
    (void)walk_dns(bytes, length);
    return 0;
}
