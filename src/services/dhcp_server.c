/*
 * dhcp_server: what a DHCP server does with each message (RFC 2131 §4.3), see dhcp_server.h. A
 * DHCPREQUEST tells by what it holds which state its client is in (table 4): one function a state.
 */
#include "services/dhcp_server.h"

#include "base/prefix.h"
#include "services/sha256.h"
#include "wire/ethernet.h"

/* A longer identifier is kept as its front and its digest. */
#define ID_FRONT_BYTES (DOBOS_DHCP_CLIENT_ID_BYTES - SHA256_BYTES)

static void client_make(const struct dhcp_bytes *id, struct lease_client *client) {
    client->id_length = (uint8_t)min_size(id->length, sizeof(client->id));
    memcpy(client->id, id->bytes, client->id_length);
    if (id->length > sizeof(client->id)) {
        struct sha256 sha256;
        sha256_init(&sha256);
        sha256_add(&sha256, id->bytes, id->length);
        sha256_finish(&sha256, client->id + ID_FRONT_BYTES);
    }
}

static bool question_make(const struct dhcp *message, const struct dhcp_from *from,
                          struct dhcp_question *question) {
    *question = (struct dhcp_question){
        .source = from->link,
        .from = from->address,
        .ciaddr = message->ciaddr,
        .requested = message->requested,
        .xid = message->xid,
        .lease_s = message->lease_s,
        .max_size = message->max_size,
        .broadcast = message->broadcast,
        .has_lease = message->has_lease,
        .client_id = message->client_id,
        .parameters = message->parameters,
    };
    client_make(&message->client_id, &question->client);
    return dhcp_mac(message, &question->client.mac);
}

/* ---- who has what ---- */

static bool is_on_subnet(const struct dhcp_server *server, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    return prefix_contains(&server->own, &address);
}

/* [rfc2131#32] */
static bool is_us(const struct dhcp_server *server, const struct dobos_address *address) {
    for (unsigned i = 0; i < server->own_count; i++) {
        if (dobos_address_ipv4_number(address) == server->own_numbers[i])
            return true;
    }
    return dobos_address_is_equal(address, &server->own.address);
}

static bool is_kept_for(const struct dhcp_lease *lease, const struct lease_client *client) {
    return lease && lease->has_client && client_is_equal(&lease->client, client);
}

/* It is the client's, at the same link address, and nobody else's by reservation. */
static bool is_his(const struct dhcp_server *server, const struct dhcp_lease *lease,
                   const struct lease_client *client) {
    return is_kept_for(lease, client) && mac_is_equal(&lease->client.mac, &client->mac) &&
           (!lease->is_reserved || leases_reserved(&server->leases, client) == lease->number);
}

/* ---- binding ---- */

/* One address a client: what else it has is free now. */
static void others_release(struct dhcp_server *server, const struct dhcp_lease *bound,
                           dobos_time now) {
    struct dhcp_lease *other;
    while ((other = leases_other(&server->leases, bound))) {
        if (other->state == DOBOS_LEASE_OFFERED) {
            dhcp_offer_end(server, other, now);
            continue;
        }
        leases_keep(&server->leases, other, DOBOS_LEASE_RELEASED, &bound->client, now);
        (void)journal_append(&server->journal, &server->leases, other);
    }
}

/* Stored before it is said; what could not be stored is not acknowledged, and the client asks again
 * [rfc2131#30] [rfc2131#29]. */
static bool bind(struct dhcp_server *server, const struct dhcp_question *question,
                 struct dhcp_lease *lease, dobos_time now, struct dhcp_out *out) {
    char name[DOBOS_HOST_LABEL_BYTES];
    bool is_offer = lease->state == DOBOS_LEASE_OFFERED && !question->has_lease;
    uint32_t lease_s = is_offer ? lease->lease_s : dhcp_lease_length(server, question);
    (void)dhcp_label(&server->message.hostname, name);
    leases_bind(&server->leases, lease, &question->client, &question->source, name, now,
                now + lease_s * DOBOS_SECOND);
    lease->lease_s = lease_s;
    if (journal_append(&server->journal, &server->leases, lease) < 0) {
        server->counts[DHCP_COUNT_STORE]++;
        return false;
    }
    dhcp_probe_cancel(server, &question->client);
    others_release(server, lease, now);
    return dhcp_answer_ack(server, question, lease, out);
}

static bool not_ours(struct dhcp_server *server, enum dhcp_count count) {
    server->counts[count]++;
    return false;
}

