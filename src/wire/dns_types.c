/*
 * dns_types: the table of types, see dns_types.h. Which names may come compressed is RFC 3597 §4's
 * rule: those of RFC 1035 both ways; RP, AFSDB, RT, SIG, PX, NXT, NAPTR, SRV when read, and KX and
 * DNAME, which old servers compressed too; nothing else.
 */
#include "wire/dns_types.h"

#include "base/memory.h"

#define NAME      DNS_FIELD_NAME
#define NAME_READ DNS_FIELD_NAME_READ
#define PLAIN     DNS_FIELD_NAME_PLAIN
#define U8        DNS_FIELD_U8
#define U16       DNS_FIELD_U16
#define U32       DNS_FIELD_U32
#define PERIOD    DNS_FIELD_PERIOD
#define TIME      DNS_FIELD_TIME
#define STRING    DNS_FIELD_STRING
#define BASE64    DNS_FIELD_BASE64
#define HEX       DNS_FIELD_HEX
#define ALGORITHM DNS_FIELD_ALGORITHM
#define SIGNATURE DNS_FIELD_TYPE, ALGORITHM, U8, U32, TIME, TIME, U16

/* By number. [rfc3597#4] */
static const struct dns_layout layouts[] = {
    {DNS_A, "A", false, {DNS_FIELD_IPV4}},
    {DNS_NS, "NS", false, {NAME}},
    {DNS_MD, "MD", false, {NAME}},
    {DNS_MF, "MF", false, {NAME}},
    {DNS_CNAME, "CNAME", false, {NAME}},
    {DNS_SOA, "SOA", false, {NAME, NAME, U32, PERIOD, PERIOD, PERIOD, PERIOD}},
    {DNS_MB, "MB", false, {NAME}},
    {DNS_MG, "MG", false, {NAME}},
    {DNS_MR, "MR", false, {NAME}},
    {DNS_NULL, "NULL", false, {DNS_FIELD_UNKNOWN}},
    {DNS_WKS, "WKS", false, {DNS_FIELD_IPV4, DNS_FIELD_PORTS}},
    {DNS_PTR, "PTR", false, {NAME}},
    {DNS_HINFO, "HINFO", false, {STRING, STRING}},
    {DNS_MINFO, "MINFO", false, {NAME, NAME}},
    {DNS_MX, "MX", false, {U16, NAME}},
    {DNS_TXT, "TXT", false, {DNS_FIELD_STRINGS}},
    {DNS_RP, "RP", false, {NAME_READ, NAME_READ}},
    {DNS_AFSDB, "AFSDB", false, {U16, NAME_READ}},
    {DNS_X25, "X25", false, {STRING}},
    {DNS_ISDN, "ISDN", false, {STRING, DNS_FIELD_OPTIONAL_STRING}},
    {DNS_RT, "RT", false, {U16, NAME_READ}},
    {DNS_NSAP, "NSAP", false, {DNS_FIELD_HEX_0X}},
    {DNS_NSAP_PTR, "NSAP-PTR", false, {PLAIN}},
    {DNS_SIG, "SIG", false, {SIGNATURE, NAME_READ, BASE64}},
    {DNS_KEY, "KEY", false, {U16, U8, ALGORITHM, DNS_FIELD_BASE64_OR_NONE}},
    {DNS_PX, "PX", false, {U16, NAME_READ, NAME_READ}},
    {DNS_GPOS, "GPOS", false, {STRING, STRING, STRING}},
    {DNS_AAAA, "AAAA", false, {DNS_FIELD_IPV6}},
    {DNS_LOC, "LOC", false, {DNS_FIELD_LOCATION}},
    {DNS_NXT, "NXT", false, {NAME_READ, DNS_FIELD_BITMAP_OLD}},
    {DNS_SRV, "SRV", false, {U16, U16, U16, NAME_READ}},
    {DNS_NAPTR, "NAPTR", false, {U16, U16, STRING, STRING, STRING, NAME_READ}},
    {DNS_KX, "KX", false, {U16, NAME_READ}},
    {DNS_CERT, "CERT", false, {DNS_FIELD_CERTIFICATE, U16, DNS_FIELD_ALGORITHM_NAME, BASE64}},
    {DNS_DNAME, "DNAME", false, {NAME_READ}},
    {DNS_OPT, "OPT", true, {DNS_FIELD_UNKNOWN}},
    {DNS_APL, "APL", false, {DNS_FIELD_PREFIXES}},
    {DNS_DS, "DS", false, {U16, ALGORITHM, U8, HEX}},
    {DNS_SSHFP, "SSHFP", false, {U8, U8, HEX}},
    {DNS_RRSIG, "RRSIG", false, {SIGNATURE, PLAIN, BASE64}},
    {DNS_NSEC, "NSEC", false, {PLAIN, DNS_FIELD_BITMAP}},
    {DNS_DNSKEY, "DNSKEY", false, {U16, U8, ALGORITHM, DNS_FIELD_BASE64_OR_NONE}},
    {DNS_DHCID, "DHCID", false, {BASE64}},
    {DNS_NSEC3,
     "NSEC3",
     false,
     {U8, U8, U16, DNS_FIELD_SALT, DNS_FIELD_HASH, DNS_FIELD_BITMAP_OR_NONE}},
    {DNS_NSEC3PARAM, "NSEC3PARAM", false, {U8, U8, U16, DNS_FIELD_SALT}},
    {DNS_TLSA, "TLSA", false, {U8, U8, U8, HEX}},
    {DNS_SMIMEA, "SMIMEA", false, {U8, U8, U8, HEX}},
    {DNS_CDS, "CDS", false, {U16, ALGORITHM, U8, HEX}},
    {DNS_CDNSKEY, "CDNSKEY", false, {U16, U8, ALGORITHM, DNS_FIELD_BASE64_OR_NONE}},
    {DNS_OPENPGPKEY, "OPENPGPKEY", false, {BASE64}},
    {DNS_CSYNC, "CSYNC", false, {U32, U16, DNS_FIELD_BITMAP_OR_NONE}},
    {DNS_ZONEMD, "ZONEMD", false, {U32, U8, U8, HEX}},
    {DNS_SVCB, "SVCB", false, {U16, PLAIN, DNS_FIELD_PARAMETERS}},
    {DNS_HTTPS, "HTTPS", false, {U16, PLAIN, DNS_FIELD_PARAMETERS}},
    {DNS_SPF, "SPF", false, {DNS_FIELD_STRINGS}},
    {DNS_NID, "NID", false, {U16, DNS_FIELD_LOCATOR}},
    {DNS_L32, "L32", false, {U16, DNS_FIELD_IPV4}},
    {DNS_L64, "L64", false, {U16, DNS_FIELD_LOCATOR}},
    {DNS_LP, "LP", false, {U16, PLAIN}},
    {DNS_EUI48, "EUI48", false, {DNS_FIELD_EUI48}},
    {DNS_EUI64, "EUI64", false, {DNS_FIELD_EUI64}},
    {DNS_TKEY, "TKEY", true, {DNS_FIELD_UNKNOWN}},
    {DNS_TSIG, "TSIG", true, {DNS_FIELD_UNKNOWN}},
    {DNS_IXFR, "IXFR", true, {DNS_FIELD_UNKNOWN}},
    {DNS_AXFR, "AXFR", true, {DNS_FIELD_UNKNOWN}},
    {DNS_MAILB, "MAILB", true, {DNS_FIELD_UNKNOWN}},
    {DNS_MAILA, "MAILA", true, {DNS_FIELD_UNKNOWN}},
    {DNS_ANY, "ANY", true, {DNS_FIELD_UNKNOWN}},
    {DNS_URI, "URI", false, {U16, U16, DNS_FIELD_TEXT}},
    {DNS_CAA, "CAA", false, {U8, DNS_FIELD_TAG, DNS_FIELD_TEXT}},
    {DNS_DLV, "DLV", false, {U16, ALGORITHM, U8, HEX}},
};

