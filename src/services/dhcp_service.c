/*
 * dhcp_service: the DHCP engine at an interface of a host: port 67 of that interface alone, and an
 * echo socket for the probes. Answers leave from the interface's address, by broadcast or to the
 * client's link address: one that is not configured yet answers no ARP (RFC 2131 §4.1).
 */
#include "services/dhcp_names.h"
#include "services/dhcp_server.h"
#include "services/service.h"

#define QUERY_BYTES (DHCP_MAX_BYTES + 1) /* what is longer is no message for us */
#define ECHO_BYTES  10                   /* sequence number and token */
#define NAME_TTL_S  60

struct dhcp_service {
    struct dobos_service service; /* what it is */
    struct dhcp_server server;    /* the engine */
    struct dobos_socket *udp;     /* port 67 of the interface */
    struct dobos_socket *echo;    /* probes */
    uint32_t interface;           /* where it serves */
    struct dhcp_out out;          /* one answer at a time */
    uint8_t query[QUERY_BYTES];   /* one question at a time */
};

static struct dhcp_service *dhcp_of(struct dobos_service *service) {
    return container_of(service, struct dhcp_service, service);
}

/* ---- out ---- */

static void probe_send(struct dhcp_service *dhcp, const struct dhcp_out *out) {
    uint8_t bytes[ECHO_BYTES] = {0, 1};
    struct dobos_message to = {
        .peer = {.address = out->address, .interface = dhcp->interface},
        .local = dhcp->server.own.address,
    };
    store_be64(bytes + 2, out->token);
    (void)dobos_send_message(dhcp->echo, bytes, sizeof(bytes), &to);
}

/* [rfc2131#31] */
static void out_send(struct dhcp_service *dhcp) {
    const struct dhcp_out *out = &dhcp->out;
    struct dobos_message to = {
        .peer = {.address = out->address, .port = DHCP_CLIENT_PORT, .interface = dhcp->interface},
        .local = dhcp->server.own.address,
        .link = out->link,
        .has_link = out->way == DHCP_WAY_LINK,
    };
    if (out->way == DHCP_WAY_PROBE) {
        probe_send(dhcp, out);
        return;
    }
    if (out->way == DHCP_WAY_ALL)
        to.peer.address = dobos_address_ipv4(UINT32_MAX);
    if (dobos_send_message(dhcp->udp, out->bytes, out->length, &to) >= 0)
        dhcp->service.answers++;
}

/* ---- in ---- */

static void reports_drop(struct dobos_socket *socket) {
    struct dobos_icmp_report report;
    while (dobos_receive_icmp(socket, &report) == 0)
        continue;
}

static void udp_step(struct dhcp_service *dhcp, dobos_time now) {
    struct dobos_message message;
    int64_t got;
    while ((got = dobos_receive_message(dhcp->udp, dhcp->query, sizeof(dhcp->query), &message)) !=
           -DOBOS_EAGAIN) {
        const struct dhcp_from from = {.address = message.peer.address, .link = message.link};
        const struct slice bytes = {dhcp->query, got > 0 ? (size_t)got : 0};
        if (got > 0 && dhcp_server_receive(&dhcp->server, bytes, &from, now, &dhcp->out))
            out_send(dhcp);
    }
    reports_drop(dhcp->udp);
}

static void echo_step(struct dhcp_service *dhcp, dobos_time now) {
    struct dobos_message message;
    uint8_t bytes[ECHO_BYTES];
    int64_t got;
    while ((got = dobos_receive_message(dhcp->echo, bytes, sizeof(bytes), &message)) !=
           -DOBOS_EAGAIN) {
        if (got == ECHO_BYTES)
            dhcp_server_on_echo(&dhcp->server, &message.peer.address, &message.link,
                                load_be64(bytes + 2), now);
    }
    reports_drop(dhcp->echo);
}

static dobos_time dhcp_step(struct dobos_service *service, dobos_time now) {
    struct dhcp_service *dhcp = dhcp_of(service);
    struct dobos_event event;
    while (dobos_poller_next(service->poller, &event, 1) > 0) {
        if (event.socket == dhcp->udp)
            udp_step(dhcp, now);
        else
            echo_step(dhcp, now);
    }
    while (dhcp_server_next(&dhcp->server, now, &dhcp->out))
        out_send(dhcp);
    return dhcp_server_deadline(&dhcp->server);
}

static void dhcp_fini(struct dobos_service *service) {
    struct dhcp_service *dhcp = dhcp_of(service);
    dobos_close(dhcp->udp);
    dobos_close(dhcp->echo);
    dhcp_server_fini(&dhcp->server);
}

static const struct service_kind dhcp_kind = {"dhcp", dhcp_step, dhcp_fini,
                                              sizeof(struct dhcp_service)};

/* ---- making it ---- */

/* The address served from: the first of the interface that is in use and whose subnet holds the
 * pool, or else the first in use. All others of the host are remembered as its own. */
static bool own_find(struct dobos_host *host, const struct dobos_dhcp_server_config *config,
                     struct dhcp_server_config *to) {
    struct dobos_interface_address address;
    bool has_own = false, fits = false;
    for (uint32_t i = 0; dobos_address_read(host, config->interface, i, &address) == 0; i++) {
        if (address.state != DOBOS_ADDRESS_READY || !dobos_address_is_ipv4(&address.prefix.address))
            continue;
        size_t bad;
        bool is_fit = dhcp_config_check(config, &address.prefix, &bad) == NULL;
        if (!has_own || (is_fit && !fits))
            to->own = address.prefix;
        fits = fits || is_fit;
        has_own = true;
        if (to->own_count < DHCP_OWN)
            to->own_numbers[to->own_count++] = dobos_address_ipv4_number(&address.prefix.address);
    }
    return has_own;
}

