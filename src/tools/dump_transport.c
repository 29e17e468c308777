/* dump_transport: ICMP, UDP and TCP, as lines of dump.h. */
#include <inttypes.h>

#include "base/checksum.h"
#include "tools/dump_layers.h"
#include "wire/dns.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/tcp_options.h"
#include "wire/udp.h"

static const char *icmp_type_text(uint8_t type) {
    switch (type) {
    case ICMP_ECHO_REPLY:
        return "echo reply";
    case ICMP_UNREACHABLE:
        return "destination unreachable";
    case ICMP_SOURCE_QUENCH:
        return "source quench";
    case ICMP_REDIRECT:
        return "redirect";
    case ICMP_ECHO_REQUEST:
        return "echo request";
    case ICMP_TIME_EXCEEDED:
        return "time exceeded";
    case ICMP_PARAMETER_PROBLEM:
        return "parameter problem";
    default:
        return NULL;
    }
}

static const char *icmp_code_text(uint8_t type, uint8_t code) {
    static const char *const unreachable[] = {"net",
                                              "host",
                                              "protocol",
                                              "port",
                                              "fragmentation needed",
                                              "source route failed",
                                              "net unknown",
                                              "host unknown",
                                              "source host isolated",
                                              "net prohibited",
                                              "host prohibited",
                                              "net for this TOS",
                                              "host for this TOS",
                                              "administratively prohibited"};
    if (type == ICMP_UNREACHABLE && code < array_length(unreachable))
        return unreachable[code];
    if (type == ICMP_TIME_EXCEEDED && code <= 1)
        return code == 0 ? "in transit" : "in reassembly";
    return NULL;
}

static void put_icmp(const struct dump *dump, const struct icmp *icmp) {
    const char *type = icmp_type_text(icmp->type), *code = icmp_code_text(icmp->type, icmp->code);
    if (type)
        sink_format(dump->out, "ICMP %s", type);
    else
        sink_format(dump->out, "ICMP type %u", icmp->type);
    if (code)
        sink_format(dump->out, " (%s)", code);
    else if (icmp->code != 0)
        sink_format(dump->out, " code %u", icmp->code);
    if (icmp->type == ICMP_ECHO_REQUEST || icmp->type == ICMP_ECHO_REPLY)
        sink_format(dump->out, " id 0x%04x seq %u", icmp->identifier, icmp->sequence);
    if (icmp->type == ICMP_UNREACHABLE && icmp->code == ICMP_FRAGMENTATION_NEEDED)
        sink_format(dump->out, " mtu %u", icmp->sequence);
    if (icmp->type == ICMP_REDIRECT)
        sink_format(dump->out, " to %u.%u.%u.%u", icmp->identifier >> 8, icmp->identifier & 255,
                    icmp->sequence >> 8, icmp->sequence & 255);
    sink_format(dump->out, " length %zu", dump->real_length);
}

enum dump_layer dump_icmp(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct icmp icmp;
    dump_line(dump);
    if (!icmp_parse(&r, &icmp)) {
        sink_put(dump->out, "ICMP malformed: shorter than its header");
        dump_line_end(dump);
        return DUMP_DATA;
    }
    put_icmp(dump, &icmp);
    dump_checksum(dump, 0, 2, dump->real_length);
    dump_line_end(dump);
    dump_skip(dump, ICMP_HEADER_BYTES);
    if (!icmp_type_is_error(icmp.type) || dump->is_quoted)
        return DUMP_DATA;
    dump->is_quoted = true;
    return DUMP_IPV4;
}

static uint32_t pseudo_sum(const struct dump *dump, size_t length) {
    return checksum_pseudo(&dump->source, &dump->destination, dump->protocol, (uint32_t)length);
}

enum dump_layer dump_udp(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct udp udp;
    bool is_part = dump->is_quoted || dump->is_fragment;
    dump_line(dump);
    if (!udp_parse(&r, is_part ? UINT16_MAX : dump->real_length, &udp)) {
        sink_format(dump->out, "UDP malformed: %s",
                    r.failed ? "shorter than its header" : "length below 8 or beyond the packet");
        dump_line_end(dump);
        return DUMP_DATA;
    }
    sink_format(dump->out, "UDP %u > %u length %u", udp.source_port, udp.destination_port,
                udp.length - UDP_HEADER_BYTES);
    if (udp.checksum == 0)
        sink_put(dump->out, " no checksum");
    else
        dump_checksum(dump, pseudo_sum(dump, udp.length), 6, udp.length);
    dump_line_end(dump);
    dump_trim(dump, udp.length);
    dump_skip(dump, UDP_HEADER_BYTES);
    bool is_dns = udp.source_port == DNS_PORT || udp.destination_port == DNS_PORT;
    return is_dns && !is_part && dump->real_length > 0 ? DUMP_DNS : DUMP_DATA;
}

