/*
 * dhcp_parse: bytes into a DHCP message, see dhcp.h (RFC 2131 §2, §4.1; RFC 3396 §5–7). First the
 * fields that hold options are found and held against their bounds, once; then each known option
 * that is there is gathered from its pieces and read. Overload is looked for in the options field
 * alone, so no field can name another a second time. Every walk consumes a byte a turn.
 */
#include "base/prefix.h"
#include "wire/dhcp.h"
#include "wire/dhcp_layout.h"

#define GATHER_BYTES 1232 /* of the largest option: all of the largest message */
#define CHADDR_BYTES 16

/* The next option, pads left out; false at the end of the field. A field was checked by
 * field_make. */
static bool option_in_field(struct slice field, size_t *position, uint8_t *code,
                            struct slice *data) {
    struct reader r = reader_make(field.bytes, field.length);
    r.position = *position;
    do {
        *code = reader_u8(&r);
    } while (!r.failed && *code == DHCP_OPTION_PAD);
    uint8_t length = reader_u8(&r);
    *data = reader_slice(&r, length);
    if (r.failed)
        return false;
    *position = r.position;
    return true;
}

bool dhcp_option_next(const struct dhcp_fields *fields, struct dhcp_cursor *cursor, uint8_t *code,
                      struct slice *data) {
    for (; cursor->field < fields->count; cursor->field++, cursor->position = 0) {
        if (option_in_field(fields->field[cursor->field], &cursor->position, code, data))
            return true;
    }
    return false;
}

/* The options of a field up to its END [rfc2131#2] [rfc2131#5]; false: there is none, or an option
 * leads beyond the field. */
static bool field_make(const uint8_t *bytes, size_t length, struct slice *field) {
    struct reader r = reader_make(bytes, length);
    for (;;) {
        uint8_t code = reader_u8(&r);
        if (r.failed)
            return false;
        if (code == DHCP_OPTION_END)
            break;
        if (code != DHCP_OPTION_PAD)
            reader_skip(&r, reader_u8(&r));
    }
    *field = (struct slice){bytes, r.position - 1};
    return true;
}

/* All pieces of the option, in order [rfc3396#1] [rfc3396#2] [rfc2131#6]; their length, which may
 * be more than there is room for. */
static size_t option_gather(const struct dhcp_fields *fields, uint8_t wanted, uint8_t *to,
                            size_t room) {
    struct dhcp_cursor cursor = {0};
    struct slice data;
    uint8_t code;
    size_t length = 0;
    while (dhcp_option_next(fields, &cursor, &code, &data)) {
        if (code != wanted)
            continue;
        if (length <= room && data.length <= room - length && data.length > 0)
            memcpy(to + length, data.bytes, data.length);
        length += data.length;
    }
    return length;
}

/* What overload says of the options field: bit 0 the file, bit 1 the sname field hold options
 * [rfc2132#3]; −1: malformed. */
static int overload_parse(struct slice options) {
    uint8_t value[1] = {0};
    struct dhcp_fields only = {.field = {options}, .count = 1};
    size_t length = option_gather(&only, DHCP_OPTION_OVERLOAD, value, sizeof(value));
    if (length == 0)
        return 0;
    return length == 1 && value[0] >= 1 && value[0] <= 3 ? value[0] : -1;
}

static struct slice text_field(const uint8_t *bytes, size_t room) {
    size_t length = 0;
    while (length < room && bytes[length] != 0)
        length++;
    return (struct slice){bytes, length};
}

/* [rfc2131#6] [rfc2131#7] */
static bool fields_parse(struct slice bytes, struct dhcp *message) {
    struct dhcp_fields *fields = &message->fields;
    if (!field_make(bytes.bytes + DHCP_HEADER_BYTES, bytes.length - DHCP_HEADER_BYTES,
                    &fields->field[0]))
        return false;
    int overload = overload_parse(fields->field[0]);
    if (overload < 0)
        return false;
    fields->count = 1;
    if (!(overload & 1))
        message->file = text_field(bytes.bytes + FILE_AT, FILE_BYTES);
    else if (!field_make(bytes.bytes + FILE_AT, FILE_BYTES, &fields->field[fields->count++]))
        return false;
    if (!(overload & 2))
        message->sname = text_field(bytes.bytes + SNAME_AT, SNAME_BYTES);
    else if (!field_make(bytes.bytes + SNAME_AT, SNAME_BYTES, &fields->field[fields->count++]))
        return false;
    return true;
}

