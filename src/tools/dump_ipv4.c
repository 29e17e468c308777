/* dump_ipv4: IPv4's header, as lines of dump.h. */
#include <inttypes.h>

#include "base/checksum.h"
#include "tools/dump_layers.h"
#include "wire/ipv4.h"
#include "wire/ipv4_options.h"

static const char *ipv4_error_text(enum ipv4_error error) {
    static const char *const texts[] = {
        [IPV4_OK] = "",
        [IPV4_SHORT] = "shorter than its header",
        [IPV4_VERSION] = "version is not 4",
        [IPV4_HEADER_LENGTH] = "header length below 20 or beyond the packet",
        [IPV4_TOTAL_LENGTH] = "total length below the header's or beyond the packet",
        [IPV4_CHECKSUM] = "header checksum",
        [IPV4_OPTIONS] = "options",
    };
    return texts[error];
}

static const char *protocol_name(uint8_t protocol) {
    return protocol == PROTOCOL_ICMP  ? "ICMP"
           : protocol == PROTOCOL_UDP ? "UDP"
           : protocol == PROTOCOL_TCP ? "TCP"
                                      : NULL;
}

#define TIME_IS_OWN UINT32_C(0x80000000) /* it does not count from midnight UTC */

/* A place of an option, at its bytes, as text and as a member of `list`. */
static void put_place(const struct dump *dump, const struct ipv4_record *record, const uint8_t *at,
                      json_t *list) {
    char text[DOBOS_ADDRESS_TEXT];
    json_t *place = json_object();
    if (record->has_addresses) {
        const struct dobos_address address = dobos_address_ipv4(load_be32(at));
        (void)dobos_address_format(&address, text);
        sink_format(dump->out, " %s", text);
        dump_set(dump, place, "address", json_string(text));
    }
    if (!record->has_addresses || record->place_bytes > 4) {
        uint32_t time = load_be32(at + record->place_bytes - 4);
        bool is_own = (time & TIME_IS_OWN) != 0;
        sink_format(dump->out, "%s %" PRIu32 " ms", is_own ? " own" : "", time & ~TIME_IS_OWN);
        dump_set(dump, place, "ms", json_integer(time & ~TIME_IS_OWN));
        dump_set(dump, place, "own_time", json_boolean(is_own));
    }
    dump_add(dump, list, place);
}

/* What routers have written into it so far. */
static void put_record(const struct dump *dump, const struct ipv4_record *record,
                       struct slice options, const char *key) {
    if (record->at == 0)
        return;
    json_t *list = dump_set_list(dump, key);
    for (size_t at = record->first; at + record->place_bytes <= record->next;
         at += record->place_bytes)
        put_place(dump, record, options.bytes + at - IPV4_HEADER_BYTES, list);
    if (record->overflow > 0) {
        sink_format(dump->out, " overflow %u", record->overflow);
        dump_set_number(dump, "timestamp_overflow", record->overflow);
    }
}

static void put_options(const struct dump *dump, struct slice options) {
    static const struct {
        uint8_t kind;
        char name[20];
    } names[] = {{1, "NOP"},
                 {7, "record route"},
                 {68, "timestamp"},
                 {131, "loose source route"},
                 {137, "strict source route"},
                 {148, "router alert"}};
    struct reader r = reader_make(options.bytes, options.length);
    uint8_t kind;
    struct slice data;
    const char *separator = " options ";
    struct sink *out = dump->out;
    json_t *list = options.length > 0 ? dump_set_list(dump, "options") : NULL;
    struct ipv4_records records;
    bool are_sound = ipv4_records_parse(options, &records);
    while (ipv4_option_parse(&r, &kind, &data)) {
        dump_add(dump, list, json_integer(kind));
        sink_put(out, separator);
        separator = ", ";
        size_t i = 0;
        while (i < array_length(names) && names[i].kind != kind)
            i++;
        if (i < array_length(names))
            sink_put(out, names[i].name);
        else
            sink_format(out, "%u", kind);
        if (are_sound && kind == IPV4_OPTION_RECORD_ROUTE)
            put_record(dump, &records.route, options, "record_route");
        if (are_sound && kind == IPV4_OPTION_TIMESTAMP)
            put_record(dump, &records.stamp, options, "timestamps");
    }
}

