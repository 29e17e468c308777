/*
 * dhcp_client_service: the DHCP client on an interface of a host. The engine says what to send and
 * what the lease is; here are its socket, the interface's address, its routes and names.
 *
 * How answers reach an interface that has no address yet: it takes in what is sent to port 68 of
 * its link address whatever the IP address (host/receive.c), so the BROADCAST flag is left clear
 * and no other station is bothered. Where the interface has an address already, that way is closed
 * (it would be open to everybody), and the flag is set.
 */
#include "services/dhcp_client.h"
#include "services/service.h"

#include "base/prefix.h"

#define MESSAGES  64 /* taken in one step at most */
#define TURNS     8  /* of the timer in one step at most */
#define MTU_MOST  1500
#define MTU_LEAST 576 /* what every client takes (RFC 2131 §2) */
#define ID_LEAST  2

struct client_service {
    struct dobos_service service; /* what it is */
    struct dhcp_client engine;    /* the protocol */
    struct dobos_socket *socket;  /* port 68 of the interface */
    uint32_t interface;           /* which */
    uint32_t metric;              /* of its routes */
    uint32_t carrier_changes;     /* as last seen */
    unsigned refused;             /* of the terms that hold, by the host */
};

static struct client_service *client_of(struct dobos_service *service) {
    return container_of(service, struct client_service, service);
}

/* The interface's address of that number; false: it has gone. */
static bool address_find(const struct client_service *client, const struct dobos_address *wanted,
                         struct dobos_interface_address *found) {
    for (uint32_t i = 0; dobos_address_read(client->service.host, client->interface, i, found) == 0;
         i++) {
        if (dobos_address_is_equal(&found->prefix.address, wanted))
            return true;
    }
    return false;
}

/* Then answers to another address could not be received: they are to be broadcast [rfc2131#93]. */
static bool has_ready_address(const struct client_service *client) {
    struct dobos_interface_address address;
    for (uint32_t i = 0;
         dobos_address_read(client->service.host, client->interface, i, &address) == 0; i++) {
        if (address.state == DOBOS_ADDRESS_READY)
            return true;
    }
    return false;
}

/* ---- what comes of an event ---- */

static void message_send(struct client_service *client, const struct dhcp_client_out *out) {
    const struct dobos_message message = {.peer = {.address = out->to, .port = DHCP_SERVER_PORT},
                                          .local = out->from};
    /* One that cannot be sent now is sent again as one that was lost. */
    if (dobos_send_message(client->socket, out->bytes, out->length, &message) >= 0)
        client->service.answers++;
}

static void lease_end(struct client_service *client, const struct dobos_address *address) {
    dobos_learned_remove(client->service.host, client->interface, DOBOS_ORIGIN_DHCP);
    /* The host may have ended it at the same moment. */
    (void)dobos_address_remove(client->service.host, client->interface, address);
    client->refused = 0;
}

static int address_give(struct client_service *client, enum dobos_address_state state) {
    const struct dobos_interface_address address = {.prefix = client->engine.terms.prefix,
                                                    .valid_until = client->engine.until,
                                                    .preferred_until = client->engine.until,
                                                    .origin = DOBOS_ORIGIN_DHCP,
                                                    .state = state,
                                                    .yields = true};
    return dobos_address_add(client->service.host, client->interface, &address);
}

/* Whether a route by a gateway would take a link's own neighbours away from it, or this host's own
 * address.
 * DEVIATION: [rfc3442#63] those are reached without a gateway, whatever a server says (attack H7).
 */
static bool is_on_own_link(const struct client_service *client, const struct dobos_prefix *to) {
    struct dobos_host *host = client->service.host;
    struct dobos_interface_address own;
    for (uint32_t i = 1; i <= dobos_interface_count(host); i++) {
        for (uint32_t k = 0; dobos_address_read(host, i, k, &own) == 0; k++) {
            if (own.prefix.length <= to->length && prefix_contains(&own.prefix, &to->address))
                return true;
        }
    }
    return false;
}

/* Routes on the link come before those by its gateways. */
static void routes_learn(struct client_service *client) {
    const struct dhcp_terms *terms = &client->engine.terms;
    for (unsigned i = 0; i < terms->route_count; i++) {
        const struct dobos_route route = {.destination = terms->routes[i].to,
                                          .gateway = terms->routes[i].via,
                                          .interface = client->interface,
                                          .metric = client->metric,
                                          .source = terms->prefix.address,
                                          .origin = DOBOS_ORIGIN_DHCP};
        client->refused += is_on_own_link(client, &route.destination) ||
                           dobos_route_add(client->service.host, &route) < 0;
    }
}

static void names_learn(struct client_service *client) {
    const struct dhcp_terms *terms = &client->engine.terms;
    for (unsigned i = 0; i < terms->nameserver_count; i++) {
        const struct dobos_nameserver server = {.address = terms->nameservers[i],
                                                .origin = DOBOS_ORIGIN_DHCP,
                                                .interface = client->interface};
        client->refused += dobos_nameserver_add(client->service.host, &server) < 0;
    }
    for (unsigned i = 0; i < terms->search_count; i++) {
        char text[DNS_NAME_TEXT];
        const struct dobos_search search = {
            .domain = text, .origin = DOBOS_ORIGIN_DHCP, .interface = client->interface};
        (void)dns_name_format(&terms->searches[i], text);
        client->refused += dobos_search_add(client->service.host, &search) < 0;
    }
}

