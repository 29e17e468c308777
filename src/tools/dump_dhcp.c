/*
 * dump_dhcp: DHCP messages (RFC 2131, options of 2132, 3397, 3442), as lines of dump.h: the fixed
 * part, then a line for each option as it stands. Of an option in several pieces the first shows
 * all there is to it where its value is known as a whole.
 */
#include <inttypes.h>

#include "base/bytes.h"
#include "tools/dump_layers.h"
#include "tools/text.h"
#include "wire/dhcp.h"

enum form {
    FORM_BYTES, /* in hexadecimal */
    FORM_ADDRESSES,
    FORM_NUMBER,
    FORM_TEXT,
    FORM_TYPE,   /* of the message */
    FORM_CODES,  /* numbers of options */
    FORM_SEARCH, /* of the whole message */
    FORM_ROUTES, /* of the whole message */
};

static const struct {
    uint8_t code;
    enum form form;
    char name[24];
} options[] = {
    {DHCP_OPTION_MASK, FORM_ADDRESSES, "subnet mask"},
    {DHCP_OPTION_ROUTERS, FORM_ADDRESSES, "routers"},
    {DHCP_OPTION_NAMESERVERS, FORM_ADDRESSES, "name servers"},
    {DHCP_OPTION_HOSTNAME, FORM_TEXT, "host name"},
    {DHCP_OPTION_DOMAIN, FORM_TEXT, "domain"},
    {DHCP_OPTION_BROADCAST, FORM_ADDRESSES, "broadcast address"},
    {DHCP_OPTION_REQUESTED, FORM_ADDRESSES, "requested address"},
    {DHCP_OPTION_LEASE, FORM_NUMBER, "lease time"},
    {DHCP_OPTION_OVERLOAD, FORM_NUMBER, "overload"},
    {DHCP_OPTION_TYPE, FORM_TYPE, "message type"},
    {DHCP_OPTION_SERVER, FORM_ADDRESSES, "server"},
    {DHCP_OPTION_PARAMETERS, FORM_CODES, "asks for options"},
    {DHCP_OPTION_MESSAGE, FORM_TEXT, "message"},
    {DHCP_OPTION_MAX_SIZE, FORM_NUMBER, "largest message"},
    {DHCP_OPTION_RENEWAL, FORM_NUMBER, "renewal time"},
    {DHCP_OPTION_REBINDING, FORM_NUMBER, "rebinding time"},
    {DHCP_OPTION_VENDOR_CLASS, FORM_TEXT, "vendor class"},
    {DHCP_OPTION_CLIENT_ID, FORM_BYTES, "client id"},
    {DHCP_OPTION_RELAY, FORM_BYTES, "relay agent"},
    {DHCP_OPTION_SEARCH, FORM_SEARCH, "search domains"},
    {DHCP_OPTION_ROUTES, FORM_ROUTES, "routes"},
};

static void put_bytes(struct sink *out, struct slice data) {
    sink_put(out, data.length > 0 ? " " : "");
    for (size_t i = 0; i < data.length; i++)
        sink_format(out, "%02x", data.bytes[i]);
}

static void put_addresses(struct sink *out, struct slice data) {
    for (size_t i = 0; i + 4 <= data.length; i += 4)
        sink_format(out, " %u.%u.%u.%u", data.bytes[i], data.bytes[i + 1], data.bytes[i + 2],
                    data.bytes[i + 3]);
}

static void put_number(struct sink *out, struct slice data) {
    uint64_t number = 0;
    for (size_t i = 0; i < data.length; i++)
        number = number << 8 | data.bytes[i];
    if (data.length == 4 && number == DHCP_FOREVER)
        sink_put(out, " for ever");
    else
        sink_format(out, " %" PRIu64, number);
}

static void put_type(struct sink *out, struct slice data) {
    const char *name = data.length == 1 ? dhcp_type_name(data.bytes[0]) : NULL;
    if (name)
        sink_format(out, " %s", name);
    else
        put_bytes(out, data);
}

static void put_codes(struct sink *out, struct slice data) {
    for (size_t i = 0; i < data.length; i++)
        sink_format(out, " %u", data.bytes[i]);
}

static void put_searches(struct sink *out, const struct dhcp_searches *searches) {
    char text[DNS_NAME_TEXT];
    for (unsigned i = 0; i < searches->count; i++) {
        dns_name_format(&searches->name[i], text);
        sink_format(out, " %s", text);
    }
}

static void put_routes(struct sink *out, const struct dhcp_routes *routes) {
    char to[DOBOS_PREFIX_TEXT], via[DOBOS_ADDRESS_TEXT];
    for (unsigned i = 0; i < routes->count; i++) {
        (void)dobos_prefix_format(&routes->route[i].to, to);
        (void)dobos_address_format(&routes->route[i].via, via);
        sink_format(out, "%s %s via %s", i > 0 ? "," : "", to, via);
    }
}

/* A value that does not have its form is shown as bytes. */
static enum form form_of(enum form form, struct slice data, const struct dhcp *message) {
    bool is_whole = form == FORM_ADDRESSES ? data.length > 0 && data.length % 4 == 0
                    : form == FORM_NUMBER  ? data.length > 0 && data.length <= 4
                    : form == FORM_SEARCH  ? message->searches.count > 0
                    : form == FORM_ROUTES  ? message->routes.count > 0
                                           : true;
    return is_whole ? form : FORM_BYTES;
}