static void put_ipv4(const struct dump *dump, const struct ipv4 *ipv4) {
    const char *name = protocol_name(ipv4->protocol);
    char source[DOBOS_ADDRESS_TEXT], destination[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(&ipv4->source, source);
    (void)dobos_address_format(&ipv4->destination, destination);
    sink_format(dump->out, "IPv4 %s > %s", source, destination);
    if (name)
        sink_format(dump->out, " protocol %s", name);
    else
        sink_format(dump->out, " protocol %u", ipv4->protocol);
    sink_format(dump->out, " ttl %u", ipv4->ttl);
    if (ipv4->tos != 0)
        sink_format(dump->out, " tos 0x%02x", ipv4->tos);
    sink_format(dump->out, " id 0x%04x", ipv4->identification);
    if (ipv4->dont_fragment)
        sink_put(dump->out, " DF");
    if (ipv4->more_fragments)
        sink_put(dump->out, " MF");
    if (ipv4->fragment_offset > 0)
        sink_format(dump->out, " offset %u", ipv4->fragment_offset);
    sink_format(dump->out, " length %u", ipv4->total_length);
}

static void set_ipv4(const struct dump *dump, const struct ipv4 *ipv4) {
    dump_set_address(dump, "source", &ipv4->source);
    dump_set_address(dump, "destination", &ipv4->destination);
    dump_set_number(dump, "protocol", ipv4->protocol);
    dump_set_number(dump, "ttl", ipv4->ttl);
    dump_set_number(dump, "tos", ipv4->tos);
    dump_set_number(dump, "id", ipv4->identification);
    dump_set_flag(dump, "dont_fragment", ipv4->dont_fragment);
    dump_set_flag(dump, "more_fragments", ipv4->more_fragments);
    dump_set_number(dump, "offset", ipv4->fragment_offset);
    dump_set_number(dump, "header_length", ipv4->header_length);
    dump_set_number(dump, "length", ipv4->total_length);
}

static enum dump_layer ipv4_next(struct dump *dump, const struct ipv4 *ipv4) {
    dump->source = ipv4->source;
    dump->destination = ipv4->destination;
    dump->protocol = ipv4->protocol;
    dump->is_fragment = ipv4->more_fragments || ipv4->fragment_offset > 0;
    if (ipv4->fragment_offset > 0)
        return DUMP_DATA;
    return ipv4->protocol == PROTOCOL_ICMP  ? DUMP_ICMP
           : ipv4->protocol == PROTOCOL_UDP ? DUMP_UDP
           : ipv4->protocol == PROTOCOL_TCP ? DUMP_TCP
                                            : DUMP_DATA;
}

/* A wrong checksum hides nothing: the header is read again with the right one. An ICMP error's
 * quote may be all there is of a packet. */
enum dump_layer dump_ipv4(struct dump *dump) {
    uint8_t header[IPV4_HEADER_MAX_BYTES];
    size_t length = min_size(dump->length, sizeof(header));
    memcpy(header, dump->bytes, length);
    struct reader r = reader_make(header, length);
    struct ipv4 ipv4;
    size_t available = dump->is_quoted ? UINT16_MAX : dump->real_length;
    enum ipv4_error error = ipv4_parse(&r, available, &ipv4);
    uint16_t found = 0, right = 0;
    if (error == IPV4_CHECKSUM) {
        found = load_be16(header + 10);
        store_be16(header + 10, 0);
        right = checksum_finish(checksum_add(0, header, ipv4.header_length));
        store_be16(header + 10, right);
        r = reader_make(header, length);
        error = ipv4_parse(&r, available, &ipv4);
    }
    dump_layer_begin(dump, "IPv4");
    if (error != IPV4_OK) {
        sink_format(dump->out, "IPv4 malformed: %s", ipv4_error_text(error));
        dump_set_malformed(dump, ipv4_error_text(error));
        dump_line_end(dump);
        return DUMP_DATA;
    }
    put_ipv4(dump, &ipv4);
    set_ipv4(dump, &ipv4);
    dump_set_number(dump, "checksum", load_be16(dump->bytes + 10));
    dump_set_text(dump, "checksum_status", found != right ? "wrong" : "ok");
    if (found != right)
        dump_set_number(dump, "checksum_expected", right);
    if (found != right)
        sink_format(dump->out, " checksum wrong (0x%04x, should be 0x%04x)", found, right);
    else
        sink_put(dump->out, " checksum ok");
    put_options(dump, ipv4.options);
    dump_line_end(dump);
    dump_trim(dump, ipv4.total_length);
    if (dump->is_quoted)
        dump->real_length = ipv4.total_length;
    dump_skip(dump, ipv4.header_length);
    return ipv4_next(dump, &ipv4);
}
