/*
 * dump: see dump.h. A loop, not a recursion: each layer prints its line, passes over its bytes and
 * names the next layer, until none is left. Here are frames, layers 2 and 3, and what all layers
 * share; dump_transport.c and dump_dns.c have the others.
 */
#include "tools/dump.h"

#include <inttypes.h>

#include "base/checksum.h"
#include "tools/dump_layers.h"
#include "tools/text.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

#define TEXT_BYTES 60 /* of data shown as text */

void dump_line(const struct dump *dump) {
    sink_format(dump->out, "%*s", (int)(2 * dump->depth), "");
}

void dump_line_end(const struct dump *dump) {
    sink_put(dump->out, "\n");
}

void dump_skip(struct dump *dump, size_t n) {
    size_t here = min_size(n, dump->length);
    dump->bytes += here;
    dump->length -= here;
    dump->real_length -= min_size(n, dump->real_length);
}

void dump_trim(struct dump *dump, size_t n) {
    dump->length = min_size(dump->length, n);
    dump->real_length = min_size(dump->real_length, n);
}

void dump_checksum(const struct dump *dump, uint32_t sum, size_t field, size_t length) {
    if (dump->is_quoted || dump->is_fragment || length > dump->length) {
        sink_put(dump->out, " checksum not checked");
        return;
    }
    uint16_t found = load_be16(dump->bytes + field);
    sum = checksum_add(sum, dump->bytes, field);
    sum = checksum_add(sum, dump->bytes + field + 2, length - field - 2);
    uint16_t right = checksum_finish(sum);
    if (found == right || (right == 0 && found == 0xffff))
        sink_put(dump->out, " checksum ok");
    else
        sink_format(dump->out, " checksum wrong (0x%04x, should be 0x%04x)", found, right);
}

static void put_mac(struct sink *out, const struct dobos_mac *mac) {
    char text[DOBOS_MAC_TEXT];
    dobos_mac_format(mac, text);
    sink_put(out, text);
}

static void put_address(struct sink *out, const struct dobos_address *address) {
    char text[DOBOS_ADDRESS_TEXT];
    dobos_address_format(address, text);
    sink_put(out, text);
}

static enum dump_layer dump_data(struct dump *dump) {
    if (dump->real_length == 0)
        return DUMP_END;
    dump_line(dump);
    sink_format(dump->out, "Data %zu byte%s", dump->real_length, dump->real_length == 1 ? "" : "s");
    if (dump->length < dump->real_length)
        sink_format(dump->out, ", %zu captured", dump->length);
    size_t line = 0;
    while (line < dump->length && dump->bytes[line] != '\r' && dump->bytes[line] != '\n' &&
           dump->bytes[line] >= ' ' && dump->bytes[line] < 0x7f)
        line++;
    bool is_line = line > 0 &&
                   (line == dump->length || dump->bytes[line] == '\r' || dump->bytes[line] == '\n');
    if (is_line && line <= TEXT_BYTES)
        sink_format(dump->out, ": %.*s", (int)line, (const char *)dump->bytes);
    else if (is_line)
        sink_format(dump->out, ": %.*s...", TEXT_BYTES, (const char *)dump->bytes);
    dump_line_end(dump);
    return DUMP_END;
}

static enum dump_layer dump_ethernet(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct ethernet frame;
    enum dump_layer next = DUMP_DATA;
    dump_line(dump);
    if (!ethernet_parse(&r, &frame)) {
        sink_put(dump->out, "Ethernet malformed: shorter than its header");
        dump_line_end(dump);
        return DUMP_DATA;
    }
    sink_put(dump->out, "Ethernet ");
    put_mac(dump->out, &frame.source);
    sink_put(dump->out, " > ");
    put_mac(dump->out, &frame.destination);
    if (frame.type == ETHER_TYPE_ARP || frame.type == ETHER_TYPE_IPV4) {
        sink_format(dump->out, " type %s", frame.type == ETHER_TYPE_ARP ? "ARP" : "IPv4");
        next = frame.type == ETHER_TYPE_ARP ? DUMP_ARP : DUMP_IPV4;
    } else if (frame.type != 0) {
        sink_format(dump->out, " type %s0x%04x", frame.type == ETHER_TYPE_IPV6 ? "IPv6 " : "",
                    frame.type);
    } else {
        sink_put(dump->out, " IEEE 802.3");
    }
    if (frame.payload_length > 0)
        sink_format(dump->out, " length %u", frame.payload_length);
    dump_line_end(dump);
    dump_skip(dump, frame.payload_offset);
    if (frame.payload_length > 0)
        dump_trim(dump, frame.payload_length);
    return next;
}

static enum dump_layer dump_arp(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct arp arp;
    dump_line(dump);
    if (!arp_parse(&r, &arp)) {
        sink_put(dump->out, "ARP malformed: short, or not for Ethernet and IPv4");
    } else if (arp.operation == ARP_REQUEST) {
        sink_put(dump->out, "ARP request who has ");
        put_address(dump->out, &arp.target);
        sink_put(dump->out, " tell ");
        put_address(dump->out, &arp.sender);
        sink_put(dump->out, " at ");
        put_mac(dump->out, &arp.sender_mac);
    } else {
        if (arp.operation == ARP_REPLY)
            sink_put(dump->out, "ARP reply ");
        else
            sink_format(dump->out, "ARP operation %u ", arp.operation);
        put_address(dump->out, &arp.sender);
        sink_put(dump->out, " is at ");
        put_mac(dump->out, &arp.sender_mac);
        sink_put(dump->out, " to ");
        put_address(dump->out, &arp.target);
        sink_put(dump->out, " at ");
        put_mac(dump->out, &arp.target_mac);
    }
    dump_line_end(dump);
    return DUMP_END;
}

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

