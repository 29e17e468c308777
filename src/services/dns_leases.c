/* dns_leases: see dns_leases.h. */
#include "services/dns_leases.h"

#include "services/dhcp_names.h"

/* The label in front of the domain, as text; false: the name is no such one. */
static bool label_of(const struct dns_name *name, const struct dns_name *domain,
                     char label[DOBOS_HOST_LABEL_BYTES]) {
    struct dns_name rest = *name;
    if (!dns_name_parent(&rest, &rest) || !dns_name_is_equal(&rest, domain))
        return false;
    for (unsigned i = 0; i < name->bytes[0]; i++) {
        label[i] = (char)name->bytes[1 + i];
        if (label[i] == 0)
            return false;
    }
    label[name->bytes[0]] = 0;
    return true;
}

/* The address whose reverse name it is; false: of none. */
static bool address_of(const struct dns_name *name, struct dobos_address *address) {
    uint32_t number = 0;
    struct dns_name reverse;
    size_t at = 0;
    if (dns_name_labels(name) != 6)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        uint32_t part = 0;
        for (unsigned digit = 1; digit <= min_u32(name->bytes[at], 3); digit++)
            part = part * 10 + (uint32_t)(name->bytes[at + digit] - '0') % 10;
        number |= (part & 255) << 8 * i;
        at += name->bytes[at] + 1u;
    }
    /* Whatever was read, only the name of the address is that name. */
    *address = dobos_address_ipv4(number);
    dns_name_reverse(address, &reverse);
    return dns_name_is_equal(&reverse, name);
}

/* label.domain; false: too long. */
static bool full_name(const char *label, const struct dns_name *domain, struct dns_name *name) {
    size_t length = text_length(label);
    if (length == 0 || length > 63 || length + 1 + domain->length > DNS_NAME_BYTES)
        return false;
    name->bytes[0] = (uint8_t)length;
    memcpy(name->bytes + 1, label, length);
    memcpy(name->bytes + 1 + length, domain->bytes, domain->length);
    name->length = (uint8_t)(length + 1 + domain->length);
    return true;
}

static void record_add(struct dns_reply *reply, const struct dns_name *owner, uint16_t type,
                       uint32_t ttl, const uint8_t *data, size_t length) {
    reply->header.authoritative = true;
    if (reply->asked.type != type && reply->asked.type != DNS_ANY)
        return;
    dns_reply_record(reply, owner, type, ttl, data, length);
    reply->header.answers++;
}

bool dns_leases_answer(struct dns_reply *reply, const struct dns_name *name,
                       const struct dobos_service *leases, const struct dns_name *domain,
                       dobos_time now) {
    char label[DOBOS_HOST_LABEL_BYTES];
    struct dobos_address address;
    struct dns_name target;
    uint8_t bytes[4];
    uint32_t ttl;
    if (label_of(name, domain, label) &&
        dhcp_server_name_find(leases, label, now, &address, &ttl)) {
        store_be32(bytes, dobos_address_ipv4_number(&address));
        record_add(reply, name, DNS_A, ttl, bytes, sizeof(bytes));
        return true;
    }
    if (!address_of(name, &address) ||
        !dhcp_server_address_find(leases, &address, now, label, &ttl) ||
        !full_name(label, domain, &target))
        return false;
    record_add(reply, name, DNS_PTR, ttl, target.bytes, target.length);
    return true;
}