static const struct {
    uint16_t class_; /* enum dns_class */
    char text[5];    /* its name */
} classes[] = {
    {DNS_IN, "IN"},           {DNS_CH, "CH"},         {DNS_HS, "HS"},
    {DNS_CLASS_NONE, "NONE"}, {DNS_CLASS_ANY, "ANY"},
};

const struct dns_layout *dns_layout_of(unsigned type) {
    static const struct dns_layout unknown = {0, "", false, {DNS_FIELD_UNKNOWN}};
    size_t low = 0, high = array_length(layouts);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (layouts[middle].type == type)
            return &layouts[middle];
        if (layouts[middle].type < type)
            low = middle + 1;
        else
            high = middle;
    }
    return &unknown;
}

bool dns_type_is_meta(unsigned type) {
    return type == 0 || type == DNS_OPT || (type >= 128 && type <= 255);
}

/* ---- numbers and names ---- */

static uint8_t upper(uint8_t c) {
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - ('a' - 'A')) : c;
}

/* Whether `text` begins with `prefix`, which is in capitals, in any case. */
static bool slice_begins(struct slice text, const char *prefix) {
    size_t length = text_length(prefix);
    if (text.length < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (upper(text.bytes[i]) != (uint8_t)prefix[i])
            return false;
    }
    return true;
}

