/* dns_text: the names of DNS types and response codes, as everybody writes them (RFC 1035, 3597).
 */
#include "wire/dns.h"

static const struct {
    uint16_t type;
    char text[6];
} types[] = {
    {DNS_A, "A"},     {DNS_NS, "NS"},   {DNS_CNAME, "CNAME"}, {DNS_SOA, "SOA"},
    {DNS_PTR, "PTR"}, {DNS_MX, "MX"},   {DNS_TXT, "TXT"},     {DNS_AAAA, "AAAA"},
    {DNS_SRV, "SRV"}, {DNS_OPT, "OPT"}, {DNS_AXFR, "AXFR"},   {DNS_ANY, "ANY"},
};

const char *dns_rcode_name(unsigned rcode) {
    static const char names[][9] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                    "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                    "NXRRSET", "NOTAUTH", "NOTZONE"};
    return rcode < array_length(names) ? names[rcode] : "RCODE";
}

const char *dns_type_name(unsigned type) {
    for (size_t i = 0; i < array_length(types); i++)
        if (types[i].type == type)
            return types[i].text;
    return NULL;
}

/* `text` is `upper` in any case; `upper` ends first when it is a prefix. Gives what stands behind,
 * or NULL. */
static const char *prefix_skip(const char *text, const char *upper) {
    for (; *upper != 0; text++, upper++) {
        char c = *text >= 'a' && *text <= 'z' ? (char)(*text - ('a' - 'A')) : *text;
        if (c != *upper)
            return NULL;
    }
    return text;
}

bool dns_type_from_name(const char *text, uint16_t *type) {
    for (size_t i = 0; i < array_length(types); i++) {
        const char *rest = prefix_skip(text, types[i].text);
        if (rest && *rest == 0) {
            *type = types[i].type;
            return true;
        }
    }
    const char *digits = prefix_skip(text, "TYPE");
    if (!digits || *digits == 0)
        return false;
    uint32_t number = 0;
    for (; *digits != 0; digits++) {
        if (*digits < '0' || *digits > '9')
            return false;
        number = number * 10 + (uint32_t)(*digits - '0');
        if (number > UINT16_MAX)
            return false;
    }
    *type = (uint16_t)number;
    return true;
}
