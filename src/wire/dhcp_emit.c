/*
 * dhcp_emit: a DHCP message into bytes, see dhcp.h. Each option is put whole into the first field
 * that has room for it, so the pieces of one longer than 255 bytes stand behind each other (RFC
 * 3396 §6). The file and the sname field are used when the options field is full and they hold no
 * name (RFC 2131 §4.1).
 */
#include "wire/dhcp.h"
#include "wire/dhcp_layout.h"

#define OVERLOAD_BYTES 3 /* option 52 */
#define END_BYTES      1
#define PIECE_BYTES    255
#define VALUE_BYTES    1536 /* the largest option: six names */

/* The fields being filled: 0 options, 1 file, 2 sname, as the bits of overload count them. */
struct options_writer {
    struct writer field[3]; /* without room for END (and overload) */
    bool is_used[3];        /* something stands there */
    uint32_t written[8];    /* bit by code */
};

void dhcp_init(struct dhcp *message) {
    memset(message, 0, sizeof(*message));
    struct dobos_address none = dobos_address_ipv4(0);
    message->ciaddr = message->yiaddr = message->siaddr = message->giaddr = none;
    message->requested = message->server = message->broadcast_address = none;
}

static void addresses_emit(struct writer *w, const struct dhcp_addresses *addresses) {
    for (size_t i = 0; i < addresses->count; i++)
        writer_be32(w, dobos_address_ipv4_number(&addresses->address[i]));
}

static void address_emit(struct writer *w, const struct dobos_address *address) {
    if (!dobos_address_is_unspecified(address))
        writer_be32(w, dobos_address_ipv4_number(address));
}

static void routes_emit(struct writer *w, const struct dhcp_routes *routes) {
    for (size_t i = 0; i < routes->count; i++) {
        const struct dhcp_route *route = &routes->route[i];
        uint8_t network[4];
        store_be32(network, dobos_address_ipv4_number(&route->to.address));
        writer_u8(w, route->to.length);
        writer_bytes(w, network, (route->to.length + 7u) / 8u);
        writer_be32(w, dobos_address_ipv4_number(&route->via));
    }
}

static void searches_emit(struct writer *w, const struct dhcp_searches *searches) {
    for (size_t i = 0; i < searches->count; i++)
        writer_bytes(w, searches->name[i].bytes, searches->name[i].length);
}

static void seconds_emit(struct writer *w, bool is_there, uint32_t seconds) {
    if (is_there)
        writer_be32(w, seconds);
}

static void bytes_emit(struct writer *w, const struct dhcp_bytes *bytes) {
    writer_bytes(w, bytes->bytes, bytes->length);
}

/* Numbers and addresses; false when the code is none of these. */
static bool number_emit(struct writer *w, const struct dhcp *message, uint8_t code) {
    switch (code) {
    case DHCP_OPTION_TYPE:
        if (message->type != DHCP_NO_TYPE)
            writer_u8(w, message->type);
        return true;
    case DHCP_OPTION_MASK:
        seconds_emit(w, message->has_mask,
                     message->mask_length == 0 ? 0 : UINT32_MAX << (32 - message->mask_length));
        return true;
    case DHCP_OPTION_REQUESTED:
        address_emit(w, &message->requested);
        return true;
    case DHCP_OPTION_SERVER:
        address_emit(w, &message->server);
        return true;
    case DHCP_OPTION_BROADCAST:
        address_emit(w, &message->broadcast_address);
        return true;
    case DHCP_OPTION_LEASE:
        seconds_emit(w, message->has_lease, message->lease_s);
        return true;
    case DHCP_OPTION_RENEWAL:
        seconds_emit(w, message->has_renewal, message->renewal_s);
        return true;
    case DHCP_OPTION_REBINDING:
        seconds_emit(w, message->has_rebinding, message->rebinding_s);
        return true;
    case DHCP_OPTION_MAX_SIZE:
        if (message->max_size > 0)
            writer_be16(w, message->max_size);
        return true;
    default:
        return false;
    }
}

