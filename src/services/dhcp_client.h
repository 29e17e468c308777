/*
 * dhcp_client: the client of RFC 2131 §4.4 as an engine: events go in (a message came, time has
 * passed, the address was probed, the link went down or up), and out come at most one message to
 * send and what has become of the lease. No socket, no clock, no host.
 *
 *                    INIT ──DISCOVER──▶ SELECTING ──offer, REQUEST──▶ REQUESTING ──ack──▶ PROBING
 *     (an address known) INIT_REBOOT ──REQUEST──▶ REBOOTING ─────────────ack────────────▶    │
 *                       BOUND ◀──ack── RENEWING (unicast), REBINDING (broadcast)   BOUND ◀──ready
 *
 * A NAK, an end of the lease or a conflict (with DECLINE) leads back to INIT. What a message must
 * be to be believed is in dhcp_client_message.c; what is taken from it in dhcp_terms.c.
 */
#ifndef SERVICES_DHCP_CLIENT_H
#define SERVICES_DHCP_CLIENT_H

#include <dobos/services.h>

#include "base/keyed_hash.h"
#include "services/dhcp_terms.h"

struct dhcp_client {
    struct dobos_mac mac;                          /* of the interface */
    uint8_t client_id[DOBOS_DHCP_CLIENT_ID_BYTES]; /* option 61 */
    uint8_t client_id_length;                      /* ≥ 2 */
    char hostname[DOBOS_HOST_LABEL_BYTES];         /* option 12; "": none */
    uint16_t max_bytes;                            /* of an IP packet, option 57 */
    struct hash_key key;                           /* of what nobody must guess */
    uint64_t drawn;                                /* numbers drawn with it */

    enum dobos_dhcp_client_state state;
    bool has_link;        /* the interface has carrier; else nothing is sent */
    bool is_over;         /* released: nothing more happens */
    bool wants_broadcast; /* answers to an address that is not ours yet cannot be received */
    bool has_lease;    /* `terms` are leased, and the address is the interface's or being probed */
    uint32_t xid;      /* of the exchange */
    uint16_t secs;     /* as last sent */
    dobos_time began;  /* the exchange: secs counts from here */
    dobos_time asked;  /* when the request was sent that `terms` are counted from */
    dobos_time again;  /* when the timer fires; DOBOS_NEVER */
    unsigned attempts; /* messages sent without an answer since the state began */
    unsigned failures; /* NAKs, conflicts and short leases since the last BOUND */
    struct dobos_address wanted; /* asked for in DISCOVER and INIT_REBOOT; 0.0.0.0: none */
    struct dhcp_terms terms;     /* offered, from REQUESTING on; leased, if has_lease */
    dobos_time renew_at, rebind_at, until; /* of the lease; DOBOS_NEVER */
    unsigned declined;                     /* addresses, so far */
    uint64_t sent;                         /* messages, so far */
    uint64_t ignored;                      /* messages of servers that were not believed, so far */
};

enum dhcp_probe_result {
    DHCP_PROBE_FREE,     /* nobody has it: it is the interface's */
    DHCP_PROBE_CONFLICT, /* somebody has it; also later, of an address that was leased */
    DHCP_PROBE_FAILED,   /* the host cannot take it */
};

/* What is to be done after an event, in this order. */
struct dhcp_client_out {
    bool send;   /* `bytes` to port 67 of `to`, from `from` (0.0.0.0: the host's choice) */
    bool end;    /* the address `ended` and what was learned with it go away */
    bool probe;  /* terms.prefix is to be probed, with its lifetime */
    bool apply;  /* terms hold from now on: lifetimes, routes, names */
    bool learn;  /* with apply: routes or names are others than before */
    bool resize; /* with apply: the subnet's length is another now */
    struct dobos_address ended, from, to; /* `to`: a server, or 255.255.255.255 */
    size_t length;                        /* of bytes */
    uint8_t bytes[DHCP_ANYONE_BYTES];
};

/* All fields up to `drawn` and `wanted` have been set; begins at the next timer. */
void dhcp_client_init(struct dhcp_client *client, dobos_time now);
/* Each event: *out is filled in. The timer: due when now ≥ client->again. */
void dhcp_client_on_timer(struct dhcp_client *client, dobos_time now, struct dhcp_client_out *out);
void dhcp_client_on_message(struct dhcp_client *client, struct slice bytes, dobos_time now,
                            struct dhcp_client_out *out);
void dhcp_client_on_probed(struct dhcp_client *client, enum dhcp_probe_result result,
                           dobos_time now, struct dhcp_client_out *out);
void dhcp_client_on_link(struct dhcp_client *client, bool has_link, dobos_time now,
                         struct dhcp_client_out *out);
/* Gives the address back: that was all. */
void dhcp_client_on_release(struct dhcp_client *client, dobos_time now,
                            struct dhcp_client_out *out);

/* ---- dhcp_client_message.c ---- */

/* A message of the client of that type (DISCOVER, REQUEST as its state has it, DECLINE, RELEASE),
 * into *out. */
void dhcp_client_emit(const struct dhcp_client *client, enum dhcp_type type,
                      struct dhcp_client_out *out);
/* Whether a message is an answer to what the client has asked; then *terms, unless it is a NAK. */
bool dhcp_client_believes(const struct dhcp_client *client, const struct dhcp *message,
                          struct dhcp_terms *terms);

#endif
