/* dhcp_terms: see dhcp_terms.h. */
#include "services/dhcp_terms.h"

#include "base/ipv4_ranges.h"
#include "base/prefix.h"

/* An address that one host of the Internet or of a private network can have. */
static bool is_host(const struct dobos_address *address) {
    uint32_t number = dobos_address_ipv4_number(address);
    return !ipv4_is_this_network(number) && !ipv4_is_loopback(number) &&
           !ipv4_is_multicast(number) && !ipv4_is_reserved(number) &&
           !ipv4_is_limited_broadcast(number);
}

/* Without a mask the address's old class says it (RFC 2131 does not say; RFC 950 §2.1 does). */
static uint8_t class_length(uint32_t number) {
    if (number < UINT32_C(0x80000000))
        return 8;
    return number < UINT32_C(0xc0000000) ? 16 : 24;
}

static bool prefix_make(const struct dhcp *message, struct dobos_prefix *prefix) {
    uint32_t number = dobos_address_ipv4_number(&message->yiaddr);
    prefix->address = message->yiaddr;
    prefix->length = message->has_mask ? message->mask_length : class_length(number);
    uint32_t rest = ~ipv4_mask(prefix->length);
    bool has_host =
        !prefix_has_broadcast(prefix) || ((number & rest) != 0 && (number & rest) != rest);
    return is_host(&message->yiaddr) && prefix->length > 0 && prefix->length <= 32 && has_host;
}

/* T1 before T2 before the end, whatever the server says: out of order or missing, they are half and
 * seven eighths [rfc2131#56] (attack H12). */
static void times_make(const struct dhcp *message, struct dhcp_terms *terms) {
    uint32_t lease = message->lease_s;
    terms->lease_s = lease;
    terms->renewal_s = message->has_renewal ? message->renewal_s : lease / 2;
    terms->rebinding_s = message->has_rebinding ? message->rebinding_s : lease - lease / 8;
    if (lease == DHCP_FOREVER) {
        terms->renewal_s = terms->rebinding_s = DHCP_FOREVER;
    } else if (terms->renewal_s >= terms->rebinding_s || terms->rebinding_s >= lease ||
               terms->renewal_s == 0) {
        terms->renewal_s = lease / 2;
        terms->rebinding_s = lease - lease / 8;
    }
}

/* ---- routes ---- */

/* Not a part of what no server has business to send us to: ourselves, groups, nobody. What is wider
 * (0.0.0.0/1 and 128.0.0.0/1 together are every address) is a route as any other. */
static bool is_destination(const struct dobos_prefix *to) {
    uint32_t number = dobos_address_ipv4_number(&to->address);
    if (to->length >= 8 && (ipv4_is_this_network(number) || ipv4_is_loopback(number)))
        return false;
    return to->length < 4 || !(ipv4_is_multicast(number) || ipv4_is_reserved(number));
}

/* Whether a gateway is a neighbour: on the subnet, or where an on-link route of the same lease says
 * (RFC 3442: the gateway of an address with 32 bits). */
static bool is_neighbour(const struct dhcp_terms *terms, const struct dobos_address *via) {
    if (!is_host(via) || dobos_address_is_equal(via, &terms->prefix.address))
        return false;
    if (prefix_contains(&terms->prefix, via)) {
        struct dobos_address last = prefix_last(&terms->prefix);
        struct dobos_address network = prefix_network(&terms->prefix);
        return !prefix_has_broadcast(&terms->prefix) ||
               !(dobos_address_is_equal(via, &last) || dobos_address_is_equal(via, &network));
    }
    for (unsigned i = 0; i < terms->route_count; i++) {
        if (dobos_address_is_unspecified(&terms->routes[i].via) &&
            prefix_contains(&terms->routes[i].to, via))
            return true;
    }
    return false;
}

static void route_append(struct dhcp_terms *terms, const struct dhcp_route *route) {
    for (unsigned i = 0; i < terms->route_count; i++) {
        if (terms->routes[i].to.length == route->to.length &&
            dobos_address_is_equal(&terms->routes[i].to.address, &route->to.address))
            return; /* the first of a destination counts */
    }
    terms->routes[terms->route_count++] = *route;
}

/* Classless routes, those on the link first; at most as many as the message keeps (attack H7).
 * [rfc3442#60] */
static void classless_make(const struct dhcp *message, struct dhcp_terms *terms) {
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < message->routes.count; i++) {
            const struct dhcp_route *route = &message->routes.route[i];
            bool on_link = dobos_address_is_unspecified(&route->via);
            if (on_link != (pass == 0))
                continue;
            if (is_destination(&route->to) && (on_link || is_neighbour(terms, &route->via)))
                route_append(terms, route);
            else
                terms->refused++;
        }
    }
}

