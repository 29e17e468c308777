/*
 * dhcp_client_message: what a client says in which state (RFC 2131 §4.4.1, table 5), and which
 * answers it believes: those with its xid and link address, its client identifier
 * where they have one, and, once it has chosen, of the server that it has chosen (attack H6).
 */
#include "services/dhcp_client.h"

#include "wire/ethernet.h"

/* What we want to hear of; the classless routes before the routers [rfc3442#62], the mask before
 * both (RFC 2132 §3.3). */
static const uint8_t parameters[] = {
    DHCP_OPTION_MASK,   DHCP_OPTION_ROUTES, DHCP_OPTION_ROUTERS, DHCP_OPTION_NAMESERVERS,
    DHCP_OPTION_DOMAIN, DHCP_OPTION_SEARCH, DHCP_OPTION_RENEWAL, DHCP_OPTION_REBINDING,
};

static void bytes_set(struct dhcp_bytes *option, const void *bytes, size_t length) {
    option->length = (uint8_t)length;
    memcpy(option->bytes, bytes, length);
}

/* A renewing or rebinding client is its address already [rfc2131#64]. */
static bool has_address(const struct dhcp_client *client, enum dhcp_type type) {
    return type == DHCP_RELEASE || client->state == DOBOS_DHCP_RENEWING ||
           client->state == DOBOS_DHCP_REBINDING;
}

/* In SELECTING the address and the server that were chosen, in INIT-REBOOT the address alone, in
 * RENEWING and REBINDING neither [rfc2131#65] [rfc2131#66] [rfc2131#67]. */
static void request_fill(const struct dhcp_client *client, struct dhcp *message) {
    if (client->state == DOBOS_DHCP_REQUESTING) {
        message->requested = client->terms.prefix.address;
        message->server = client->terms.server;
    } else if (client->state == DOBOS_DHCP_REBOOTING) {
        message->requested = client->wanted;
    }
}

/* Unicast to the server that leases it, or to all, from nobody as long as the client has no address
 * [rfc2131#92] [rfc2131#95]. */
static struct dobos_address receiver(const struct dhcp_client *client, enum dhcp_type type) {
    bool is_unicast = type == DHCP_RELEASE || client->state == DOBOS_DHCP_RENEWING;
    return is_unicast ? client->terms.server : dobos_address_ipv4(UINT32_MAX);
}

/* [rfc2131#68] [rfc2131#69] [rfc2131#96] [rfc2131#97] [rfc2131#98] */
void dhcp_client_emit(const struct dhcp_client *client, enum dhcp_type type,
                      struct dhcp_client_out *out) {
    struct dhcp message;
    bool is_asking = type == DHCP_DISCOVER || type == DHCP_REQUEST;
    dhcp_init(&message);
    message.op = DHCP_OP_REQUEST;
    message.type = (uint8_t)type;
    message.hardware = DHCP_HARDWARE_ETHERNET;
    message.hardware_length = sizeof(client->mac.bytes);
    memcpy(message.chaddr, client->mac.bytes, sizeof(client->mac.bytes));
    message.xid = client->xid;
    message.secs = is_asking ? client->secs : 0;
    bytes_set(&message.client_id, client->client_id, client->client_id_length);
    if (has_address(client, type))
        message.ciaddr = client->terms.prefix.address;
    else
        message.broadcast = is_asking && client->wants_broadcast;
    if (type == DHCP_DISCOVER)
        message.requested = client->wanted;
    else if (type == DHCP_REQUEST)
        request_fill(client, &message);
    else
        message.server = client->terms.server;
    if (type == DHCP_DECLINE)
        message.requested = client->terms.prefix.address;
    if (is_asking) {
        message.max_size = client->max_bytes;
        bytes_set(&message.parameters, parameters, sizeof(parameters));
        bytes_set(&message.hostname, client->hostname, text_length(client->hostname));
    }
    struct writer w = writer_make(out->bytes, sizeof(out->bytes));
    (void)dhcp_emit(&w, &message, &(struct dhcp_bytes){0});
    out->to = receiver(client, type);
    out->from = message.ciaddr;
    out->length = w.position;
    out->send = !w.failed;
}

/* Whether it is an answer to the client's last message at all, whatever it says. [rfc2131#63]
 * [rfc6842#60]
 */
static bool is_answer(const struct dhcp_client *client, const struct dhcp *message) {
    struct dobos_mac mac;
    if (message->op != DHCP_OP_REPLY || message->xid != client->xid || !dhcp_mac(message, &mac) ||
        !mac_is_equal(&mac, &client->mac))
        return false;
    return message->client_id.length == 0 ||
           (message->client_id.length == client->client_id_length &&
            memcmp(message->client_id.bytes, client->client_id, client->client_id_length) == 0);
}

/* The server that was chosen, or that leases the address; while the client asks them all, any. */
static bool is_from_chosen(const struct dhcp_client *client, const struct dhcp *message) {
    bool asks_all = client->state == DOBOS_DHCP_REBOOTING || client->state == DOBOS_DHCP_REBINDING;
    return asks_all ? !dobos_address_is_unspecified(&message->server)
                    : dobos_address_is_equal(&message->server, &client->terms.server);
}

/* The address that was asked for: a server that acknowledges another has answered something else.
 */
static bool is_for_asked(const struct dhcp_client *client, const struct dhcp_terms *terms) {
    const struct dobos_address *asked =
        client->state == DOBOS_DHCP_REBOOTING ? &client->wanted : &client->terms.prefix.address;
    return dobos_address_is_equal(&terms->prefix.address, asked);
}

bool dhcp_client_believes(const struct dhcp_client *client, const struct dhcp *message,
                          struct dhcp_terms *terms) {
    if (!is_answer(client, message))
        return false;
    if (message->type == DHCP_OFFER)
        return client->state == DOBOS_DHCP_SELECTING && dhcp_terms_make(message, terms);
    bool awaits = client->state == DOBOS_DHCP_REQUESTING || client->state == DOBOS_DHCP_REBOOTING ||
                  client->state == DOBOS_DHCP_RENEWING || client->state == DOBOS_DHCP_REBINDING;
    if (!awaits || !is_from_chosen(client, message))
        return false;
    if (message->type == DHCP_NAK)
        return true;
    return message->type == DHCP_ACK && dhcp_terms_make(message, terms) &&
           is_for_asked(client, terms);
}