static void put_ipv4_options(struct sink *out, struct slice options) {
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
    while (ipv4_option_parse(&r, &kind, &data)) {
        sink_put(out, separator);
        separator = ", ";
        size_t i = 0;
        while (i < array_length(names) && names[i].kind != kind)
            i++;
        if (i < array_length(names))
            sink_put(out, names[i].name);
        else
            sink_format(out, "%u", kind);
    }
}

static void put_ipv4(const struct dump *dump, const struct ipv4 *ipv4) {
    const char *name = protocol_name(ipv4->protocol);
    sink_put(dump->out, "IPv4 ");
    put_address(dump->out, &ipv4->source);
    sink_put(dump->out, " > ");
    put_address(dump->out, &ipv4->destination);
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
static enum dump_layer dump_ipv4(struct dump *dump) {
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
    dump_line(dump);
    if (error != IPV4_OK) {
        sink_format(dump->out, "IPv4 malformed: %s", ipv4_error_text(error));
        dump_line_end(dump);
        return DUMP_DATA;
    }
    put_ipv4(dump, &ipv4);
    if (found != right)
        sink_format(dump->out, " checksum wrong (0x%04x, should be 0x%04x)", found, right);
    else
        sink_put(dump->out, " checksum ok");
    put_ipv4_options(dump->out, ipv4.options);
    dump_line_end(dump);
    dump_trim(dump, ipv4.total_length);
    if (dump->is_quoted)
        dump->real_length = ipv4.total_length;
    dump_skip(dump, ipv4.header_length);
    return ipv4_next(dump, &ipv4);
}

/* Each turn goes one layer in; only an ICMP error leads outward again, once. */
static void dump_layers(struct dump *dump, enum dump_layer layer) {
    while (layer != DUMP_END) {
        switch (layer) {
        case DUMP_ETHERNET:
            layer = dump_ethernet(dump);
            break;
        case DUMP_ARP:
            layer = dump_arp(dump);
            break;
        case DUMP_IPV4:
            layer = dump_ipv4(dump);
            break;
        case DUMP_ICMP:
            layer = dump_icmp(dump);
            break;
        case DUMP_UDP:
            layer = dump_udp(dump);
            break;
        case DUMP_TCP:
            layer = dump_tcp(dump);
            break;
        case DUMP_DNS:
            layer = dump_dns(dump);
            break;
        case DUMP_DATA:
        case DUMP_END:
            layer = dump_data(dump);
            break;
        }
        dump->depth++;
    }
}

static void dump_at(struct sink *out, uint16_t link_type, struct slice packet,
                    size_t original_length, unsigned depth) {
    static const uint8_t nothing = 0;
    struct dump dump = {.out = out, .bytes = &nothing, .depth = depth};
    if (packet.length > 0) {
        dump.bytes = packet.bytes;
        dump.length = packet.length;
    }
    dump.real_length = max_size(packet.length, original_length);
    dump_layers(&dump, link_type == PCAPNG_LINKTYPE_ETHERNET ? DUMP_ETHERNET
                       : link_type == PCAPNG_LINKTYPE_RAW    ? DUMP_IPV4
                                                             : DUMP_DATA);
}

void dump_packet(struct sink *out, uint16_t link_type, const void *bytes, size_t length,
                 size_t original_length) {
    dump_at(out, link_type, (struct slice){bytes, length}, original_length, 0);
}

/* Days since 1970-01-01 as year, month, day of the Gregorian calendar; years begin in March, so
 * that the leap day is the last. */
static void put_date(struct sink *out, uint64_t days) {
    uint64_t day = days + 719468; /* since 0000-03-01 */
    uint64_t era = day / 146097, of_era = day % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153;
    uint64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    uint64_t calendar = month < 10 ? month + 3 : month - 9;
    sink_format(out, "%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64, year + era * 400 + (calendar <= 2),
                calendar, of_month);
}

void dump_captured(struct sink *out, uint64_t number, const struct pcapng_reader *reader,
                   const struct pcapng_packet *packet, uint16_t link_type) {
    uint64_t seconds = packet->time_ns / 1000000000, of_day = seconds % 86400;
    sink_format(out, "Packet %" PRIu64 " ", number);
    put_date(out, seconds / 86400);
    sink_format(out, "T%02u:%02u:%02u.%09uZ ", (unsigned)(of_day / 3600),
                (unsigned)(of_day / 60 % 60), (unsigned)(of_day % 60),
                (unsigned)(packet->time_ns % 1000000000));
    struct slice name = reader->interfaces[packet->interface].name;
    if (name.length > 0)
        text_put(out, name.bytes, name.length);
    else
        sink_format(out, "interface %" PRIu32, packet->interface);
    sink_format(out, " %zu bytes", packet->data.length);
    if (packet->original_length > packet->data.length)
        sink_format(out, " of %" PRIu32, packet->original_length);
    if (packet->comment.length > 0) {
        sink_put(out, " # ");
        text_put(out, packet->comment.bytes, packet->comment.length);
    }
    sink_put(out, "\n");
    dump_at(out, link_type, packet->data, packet->original_length, 1);
}
