/*
 * dns_types: the one table of DNS types: number, name, and the layout of their data as a short
 * program of fields. Everything that reads, writes, compares, prints or parses data walks that
 * program, so a new type is one row. Types that are not in the table are carried as they are and
 * written as TYPE123 (RFC 3597). Names of classes and response codes stand here too.
 */
#ifndef WIRE_DNS_TYPES_H
#define WIRE_DNS_TYPES_H

#include "base/cursor.h"

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_MD = 3,
    DNS_MF = 4,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_MB = 7,
    DNS_MG = 8,
    DNS_MR = 9,
    DNS_NULL = 10,
    DNS_WKS = 11,
    DNS_PTR = 12,
    DNS_HINFO = 13,
    DNS_MINFO = 14,
    DNS_MX = 15,
    DNS_TXT = 16,
    DNS_RP = 17,
    DNS_AFSDB = 18,
    DNS_X25 = 19,
    DNS_ISDN = 20,
    DNS_RT = 21,
    DNS_NSAP = 22,
    DNS_NSAP_PTR = 23,
    DNS_SIG = 24,
    DNS_KEY = 25,
    DNS_PX = 26,
    DNS_GPOS = 27,
    DNS_AAAA = 28,
    DNS_LOC = 29,
    DNS_NXT = 30,
    DNS_SRV = 33,
    DNS_NAPTR = 35,
    DNS_KX = 36,
    DNS_CERT = 37,
    DNS_DNAME = 39,
    DNS_OPT = 41,
    DNS_APL = 42,
    DNS_DS = 43,
    DNS_SSHFP = 44,
    DNS_RRSIG = 46,
    DNS_NSEC = 47,
    DNS_DNSKEY = 48,
    DNS_DHCID = 49,
    DNS_NSEC3 = 50,
    DNS_NSEC3PARAM = 51,
    DNS_TLSA = 52,
    DNS_SMIMEA = 53,
    DNS_CDS = 59,
    DNS_CDNSKEY = 60,
    DNS_OPENPGPKEY = 61,
    DNS_CSYNC = 62,
    DNS_ZONEMD = 63,
    DNS_SVCB = 64,
    DNS_HTTPS = 65,
    DNS_SPF = 99,
    DNS_NID = 104,
    DNS_L32 = 105,
    DNS_L64 = 106,
    DNS_LP = 107,
    DNS_EUI48 = 108,
    DNS_EUI64 = 109,
    DNS_TKEY = 249,
    DNS_TSIG = 250,
    DNS_IXFR = 251,
    DNS_AXFR = 252,
    DNS_MAILB = 253,
    DNS_MAILA = 254,
    DNS_ANY = 255,
    DNS_URI = 256,
    DNS_CAA = 257,
    DNS_DLV = 32769
};
enum dns_class {
    DNS_IN = 1,
    DNS_CH = 3,
    DNS_HS = 4,
    DNS_CLASS_NONE = 254,
    DNS_CLASS_ANY = 255
};
enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5,
    DNS_YXDOMAIN = 6,
    DNS_BADVERS = 16 /* with EDNS alone (RFC 6891 §6.1.3) */
};

/*
 * One field of a record's data. Those up to DNS_FIELD_OPTIONAL_STRING have an end of their own; the
 * others take all that is left, and stand last.
 */