/* ---- the options, each from all of its bytes ---- */

static void bytes_keep(struct slice data, struct dhcp_bytes *to) {
    if (data.length > sizeof(to->bytes))
        return;
    to->length = (uint8_t)data.length;
    memcpy(to->bytes, data.bytes, data.length);
}

/* Without the NULs that some close it with [rfc2132#1]. */
static void text_keep(struct slice data, struct dhcp_bytes *to) {
    while (data.length > 0 && data.bytes[data.length - 1] == 0)
        data.length--;
    bytes_keep(data, to);
}

/* [rfc2132#7] */
static void addresses_keep(struct slice data, struct dhcp_addresses *to) {
    if (data.length % 4 != 0)
        return;
    to->count = (uint8_t)min_size(data.length / 4, DHCP_ADDRESSES);
    for (size_t i = 0; i < to->count; i++)
        to->address[i] = dobos_address_ipv4(load_be32(data.bytes + 4 * i));
}

/* A contiguous mask. */
static void mask_keep(struct slice data, struct dhcp *message) {
    if (data.length != 4)
        return;
    uint32_t mask = load_be32(data.bytes);
    uint8_t length = 0;
    while (length < 32 && (mask << length & 0x80000000u) != 0)
        length++;
    if (ipv4_mask(length) != mask)
        return;
    message->has_mask = true;
    message->mask_length = length;
}

static bool address_keep(struct slice data, struct dobos_address *to) {
    if (data.length == 4)
        *to = dobos_address_ipv4(load_be32(data.bytes));
    return data.length == 4;
}

static bool seconds_keep(struct slice data, bool *is_there, uint32_t *to) {
    *is_there = data.length == 4;
    if (*is_there)
        *to = load_be32(data.bytes);
    return *is_there;
}

/* The width of the mask, as many bytes of the network as that has, the router [rfc3442#1]
 * [rfc3442#2]. */
static bool route_parse(struct reader *r, struct dhcp_route *route) {
    uint8_t network[4] = {0};
    uint8_t length = reader_u8(r);
    if (length > 32)
        return false;
    reader_copy(r, network, (length + 7u) / 8u);
    route->to.address = dobos_address_ipv4(load_be32(network) & ipv4_mask(length));
    route->to.length = length;
    route->via = dobos_address_ipv4(reader_be32(r));
    return !r->failed;
}

static void routes_keep(struct slice data, struct dhcp_routes *to) {
    struct reader r = reader_make(data.bytes, data.length);
    struct dhcp_route route;
    while (reader_rest(&r) > 0) {
        if (!route_parse(&r, &route)) {
            to->count = 0;
            return;
        }
        if (to->count < DHCP_ROUTES)
            to->route[to->count++] = route;
    }
}

/* Names, each compressed against the option's own bytes [rfc3397#1]. */
static void searches_keep(struct slice data, struct dhcp_searches *to) {
    struct reader r = reader_make(data.bytes, data.length);
    struct dns_name name;
    while (reader_rest(&r) > 0) {
        if (!dns_name_parse_above(&r, 0, &name)) {
            to->count = 0;
            return;
        }
        if (to->count < DHCP_SEARCHES)
            to->name[to->count++] = name;
    }
}

/* Those the protocol depends on; false: malformed. */
static bool option_needed(uint8_t code, struct slice data, struct dhcp *message) {
    switch (code) {
    case DHCP_OPTION_TYPE:
        message->type = data.bytes[0];
        return data.length == 1 && data.bytes[0] != DHCP_NO_TYPE;
    case DHCP_OPTION_REQUESTED:
        return address_keep(data, &message->requested);
    case DHCP_OPTION_SERVER:
        return address_keep(data, &message->server);
    case DHCP_OPTION_LEASE:
        return seconds_keep(data, &message->has_lease, &message->lease_s);
    case DHCP_OPTION_RENEWAL:
        return seconds_keep(data, &message->has_renewal, &message->renewal_s);
    case DHCP_OPTION_REBINDING:
        return seconds_keep(data, &message->has_rebinding, &message->rebinding_s);
    case DHCP_OPTION_MAX_SIZE: /* a smaller one is none [rfc2132#5] */
        if (data.length == 2 && load_be16(data.bytes) >= 576)
            message->max_size = load_be16(data.bytes);
        return data.length == 2;
    case DHCP_OPTION_CLIENT_ID: /* [rfc2132#6] */
        bytes_keep(data, &message->client_id);
        return data.length >= 2 && data.length <= sizeof(message->client_id.bytes);
    default:
        return true;
    }
}

