/* dns_codes: tables of names, see dns_codes.h. */
#include "wire/dns_codes.h"

#include "base/memory.h"

struct code {
    uint16_t number; /* on the wire */
    char name[17];   /* in text */
};

static const struct code algorithms[] = {
    {1, "RSAMD5"},
    {2, "DH"},
    {3, "DSA"},
    {5, "RSASHA1"},
    {6, "NSEC3DSA"},
    {7, "NSEC3RSASHA1"},
    {8, "RSASHA256"},
    {10, "RSASHA512"},
    {12, "ECCGOST"},
    {13, "ECDSAP256SHA256"},
    {14, "ECDSAP384SHA384"},
    {15, "ED25519"},
    {16, "ED448"},
    {252, "INDIRECT"},
    {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
};
static const struct code certificates[] = {
    {1, "PKIX"}, {2, "SPKI"},   {3, "PGP"},     {4, "IPKIX"}, {5, "ISPKI"},
    {6, "IPGP"}, {7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"}, {254, "OID"},
};
static const struct code parameters[] = {
    {DNS_PARAMETER_MANDATORY, "mandatory"},
    {DNS_PARAMETER_ALPN, "alpn"},
    {DNS_PARAMETER_NO_DEFAULT_ALPN, "no-default-alpn"},
    {DNS_PARAMETER_PORT, "port"},
    {DNS_PARAMETER_IPV4HINT, "ipv4hint"},
    {DNS_PARAMETER_ECH, "ech"},
    {DNS_PARAMETER_IPV6HINT, "ipv6hint"},
    {DNS_PARAMETER_DOHPATH, "dohpath"},
};

static const char *name_of(const struct code *codes, size_t count, unsigned number) {
    for (size_t i = 0; i < count; i++) {
        if (codes[i].number == number)
            return codes[i].name;
    }
    return NULL;
}

static bool is_same(struct slice text, const char *name) {
    if (text.length != text_length(name))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t a = text.bytes[i], b = (uint8_t)name[i];
        bool are_letters = (a | 32) >= 'a' && (a | 32) <= 'z';
        if (a != b && (!are_letters || (a | 32) != (b | 32)))
            return false;
    }
    return true;
}

static bool number_of(const struct code *codes, size_t count, struct slice text, uint16_t *number) {
    for (size_t i = 0; i < count; i++) {
        if (is_same(text, codes[i].name)) {
            *number = codes[i].number;
            return true;
        }
    }
    return false;
}

const char *dns_algorithm_name(unsigned algorithm) {
    return name_of(algorithms, array_length(algorithms), algorithm);
}

const char *dns_certificate_name(unsigned kind) {
    return name_of(certificates, array_length(certificates), kind);
}

const char *dns_parameter_name(unsigned key) {
    return name_of(parameters, array_length(parameters), key);
}

bool dns_algorithm_from_slice(struct slice text, uint16_t *algorithm) {
    return number_of(algorithms, array_length(algorithms), text, algorithm);
}

bool dns_certificate_from_slice(struct slice text, uint16_t *kind) {
    return number_of(certificates, array_length(certificates), text, kind);
}

bool dns_parameter_from_slice(struct slice text, uint16_t *key) {
    uint32_t value = 0;
    if (number_of(parameters, array_length(parameters), text, key))
        return true;
    if (text.length < 4 || text.length > 8 || memcmp(text.bytes, "key", 3) != 0 ||
        (text.bytes[3] == '0' && text.length > 4))
        return false;
    for (size_t i = 3; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(text.bytes[i] - '0');
    }
    *key = (uint16_t)value;
    return value <= UINT16_MAX;
}