static int sockets_open(struct dhcp_service *dhcp) {
    struct dobos_endpoint local = {
        .address = dobos_address_ipv4(0), .port = DHCP_SERVER_PORT, .interface = dhcp->interface};
    struct dobos_host *host = dhcp->service.host;
    int result = dobos_socket_create(host, DOBOS_UDP, dhcp->service.poller, &dhcp->udp);
    if (result == 0)
        result = dobos_bind(dhcp->udp, &local);
    if (result == 0)
        result = dobos_option_set(dhcp->udp, DOBOS_OPTION_BROADCAST, 1);
    if (result == 0)
        result = dobos_socket_create(host, DOBOS_ICMP, dhcp->service.poller, &dhcp->echo);
    local.port = 0;
    return result < 0 ? result : dobos_bind(dhcp->echo, &local);
}

static const char *config_reason(struct dobos_host *host,
                                 const struct dobos_dhcp_server_config *config,
                                 struct dhcp_server_config *to, size_t *bad) {
    struct dobos_interface_info info;
    *bad = SIZE_MAX;
    if (config->interface <= 1 || dobos_interface_read(host, config->interface, &info) < 0)
        return "there is no such interface";
    if (!own_find(host, config, to))
        return "the interface has no address to serve from";
    to->mtu = info.mtu;
    return dhcp_config_check(config, &to->own, bad);
}

static int dhcp_open(struct dhcp_service *dhcp, const struct dobos_dhcp_server_config *config) {
    struct dobos_host *host = dhcp->service.host;
    struct dhcp_server_config known = {.config = config,
                                       .key = {{dobos_host_random(host), dobos_host_random(host)}}};
    size_t bad;
    const char *reason = config_reason(host, config, &known, &bad);
    if (reason) {
        if (config->bad_reservation)
            *config->bad_reservation = bad;
        if (config->reason)
            *config->reason = reason;
        return -DOBOS_EINVAL;
    }
    dhcp->interface = config->interface;
    int result = sockets_open(dhcp);
    return result < 0 ? result
                      : dhcp_server_init(&dhcp->server, &dhcp->service.allocator, &known,
                                         dobos_host_now(host));
}

int dobos_dhcp_server_create(struct dobos_host *host, const struct dobos_dhcp_server_config *config,
                             struct dobos_service **service) {
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    struct dobos_dhcp_server_config known = {0};
    memcpy(&known, config, config->size);
    struct dobos_service *made = service_create(host, &dhcp_kind);
    if (!made)
        return -DOBOS_ENOMEM;
    int result = dhcp_open(dhcp_of(made), &known);
    if (result < 0) {
        dobos_service_destroy(made);
        return result;
    }
    *service = made;
    return 0;
}

/* ---- telling ---- */

static const struct dhcp_service *dhcp_read(const struct dobos_service *service) {
    if (!service || service->kind != &dhcp_kind)
        return NULL;
    return (const struct dhcp_service *)(const void *)service;
}

int dobos_dhcp_lease_read(const struct dobos_service *service, uint32_t nth,
                          struct dobos_lease *to) {
    const struct dhcp_service *dhcp = dhcp_read(service);
    if (!dhcp)
        return -DOBOS_EINVAL;
    const struct dhcp_lease *lease = leases_nth(&dhcp->server.leases, nth);
    if (!lease)
        return -DOBOS_ENOENT;
    *to = (struct dobos_lease){
        .address = dobos_address_ipv4(lease->number),
        .state = (enum dobos_lease_state)lease->state,
        .mac = lease->client.mac,
        .client_id_length = lease->client.id_length,
        .until = lease->until,
    };
    memcpy(to->client_id, lease->client.id, lease->client.id_length);
    (void)text_copy(to->name, sizeof(to->name), lease->name);
    return 0;
}

static uint32_t rest_s(const struct dhcp_lease *lease, dobos_time now) {
    dobos_time rest = lease->until == DOBOS_NEVER ? NAME_TTL_S * DOBOS_SECOND : lease->until - now;
    return (uint32_t)(min_i64(rest, NAME_TTL_S * DOBOS_SECOND) / DOBOS_SECOND);
}

static bool is_bound_at(const struct dhcp_lease *lease, dobos_time now) {
    return lease && lease->state == DOBOS_LEASE_BOUND && lease->until > now;
}

bool dhcp_server_name_find(const struct dobos_service *service, const char *label, dobos_time now,
                           struct dobos_address *address, uint32_t *ttl_s) {
    const struct dhcp_service *dhcp = dhcp_read(service);
    const struct dhcp_lease *lease = dhcp ? leases_named(&dhcp->server.leases, label) : NULL;
    if (!is_bound_at(lease, now))
        return false;
    *address = dobos_address_ipv4(lease->number);
    *ttl_s = rest_s(lease, now);
    return true;
}

bool dhcp_server_address_find(const struct dobos_service *service,
                              const struct dobos_address *address, dobos_time now,
                              char label[DOBOS_HOST_LABEL_BYTES], uint32_t *ttl_s) {
    const struct dhcp_service *dhcp = dhcp_read(service);
    const struct dhcp_lease *lease =
        dhcp ? leases_at(&dhcp->server.leases, dobos_address_ipv4_number(address)) : NULL;
    if (!is_bound_at(lease, now) || !lease->has_name)
        return false;
    (void)text_copy(label, DOBOS_HOST_LABEL_BYTES, lease->name);
    *ttl_s = rest_s(lease, now);
    return true;
}
