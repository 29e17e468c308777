/* lookup_names: see lookup_names.h. */
#include "services/lookup_names.h"

#include <dobos/host.h>

#include "wire/host_name.h"

/* ---- names to ask about ---- */

/* No host's name has a colon (RFC 1123 §2.1): what has one is meant to be an IPv6 address. */
static bool has_colon(const char *name) {
    while (*name && *name != ':')
        name++;
    return *name == ':';
}

/* A last label of digits alone is an address's, or meant to be one (RFC 1123 §2.1): it is no domain
 * that a server could know. [rfc1123#30] */
static bool candidate_add(struct lookup_names *names, const char *name, const char *domain,
                          bool is_host) {
    char text[2 * DOBOS_DOMAIN_BYTES];
    size_t length = text_length(name);
    if (names->count == LOOKUP_CANDIDATES || length + 1 + text_length(domain) >= sizeof(text))
        return false;
    memcpy(text, name, length + 1);
    if (domain[0]) {
        text[length] = '.';
        text_copy(text + length + 1, sizeof(text) - length - 1, domain);
    }
    if ((is_host && (host_name_ends_in_number(text) || has_colon(text))) ||
        !dns_name_from_text(text, &names->names[names->count]))
        return false;
    names->count++;
    return true;
}

/* d.c.b.a.in-addr.arpa, or 32 digits below ip6.arpa (RFC 3596 §2.5). [rfc1034#29] */
static void reverse_choose(const struct dobos_address *address, struct lookup_names *names) {
    static const uint8_t digits[] = "0123456789abcdef";
    static const uint8_t suffix[] = "\3ip6\4arpa"; /* the text's NUL is the root */
    struct dns_name *name = &names->names[0];
    names->count = 1;
    if (dobos_address_is_ipv4(address)) {
        dns_name_reverse(address, name);
        return;
    }
    for (unsigned i = 0; i < 32; i++) {
        const uint8_t byte = address->bytes[15 - i / 2];
        name->bytes[2 * i] = 1;
        name->bytes[2 * i + 1] = digits[i % 2 ? byte >> 4 : byte & 15];
    }
    memcpy(name->bytes + 64, suffix, sizeof(suffix));
    name->length = 64 + sizeof(suffix);
}

/* [rfc1123#29] [rfc1123#31] */
bool lookup_names_choose(const struct dobos_host *host, const struct dobos_lookup_config *config,
                         struct lookup_names *names) {
    names->count = 0;
    if (config->kind == DOBOS_LOOKUP_NAME) {
        reverse_choose(&config->address, names);
        return true;
    }
    const char *name = config->name;
    const size_t length = text_length(name);
    const bool is_host = config->kind == DOBOS_LOOKUP_ADDRESS;
    bool dotted = false;
    if (length == 0 || length >= DOBOS_DOMAIN_BYTES)
        return false;
    for (size_t i = 0; i + 1 < length; i++)
        dotted = dotted || name[i] == '.';
    const bool absolute = name[length - 1] == '.' || config->exact;
    if ((dotted || absolute) && !candidate_add(names, name, "", is_host))
        return false;
    struct dobos_search search;
    for (uint32_t i = 0; !absolute && dobos_search_read(host, i, &search) == 0; i++)
        (void)candidate_add(names, name, search.domain, is_host);
    if (!dotted && !absolute)
        (void)candidate_add(names, name, "", is_host);
    return names->count > 0;
}

/* ---- what needs no server ---- */

bool lookup_family_holds(enum dobos_family family, const struct dobos_address *address) {
    return family == DOBOS_FAMILY_BOTH ||
           (family == DOBOS_FAMILY_IPV6) != dobos_address_is_ipv4(address);
}

static bool is_within(const char *name, const char *zone) {
    struct dns_name given, above;
    return dns_name_from_text(name, &given) && dns_name_from_text(zone, &above) &&
           dns_name_is_within(&given, &above);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Whether an entry's name is this one, which may have a last dot. */
static bool is_entry(const char *entry, const char *name) {
    while (*entry && lower(*entry) == lower(*name))
        entry++, name++;
    return *entry == '\0' && (*name == '\0' || (name[0] == '.' && name[1] == '\0'));
}

static void address_take(struct dobos_lookup_result *result, enum dobos_family family,
                         struct dobos_address address) {
    if (result->count < DOBOS_LOOKUP_ADDRESSES && lookup_family_holds(family, &address))
        result->addresses[result->count++] = address;
}

/* The host's own entries: a name that is there is not asked about, whatever families it has. */
static bool entries_find(const struct dobos_host *host, const struct dobos_lookup_config *config,
                         struct dobos_lookup_result *result) {
    struct dobos_host_entry entry;
    bool is_there = false;
    for (uint32_t i = 0; dobos_host_entry_read(host, i, &entry) == 0; i++) {
        if (config->kind == DOBOS_LOOKUP_NAME
                ? !dobos_address_is_equal(&entry.address, &config->address)
                : !is_entry(entry.name, config->name))
            continue;
        if (!is_there)
            text_copy(result->canonical, sizeof(result->canonical), entry.name);
        is_there = true;
        if (config->kind == DOBOS_LOOKUP_NAME)
            break;
        address_take(result, config->family, entry.address);
    }
    if (is_there)
        result->status = result->count > 0 || config->kind == DOBOS_LOOKUP_NAME
                             ? DOBOS_LOOKUP_FOUND
                             : DOBOS_LOOKUP_NO_DATA;
    return is_there;
}

static const struct dobos_address ipv6_loopback = {{[15] = 1}};

/* An address as text, localhost, and invalid, which names nothing (RFC 6761 §6.3, §6.4)
 * [rfc6761#1] [rfc6761#2]. */
static bool name_find(const struct dobos_host *host, const struct dobos_lookup_config *config,
                      struct dobos_lookup_result *result) {
    struct dobos_address address;
    if (is_within(config->name, "invalid")) {
        result->status = DOBOS_LOOKUP_NO_NAME;
        return true;
    }
    if (is_within(config->name, "localhost")) {
        address_take(result, config->family, ipv6_loopback);
        address_take(result, config->family, dobos_address_ipv4(0x7f000001));
    } else if (dobos_address_parse(config->name, &address, NULL) == 0) {
        address_take(result, config->family, address);
    } else {
        return entries_find(host, config, result);
    }
    result->status = result->count > 0 ? DOBOS_LOOKUP_FOUND : DOBOS_LOOKUP_NO_DATA;
    text_copy(result->canonical, sizeof(result->canonical), config->name);
    return true;
}

bool lookup_locally(const struct dobos_host *host, const struct dobos_lookup_config *config,
                    struct dobos_lookup_result *result) {
    if (config->kind == DOBOS_LOOKUP_RECORDS)
        return false;
    if (config->kind == DOBOS_LOOKUP_ADDRESS)
        return name_find(host, config, result);
    if (entries_find(host, config, result))
        return true;
    if (!dobos_address_is_loopback(&config->address) &&
        !dobos_address_is_equal(&config->address, &ipv6_loopback))
        return false;
    text_copy(result->canonical, sizeof(result->canonical), "localhost");
    result->status = DOBOS_LOOKUP_FOUND;
    return true;
}