static bool slice_is(struct slice text, const char *name) {
    return text.length == text_length(name) && slice_begins(text, name);
}

/* TYPE123 or CLASS123. [rfc3597#5] */
static bool number_parse(struct slice text, const char *prefix, uint16_t *number) {
    size_t at = text_length(prefix);
    uint32_t value = 0;
    if (!slice_begins(text, prefix) || text.length == at)
        return false;
    for (; at < text.length; at++) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9')
            return false;
        value = value * 10 + (uint32_t)(text.bytes[at] - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *number = (uint16_t)value;
    return true;
}

static size_t number_format(uint16_t number, const char *prefix, char text[DNS_TYPE_TEXT]) {
    size_t length = text_copy(text, DNS_TYPE_TEXT, prefix);
    uint16_t unit = 1;
    while (number / unit >= 10)
        unit = (uint16_t)(unit * 10);
    for (; unit > 0; unit /= 10)
        text[length++] = (char)('0' + number / unit % 10);
    text[length] = 0;
    return length;
}

const char *dns_type_name(unsigned type) {
    const struct dns_layout *layout = dns_layout_of(type);
    return layout->name[0] ? layout->name : NULL;
}

size_t dns_type_format(uint16_t type, char text[DNS_TYPE_TEXT]) {
    const char *name = dns_type_name(type);
    return name ? text_copy(text, DNS_TYPE_TEXT, name) : number_format(type, "TYPE", text);
}

bool dns_type_from_slice(struct slice text, uint16_t *type) {
    for (size_t i = 0; i < array_length(layouts); i++) {
        if (slice_is(text, layouts[i].name)) {
            *type = layouts[i].type;
            return true;
        }
    }
    return number_parse(text, "TYPE", type);
}

bool dns_type_from_name(const char *text, uint16_t *type) {
    return dns_type_from_slice((struct slice){(const uint8_t *)text, text_length(text)}, type);
}

size_t dns_class_format(uint16_t class_, char text[DNS_TYPE_TEXT]) {
    for (size_t i = 0; i < array_length(classes); i++) {
        if (classes[i].class_ == class_)
            return text_copy(text, DNS_TYPE_TEXT, classes[i].text);
    }
    return number_format(class_, "CLASS", text);
}

bool dns_class_from_slice(struct slice text, uint16_t *class_) {
    for (size_t i = 0; i < array_length(classes); i++) {
        if (slice_is(text, classes[i].text)) {
            *class_ = classes[i].class_;
            return true;
        }
    }
    return number_parse(text, "CLASS", class_);
}

const char *dns_rcode_name(unsigned rcode) {
    static const char names[][9] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                    "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                    "NXRRSET", "NOTAUTH", "NOTZONE"};
    return rcode < array_length(names) ? names[rcode] : "RCODE";
}
