/*
 * dhcp: DHCP messages (RFC 2131 §2, options of RFC 2132, 3397, 3442), for client, server and dump.
 *
 * An option that stands in several pieces is one (RFC 3396), wherever they stand: in the options,
 * the file and the sname field (overload, option 52). Parse is strict where the protocol itself
 * depends on the bytes and lenient where it does not: a message is refused when it is shorter than
 * its fixed part and cookie, an option leads beyond its field, a field of options has no END, or
 * one of the options 50–54, 57–59 and 61 has a length it cannot have; any other known option that
 * is malformed counts as absent. What is kept is copied: a parsed message borrows nothing but
 * `fields`, `sname` and `file`.
 */
#ifndef WIRE_DHCP_H
#define WIRE_DHCP_H

#include "base/cursor.h"
#include "wire/dns.h"

#define DHCP_SERVER_PORT       67
#define DHCP_CLIENT_PORT       68
#define DHCP_HEADER_BYTES      240  /* fixed part and cookie */
#define DHCP_MIN_BYTES         300  /* what is shorter is padded: BOOTP's least (RFC 1542 §2.1) */
#define DHCP_ANYONE_BYTES      548  /* what any client takes: 576 with IP and UDP (RFC 2131 §2) */
#define DHCP_MAX_BYTES         1472 /* the most we send, and take: an Ethernet frame's */
#define DHCP_FOREVER           UINT32_MAX
#define DHCP_HARDWARE_ETHERNET 1

#define DHCP_ADDRESSES 8  /* kept of a list of routers or name servers */
#define DHCP_ROUTES    32 /* kept of option 121 */
#define DHCP_SEARCHES  6  /* kept of option 119 */

enum dhcp_op {
    DHCP_OP_REQUEST = 1, /* of a client */
    DHCP_OP_REPLY = 2,   /* of a server */
};
enum dhcp_type {      /* option 53 */
    DHCP_NO_TYPE = 0, /* none: BOOTP */
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_DECLINE = 4,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
    DHCP_RELEASE = 7,
    DHCP_INFORM = 8,
};
enum dhcp_option {
    DHCP_OPTION_PAD = 0,
    DHCP_OPTION_MASK = 1,
    DHCP_OPTION_ROUTERS = 3,
    DHCP_OPTION_NAMESERVERS = 6,
    DHCP_OPTION_HOSTNAME = 12,
    DHCP_OPTION_DOMAIN = 15,
    DHCP_OPTION_BROADCAST = 28,
    DHCP_OPTION_REQUESTED = 50,
    DHCP_OPTION_LEASE = 51,
    DHCP_OPTION_OVERLOAD = 52,
    DHCP_OPTION_TYPE = 53,
    DHCP_OPTION_SERVER = 54,
    DHCP_OPTION_PARAMETERS = 55,
    DHCP_OPTION_MESSAGE = 56,
    DHCP_OPTION_MAX_SIZE = 57,
    DHCP_OPTION_RENEWAL = 58,
    DHCP_OPTION_REBINDING = 59,
    DHCP_OPTION_VENDOR_CLASS = 60,
    DHCP_OPTION_CLIENT_ID = 61,
    DHCP_OPTION_RELAY = 82,
    DHCP_OPTION_SEARCH = 119,
    DHCP_OPTION_ROUTES = 121,
    DHCP_OPTION_END = 255,
};

/* An option of up to 255 bytes as it stands; no NUL behind it. */
struct dhcp_bytes {
    uint8_t length; /* 0: absent */
    uint8_t bytes[255];
};
struct dhcp_addresses {
    uint8_t count;                                /* used */
    struct dobos_address address[DHCP_ADDRESSES]; /* in the sender's order of preference */
};
struct dhcp_route {
    struct dobos_prefix to;   /* without bits beyond the length */
    struct dobos_address via; /* 0.0.0.0: on this link */
};
struct dhcp_routes {
    uint8_t count; /* used */
    struct dhcp_route route[DHCP_ROUTES];
};
struct dhcp_searches {
    uint8_t count; /* used */
    struct dns_name name[DHCP_SEARCHES];
};