/* The lease holds. */
static void lease_apply(struct client_service *client, const struct dhcp_client_out *out) {
    struct dobos_host *host = client->service.host;
    const struct dhcp_client *engine = &client->engine;
    const struct dobos_address *address = &engine->terms.prefix.address;
    if (out->resize) {
        (void)dobos_address_remove(host, client->interface, address);
        (void)address_give(client, DOBOS_ADDRESS_READY);
    } else {
        (void)dobos_address_change(host, client->interface, address, engine->until, engine->until);
    }
    if (!out->learn && !out->resize)
        return;
    dobos_learned_remove(host, client->interface, DOBOS_ORIGIN_DHCP);
    client->refused = 0;
    routes_learn(client);
    names_learn(client);
}

/* Carries out what the engine says; what comes of a probe that cannot begin is its next event. */
static void act(struct client_service *client, struct dhcp_client_out *out, dobos_time now) {
    int result = 0;
    if (out->send)
        message_send(client, out);
    if (out->end)
        lease_end(client, &out->ended);
    if (out->apply)
        lease_apply(client, out);
    if (out->probe)
        result = address_give(client, DOBOS_ADDRESS_TENTATIVE);
    if (result == 0)
        return;
    /* It is ours already, from somewhere else; or it cannot be had. */
    dhcp_client_on_probed(&client->engine,
                          result == -DOBOS_EEXIST ? DHCP_PROBE_CONFLICT : DHCP_PROBE_FAILED, now,
                          out);
    if (out->send)
        message_send(client, out);
}

/* ---- events ---- */

static void link_step(struct client_service *client, dobos_time now) {
    struct dobos_interface_info info;
    struct dhcp_client_out out;
    if (dobos_interface_read(client->service.host, client->interface, &info) < 0 ||
        info.carrier_changes == client->carrier_changes)
        return;
    client->carrier_changes = info.carrier_changes;
    dhcp_client_on_link(&client->engine, false, now, &out);
    act(client, &out, now);
    dhcp_client_on_link(&client->engine, info.carrier, now, &out);
    act(client, &out, now);
}

/* True: more of them may wait. */
static bool messages_step(struct client_service *client, dobos_time now) {
    struct dobos_message message;
    struct dobos_event event;
    struct dobos_icmp_report report;
    uint8_t bytes[DHCP_MAX_BYTES];
    struct dhcp_client_out out;
    while (dobos_poller_next(client->service.poller, &event, 1) > 0)
        continue;
    while (dobos_receive_icmp(client->socket, &report) == 0)
        continue;
    for (unsigned i = 0; i < MESSAGES; i++) {
        int64_t got = dobos_receive_message(client->socket, bytes, sizeof(bytes), &message);
        if (got == -DOBOS_EAGAIN)
            return false;
        if (got < 0 || message.length > sizeof(bytes) || message.peer.port != DHCP_SERVER_PORT)
            continue;
        client->engine.wants_broadcast = has_ready_address(client);
        dhcp_client_on_message(&client->engine, (struct slice){bytes, (size_t)got}, now, &out);
        act(client, &out, now);
    }
    return true;
}

/* What has become of the address: the host has probed it, or has given it up to somebody else since
 * (RFC 5227 §2.4 b). */
static void probe_step(struct client_service *client, dobos_time now) {
    struct dobos_interface_address address;
    struct dhcp_client_out out;
    if (!client->engine.has_lease ||
        !address_find(client, &client->engine.terms.prefix.address, &address) ||
        address.state == DOBOS_ADDRESS_TENTATIVE ||
        (address.state == DOBOS_ADDRESS_READY && client->engine.state != DOBOS_DHCP_PROBING))
        return;
    dhcp_client_on_probed(
        &client->engine,
        address.state == DOBOS_ADDRESS_READY ? DHCP_PROBE_FREE : DHCP_PROBE_CONFLICT, now, &out);
    act(client, &out, now);
}

static dobos_time client_step(struct dobos_service *service, dobos_time now) {
    struct client_service *client = client_of(service);
    link_step(client, now);
    bool has_more = messages_step(client, now);
    probe_step(client, now);
    for (unsigned i = 0; i < TURNS && client->engine.again <= now; i++) {
        struct dhcp_client_out out;
        client->engine.wants_broadcast = has_ready_address(client);
        dhcp_client_on_timer(&client->engine, now, &out);
        act(client, &out, now);
    }
    return has_more ? now : client->engine.again;
}

static void client_fini(struct dobos_service *service) {
    struct client_service *client = client_of(service);
    if (client->engine.has_lease)
        lease_end(client, &client->engine.terms.prefix.address);
    dobos_close(client->socket);
}

static const struct service_kind client_kind = {"dhcp-client", client_step, client_fini,
                                                sizeof(struct client_service)};