static void put_flags(struct sink *out, uint8_t flags) {
    static const struct {
        uint8_t flag;
        char name[4];
    } names[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_PSH, "PSH"},
                 {TCP_ACK, "ACK"}, {TCP_URG, "URG"}, {TCP_ECE, "ECE"}, {TCP_CWR, "CWR"}};
    if (flags == 0)
        sink_put(out, " no flags");
    for (size_t i = 0; i < array_length(names); i++)
        if (flags & names[i].flag)
            sink_format(out, " %s", names[i].name);
}

static void put_options(struct sink *out, struct slice bytes) {
    struct tcp_options options;
    tcp_options_parse(bytes, &options);
    const char *separator = " options";
    if (options.has_mss) {
        sink_format(out, "%s MSS %u", separator, options.mss);
        separator = ",";
    }
    if (options.sack_permitted) {
        sink_format(out, "%s SACK permitted", separator);
        separator = ",";
    }
    if (options.has_timestamps) {
        sink_format(out, "%s timestamps %" PRIu32 " echo %" PRIu32, separator, options.ts_value,
                    options.ts_echo);
        separator = ",";
    }
    if (options.has_window_scale) {
        sink_format(out, "%s window scale %u", separator, options.window_scale);
        separator = ",";
    }
    for (unsigned i = 0; i < options.sack_count; i++)
        sink_format(out, "%s %" PRIu32 "-%" PRIu32,
                    i == 0 ? separator[0] == ',' ? ", SACK" : " options SACK" : "",
                    options.sack[i].left.raw, options.sack[i].right.raw);
    if (options.malformed)
        sink_format(out, "%s malformed", options.sack_count > 0 ? "," : separator);
}

/* By TCP a message stands behind its length; it is shown when the segment holds just one. */
static bool holds_dns(const struct dump *dump) {
    return dump->length == dump->real_length && dump->length > 2 + DNS_HEADER_BYTES &&
           load_be16(dump->bytes) == dump->length - 2;
}

enum dump_layer dump_tcp(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct tcp_header tcp;
    dump_line(dump);
    if (!tcp_parse(&r, &tcp)) {
        if (dump->length >= 8)
            sink_format(dump->out, "TCP %u > %u seq %" PRIu32 " cut", load_be16(dump->bytes),
                        load_be16(dump->bytes + 2), load_be32(dump->bytes + 4));
        else
            sink_put(dump->out, "TCP cut");
        if (dump->length == dump->real_length)
            sink_put(dump->out, " or malformed: data offset below 20 bytes or beyond the packet");
        dump_line_end(dump);
        return DUMP_END;
    }
    sink_format(dump->out, "TCP %u > %u", tcp.source_port, tcp.destination_port);
    put_flags(dump->out, tcp.flags);
    sink_format(dump->out, " seq %" PRIu32, tcp.seq.raw);
    if (tcp.flags & TCP_ACK)
        sink_format(dump->out, " ack %" PRIu32, tcp.ack.raw);
    sink_format(dump->out, " window %u", tcp.window);
    if (tcp.flags & TCP_URG)
        sink_format(dump->out, " urgent %u", tcp.urgent);
    sink_format(dump->out, " length %zu", dump->real_length - tcp.header_length);
    dump_checksum(dump, pseudo_sum(dump, dump->real_length), 16, dump->real_length);
    put_options(dump->out, tcp.options);
    dump_line_end(dump);
    dump_skip(dump, tcp.header_length);
    bool is_dns = tcp.source_port == DNS_PORT || tcp.destination_port == DNS_PORT;
    if (!is_dns || dump->is_quoted || dump->is_fragment || !holds_dns(dump))
        return DUMP_DATA;
    dump_skip(dump, 2);
    return DUMP_DNS;
}
