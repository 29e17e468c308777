/* dns_fuzz: any bytes as a DNS message, as the text of a name, and as that of a type; what is
 * accepted survives emit and parse. */
#include "../tests/wire/roundtrip_dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void type_text(const char *text) {
    uint16_t type;
    if (!dns_type_from_name(text, &type))
        return;
    const char *name = dns_type_name(type);
    uint16_t again;
    PROMISE(!name || (dns_type_from_name(name, &again) && again == type));
}

static void name_text(const char *text) {
    struct dns_name name;
    if (dns_name_from_text(text, &name))
        roundtrip_name(&name);
}

static void reverse(uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    struct dns_name name;
    dns_name_reverse(&address, &name);
    roundtrip_name(&name);
    PROMISE(dns_name_labels(&name) == 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *text = malloc(length + 1);
    if (length > 0)
        memcpy(text, bytes, length);
    text[length] = 0;
    name_text(text);
    type_text(text);
    free(text);
    if (length >= 4)
        reverse(load_be32(bytes));
    if (length > 0)
        PROMISE(strlen(dns_rcode_name(bytes[0])) > 0);
    (void)roundtrip_dns(bytes, length);
    return 0;
}