/* ---- DHCPREQUEST ---- */

/* Its client asked from another link address, where it was offered it, and nothing was heard of it
 * at the old one since. */
static bool has_moved(const struct dhcp_lease *lease, const struct lease_client *client,
                      dobos_time now) {
    return is_kept_for(lease, client) && lease->state == DOBOS_LEASE_BOUND &&
           mac_is_equal(&lease->moved_to, &client->mac) && now < lease->moved_until;
}

/* The client takes somebody's offer; ours when the server identifier is [rfc2131#17]
 * [rfc2131#33]. */
static bool request_selecting(struct dhcp_server *server, const struct dhcp_question *question,
                              dobos_time now, struct dhcp_out *out) {
    if (!is_us(server, &server->message.server)) {
        struct dhcp_lease *offered = leases_find(&server->leases, &question->client);
        if (offered && offered->state == DOBOS_LEASE_OFFERED &&
            is_his(server, offered, &question->client))
            dhcp_offer_end(server, offered, now);
        return not_ours(server, DHCP_COUNT_NOT_OURS);
    }
    uint32_t number = dobos_address_ipv4_number(&question->requested);
    struct dhcp_lease *lease = leases_at(&server->leases, number);
    bool is_offered = is_his(server, lease, &question->client) &&
                      (lease->state == DOBOS_LEASE_OFFERED || lease->state == DOBOS_LEASE_BOUND);
    if (!is_offered && !has_moved(lease, &question->client, now))
        return dhcp_answer_nak(server, question, "this address is not offered to you", out);
    if (lease->state == DOBOS_LEASE_OFFERED && dhcp_is_probing(server, lease))
        return not_ours(server, DHCP_COUNT_PROBING);
    return bind(server, question, lease, now, out);
}

/* The client remembers an address [rfc2131#18] [rfc2131#19] [rfc2131#29].
 * DEVIATION: [rfc2131#20] a client without a record here that asks for another's address of our
 * pool is refused: nobody else leases that pool. */
static bool request_rebooting(struct dhcp_server *server, const struct dhcp_question *question,
                              dobos_time now, struct dhcp_out *out) {
    uint32_t number = dobos_address_ipv4_number(&question->requested);
    if (!is_on_subnet(server, number))
        return dhcp_answer_nak(server, question, "this address is of another network", out);
    struct dhcp_lease *lease = leases_at(&server->leases, number);
    if (is_his(server, lease, &question->client) && !dhcp_is_probing(server, lease))
        return bind(server, question, lease, now, out);
    if (leases_find(&server->leases, &question->client))
        return dhcp_answer_nak(server, question, "this address is not yours", out);
    if (lease && lease->state == DOBOS_LEASE_BOUND)
        return dhcp_answer_nak(server, question, "this address is another's", out);
    return not_ours(server, DHCP_COUNT_NOT_OURS);
}

/* A free address of the pool that its user speaks from is his: the server has lost its memory, he
 * has not. But nobody remembers one address after the other (attack H5). */
static bool is_adoptable(const struct dhcp_server *server, const struct dhcp_question *question,
                         const struct dhcp_lease *lease) {
    return lease->state == LEASE_FREE &&
           !leases_source_is_full(&server->leases, &question->source) &&
           leases_same(&server->leases, &question->client) < LEASE_SAME_CLIENT &&
           dobos_address_is_equal(&question->from, &question->ciaddr) &&
           lease_is_open(&server->leases, lease, &question->client);
}

/* Renewing or rebinding: the client has the address. An identifier may have moved to another link
 * address meanwhile [rfc2131#22]. */
static bool request_renewing(struct dhcp_server *server, const struct dhcp_question *question,
                             dobos_time now, struct dhcp_out *out) {
    uint32_t number = dobos_address_ipv4_number(&question->ciaddr);
    if (!is_on_subnet(server, number))
        return dhcp_answer_nak(server, question, "this address is of another network", out);
    if (!leases_has(&server->leases, number))
        return not_ours(server, DHCP_COUNT_NOT_OURS);
    struct dhcp_lease *lease = leases_touch(&server->leases, number);
    if (!lease)
        return not_ours(server, DHCP_COUNT_BUSY);
    bool is_moved = is_kept_for(lease, &question->client) && question->client.id_length > 0 &&
                    !lease->is_reserved && lease->state == DOBOS_LEASE_BOUND;
    if (is_moved || is_his(server, lease, &question->client) ||
        is_adoptable(server, question, lease))
        return bind(server, question, lease, now, out);
    return dhcp_answer_nak(server, question, "this address is not yours", out);
}