/* The fields that hold options, in the order in which their pieces count (RFC 3396 §5). */
struct dhcp_fields {
    struct slice field[3]; /* borrowed; up to END, which is left out; options, file, sname */
    unsigned count;        /* used */
};

struct dhcp {
    uint8_t op;              /* enum dhcp_op */
    uint8_t type;            /* enum dhcp_type, or a number unknown to us */
    uint8_t hardware;        /* htype */
    uint8_t hardware_length; /* hlen; ≤ 16 */
    uint8_t hops;            /* relays passed */
    bool broadcast;          /* answers are to be broadcast */
    uint16_t secs;           /* since the client began */
    uint32_t xid;            /* of the exchange */
    struct dobos_address ciaddr, yiaddr, siaddr, giaddr; /* 0.0.0.0: not filled in */
    uint8_t chaddr[16]; /* the client's link address; what is behind hardware_length is kept too */
    struct slice sname, file;  /* borrowed; where they are names: without closing NULs */
    struct dhcp_fields fields; /* parse only: all options as they stand, for dhcp_option_next */

    bool has_mask, has_lease, has_renewal, has_rebinding; /* these options are there */
    uint8_t mask_length;                                  /* of option 1; bits */
    uint32_t lease_s, renewal_s, rebinding_s;             /* 51, 58 (T1), 59 (T2); DHCP_FOREVER */
    uint16_t max_size; /* 57, bytes of an IP packet, ≥ 576; 0: absent */
    struct dobos_address requested, server, broadcast_address; /* 50, 54, 28; 0.0.0.0: absent */
    struct dhcp_addresses routers, nameservers;                /* 3, 6 */
    struct dhcp_bytes client_id;  /* 61, type byte first; 0 or ≥ 2 bytes */
    struct dhcp_bytes parameters; /* 55: the options asked for */
    struct dhcp_bytes hostname, domain, message, vendor_class; /* 12, 15, 56, 60: without closing
                                                                  NULs; any bytes at all */
    struct dhcp_bytes relay;                                   /* 82, opaque */
    struct dhcp_searches searches;                             /* 119 */
    struct dhcp_routes routes; /* 121; the bits of option 3 do not count where there are some */
};

/* All but 500 bytes of it are options: initialize with this, then set what there is. */
void dhcp_init(struct dhcp *message);

/* Of the whole datagram's payload. False: malformed (see above), or longer than DHCP_MAX_BYTES. */
bool dhcp_parse(struct slice bytes, struct dhcp *message);

/*
 * Writes the message, padded to DHCP_MIN_BYTES; the writer's room is what the receiver takes (at
 * most DHCP_MAX_BYTES are used). Options go into the options field while there is room, then into
 * file and sname where those are empty (overload). The first are those that the protocol needs;
 * then those of `order` (a client's option 55; empty: our own order), then the others. What has no
 * room is left out, from the last. The writer fails when even those have none that the protocol
 * needs (50, 51, 53, 54, 57–59, 61). Returns how many options were left out.
 */
unsigned dhcp_emit(struct writer *w, const struct dhcp *message, const struct dhcp_bytes *order);

/* The next option at the cursor as it stands (a piece of one, RFC 3396), pads left out. False: no
 * more. Begin with {0}. */
struct dhcp_cursor {
    unsigned field;  /* of fields */
    size_t position; /* in it */
};
bool dhcp_option_next(const struct dhcp_fields *fields, struct dhcp_cursor *cursor, uint8_t *code,
                      struct slice *data);

/* The client asked for the option (55). */
bool dhcp_is_asked(const struct dhcp_bytes *parameters, uint8_t code);
/* Of a host name (12) its first label, if that has only letters, digits and inner hyphens (RFC 952,
 * 1123 §2.1) and nothing but such labels follow; else "" and false. */
#define DHCP_LABEL_BYTES 64 /* with its NUL */
bool dhcp_label(const struct dhcp_bytes *hostname, char label[DHCP_LABEL_BYTES]);
/* "DISCOVER"; NULL for unknown ones. */
const char *dhcp_type_name(unsigned type);
/* The link address; false when it is none of Ethernet. */
bool dhcp_mac(const struct dhcp *message, struct dobos_mac *mac);

#endif