static void list_emit(struct writer *w, const struct dhcp *message, uint8_t code) {
    switch (code) {
    case DHCP_OPTION_ROUTERS:
        addresses_emit(w, &message->routers);
        break;
    case DHCP_OPTION_NAMESERVERS:
        addresses_emit(w, &message->nameservers);
        break;
    case DHCP_OPTION_HOSTNAME:
        bytes_emit(w, &message->hostname);
        break;
    case DHCP_OPTION_DOMAIN:
        bytes_emit(w, &message->domain);
        break;
    case DHCP_OPTION_PARAMETERS:
        bytes_emit(w, &message->parameters);
        break;
    case DHCP_OPTION_MESSAGE:
        bytes_emit(w, &message->message);
        break;
    case DHCP_OPTION_VENDOR_CLASS:
        bytes_emit(w, &message->vendor_class);
        break;
    case DHCP_OPTION_CLIENT_ID:
        bytes_emit(w, &message->client_id);
        break;
    case DHCP_OPTION_RELAY:
        bytes_emit(w, &message->relay);
        break;
    case DHCP_OPTION_ROUTES:
        routes_emit(w, &message->routes);
        break;
    case DHCP_OPTION_SEARCH:
        searches_emit(w, &message->searches);
        break;
    default:
        break;
    }
}

/* Pieces of at most 255 bytes, one behind the other [rfc3396#3]. */
static void pieces_emit(struct writer *w, uint8_t code, const uint8_t *value, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t piece = min_size(length - at, PIECE_BYTES);
        writer_u8(w, code);
        writer_u8(w, (uint8_t)piece);
        writer_bytes(w, value + at, piece);
        at += piece;
    }
}

/* Into the first field with room for all of it [rfc2131#5]; false: there is none. Nothing when the
 * message has no such option, or it was written already. */
static bool option_emit(struct options_writer *options, const struct dhcp *message, uint8_t code) {
    UNINITIALIZED uint8_t value[VALUE_BYTES];
    struct writer w = writer_make(value, sizeof(value));
    if (options->written[code / 32] >> code % 32 & 1u)
        return true;
    if (!number_emit(&w, message, code))
        list_emit(&w, message, code);
    if (w.position == 0)
        return true;
    options->written[code / 32] |= 1u << code % 32;
    size_t whole = w.position + 2 * ((w.position + PIECE_BYTES - 1) / PIECE_BYTES);
    for (size_t i = 0; i < array_length(options->field); i++) {
        struct writer *field = &options->field[i];
        if (field->room - field->position < whole)
            continue;
        pieces_emit(field, code, value, w.position);
        options->is_used[i] = true;
        return true;
    }
    return false;
}

/* What the protocol needs goes first, in this order; false: no room. */
static bool needed_emit(struct options_writer *options, const struct dhcp *message) {
    static const uint8_t needed[] = {
        DHCP_OPTION_TYPE,      DHCP_OPTION_SERVER,    DHCP_OPTION_LEASE,    DHCP_OPTION_RENEWAL,
        DHCP_OPTION_REBINDING, DHCP_OPTION_REQUESTED, DHCP_OPTION_MAX_SIZE, DHCP_OPTION_CLIENT_ID,
    };
    bool is_whole = true;
    for (size_t i = 0; i < array_length(needed); i++)
        is_whole = option_emit(options, message, needed[i]) && is_whole;
    return is_whole;
}

/* The mask stands before the routers, whoever asked in which order [rfc2132#2] [rfc2132#4]. */
static unsigned asked_emit(struct options_writer *options, const struct dhcp *message,
                           const struct dhcp_bytes *order) {
    unsigned left_out = 0;
    for (size_t i = 0; order && i < order->length; i++) {
        uint8_t code = order->bytes[i];
        if (code == DHCP_OPTION_RELAY)
            continue;
        if (code == DHCP_OPTION_ROUTERS)
            left_out += !option_emit(options, message, DHCP_OPTION_MASK);
        left_out += !option_emit(options, message, code);
    }
    return left_out;
}

