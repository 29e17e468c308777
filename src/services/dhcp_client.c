/*
 * dhcp_client: the states, see dhcp_client.h.
 *
 * Times: a message without an answer is sent again after 4, 8, 16, 32, 64, 64, … seconds, each give
 * or take one; in RENEWING and REBINDING after half of what is left of the state, at
 * least a minute. REQUESTING gives up after 60 s, REBOOTING after 12 s. Who was refused (a NAK, a
 * conflict, a lease that ends before it is probed) waits before it begins again, longer each time,
 * so that no server can keep it busy.
 *
 * DEVIATION: [rfc2131#71] the first message waits for nothing: the nodes of a network in virtual
 * time would only all wait alike, and a program that is run waits for its address.
 */
#include "services/dhcp_client.h"

#define RETRANSMIT_FIRST_S 4
#define RETRANSMIT_MOST_S  64
#define REQUEST_ATTEMPTS   4 /* 4 + 8 + 16 + 32 s */
#define REBOOT_ATTEMPTS    2 /* 4 + 8 s */
#define RENEW_LEAST_NS     (60 * DOBOS_SECOND)
#define RENEW_FIRST_NS     (5 * DOBOS_SECOND) /* however short the lease: no busy loop */
#define DECLINE_WAIT_NS    (10 * DOBOS_SECOND)
#define FAILURE_MOST_S     64
#define FUZZ_PART          64 /* renewal begins up to 1/64 of its time early */

static uint64_t draw(struct dhcp_client *client) {
    uint8_t counter[8];
    store_be64(counter, ++client->drawn);
    return keyed_hash(&client->key, counter, sizeof(counter));
}

/* Uniform in 0 … span; the span is a tiny part of 2^64. */
static dobos_time spread(struct dhcp_client *client, dobos_time span) {
    return (dobos_time)(draw(client) % ((uint64_t)span + 1));
}

static bool is_unset(const struct dobos_address *address) {
    return dobos_address_is_unspecified(address);
}

/* ---- sending ---- */

/* [rfc2131#70] */
static dobos_time backoff(struct dhcp_client *client) {
    unsigned doublings = client->attempts > 5 ? 4 : client->attempts - 1;
    dobos_time base = (dobos_time)RETRANSMIT_FIRST_S << doublings;
    return min_i64(base, RETRANSMIT_MOST_S) * DOBOS_SECOND - DOBOS_SECOND +
           spread(client, 2 * DOBOS_SECOND);
}

/* A request bears the seconds of the discovery it follows [rfc2131#72]. */
static void message_send(struct dhcp_client *client, enum dhcp_type type, dobos_time now,
                         struct dhcp_client_out *out) {
    if (client->state != DOBOS_DHCP_REQUESTING)
        client->secs = (uint16_t)min_i64((now - client->began) / DOBOS_SECOND, UINT16_MAX);
    client->attempts++;
    client->sent++;
    dhcp_client_emit(client, type, out);
}

/* A new exchange has a number of its own [rfc2131#73]. */
static void exchange_begin(struct dhcp_client *client, dobos_time now) {
    client->xid = (uint32_t)draw(client);
    client->began = now;
}

static void state_enter(struct dhcp_client *client, enum dobos_dhcp_client_state state) {
    client->state = state;
    client->attempts = 0;
}

static void discover(struct dhcp_client *client, dobos_time now, struct dhcp_client_out *out) {
    if (client->state == DOBOS_DHCP_INIT) {
        exchange_begin(client, now);
        state_enter(client, DOBOS_DHCP_SELECTING);
    }
    message_send(client, DHCP_DISCOVER, now, out);
    client->again = now + backoff(client);
}

/* REQUESTING and REBOOTING: the lease will count from the first of the requests, whichever is
 * answered [rfc2131#74]. */
static void request(struct dhcp_client *client, dobos_time now, struct dhcp_client_out *out) {
    if (client->attempts == 0)
        client->asked = now;
    message_send(client, DHCP_REQUEST, now, out);
    client->again = now + backoff(client);
}

/* ---- leases ---- */

/* Nothing is leased any more; begins anew after `wait`. */
static void restart(struct dhcp_client *client, dobos_time wait, dobos_time now,
                    struct dhcp_client_out *out) {
    if (client->has_lease) {
        out->end = true;
        out->ended = client->terms.prefix.address;
    }
    client->has_lease = false;
    client->until = client->renew_at = client->rebind_at = DOBOS_NEVER;
    state_enter(client, DOBOS_DHCP_INIT);
    client->again = client->has_link ? now + wait : DOBOS_NEVER;
}

/* Refused: the first time begins anew at once, then after 1, 2, … 64 s. */
static void restart_refused(struct dhcp_client *client, dobos_time now,
                            struct dhcp_client_out *out) {
    unsigned failures = client->failures++;
    dobos_time wait_s = failures == 0 ? 0 : (dobos_time)1 << (failures > 7 ? 6 : failures - 1);
    client->wanted = dobos_address_ipv4(0);
    restart(client, min_i64(wait_s, FAILURE_MOST_S) * DOBOS_SECOND, now, out);
}

