/* dns_private: see dns_private.h. */
#include "services/dns_private.h"

#include <dobos/errors.h>

#include "base/ipv4_ranges.h"

int dns_private_init(struct dns_private *private_, struct allocator *allocator,
                     const struct dns_name *names, unsigned count) {
    *private_ = (struct dns_private){.is_on = names != NULL, .count = names ? count : 0};
    if (private_->count == 0)
        return 0;
    private_->names =
        allocator_allocate_raw(allocator, count * sizeof(*names), "dns private names");
    if (!private_->names)
        return -DOBOS_ENOMEM;
    memcpy(private_->names, names, count * sizeof(*names));
    return 0;
}

void dns_private_fini(struct dns_private *private_, struct allocator *allocator) {
    if (private_->names)
        allocator_release(allocator, private_->names, private_->count * sizeof(*private_->names));
    private_->names = NULL;
}

static bool is_listed(const struct dns_private *private_, const struct dns_name *name) {
    for (unsigned i = 0; i < private_->count; i++) {
        if (dns_name_is_within(name, &private_->names[i]))
            return true;
    }
    return false;
}

/* Of this host, of a link, of a site; and what holds an IPv4 address, which is as that one is. */
static bool is_private(const struct dns_record *record) {
    const uint8_t *b = record->data.bytes;
    static const uint8_t zeros[12] = {0};
    if (record->type == DNS_A && record->data.length == 4)
        return ipv4_special_range(load_be32(b)) != NULL;
    if (record->type != DNS_AAAA || record->data.length != 16)
        return false;
    bool is_mapped = memcmp(b, zeros, 10) == 0 && b[10] == 0xff && b[11] == 0xff;
    bool is_local = (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && b[1] >= 0x80);
    return is_local || memcmp(b, zeros, sizeof(zeros)) == 0 ||
           (is_mapped && ipv4_special_range(load_be32(b + 12)) != NULL);
}

bool dns_private_is_refused(const struct dns_private *private_,
                            const struct dns_response *response) {
    struct reader at = response->answers;
    for (unsigned i = 0; private_->is_on && i < response->header.answers; i++) {
        struct dns_record record;
        (void)dns_record_parse(&at, &record);
        if (is_private(&record) && !is_listed(private_, &record.name))
            return true;
    }
    return false;
}
