/*
 * link_local: an address of 169.254/16 for an interface that has no other (RFC 3927). Which one to
 * try follows from the interface's link address alone, so that a host has the same each time it
 * begins and two hosts seldom meet; the host probes, announces, defends and gives it up, as it does
 * with leased addresses (RFC 5227, whose numbers are those of RFC 3927 §9), and probes seldom where
 * many were taken.
 *
 * It is the last resort (§1.9): where a DHCP client asks on the same interface, it begins when
 * nobody has answered four times; and it goes when the interface has another address in use.
 */
#include "services/service.h"

#include "base/ipv4_ranges.h"
#include "base/keyed_hash.h"

#define FIRST         UINT32_C(0xa9fe0100) /* 169.254.1.0 */
#define COUNT         (254u * 256u)        /* to 169.254.254.255 */
#define DHCP_ATTEMPTS 4                    /* without an answer: nobody is there */
#define TRIES         16                   /* in one step at most */

struct link_local_service {
    struct dobos_service service;     /* what it is */
    const struct dobos_service *dhcp; /* the client whose failure is waited for; NULL: none */
    struct dobos_mac mac;             /* of the interface */
    struct dobos_address address;     /* tried or had; meaningful if has_address */
    uint32_t interface;               /* which */
    uint32_t tries;                   /* addresses tried so far */
    uint32_t conflicts;               /* addresses that others had */
    bool has_begun;                   /* an address is wanted */
    bool has_address;                 /* the interface has `address`, in use or being probed */
};

static struct link_local_service *link_local_of(struct dobos_service *service) {
    return container_of(service, struct link_local_service, service);
}

/* The nth to be tried: spread evenly over the range, another row for each link address
 * [rfc3927#1] [rfc3927#2]. */
static struct dobos_address candidate(const struct link_local_service *own) {
    static const struct hash_key key = {{0}};
    uint8_t bytes[sizeof(own->mac.bytes) + 4];
    memcpy(bytes, own->mac.bytes, sizeof(own->mac.bytes));
    store_be32(bytes + sizeof(own->mac.bytes), own->tries);
    return dobos_address_ipv4(FIRST + (uint32_t)(keyed_hash(&key, bytes, sizeof(bytes)) % COUNT));
}

/* The interface's address of that number; false: it has gone. */
static bool address_find(const struct link_local_service *own,
                         struct dobos_interface_address *found) {
    for (uint32_t i = 0; dobos_address_read(own->service.host, own->interface, i, found) == 0; i++)
        if (dobos_address_is_equal(&found->prefix.address, &own->address))
            return true;
    return false;
}

/* Whether the interface has another address in use, one that is not of this kind. */
static bool has_other(const struct link_local_service *own) {
    struct dobos_interface_address address;
    for (uint32_t i = 0; dobos_address_read(own->service.host, own->interface, i, &address) == 0;
         i++) {
        if (address.state == DOBOS_ADDRESS_READY &&
            !ipv4_is_link_local(dobos_address_ipv4_number(&address.prefix.address)))
            return true;
    }
    return false;
}

/* Whether nobody leases an address there. */
static bool dhcp_has_failed(const struct link_local_service *own) {
    struct dobos_dhcp_client_info info;
    return !own->dhcp || dobos_dhcp_client_read(own->dhcp, &info) < 0 ||
           info.attempts >= DHCP_ATTEMPTS;
}

static void address_end(struct link_local_service *own) {
    (void)dobos_address_remove(own->service.host, own->interface, &own->address);
    own->has_address = false;
}

/* Tries the next; one that this host has elsewhere is passed over. */
static void address_try(struct link_local_service *own) {
    for (unsigned i = 0; i < TRIES; i++) {
        own->address = candidate(own);
        const struct dobos_interface_address address = {.prefix = {own->address, 16},
                                                        .valid_until = DOBOS_NEVER,
                                                        .preferred_until = DOBOS_NEVER,
                                                        .origin = DOBOS_ORIGIN_LINK_LOCAL,
                                                        .state = DOBOS_ADDRESS_TENTATIVE};
        int result = dobos_address_add(own->service.host, own->interface, &address);
        own->has_address = result == 0;
        if (result != -DOBOS_EEXIST)
            return;
        own->tries++;
    }
}

/* What has become of the address: one that another has is left to it, and the next is tried
 * [rfc3927#3] [rfc3927#4]. */
static void address_check(struct link_local_service *own) {
    struct dobos_interface_address address;
    if (!own->has_address)
        return;
    if (!address_find(own, &address)) {
        own->has_address = false;
    } else if (address.state == DOBOS_ADDRESS_CONFLICT) {
        own->conflicts++;
        own->tries++;
        address_end(own);
    }
}

/* There is none where there is a better one [rfc3927#5]. */
static dobos_time link_local_step(struct dobos_service *service, dobos_time now) {
    struct link_local_service *own = link_local_of(service);
    address_check(own);
    if (has_other(own)) {
        own->has_begun = false;
        if (own->has_address)
            address_end(own);
        return DOBOS_NEVER;
    }
    own->has_begun |= dhcp_has_failed(own);
    if (own->has_begun && !own->has_address)
        address_try(own);
    return own->has_begun && !own->has_address ? now + DOBOS_SECOND : DOBOS_NEVER;
}

static void link_local_fini(struct dobos_service *service) {
    struct link_local_service *own = link_local_of(service);
    if (own->has_address)
        address_end(own);
}

static const struct service_kind link_local_kind = {"link-local", link_local_step, link_local_fini,
                                                    sizeof(struct link_local_service)};

int dobos_link_local_create(struct dobos_host *host, const struct dobos_link_local_config *config,
                            struct dobos_service **service) {
    struct dobos_link_local_config known = {0};
    struct dobos_interface_info info;
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    memcpy(&known, config, config->size);
    if (dobos_interface_read(host, known.interface, &info) < 0 || info.loopback)
        return -DOBOS_EINVAL;
    struct dobos_service *made = service_create(host, &link_local_kind);
    if (!made)
        return -DOBOS_ENOMEM;
    struct link_local_service *own = link_local_of(made);
    own->interface = known.interface;
    own->mac = info.mac;
    own->dhcp = known.dhcp;
    *service = made;
    return 0;
}

int dobos_link_local_read(const struct dobos_service *service, struct dobos_link_local_info *info) {
    struct dobos_interface_address address;
    if (service->kind != &link_local_kind)
        return -DOBOS_EINVAL;
    const struct link_local_service *own = (const struct link_local_service *)(const void *)service;
    *info = (struct dobos_link_local_info){.address = dobos_address_ipv4(0),
                                           .conflicts = own->conflicts};
    if (own->has_address) {
        info->address = own->address;
        info->is_ready = address_find(own, &address) && address.state == DOBOS_ADDRESS_READY;
    }
    info->is_pending = !info->is_ready && !has_other(own);
    return 0;
}
