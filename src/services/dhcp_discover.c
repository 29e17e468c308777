/*
 * dhcp_discover: which address a client is offered, and the probe that goes before (RFC 2131
 * §4.3.1, §3.1 step 2). Somebody who answers the probe has the address: it goes to quarantine, and
 * the next one is tried. A client that is known by its identifier but comes with another link
 * address may have moved, or be a second one with the same identifier: the old address is probed,
 * and when it answers the newcomer gets another.
 */
#include "services/dhcp_server.h"

#include "wire/ethernet.h"

static bool client_is_same(const struct lease_client *a, const struct lease_client *b) {
    return client_is_equal(a, b) && mac_is_equal(&a->mac, &b->mac);
}

static struct dhcp_pending *pending_of(struct list_node *node) {
    return container_of(node, struct dhcp_pending, node);
}

static void pending_end(struct dhcp_server *server, struct dhcp_pending *pending) {
    list_remove(&pending->node);
    allocator_release(server->allocator, pending, sizeof(*pending));
    server->pending--;
}

static struct dhcp_pending *pending_in(const struct list *list, const struct dhcp_lease *lease,
                                       const struct lease_client *client) {
    for (struct list_node *node = list_first(list); node; node = list_next(list, node)) {
        struct dhcp_pending *pending = pending_of(node);
        if (client ? client_is_same(&pending->question.client, client) : pending->lease == lease)
            return pending;
    }
    return NULL;
}

static struct dhcp_pending *pending_find(const struct dhcp_server *server,
                                         const struct dhcp_lease *lease,
                                         const struct lease_client *client) {
    struct dhcp_pending *pending = pending_in(&server->asking, lease, client);
    return pending ? pending : pending_in(&server->waiting, lease, client);
}

bool dhcp_is_probing(const struct dhcp_server *server, const struct dhcp_lease *lease) {
    return pending_find(server, lease, NULL) != NULL;
}

void dhcp_offer_end(struct dhcp_server *server, struct dhcp_lease *lease, dobos_time now) {
    struct dhcp_pending *pending = pending_find(server, lease, NULL);
    if (pending)
        pending_end(server, pending);
    leases_offer_end(&server->leases, lease, now);
}

void dhcp_probe_cancel(struct dhcp_server *server, const struct lease_client *client) {
    struct dhcp_pending *pending = pending_find(server, NULL, client);
    if (pending)
        pending_end(server, pending);
}

/* ---- choosing ---- */

/* What is reserved for the client, unless somebody has it. */
static struct dhcp_lease *reserved_choose(struct dhcp_server *server,
                                          const struct lease_client *client) {
    uint32_t number = leases_reserved(&server->leases, client);
    struct dhcp_lease *lease = number != 0 ? leases_touch(&server->leases, number) : NULL;
    return lease && lease_is_open(&server->leases, lease, client) ? lease : NULL;
}

/* What it has or had [rfc2131#9]. */
static struct dhcp_lease *former_choose(struct dhcp_server *server,
                                        const struct lease_client *client) {
    struct dhcp_lease *lease = leases_find(&server->leases, client);
    if (!lease || (lease->is_reserved && !lease_is_open(&server->leases, lease, client)))
        return NULL;
    bool is_of_other =
        lease->state == DOBOS_LEASE_OFFERED && !client_is_same(&lease->client, client);
    return is_of_other ? NULL : lease;
}

/* What it asks for, when that is nobody's. */
static struct dhcp_lease *requested_choose(struct dhcp_server *server,
                                           const struct dhcp_question *question) {
    uint32_t number = dobos_address_ipv4_number(&question->requested);
    struct dhcp_lease *lease = number != 0 ? leases_touch(&server->leases, number) : NULL;
    return lease && lease->state == LEASE_FREE && !lease->is_reserved ? lease : NULL;
}

/* A new address costs somebody: its source has a share, its identifier a few. */
static struct dhcp_lease *new_choose(struct dhcp_server *server,
                                     const struct dhcp_question *question, dobos_time now) {
    if (leases_source_is_full(&server->leases, &question->source) ||
        leases_same(&server->leases, &question->client) >= LEASE_SAME_CLIENT) {
        server->counts[DHCP_COUNT_SHARE]++;
        return NULL;
    }
    struct dhcp_lease *lease = requested_choose(server, question);
    if (!lease)
        lease = leases_choose(&server->leases, now);
    if (!lease)
        server->counts[DHCP_COUNT_NO_ADDRESS]++;
    return lease;
}

static struct dhcp_lease *choose(struct dhcp_server *server, const struct dhcp_question *question,
                                 dobos_time now) {
    struct dhcp_lease *lease = reserved_choose(server, &question->client);
    if (!lease)
        lease = former_choose(server, &question->client);
    return lease ? lease : new_choose(server, question, now);
}

/* ---- offering ---- */

static bool lease_is_bound_to(const struct dhcp_lease *lease, const struct lease_client *client) {
    return lease->state == DOBOS_LEASE_BOUND && client_is_same(&lease->client, client);
}

/* A bound one stays bound; of one whose client seems to have moved its holder may only be silent,
 * so it is bound to the newcomer when he asks for it. */
static bool offer(struct dhcp_server *server, const struct dhcp_question *question,
                  struct dhcp_lease *lease, dobos_time now, struct dhcp_out *out) {
    if (lease->state == DOBOS_LEASE_BOUND) {
        lease->moved_to = question->client.mac;
        lease->moved_until = now + LEASE_OFFER_NS;
    } else {
        leases_offer(&server->leases, lease, &question->client, &question->source, now);
        lease->lease_s = dhcp_lease_length(server, question);
    }
    struct dhcp_lease told = *lease;
    told.lease_s = dhcp_lease_length(server, question);
    return dhcp_answer_offer(server, question, &told, out);
}