enum dns_field {
    DNS_FIELD_END = 0,
    /* Names: in the types of RFC 1035 they are compressed both ways; in those that RFC 3597 §4
     * names they are read compressed and never written so; in all others they come plain. */
    DNS_FIELD_NAME,
    DNS_FIELD_NAME_READ,
    DNS_FIELD_NAME_PLAIN,
    DNS_FIELD_U8,
    DNS_FIELD_U16,
    DNS_FIELD_U32,
    DNS_FIELD_PERIOD,         /* u32 of seconds, which text may have as 1h30m */
    DNS_FIELD_TIME,           /* u32 of seconds since 1970, in text 20260131235959 */
    DNS_FIELD_TYPE,           /* u16: a type's name */
    DNS_FIELD_ALGORITHM,      /* u8: of DNSSEC, written as a number, read as number or name */
    DNS_FIELD_ALGORITHM_NAME, /* the same, written as a name where it has one */
    DNS_FIELD_CERTIFICATE,    /* u16: kind of a CERT, a name where it has one */
    DNS_FIELD_IPV4,
    DNS_FIELD_IPV6,
    DNS_FIELD_LOCATOR,         /* 64 bits as four groups of hex digits (RFC 6742) */
    DNS_FIELD_EUI48,           /* six bytes, 00-00-5e-00-53-2a */
    DNS_FIELD_EUI64,           /* eight bytes */
    DNS_FIELD_STRING,          /* a length and so many bytes, in quotes */
    DNS_FIELD_TAG,             /* the same: letters and digits without quotes (CAA) */
    DNS_FIELD_SALT,            /* a length and so many bytes as hex digits; none: "-" */
    DNS_FIELD_HASH,            /* a length and so many bytes, at least one, in base 32 */
    DNS_FIELD_OPTIONAL_STRING, /* a string or nothing */
    DNS_FIELD_STRINGS,         /* strings, at least one */
    DNS_FIELD_TEXT,            /* bytes without a length, in quotes (URI, CAA) */
    DNS_FIELD_BASE64,          /* at least one byte */
    DNS_FIELD_BASE64_OR_NONE,
    DNS_FIELD_HEX,    /* at least one byte */
    DNS_FIELD_HEX_0X, /* 0x and hex digits (NSAP) */
    DNS_FIELD_BITMAP, /* of types (RFC 4034 §4.1.2), at least one */
    DNS_FIELD_BITMAP_OR_NONE,
    DNS_FIELD_BITMAP_OLD, /* of types below 128 (RFC 2535 §5.2) */
    DNS_FIELD_PORTS,      /* bitmap of ports behind a protocol's number (RFC 1035 §3.4.2) */
    DNS_FIELD_PARAMETERS, /* of a service (RFC 9460 §2.2) */
    DNS_FIELD_PREFIXES,   /* prefixes of addresses (RFC 3123) */
    DNS_FIELD_LOCATION,   /* latitude, longitude and so on (RFC 1876) */
    DNS_FIELD_UNKNOWN,    /* any bytes; in text only as RFC 3597 §5 has them */
};

#define DNS_FIELDS 10
struct dns_layout {
    uint16_t type;              /* enum dns_type */
    char name[11];              /* in capitals */
    bool is_meta;               /* never the type of a zone's record (RFC 6895 §3.1) */
    uint8_t fields[DNS_FIELDS]; /* enum dns_field, closed by DNS_FIELD_END */
};

/* The row of a type; that of an unknown one has only DNS_FIELD_UNKNOWN, and no name. Never NULL. */
const struct dns_layout *dns_layout_of(unsigned type);
/* Not the type of a record that a zone or a cache can hold: 0, OPT, 128 to 255. */
bool dns_type_is_meta(unsigned type);

#define DNS_TYPE_TEXT 12                  /* "NSEC3PARAM", "CLASS65535", NUL */
const char *dns_type_name(unsigned type); /* "AAAA"; NULL for unknown ones */
/* The same, and TYPE123 for unknown ones; returns the length. */
size_t dns_type_format(uint16_t type, char text[DNS_TYPE_TEXT]);
/* In any case; also TYPE123 (RFC 3597 §5). */
bool dns_type_from_name(const char *text, uint16_t *type);
bool dns_type_from_slice(struct slice text, uint16_t *type);
/* IN, CH, HS, NONE, ANY, or CLASS123. */
size_t dns_class_format(uint16_t class_, char text[DNS_TYPE_TEXT]);
bool dns_class_from_slice(struct slice text, uint16_t *class_);
const char *dns_rcode_name(unsigned rcode); /* "NXDOMAIN"; "RCODE" for unknown ones */

#endif