/* [rfc2131#94] */
static dobos_time time_of(const struct dhcp_client *client, uint32_t seconds) {
    return seconds == DHCP_FOREVER ? DOBOS_NEVER : client->asked + seconds * DOBOS_SECOND;
}

/* When the lease is to be renewed, a little early and never two clients alike [rfc2131#75]; from
 * when the request was sent on [rfc2131#74]. */
static void lease_times(struct dhcp_client *client, const struct dhcp_terms *terms) {
    client->until = time_of(client, terms->lease_s);
    client->renew_at = time_of(client, terms->renewal_s);
    client->rebind_at = time_of(client, terms->rebinding_s);
    if (client->renew_at == DOBOS_NEVER)
        return;
    client->renew_at -= spread(client, terms->renewal_s * DOBOS_SECOND / FUZZ_PART);
    client->renew_at = max_i64(client->renew_at, client->asked + RENEW_FIRST_NS);
}

static void bind(struct dhcp_client *client, struct dhcp_client_out *out) {
    client->failures = 0;
    client->wanted = client->terms.prefix.address;
    state_enter(client, DOBOS_DHCP_BOUND);
    client->again = client->renew_at;
    out->apply = true;
}

/* An address that is new to the interface is probed first [rfc2131#77].
 * DEVIATION: [rfc2131#78] one that stayed there while the link was down is not probed again, for
 * its connections go on. */
static void acknowledged(struct dhcp_client *client, const struct dhcp_terms *terms,
                         struct dhcp_client_out *out) {
    bool keeps = client->has_lease &&
                 dobos_address_is_equal(&client->terms.prefix.address, &terms->prefix.address);
    out->resize = keeps && client->terms.prefix.length != terms->prefix.length;
    out->learn = !keeps || !dhcp_terms_teach_the_same(&client->terms, terms);
    client->terms = *terms;
    client->has_lease = true;
    lease_times(client, terms);
    if (keeps) {
        bind(client, out);
        return;
    }
    state_enter(client, DOBOS_DHCP_PROBING);
    client->again = client->until;
    out->probe = true;
}

/* ---- time ---- */

/* Half of what is left, at least a minute, but not beyond [rfc2131#79]. */
static void renew(struct dhcp_client *client, dobos_time end, dobos_time now,
                  struct dhcp_client_out *out) {
    client->xid = (uint32_t)draw(client);
    client->asked = now;
    message_send(client, DHCP_REQUEST, now, out);
    dobos_time half = end == DOBOS_NEVER ? RENEW_LEAST_NS : (end - now) / 2;
    client->again = min_i64(end, now + max_i64(half, RENEW_LEAST_NS));
}

/* The lease in its later part: BOUND until T1, RENEWING until T2, REBINDING until its end
 * [rfc2131#80] [rfc2131#81]. */
static void lease_on_timer(struct dhcp_client *client, dobos_time now,
                           struct dhcp_client_out *out) {
    if (now >= client->rebind_at && client->state != DOBOS_DHCP_REBINDING) {
        if (client->state == DOBOS_DHCP_BOUND)
            exchange_begin(client, now);
        state_enter(client, DOBOS_DHCP_REBINDING);
    } else if (now >= client->renew_at && client->state == DOBOS_DHCP_BOUND) {
        exchange_begin(client, now);
        state_enter(client, DOBOS_DHCP_RENEWING);
    }
    if (client->state == DOBOS_DHCP_RENEWING)
        renew(client, client->rebind_at, now, out);
    else if (client->state == DOBOS_DHCP_REBINDING)
        renew(client, client->until, now, out);
    else
        client->again = client->renew_at;
}

/* Nobody knows us here: what is left of the lease is used if there is one [rfc2131#82]. */
static void reboot_give_up(struct dhcp_client *client, dobos_time now,
                           struct dhcp_client_out *out) {
    if (!client->has_lease) {
        restart(client, 0, now, out);
        return;
    }
    state_enter(client, DOBOS_DHCP_BOUND);
    lease_on_timer(client, now, out);
}

/* Whether it is the lease's end that fires: before all else [rfc2131#83]. */
static bool lease_ends(struct dhcp_client *client, dobos_time now, struct dhcp_client_out *out) {
    if (!client->has_lease || now < client->until)
        return false;
    if (client->state == DOBOS_DHCP_PROBING)
        restart_refused(client, now, out);
    else
        restart(client, 0, now, out);
    return true;
}

static void timer_fire(struct dhcp_client *client, dobos_time now, struct dhcp_client_out *out) {
    switch (client->state) {
    case DOBOS_DHCP_INIT:
    case DOBOS_DHCP_SELECTING:
        discover(client, now, out);
        break;
    case DOBOS_DHCP_INIT_REBOOT:
        exchange_begin(client, now);
        state_enter(client, DOBOS_DHCP_REBOOTING);
        request(client, now, out);
        break;
    case DOBOS_DHCP_REQUESTING:
        if (client->attempts >= REQUEST_ATTEMPTS)
            restart(client, 0, now, out);
        else
            request(client, now, out);
        break;
    case DOBOS_DHCP_REBOOTING:
        if (client->attempts >= REBOOT_ATTEMPTS)
            reboot_give_up(client, now, out);
        else
            request(client, now, out);
        break;
    case DOBOS_DHCP_PROBING:
        break;
    case DOBOS_DHCP_BOUND:
    case DOBOS_DHCP_RENEWING:
    case DOBOS_DHCP_REBINDING:
        lease_on_timer(client, now, out);
        break;
    }
}

