/*
 * dump: see dump.h. A loop, not a recursion: each layer prints its line, passes over its bytes and
 * names the next layer, until none is left. Here are frames, ARP, and what all layers share;
 * dump_ipv4.c, dump_transport.c, dump_dns.c and dump_dhcp.c have the others, dump_fields.c the
 * fields of JSON, dump_captured.c what a capture says of a packet.
 */
#include "tools/dump.h"

#include "base/checksum.h"
#include "tools/dump_layers.h"
#include "tools/text.h"
#include "wire/arp.h"
#include "wire/ethernet.h"

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
    if (dump->length >= field + 2)
        dump_set_number(dump, "checksum", load_be16(dump->bytes + field));
    if (dump->is_quoted || dump->is_fragment || length > dump->length) {
        sink_put(dump->out, " checksum not checked");
        dump_set_text(dump, "checksum_status", "not checked");
        return;
    }
    uint16_t found = load_be16(dump->bytes + field);
    sum = checksum_add(sum, dump->bytes, field);
    sum = checksum_add(sum, dump->bytes + field + 2, length - field - 2);
    uint16_t right = checksum_finish(sum);
    bool is_right = found == right || (right == 0 && found == 0xffff);
    if (is_right)
        sink_put(dump->out, " checksum ok");
    else
        sink_format(dump->out, " checksum wrong (0x%04x, should be 0x%04x)", found, right);
    dump_set_text(dump, "checksum_status", is_right ? "ok" : "wrong");
    if (!is_right)
        dump_set_number(dump, "checksum_expected", right);
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
    dump_layer_begin(dump, "Data");
    sink_format(dump->out, "Data %zu byte%s", dump->real_length, dump->real_length == 1 ? "" : "s");
    dump_set_number(dump, "length", dump->real_length);
    if (dump->length < dump->real_length) {
        sink_format(dump->out, ", %zu captured", dump->length);
        dump_set_number(dump, "captured", dump->length);
    }
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
    if (is_line)
        dump_set_bytes(dump, "line", dump->bytes, line);
    dump_line_end(dump);
    return DUMP_END;
}

static enum dump_layer dump_ethernet(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct ethernet frame;
    enum dump_layer next = DUMP_DATA;
    dump_layer_begin(dump, "Ethernet");
    if (!ethernet_parse(&r, &frame)) {
        sink_put(dump->out, "Ethernet malformed: shorter than its header");
        dump_set_malformed(dump, "shorter than its header");
        dump_line_end(dump);
        return DUMP_DATA;
    }
    sink_put(dump->out, "Ethernet ");
    put_mac(dump->out, &frame.source);
    sink_put(dump->out, " > ");
    put_mac(dump->out, &frame.destination);
    dump_set_mac(dump, "source", &frame.source);
    dump_set_mac(dump, "destination", &frame.destination);
    if (frame.type != 0)
        dump_set_number(dump, "type", frame.type);
    if (frame.payload_length > 0)
        dump_set_number(dump, "length", frame.payload_length);
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
    dump_layer_begin(dump, "ARP");
    if (!arp_parse(&r, &arp)) {
        sink_put(dump->out, "ARP malformed: short, or not for Ethernet and IPv4");
        dump_set_malformed(dump, "short, or not for Ethernet and IPv4");
        dump_line_end(dump);
        return DUMP_END;
    }
    dump_set_number(dump, "operation", arp.operation);
    dump_set_mac(dump, "sender_mac", &arp.sender_mac);
    dump_set_address(dump, "sender", &arp.sender);
    dump_set_mac(dump, "target_mac", &arp.target_mac);
    dump_set_address(dump, "target", &arp.target);
    if (arp.operation == ARP_REQUEST) {
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
        case DUMP_DHCP:
            layer = dump_dhcp(dump);
            break;
        case DUMP_DATA:
        case DUMP_END:
            layer = dump_data(dump);
            break;
        }
        dump->depth++;
    }
}

/* The layer that a capture of that type begins with. IPv6 is not read yet: it is data. */
static enum dump_layer outermost(uint16_t link_type, struct slice packet) {
    bool is_ipv6 = packet.length > 0 && packet.bytes[0] >> 4 == 6;
    if (link_type == PCAPNG_LINKTYPE_ETHERNET)
        return DUMP_ETHERNET;
    if (link_type == PCAPNG_LINKTYPE_IPV4 || (link_type == PCAPNG_LINKTYPE_RAW && !is_ipv6))
        return DUMP_IPV4;
    return DUMP_DATA;
}

void dump_at(struct sink *out, json_t *layers, uint16_t link_type, struct slice packet,
             size_t original_length, unsigned depth) {
    static const uint8_t nothing = 0;
    struct dump dump = {.out = out, .layers = layers, .bytes = &nothing, .depth = depth};
    if (packet.length > 0) {
        dump.bytes = packet.bytes;
        dump.length = packet.length;
    }
    dump.real_length = max_size(packet.length, original_length);
    dump_layers(&dump, outermost(link_type, packet));
}

void dump_packet(struct sink *out, uint16_t link_type, const void *bytes, size_t length,
                 size_t original_length) {
    dump_at(out, NULL, link_type, (struct slice){bytes, length}, original_length, 0);
}

json_t *dump_packet_json(uint16_t link_type, const void *bytes, size_t length,
                         size_t original_length) {
    struct sink text = {0};
    json_t *layers = json_array();
    if (layers)
        dump_at(&text, layers, link_type, (struct slice){bytes, length}, original_length, 0);
    if (text.failed) {
        json_decref(layers);
        layers = NULL;
    }
    sink_fini(&text);
    return layers;
}