/* ---- making one ---- */

/* What others call this host: its name's first label, if that is one. */
static void hostname_set(struct dhcp_client *engine, const char *name) {
    struct dhcp_bytes text = {0};
    size_t length = text_length(name);
    if (length > sizeof(text.bytes))
        return;
    text.length = (uint8_t)length;
    memcpy(text.bytes, name, length);
    (void)dhcp_label(&text, engine->hostname);
}

/* The same in all messages [rfc2131#69]. */
static void client_id_set(struct dhcp_client *engine,
                          const struct dobos_dhcp_client_config *config) {
    if (config->client_id_length > 0) {
        engine->client_id_length = config->client_id_length;
        memcpy(engine->client_id, config->client_id, config->client_id_length);
        return;
    }
    engine->client_id_length = 1 + sizeof(engine->mac.bytes);
    engine->client_id[0] = DHCP_HARDWARE_ETHERNET;
    memcpy(engine->client_id + 1, engine->mac.bytes, sizeof(engine->mac.bytes));
}

static void engine_init(struct client_service *client,
                        const struct dobos_dhcp_client_config *config,
                        const struct dobos_interface_info *info) {
    struct dobos_host *host = client->service.host;
    struct dhcp_client *engine = &client->engine;
    engine->mac = info->mac;
    engine->has_link = info->carrier;
    engine->max_bytes = (uint16_t)max_u32(MTU_LEAST, min_u32(info->mtu, MTU_MOST));
    engine->key.word[0] = dobos_host_random(host);
    engine->key.word[1] = dobos_host_random(host);
    engine->wanted = config->requested;
    if (!dobos_address_is_ipv4(&engine->wanted))
        engine->wanted = dobos_address_ipv4(0);
    hostname_set(engine, config->hostname ? config->hostname : dobos_host_name(host));
    client_id_set(engine, config);
    dhcp_client_init(engine, dobos_host_now(host));
}

static int client_open(struct client_service *client,
                       const struct dobos_dhcp_client_config *config) {
    const struct dobos_endpoint local = {.address = dobos_address_ipv4(0),
                                         .port = DHCP_CLIENT_PORT};
    struct dobos_interface_info info;
    if (dobos_interface_read(client->service.host, config->interface, &info) < 0 || info.loopback ||
        config->client_id_length > DOBOS_DHCP_CLIENT_ID_BYTES ||
        (config->client_id_length > 0 && config->client_id_length < ID_LEAST))
        return -DOBOS_EINVAL;
    client->interface = config->interface;
    client->metric = config->route_metric;
    client->carrier_changes = info.carrier_changes;
    int result = dobos_socket_create(client->service.host, DOBOS_UDP, client->service.poller,
                                     &client->socket);
    if (result == 0)
        result = dobos_option_set(client->socket, DOBOS_OPTION_INTERFACE, config->interface);
    if (result == 0)
        result = dobos_option_set(client->socket, DOBOS_OPTION_BROADCAST, 1);
    if (result == 0)
        result = dobos_bind(client->socket, &local);
    if (result == 0)
        engine_init(client, config, &info);
    return result;
}

int dobos_dhcp_client_create(struct dobos_host *host, const struct dobos_dhcp_client_config *config,
                             struct dobos_service **service) {
    if (config->size == 0 || config->size > sizeof(*config))
        return -DOBOS_EINVAL;
    struct dobos_dhcp_client_config known = {0};
    memcpy(&known, config, config->size);
    struct dobos_service *made = service_create(host, &client_kind);
    if (!made)
        return -DOBOS_ENOMEM;
    int result = client_open(client_of(made), &known);
    if (result < 0) {
        dobos_service_destroy(made);
        return result;
    }
    *service = made;
    return 0;
}

int dobos_dhcp_client_read(const struct dobos_service *service,
                           struct dobos_dhcp_client_info *info) {
    if (service->kind != &client_kind)
        return -DOBOS_EINVAL;
    const struct client_service *client = (const struct client_service *)(const void *)service;
    const struct dhcp_client *engine = &client->engine;
    *info = (struct dobos_dhcp_client_info){.state = engine->state,
                                            .renew_at = engine->renew_at,
                                            .rebind_at = engine->rebind_at,
                                            .until = engine->until,
                                            .attempts = engine->attempts,
                                            .declined = engine->declined,
                                            .ignored = engine->ignored};
    info->address.address = info->server = dobos_address_ipv4(0);
    if (engine->has_lease) {
        info->address = engine->terms.prefix;
        info->server = engine->terms.server;
        info->refused = engine->terms.refused + client->refused;
    }
    return 0;
}

/* The release must be on its way before its source address goes. */
void dobos_dhcp_client_release(struct dobos_service *service, dobos_time now) {
    struct dhcp_client_out out;
    if (service->kind != &client_kind)
        return;
    struct client_service *client = client_of(service);
    dhcp_client_on_release(&client->engine, now, &out);
    if (out.send)
        message_send(client, &out);
    dobos_advance(service->host, now);
    if (out.end)
        lease_end(client, &out.ended);
}
