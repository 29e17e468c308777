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

/* Whether `text` begins with `upper`, in any case; how many characters that were. */
static bool text_begins(const char *text, const char *upper, size_t *length) {
    for (*length = 0; upper[*length] != 0; ++*length) {
        char c = text[*length];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - ('a' - 'A'));
        if (c != upper[*length])
            return false;
    }
    return true;
}

bool dns_type_from_name(const char *text, uint16_t *type) {
    size_t length;
    for (size_t i = 0; i < array_length(types); i++) {
        if (text_begins(text, types[i].text, &length) && text[length] == 0) {
            *type = types[i].type;
            return true;
        }
    }
    if (!text_begins(text, "TYPE", &length) || text[length] == 0)
        return false;
    const char *digits = text + length;
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