/* Where there are classless routes the routers do not count [rfc3442#61]; of several routers the
 * first that can be one is taken. */
static void routes_make(const struct dhcp *message, struct dhcp_terms *terms) {
    if (message->routes.count > 0) {
        classless_make(message, terms);
        return;
    }
    for (unsigned i = 0; i < message->routers.count; i++) {
        struct dhcp_route route = {.to = {dobos_address_ipv4(0), 0},
                                   .via = message->routers.address[i]};
        if (is_neighbour(terms, &route.via))
            route_append(terms, &route);
        else
            terms->refused++;
    }
}

/* ---- names ---- */

static bool is_name_byte(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* A domain of labels that need no quoting anywhere (attack H8). */
static bool is_clean(const struct dns_name *name) {
    size_t at = 0;
    while (name->bytes[at] != 0) {
        const uint8_t *label = &name->bytes[at + 1];
        uint8_t length = name->bytes[at];
        if (label[0] == '-' || label[length - 1] == '-')
            return false;
        for (unsigned i = 0; i < length; i++) {
            if (!is_name_byte(label[i]))
                return false;
        }
        at += length + 1u;
    }
    return name->length > 1;
}

static void search_append(struct dhcp_terms *terms, const struct dns_name *name) {
    for (unsigned i = 0; i < terms->search_count; i++) {
        if (dns_name_is_equal(&terms->searches[i], name))
            return;
    }
    if (is_clean(name))
        terms->searches[terms->search_count++] = *name;
    else
        terms->refused++;
}

/* The domain (15) is a text: up to its first NUL, it must be a name as it stands, without escapes.
 */
static bool domain_name(const struct dhcp_bytes *domain, struct dns_name *name) {
    char text[256];
    for (unsigned i = 0; i < domain->length; i++) {
        if (!is_name_byte(domain->bytes[i]) && domain->bytes[i] != '.')
            return false;
        text[i] = (char)domain->bytes[i];
    }
    text[domain->length] = 0;
    return dns_name_from_text(text, name);
}

/* The search list, or else the domain alone. */
static void searches_make(const struct dhcp *message, struct dhcp_terms *terms) {
    struct dns_name name;
    for (unsigned i = 0; i < message->searches.count; i++)
        search_append(terms, &message->searches.name[i]);
    if (message->searches.count > 0 || message->domain.length == 0)
        return;
    if (domain_name(&message->domain, &name))
        search_append(terms, &name);
    else
        terms->refused++;
}

static void nameservers_make(const struct dhcp *message, struct dhcp_terms *terms) {
    for (unsigned i = 0; i < message->nameservers.count; i++) {
        const struct dobos_address *server = &message->nameservers.address[i];
        bool is_known = false;
        for (unsigned k = 0; k < terms->nameserver_count; k++)
            is_known = is_known || dobos_address_is_equal(&terms->nameservers[k], server);
        if (!is_host(server))
            terms->refused++;
        else if (!is_known && terms->nameserver_count < DHCP_TERMS_NAMESERVERS)
            terms->nameservers[terms->nameserver_count++] = *server;
    }
}

bool dhcp_terms_make(const struct dhcp *message, struct dhcp_terms *terms) {
    *terms = (struct dhcp_terms){0};
    if (!message->has_lease || message->lease_s == 0 || !is_host(&message->server) ||
        !prefix_make(message, &terms->prefix))
        return false;
    terms->server = message->server;
    times_make(message, terms);
    routes_make(message, terms);
    nameservers_make(message, terms);
    searches_make(message, terms);
    return true;
}

static bool routes_are_equal(const struct dhcp_terms *a, const struct dhcp_terms *b) {
    if (a->route_count != b->route_count)
        return false;
    for (unsigned i = 0; i < a->route_count; i++) {
        const struct dhcp_route *one = &a->routes[i], *other = &b->routes[i];
        if (one->to.length != other->to.length ||
            !dobos_address_is_equal(&one->to.address, &other->to.address) ||
            !dobos_address_is_equal(&one->via, &other->via))
            return false;
    }
    return true;
}

bool dhcp_terms_teach_the_same(const struct dhcp_terms *a, const struct dhcp_terms *b) {
    if (!routes_are_equal(a, b) || a->nameserver_count != b->nameserver_count ||
        a->search_count != b->search_count)
        return false;
    for (unsigned i = 0; i < a->nameserver_count; i++) {
        if (!dobos_address_is_equal(&a->nameservers[i], &b->nameservers[i]))
            return false;
    }
    for (unsigned i = 0; i < a->search_count; i++) {
        if (!dns_name_is_equal(&a->searches[i], &b->searches[i]))
            return false;
    }
    return true;
}