static unsigned others_emit(struct options_writer *options, const struct dhcp *message) {
    static const uint8_t others[] = {
        DHCP_OPTION_MASK,        DHCP_OPTION_ROUTES,     DHCP_OPTION_ROUTERS,
        DHCP_OPTION_NAMESERVERS, DHCP_OPTION_DOMAIN,     DHCP_OPTION_HOSTNAME,
        DHCP_OPTION_BROADCAST,   DHCP_OPTION_PARAMETERS, DHCP_OPTION_VENDOR_CLASS,
        DHCP_OPTION_MESSAGE,     DHCP_OPTION_SEARCH,     DHCP_OPTION_RELAY,
    };
    unsigned left_out = 0;
    for (size_t i = 0; i < array_length(others); i++)
        left_out += !option_emit(options, message, others[i]);
    return left_out;
}

/* [rfc2131#1] [rfc2131#3] */
static void header_emit(uint8_t *at, const struct dhcp *message) {
    memset(at, 0, DHCP_HEADER_BYTES);
    at[0] = message->op;
    at[1] = message->hardware;
    at[2] = message->hardware_length;
    at[3] = message->hops;
    store_be32(at + 4, message->xid);
    store_be16(at + 8, message->secs);
    store_be16(at + 10, message->broadcast ? FLAG_BROADCAST : 0);
    store_be32(at + 12, dobos_address_ipv4_number(&message->ciaddr));
    store_be32(at + 16, dobos_address_ipv4_number(&message->yiaddr));
    store_be32(at + 20, dobos_address_ipv4_number(&message->siaddr));
    store_be32(at + 24, dobos_address_ipv4_number(&message->giaddr));
    memcpy(at + 28, message->chaddr, sizeof(message->chaddr));
    if (message->sname.length > 0)
        memcpy(at + SNAME_AT, message->sname.bytes, min_size(message->sname.length, SNAME_BYTES));
    if (message->file.length > 0)
        memcpy(at + FILE_AT, message->file.bytes, min_size(message->file.length, FILE_BYTES));
    store_be32(at + COOKIE_AT, COOKIE);
}

/* The fields that may hold options: those with a name in them have no room. */
static struct options_writer options_begin(uint8_t *at, size_t room, const struct dhcp *message) {
    struct options_writer options = {0};
    bool has_file = message->file.length == 0, has_sname = message->sname.length == 0;
    size_t kept = END_BYTES + (has_file || has_sname ? OVERLOAD_BYTES : 0);
    options.field[0] = writer_make(at + DHCP_HEADER_BYTES, room - DHCP_HEADER_BYTES - kept);
    options.field[1] = writer_make(at + FILE_AT, has_file ? FILE_BYTES - END_BYTES : 0);
    options.field[2] = writer_make(at + SNAME_AT, has_sname ? SNAME_BYTES - END_BYTES : 0);
    return options;
}

/* Overload, the ENDs [rfc2131#2] [rfc2131#4]; the bytes of the options field. */
static size_t options_end(struct options_writer *options) {
    struct writer *first = &options->field[0];
    unsigned overload = (options->is_used[1] ? 1u : 0) | (options->is_used[2] ? 2u : 0);
    uint8_t *at = first->bytes + first->position;
    if (overload > 0) {
        *at++ = DHCP_OPTION_OVERLOAD;
        *at++ = 1;
        *at++ = (uint8_t)overload;
    }
    *at++ = DHCP_OPTION_END;
    for (size_t i = 1; i < array_length(options->field); i++) {
        if (options->is_used[i])
            options->field[i].bytes[options->field[i].position] = DHCP_OPTION_END;
    }
    return (size_t)(at - first->bytes);
}

unsigned dhcp_emit(struct writer *w, const struct dhcp *message, const struct dhcp_bytes *order) {
    size_t room = w->failed ? 0 : min_size(w->room - w->position, DHCP_MAX_BYTES);
    if (room < DHCP_HEADER_BYTES + OVERLOAD_BYTES + END_BYTES) {
        w->failed = true;
        return 0;
    }
    uint8_t *at = w->bytes + w->position;
    header_emit(at, message);
    struct options_writer options = options_begin(at, room, message);
    if (!needed_emit(&options, message)) {
        w->failed = true;
        return 0;
    }
    unsigned left_out = asked_emit(&options, message, order) + others_emit(&options, message);
    size_t length = DHCP_HEADER_BYTES + options_end(&options);
    size_t padded = max_size(length, min_size(DHCP_MIN_BYTES, room));
    memset(at + length, 0, padded - length);
    w->position += padded;
    return left_out;
}
