/*
 * dhcp_answer: the messages of a DHCP server (RFC 2131 §4.3.1, table 3): what stands in them, how
 * large they may be, and where they go (§4.1).
 */
#include "services/dhcp_server.h"

#include "base/prefix.h"

#define IP_UDP_BYTES 28
#define LEASE_MIN_S  60 /* the shortest that a client is given on its wish */

/* [rfc2131#15] [rfc6842#1] */
static struct dhcp *answer_begin(struct dhcp_server *server, const struct dhcp_question *question,
                                 enum dhcp_type type) {
    struct dhcp *message = &server->message;
    dhcp_init(message);
    message->op = DHCP_OP_REPLY;
    message->type = (uint8_t)type;
    message->hardware = DHCP_HARDWARE_ETHERNET;
    message->hardware_length = sizeof(question->client.mac.bytes);
    message->xid = question->xid;
    message->broadcast = question->broadcast;
    message->server = server->own.address;
    message->client_id = question->client_id;
    memcpy(message->chaddr, question->client.mac.bytes, sizeof(question->client.mac.bytes));
    return message;
}

/* What we have of it, if it was asked for, or nothing in particular was [rfc2131#14]. */
static bool is_wanted(const struct dhcp_question *question, uint8_t code) {
    return question->parameters.length == 0 || dhcp_is_asked(&question->parameters, code);
}

static void answer_parameters(const struct dhcp_server *server,
                              const struct dhcp_question *question, struct dhcp *message) {
    message->has_mask = true;
    message->mask_length = server->own.length;
    if (is_wanted(question, DHCP_OPTION_BROADCAST) && prefix_has_broadcast(&server->own))
        message->broadcast_address = prefix_last(&server->own);
    if (is_wanted(question, DHCP_OPTION_ROUTERS) &&
        !dobos_address_is_unspecified(&server->router)) {
        message->routers.count = 1;
        message->routers.address[0] = server->router;
    }
    if (is_wanted(question, DHCP_OPTION_NAMESERVERS))
        message->nameservers = server->nameservers;
    if (is_wanted(question, DHCP_OPTION_DOMAIN))
        message->domain = server->domain;
    if (dhcp_is_asked(&question->parameters, DHCP_OPTION_SEARCH) && server->domain.length > 0) {
        message->searches.count = 1;
        message->searches.name[0] = server->domain_name;
    }
}

uint32_t dhcp_lease_length(const struct dhcp_server *server, const struct dhcp_question *question) {
    if (!question->has_lease)
        return server->lease_s;
    return min_u32(server->lease_s, max_u32(question->lease_s, LEASE_MIN_S));
}

/* [rfc2131#13] */
static void answer_times(struct dhcp *message, uint32_t lease_s) {
    message->has_lease = message->has_renewal = message->has_rebinding = true;
    message->lease_s = lease_s;
    message->renewal_s = lease_s / 2;
    message->rebinding_s = (uint32_t)((uint64_t)lease_s * 7 / 8);
}

/* Where the answer goes [rfc2131#28] [rfc2131#21]. */
static void answer_way(const struct dhcp_question *question, const struct dhcp *message,
                       struct dhcp_out *out) {
    out->link = question->client.mac;
    out->way = DHCP_WAY_LINK;
    out->address =
        dobos_address_is_unspecified(&message->ciaddr) ? message->yiaddr : message->ciaddr;
    if (message->type == DHCP_NAK ||
        (dobos_address_is_unspecified(&message->ciaddr) && question->broadcast))
        out->way = DHCP_WAY_ALL;
}

/* No larger than the client takes, or the link carries [rfc2132#8]. */
static bool answer_end(const struct dhcp_server *server, const struct dhcp_question *question,
                       const struct dhcp *message, struct dhcp_out *out) {
    size_t room = question->max_size > 0 ? question->max_size - IP_UDP_BYTES : DHCP_ANYONE_BYTES;
    room = min_size(room, max_u32(server->mtu, IP_UDP_BYTES) - IP_UDP_BYTES);
    struct writer w = writer_make(out->bytes, min_size(room, sizeof(out->bytes)));
    (void)dhcp_emit(&w, message, &question->parameters);
    answer_way(question, message, out);
    out->length = w.position;
    return !w.failed;
}

bool dhcp_answer_offer(struct dhcp_server *server, const struct dhcp_question *question,
                       const struct dhcp_lease *lease, struct dhcp_out *out) {
    struct dhcp *message = answer_begin(server, question, DHCP_OFFER);
    message->yiaddr = dobos_address_ipv4(lease->number);
    answer_times(message, lease->lease_s);
    answer_parameters(server, question, message);
    server->counts[DHCP_COUNT_OFFERED]++;
    return answer_end(server, question, message, out);
}

bool dhcp_answer_ack(struct dhcp_server *server, const struct dhcp_question *question,
                     const struct dhcp_lease *lease, struct dhcp_out *out) {
    struct dhcp *message = answer_begin(server, question, DHCP_ACK);
    message->yiaddr = dobos_address_ipv4(lease->number);
    message->ciaddr = question->ciaddr;
    answer_times(message, lease->lease_s);
    answer_parameters(server, question, message);
    server->counts[DHCP_COUNT_ACKED]++;
    return answer_end(server, question, message, out);
}

/* [rfc2131#25] [rfc2131#26] */
bool dhcp_answer_inform(struct dhcp_server *server, const struct dhcp_question *question,
                        struct dhcp_out *out) {
    struct dhcp *message = answer_begin(server, question, DHCP_ACK);
    message->ciaddr = question->ciaddr;
    answer_parameters(server, question, message);
    server->counts[DHCP_COUNT_INFORMED]++;
    bool is_made = answer_end(server, question, message, out);
    out->link = question->source;
    return is_made;
}

/* [rfc2131#16] */
bool dhcp_answer_nak(struct dhcp_server *server, const struct dhcp_question *question,
                     const char *why, struct dhcp_out *out) {
    struct dhcp *message = answer_begin(server, question, DHCP_NAK);
    message->message.length = (uint8_t)min_size(text_length(why), sizeof(message->message.bytes));
    memcpy(message->message.bytes, why, message->message.length);
    server->counts[DHCP_COUNT_NAKED]++;
    return answer_end(server, question, message, out);
}