static void option_other(uint8_t code, struct slice data, struct dhcp *message) {
    switch (code) {
    case DHCP_OPTION_MASK:
        mask_keep(data, message);
        break;
    case DHCP_OPTION_ROUTERS:
        addresses_keep(data, &message->routers);
        break;
    case DHCP_OPTION_NAMESERVERS:
        addresses_keep(data, &message->nameservers);
        break;
    case DHCP_OPTION_BROADCAST:
        (void)address_keep(data, &message->broadcast_address);
        break;
    case DHCP_OPTION_HOSTNAME:
        text_keep(data, &message->hostname);
        break;
    case DHCP_OPTION_DOMAIN:
        text_keep(data, &message->domain);
        break;
    case DHCP_OPTION_MESSAGE:
        text_keep(data, &message->message);
        break;
    case DHCP_OPTION_VENDOR_CLASS:
        text_keep(data, &message->vendor_class);
        break;
    case DHCP_OPTION_PARAMETERS:
        bytes_keep(data, &message->parameters);
        break;
    case DHCP_OPTION_RELAY:
        bytes_keep(data, &message->relay);
        break;
    case DHCP_OPTION_ROUTES:
        routes_keep(data, &message->routes);
        break;
    case DHCP_OPTION_SEARCH:
        searches_keep(data, &message->searches);
        break;
    default:
        break;
    }
}

/* Each option that is there once, from all of its pieces. An empty one of those needed is
 * malformed, another is none. */
static bool options_parse(struct dhcp *message) {
    uint8_t gathered[GATHER_BYTES] = {0};
    uint32_t seen[8] = {0};
    struct dhcp_cursor cursor = {0};
    struct slice data;
    uint8_t code;
    while (dhcp_option_next(&message->fields, &cursor, &code, &data)) {
        bool is_again = seen[code / 32] >> code % 32 & 1u;
        seen[code / 32] |= 1u << code % 32;
        if (is_again)
            continue;
        size_t length = option_gather(&message->fields, code, gathered, sizeof(gathered));
        struct slice whole = {gathered, length};
        bool is_needed = (code >= 50 && code <= 54 && code != DHCP_OPTION_OVERLOAD) ||
                         (code >= 57 && code <= 59) || code == DHCP_OPTION_CLIENT_ID;
        if (is_needed && (length == 0 || length > 255 || !option_needed(code, whole, message)))
            return false;
        if (!is_needed && length > 0 && length <= sizeof(gathered))
            option_other(code, whole, message);
    }
    return true;
}

static void header_parse(struct reader *r, struct dhcp *message) {
    message->op = reader_u8(r);
    message->hardware = reader_u8(r);
    message->hardware_length = reader_u8(r);
    message->hops = reader_u8(r);
    message->xid = reader_be32(r);
    message->secs = reader_be16(r);
    message->broadcast = (reader_be16(r) & FLAG_BROADCAST) != 0; /* the rest: any [rfc2131#1] */
    message->ciaddr = dobos_address_ipv4(reader_be32(r));
    message->yiaddr = dobos_address_ipv4(reader_be32(r));
    message->siaddr = dobos_address_ipv4(reader_be32(r));
    message->giaddr = dobos_address_ipv4(reader_be32(r));
    reader_copy(r, message->chaddr, CHADDR_BYTES);
}

/* [rfc2131#99] */
bool dhcp_parse(struct slice bytes, struct dhcp *message) {
    dhcp_init(message);
    if (bytes.length < DHCP_HEADER_BYTES || bytes.length > DHCP_MAX_BYTES)
        return false;
    struct reader r = reader_make(bytes.bytes, bytes.length);
    header_parse(&r, message);
    if (load_be32(bytes.bytes + COOKIE_AT) != COOKIE) /* [rfc2131#3] */
        return false;
    if (message->op != DHCP_OP_REQUEST && message->op != DHCP_OP_REPLY)
        return false;
    if (message->hardware_length > CHADDR_BYTES)
        return false;
    return fields_parse(bytes, message) && options_parse(message);
}