static void put_value(struct sink *out, enum form form, struct slice data,
                      const struct dhcp *message) {
    switch (form_of(form, data, message)) {
    case FORM_BYTES:
        put_bytes(out, data);
        break;
    case FORM_ADDRESSES:
        put_addresses(out, data);
        break;
    case FORM_NUMBER:
        put_number(out, data);
        break;
    case FORM_TEXT:
        sink_put(out, " ");
        text_put(out, data.bytes, data.length);
        break;
    case FORM_TYPE:
        put_type(out, data);
        break;
    case FORM_CODES:
        put_codes(out, data);
        break;
    case FORM_SEARCH:
        put_searches(out, &message->searches);
        break;
    case FORM_ROUTES:
        put_routes(out, &message->routes);
        break;
    }
}

static void put_option(const struct dump *dump, const struct dhcp *message, uint8_t code,
                       struct slice data, json_t *list) {
    struct sink *out = dump->out;
    size_t i = 0;
    while (i < array_length(options) && options[i].code != code)
        i++;
    bool is_known = i < array_length(options);
    dump_line(dump);
    sink_format(out, "option %u", code);
    if (is_known)
        sink_format(out, " %s", options[i].name);
    size_t mark = out->length;
    put_value(out, is_known ? options[i].form : FORM_BYTES, data, message);
    if (list) {
        json_t *object = json_object();
        const char *value = sink_text(out) + mark;
        size_t length = out->length - mark;
        dump_set(dump, object, "code", json_integer(code));
        if (is_known)
            dump_set(dump, object, "name", json_string(options[i].name));
        dump_set(dump, object, "value",
                 length > 0 ? text_json(value + 1, length - 1) : json_string(""));
        dump_add(dump, list, object);
    }
    dump_line_end(dump);
}

/* An address of the fixed part, where it is filled in. */
static void put_address(const struct dump *dump, const char *key,
                        const struct dobos_address *address) {
    char text[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(address, text);
    dump_set_text(dump, key, text);
    if (!dobos_address_is_unspecified(address))
        sink_format(dump->out, " %s %s", key, text);
}

static void put_head(const struct dump *dump, const struct dhcp *message) {
    struct sink *out = dump->out;
    const char *type = message->type == DHCP_NO_TYPE ? "BOOTP" : dhcp_type_name(message->type);
    char text[DOBOS_MAC_TEXT] = "";
    struct dobos_mac mac;
    if (type)
        sink_format(out, "DHCP %s", type);
    else
        sink_format(out, "DHCP type %u", message->type);
    sink_format(out, " %s xid 0x%08" PRIx32,
                message->op == DHCP_OP_REQUEST ? "request"
                : message->op == DHCP_OP_REPLY ? "reply"
                                               : "op unknown",
                message->xid);
    if (dhcp_mac(message, &mac)) {
        (void)dobos_mac_format(&mac, text);
        sink_format(out, " client %s", text);
        dump_set_text(dump, "client", text);
    }
    sink_format(out, " secs %u%s", message->secs, message->broadcast ? " broadcast" : "");
    if (message->hops > 0)
        sink_format(out, " hops %u", message->hops);
    dump_set_number(dump, "op", message->op);
    dump_set_number(dump, "type", message->type);
    dump_set_text(dump, "type_name", type);
    dump_set_number(dump, "xid", message->xid);
    dump_set_number(dump, "secs", message->secs);
    dump_set_number(dump, "hops", message->hops);
    dump_set_flag(dump, "broadcast", message->broadcast);
    put_address(dump, "ciaddr", &message->ciaddr);
    put_address(dump, "yiaddr", &message->yiaddr);
    put_address(dump, "siaddr", &message->siaddr);
    put_address(dump, "giaddr", &message->giaddr);
}

static void put_field(const struct dump *dump, const char *key, struct slice text) {
    if (text.length == 0)
        return;
    sink_format(dump->out, " %s ", key);
    text_put(dump->out, text.bytes, text.length);
    dump_set_bytes(dump, key, text.bytes, text.length);
}

enum dump_layer dump_dhcp(struct dump *dump) {
    struct dhcp message;
    struct dhcp_cursor cursor = {0};
    uint8_t code;
    struct slice data;
    dump_layer_begin(dump, "DHCP");
    if (dump->length < dump->real_length ||
        !dhcp_parse((struct slice){dump->bytes, dump->length}, &message)) {
        bool is_cut = dump->length < dump->real_length;
        sink_put(dump->out, is_cut ? "DHCP cut" : "DHCP malformed");
        dump_set_malformed(dump, is_cut ? "cut" : "malformed");
        dump_line_end(dump);
        return DUMP_DATA;
    }
    put_head(dump, &message);
    put_field(dump, "sname", message.sname);
    put_field(dump, "file", message.file);
    dump_line_end(dump);
    dump->depth++;
    json_t *list = dump_set_list(dump, "options");
    while (dhcp_option_next(&message.fields, &cursor, &code, &data))
        put_option(dump, &message, code, data, list);
    return DUMP_END;
}