static bool on_request(struct dhcp_server *server, const struct dhcp_question *question,
                       dobos_time now, struct dhcp_out *out) {
    bool has_ciaddr = !dobos_address_is_unspecified(&question->ciaddr);
    bool has_requested = !dobos_address_is_unspecified(&question->requested);
    if (!dobos_address_is_unspecified(&server->message.server))
        return request_selecting(server, question, now, out);
    if (has_requested && !has_ciaddr)
        return request_rebooting(server, question, now, out);
    if (has_ciaddr)
        return request_renewing(server, question, now, out);
    return not_ours(server, DHCP_COUNT_MALFORMED);
}

/* ---- the others ---- */

/* Only who has it can say that somebody else does [rfc2131#23] [attack:H10]. */
static bool on_decline(struct dhcp_server *server, const struct dhcp_question *question,
                       dobos_time now) {
    uint32_t number = dobos_address_ipv4_number(&question->requested);
    struct dhcp_lease *lease = leases_at(&server->leases, number);
    if (!is_us(server, &server->message.server))
        return not_ours(server, DHCP_COUNT_NOT_OURS);
    if (!is_his(server, lease, &question->client) || lease->state != DOBOS_LEASE_BOUND)
        return not_ours(server, DHCP_COUNT_NOT_HIS);
    leases_quarantine(&server->leases, lease, &question->source, now, now + LEASE_QUARANTINE_NS);
    (void)journal_append(&server->journal, &server->leases, lease);
    server->counts[DHCP_COUNT_DECLINED]++;
    return false;
}

/* [rfc2131#24] [attack:H10] */
static bool on_release(struct dhcp_server *server, const struct dhcp_question *question,
                       dobos_time now) {
    uint32_t number = dobos_address_ipv4_number(&question->ciaddr);
    struct dhcp_lease *lease = leases_at(&server->leases, number);
    if (!dobos_address_is_unspecified(&server->message.server) &&
        !is_us(server, &server->message.server))
        return not_ours(server, DHCP_COUNT_NOT_OURS);
    if (!is_his(server, lease, &question->client) || lease->state != DOBOS_LEASE_BOUND ||
        !dobos_address_is_equal(&question->from, &question->ciaddr))
        return not_ours(server, DHCP_COUNT_NOT_HIS);
    leases_keep(&server->leases, lease, DOBOS_LEASE_RELEASED, &question->client, now);
    (void)journal_append(&server->journal, &server->leases, lease);
    server->counts[DHCP_COUNT_RELEASED]++;
    return false;
}

/* To who speaks from the address it says it has, and to nobody else [rfc2131#27] [attack:H14]. */
static bool on_inform(struct dhcp_server *server, const struct dhcp_question *question,
                      struct dhcp_out *out) {
    if (dobos_address_is_unspecified(&question->ciaddr) ||
        !dobos_address_is_equal(&question->from, &question->ciaddr) ||
        !is_on_subnet(server, dobos_address_ipv4_number(&question->ciaddr)))
        return not_ours(server, DHCP_COUNT_NOT_HIS);
    return dhcp_answer_inform(server, question, out);
}

bool dhcp_server_receive(struct dhcp_server *server, struct slice bytes,
                         const struct dhcp_from *from, dobos_time now, struct dhcp_out *out) {
    struct dhcp *message = &server->message;
    struct dhcp_question question;
    leases_expire(&server->leases, now);
    if (!dhcp_parse(bytes, message) || message->op != DHCP_OP_REQUEST ||
        !question_make(message, from, &question))
        return not_ours(server, DHCP_COUNT_MALFORMED);
    if (!dobos_address_is_unspecified(&message->giaddr))
        return not_ours(server, DHCP_COUNT_RELAYED);
    switch (message->type) {
    case DHCP_DISCOVER:
        return dhcp_discover(server, &question, now, out);
    case DHCP_REQUEST:
        return on_request(server, &question, now, out);
    case DHCP_DECLINE:
        return on_decline(server, &question, now);
    case DHCP_RELEASE:
        return on_release(server, &question, now);
    case DHCP_INFORM:
        return on_inform(server, &question, out);
    default:
        return not_ours(server, DHCP_COUNT_NOT_OURS);
    }
}
