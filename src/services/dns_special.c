/* dns_special: see dns_special.h. */
#include "services/dns_special.h"

#define SPECIAL_TTL_S 10800 /* RFC 6303 §3 */

static bool is_within(const struct dns_name *name, const char *zone, struct dns_name *apex) {
    return dns_name_from_text(zone, apex) && dns_name_is_within(name, apex);
}

/* Six zeros of an address in IPv6's reverse tree. */
#define ZEROS "0.0.0.0.0.0."

/* The zone of nothing that holds the name; false: there is none. [rfc6303#1] [rfc6761#4] */
static bool nothing_find(const struct dns_name *name, struct dns_name *apex) {
    static const char *const zones[] = {
        "invalid",
        "onion", /* RFC 7686 §2 (5) */
        "home.arpa",
        "0.in-addr.arpa",
        "10.in-addr.arpa",
        "127.in-addr.arpa",
        "254.169.in-addr.arpa",
        "168.192.in-addr.arpa",
        "255.255.255.255.in-addr.arpa",
        "0." ZEROS ZEROS ZEROS ZEROS ZEROS "0.ip6.arpa",
        "1." ZEROS ZEROS ZEROS ZEROS ZEROS "0.ip6.arpa",
        "d.f.ip6.arpa",
        "8.e.f.ip6.arpa",
        "9.e.f.ip6.arpa",
        "a.e.f.ip6.arpa",
        "b.e.f.ip6.arpa",
    };
    for (size_t i = 0; i < array_length(zones); i++) {
        if (is_within(name, zones[i], apex))
            return true;
    }
    if (!is_within(name, "172.in-addr.arpa", apex))
        return false;
    for (unsigned second = 16; second < 32; second++) {
        char zone[] = "16.172.in-addr.arpa";
        zone[0] = (char)('0' + second / 10);
        zone[1] = (char)('0' + second % 10);
        if (is_within(name, zone, apex))
            return true;
    }
    return false;
}

/* The SOA of such a zone (RFC 6303 §3): itself its server, and nobody to write to. */
static void soa_emit(struct dns_reply *reply, const struct dns_name *apex) {
    static const uint8_t mail[] = "\6nobody\7invalid"; /* the text's NUL is the root */
    static const uint32_t numbers[] = {1, 3600, 1200, 604800, SPECIAL_TTL_S};
    uint8_t data[DNS_NAME_BYTES + sizeof(mail) + sizeof(numbers)];
    struct writer w = writer_make(data, sizeof(data));
    writer_bytes(&w, apex->bytes, apex->length);
    writer_bytes(&w, mail, sizeof(mail));
    for (size_t i = 0; i < array_length(numbers); i++)
        writer_be32(&w, numbers[i]);
    dns_reply_record(reply, apex, DNS_SOA, SPECIAL_TTL_S, data, w.position);
}

/* localhost has the loopback addresses. */
static bool answer_localhost(struct dns_reply *reply, const struct dns_name *name) {
    static const uint8_t loopback[] = {127, 0, 0, 1};
    static const uint8_t loopback6[16] = {[15] = 1};
    uint16_t type = reply->asked.type;
    if (type == DNS_AAAA)
        dns_reply_record(reply, name, DNS_AAAA, SPECIAL_TTL_S, loopback6, sizeof(loopback6));
    else if (type == DNS_A || type == DNS_ANY)
        dns_reply_record(reply, name, DNS_A, SPECIAL_TTL_S, loopback, sizeof(loopback));
    else
        return false;
    reply->header.answers++;
    return true;
}

/* What an empty zone has after all: its SOA, and itself as its server (RFC 6303 §3). */
static bool answer_apex(struct dns_reply *reply, const struct dns_name *apex) {
    uint16_t type = reply->asked.type;
    unsigned mentions = reply->mention_count;
    if (type == DNS_NS)
        dns_reply_record(reply, apex, DNS_NS, SPECIAL_TTL_S, apex->bytes, apex->length);
    else if (type == DNS_SOA || type == DNS_ANY)
        soa_emit(reply, apex);
    else
        return false;
    reply->mention_count = mentions; /* the name is of this call alone, and has no address */
    reply->header.answers++;
    return true;
}

/* Its last label is one of those that the names above end with: so most names are told from them
 * in one look. */
static bool ends_like_special(const struct dns_name *name) {
    static const char *const ends[] = {"\4arpa", "\7invalid", "\5onion", "\11localhost"};
    size_t at = 0;
    while (name->bytes[at] != 0 && name->bytes[at + name->bytes[at] + 1U] != 0)
        at += name->bytes[at] + 1U;
    for (size_t i = 0; i < array_length(ends); i++) {
        size_t k = 0;
        while (k <= (uint8_t)ends[i][0] &&
               (k == 0 ? name->bytes[at] : name->bytes[at + k] | 0x20) == ends[i][k])
            k++;
        if (k > (uint8_t)ends[i][0])
            return true;
    }
    return false;
}

/* [rfc6761#3] */
bool dns_special_answer(struct dns_reply *reply, const struct dns_name *name) {
    struct dns_name apex;
    if (!ends_like_special(name))
        return false;
    bool is_localhost = is_within(name, "localhost", &apex);
    if (!is_localhost && !nothing_find(name, &apex))
        return false;
    /* Whether home.arpa is signed, its parent tells (RFC 8375 §4). */
    if (reply->asked.type == DNS_DS && dns_name_is_equal(name, &apex))
        return false;
    reply->header.authoritative = true;
    if (is_localhost && answer_localhost(reply, name))
        return true;
    if (!is_localhost && dns_name_is_equal(name, &apex) && answer_apex(reply, &apex))
        return true;
    if (!is_localhost && !dns_name_is_equal(name, &apex))
        reply->header.rcode = DNS_NXDOMAIN;
    soa_emit(reply, &apex);
    reply->header.authorities++;
    return true;
}