/* An address held for the client while it is probed; a bound one stays its holder's [rfc2131#10]
 * [rfc2131#11]. */
static void probe_begin(struct dhcp_server *server, struct dhcp_pending *pending,
                        struct dhcp_lease *lease, dobos_time now) {
    uint8_t counter[8];
    if (lease->state != DOBOS_LEASE_BOUND)
        leases_offer(&server->leases, lease, &pending->question.client, &pending->question.source,
                     now);
    store_be64(counter, ++server->tokens);
    pending->token = keyed_hash(&server->key, counter, sizeof(counter));
    pending->lease = lease;
    pending->renewals = lease->renewals;
    pending->tries++;
    list_remove(&pending->node);
    list_append(&server->asking, &pending->node);
}

static bool probe_first(struct dhcp_server *server, const struct dhcp_question *question,
                        struct dhcp_lease *lease, dobos_time now) {
    struct dhcp_pending *pending = NULL;
    if (server->pending < DHCP_PENDING && !dhcp_is_probing(server, lease))
        pending = allocator_allocate(server->allocator, sizeof(*pending), "dhcp pending");
    if (!pending) {
        server->counts[DHCP_COUNT_BUSY]++;
        return false;
    }
    server->pending++;
    list_node_init(&pending->node);
    pending->question = *question;
    probe_begin(server, pending, lease, now);
    server->counts[DHCP_COUNT_PROBING]++;
    return false;
}

bool dhcp_discover(struct dhcp_server *server, const struct dhcp_question *question, dobos_time now,
                   struct dhcp_out *out) {
    struct dhcp_pending *pending = pending_find(server, NULL, &question->client);
    if (pending) {
        pending->question = *question;
        server->counts[DHCP_COUNT_PROBING]++;
        return false;
    }
    struct dhcp_lease *lease = choose(server, question, now);
    if (!lease)
        return false;
    if (lease_is_bound_to(lease, &question->client) ||
        (lease->state != DOBOS_LEASE_BOUND && now < lease->probed_until))
        return offer(server, question, lease, now, out);
    return probe_first(server, question, lease, now);
}

/* ---- probes ---- */

/* Another address for a question whose one is taken; the question ends when there is none. */
static void probe_next(struct dhcp_server *server, struct dhcp_pending *pending, dobos_time now) {
    struct dhcp_lease *lease = NULL;
    if (pending->tries < DHCP_TRIES)
        lease = new_choose(server, &pending->question, now);
    if (lease)
        probe_begin(server, pending, lease, now);
    else
        pending_end(server, pending);
}

/* The client itself may still have its former address: that is no conflict. */
void dhcp_server_on_echo(struct dhcp_server *server, const struct dobos_address *address,
                         const struct dobos_mac *link, uint64_t token, dobos_time now) {
    struct dhcp_lease *lease = leases_at(&server->leases, dobos_address_ipv4_number(address));
    struct dhcp_pending *pending = lease ? pending_in(&server->waiting, lease, NULL) : NULL;
    if (!pending || pending->token != token || mac_is_equal(link, &pending->question.client.mac))
        return;
    server->counts[DHCP_COUNT_CONFLICTS]++;
    if (lease->state != DOBOS_LEASE_BOUND) {
        leases_quarantine(&server->leases, lease, NULL, now, now + LEASE_QUARANTINE_NS);
        (void)journal_append(&server->journal, &server->leases, lease);
    }
    probe_next(server, pending, now);
}

/* What happened to the address while it was probed: its holder has renewed it, or found it taken.
 */
static bool is_taken(const struct dhcp_pending *pending) {
    const struct dhcp_lease *lease = pending->lease;
    return lease->state == DOBOS_LEASE_QUARANTINED ||
           (lease->state == DOBOS_LEASE_BOUND && lease->renewals != pending->renewals);
}

/* Nobody has answered. */
static bool probe_end(struct dhcp_server *server, struct dhcp_pending *pending, dobos_time now,
                      struct dhcp_out *out) {
    struct dhcp_lease *lease = pending->lease;
    if (is_taken(pending)) {
        probe_next(server, pending, now);
        return false;
    }
    lease->probed_until = now + LEASE_PROBED_NS;
    bool is_made = offer(server, &pending->question, lease, now, out);
    pending_end(server, pending);
    return is_made;
}

static void probe_emit(struct dhcp_server *server, struct dhcp_pending *pending, dobos_time now,
                       struct dhcp_out *out) {
    pending->begun = now;
    list_remove(&pending->node);
    list_append(&server->waiting, &pending->node);
    out->way = DHCP_WAY_PROBE;
    out->address = dobos_address_ipv4(pending->lease->number);
    out->token = pending->token;
    out->length = 0;
}

bool dhcp_server_next(struct dhcp_server *server, dobos_time now, struct dhcp_out *out) {
    struct list_node *node;
    leases_expire(&server->leases, now);
    while ((node = list_first(&server->waiting)) &&
           now - pending_of(node)->begun >= DHCP_PROBE_NS) {
        if (probe_end(server, pending_of(node), now, out))
            return true;
    }
    node = list_first(&server->asking);
    if (node)
        probe_emit(server, pending_of(node), now, out);
    return node != NULL;
}

dobos_time dhcp_server_deadline(const struct dhcp_server *server) {
    struct list_node *waiting = list_first(&server->waiting);
    dobos_time next = leases_next(&server->leases);
    if (!list_is_empty(&server->asking))
        return INT64_MIN;
    return waiting ? min_i64(next, pending_of(waiting)->begun + DHCP_PROBE_NS) : next;
}