/* While the link is down only the lease's end counts. */
static void clock_set(struct dhcp_client *client) {
    if (client->is_over)
        client->again = DOBOS_NEVER;
    else if (!client->has_link)
        client->again = client->has_lease ? client->until : DOBOS_NEVER;
    else if (client->has_lease)
        client->again = min_i64(client->again, client->until);
}

void dhcp_client_on_timer(struct dhcp_client *client, dobos_time now, struct dhcp_client_out *out) {
    *out = (struct dhcp_client_out){0};
    if (client->is_over || now < client->again)
        return;
    client->again = DOBOS_NEVER;
    if (!lease_ends(client, now, out) && client->has_link)
        timer_fire(client, now, out);
    clock_set(client);
}

/* ---- events ---- */

void dhcp_client_init(struct dhcp_client *client, dobos_time now) {
    state_enter(client, is_unset(&client->wanted) ? DOBOS_DHCP_INIT : DOBOS_DHCP_INIT_REBOOT);
    client->until = client->renew_at = client->rebind_at = DOBOS_NEVER;
    client->again = client->has_link ? now : DOBOS_NEVER;
}

/* The first offer that can be is taken [rfc2131#84]; a NAK is the end of the address [rfc2131#85].
 */
void dhcp_client_on_message(struct dhcp_client *client, struct slice bytes, dobos_time now,
                            struct dhcp_client_out *out) {
    struct dhcp message;
    struct dhcp_terms terms;
    *out = (struct dhcp_client_out){0};
    if (client->is_over || !client->has_link)
        return;
    if (!dhcp_parse(bytes, &message) || !dhcp_client_believes(client, &message, &terms)) {
        client->ignored++;
        return;
    }
    if (message.type == DHCP_OFFER) {
        client->terms = terms;
        state_enter(client, DOBOS_DHCP_REQUESTING);
        request(client, now, out);
    } else if (message.type == DHCP_NAK) {
        restart_refused(client, now, out);
    } else {
        acknowledged(client, &terms, out);
    }
    clock_set(client);
}

/* Whether the host's word about the address still matters: before the lease holds any, later that
 * it has lost it to somebody else. */
static bool hears_of_address(const struct dhcp_client *client, enum dhcp_probe_result result) {
    if (client->is_over)
        return false;
    return client->state == DOBOS_DHCP_PROBING ||
           (client->has_lease && result == DHCP_PROBE_CONFLICT);
}

/* An address that somebody has is declined, and the client waits ten seconds [rfc2131#86]
 * [rfc2131#87]. */
void dhcp_client_on_probed(struct dhcp_client *client, enum dhcp_probe_result result,
                           dobos_time now, struct dhcp_client_out *out) {
    *out = (struct dhcp_client_out){0};
    if (!hears_of_address(client, result))
        return;
    if (result == DHCP_PROBE_FREE) {
        bind(client, out);
        out->learn = true;
    } else {
        if (result == DHCP_PROBE_CONFLICT && client->has_link) {
            client->declined++;
            client->xid = (uint32_t)draw(client);
            message_send(client, DHCP_DECLINE, now, out);
        }
        client->failures++;
        client->wanted = dobos_address_ipv4(0);
        restart(client, DECLINE_WAIT_NS, now, out);
    }
    clock_set(client);
}

/* A link that comes up may be another network: the address is asked for anew [rfc2131#88]. */
void dhcp_client_on_link(struct dhcp_client *client, bool has_link, dobos_time now,
                         struct dhcp_client_out *out) {
    *out = (struct dhcp_client_out){0};
    if (client->is_over || client->has_link == has_link)
        return;
    client->has_link = has_link;
    if (client->state == DOBOS_DHCP_PROBING)
        restart(client, 0, now, out);
    if (has_link) {
        if (client->has_lease)
            client->wanted = client->terms.prefix.address;
        state_enter(client, is_unset(&client->wanted) ? DOBOS_DHCP_INIT : DOBOS_DHCP_INIT_REBOOT);
        client->again = now;
    }
    clock_set(client);
}

/* [rfc2131#89] */
void dhcp_client_on_release(struct dhcp_client *client, dobos_time now,
                            struct dhcp_client_out *out) {
    *out = (struct dhcp_client_out){0};
    if (client->is_over)
        return;
    bool is_bound = client->state == DOBOS_DHCP_BOUND || client->state == DOBOS_DHCP_RENEWING ||
                    client->state == DOBOS_DHCP_REBINDING;
    if (is_bound && client->has_link) {
        client->xid = (uint32_t)draw(client);
        message_send(client, DHCP_RELEASE, now, out);
    }
    restart(client, 0, now, out);
    client->is_over = true;
    clock_set(client);
}
