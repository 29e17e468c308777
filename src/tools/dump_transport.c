/* dump_transport: ICMP, UDP and TCP, as lines of dump.h. */
#include <inttypes.h>

#include "base/checksum.h"
#include "tools/dump_layers.h"
#include "wire/dhcp.h"
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

static void set_icmp(const struct dump *dump, const struct icmp *icmp) {
    const struct dobos_address gateway =
        dobos_address_ipv4((uint32_t)icmp->identifier << 16 | icmp->sequence);
    dump_set_number(dump, "type", icmp->type);
    dump_set_number(dump, "code", icmp->code);
    dump_set_text(dump, "type_name", icmp_type_text(icmp->type));
    dump_set_text(dump, "code_name", icmp_code_text(icmp->type, icmp->code));
    if (icmp->type == ICMP_ECHO_REQUEST || icmp->type == ICMP_ECHO_REPLY) {
        dump_set_number(dump, "id", icmp->identifier);
        dump_set_number(dump, "seq", icmp->sequence);
    }
    if (icmp->type == ICMP_UNREACHABLE && icmp->code == ICMP_FRAGMENTATION_NEEDED)
        dump_set_number(dump, "mtu", icmp->sequence);
    if (icmp->type == ICMP_REDIRECT)
        dump_set_address(dump, "gateway", &gateway);
    dump_set_number(dump, "length", dump->real_length);
}

enum dump_layer dump_icmp(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct icmp icmp;
    dump_layer_begin(dump, "ICMP");
    if (!icmp_parse(&r, &icmp)) {
        sink_put(dump->out, "ICMP malformed: shorter than its header");
        dump_set_malformed(dump, "shorter than its header");
        dump_line_end(dump);
        return DUMP_DATA;
    }
    put_icmp(dump, &icmp);
    set_icmp(dump, &icmp);
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

/* From or to either port. */
static bool is_between(const struct udp *udp, uint16_t one, uint16_t other) {
    return udp->source_port == one || udp->source_port == other || udp->destination_port == one ||
           udp->destination_port == other;
}

enum dump_layer dump_udp(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct udp udp;
    bool is_part = dump->is_quoted || dump->is_fragment;
    dump_layer_begin(dump, "UDP");
    if (!udp_parse(&r, is_part ? UINT16_MAX : dump->real_length, &udp)) {
        const char *reason =
            r.failed ? "shorter than its header" : "length below 8 or beyond the packet";
        sink_format(dump->out, "UDP malformed: %s", reason);
        dump_set_malformed(dump, reason);
        dump_line_end(dump);
        return DUMP_DATA;
    }
    sink_format(dump->out, "UDP %u > %u length %u", udp.source_port, udp.destination_port,
                udp.length - UDP_HEADER_BYTES);
    dump_set_number(dump, "source_port", udp.source_port);
    dump_set_number(dump, "destination_port", udp.destination_port);
    dump_set_number(dump, "length", udp.length);
    if (udp.checksum == 0) {
        sink_put(dump->out, " no checksum");
        dump_set_number(dump, "checksum", 0);
        dump_set_text(dump, "checksum_status", "none");
    } else {
        dump_checksum(dump, pseudo_sum(dump, udp.length), 6, udp.length);
    }
    dump_line_end(dump);
    dump_trim(dump, udp.length);
    dump_skip(dump, UDP_HEADER_BYTES);
    /* A quote may hold all of a message. */
    if (dump->is_fragment || dump->real_length == 0 ||
        (dump->is_quoted && dump->length < dump->real_length))
        return DUMP_DATA;
    return is_between(&udp, DNS_PORT, DNS_PORT)                   ? DUMP_DNS
           : is_between(&udp, DHCP_SERVER_PORT, DHCP_CLIENT_PORT) ? DUMP_DHCP
                                                                  : DUMP_DATA;
}

static void put_flags(const struct dump *dump, uint8_t flags, bool ae) {
    static const struct {
        uint8_t flag;
        char name[4];
    } names[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_PSH, "PSH"},
                 {TCP_ACK, "ACK"}, {TCP_URG, "URG"}, {TCP_ECE, "ECE"}, {TCP_CWR, "CWR"}};
    json_t *list = dump_set_list(dump, "flags");
    if (flags == 0 && !ae)
        sink_put(dump->out, " no flags");
    for (size_t i = 0; i < array_length(names); i++) {
        if (!(flags & names[i].flag))
            continue;
        sink_format(dump->out, " %s", names[i].name);
        if (list)
            dump_add(dump, list, json_string(names[i].name));
    }
    if (ae)
        sink_put(dump->out, " AE");
    if (ae && list)
        dump_add(dump, list, json_string("AE"));
}

/* The counter that stands at a place of the accurate ECN option. */
static const char *ecn_counter_name(const struct tcp_ecn_option *ecn, unsigned place) {
    static const char names[TCP_ECN_COUNTERS][8] = {"e0b", "ceb", "e1b"};
    return names[ecn->is_order_1 ? TCP_ECN_COUNTERS - 1 - place : place];
}

static void set_ecn(const struct dump *dump, json_t *object, const struct tcp_ecn_option *ecn) {
    json_t *counters = json_object();
    dump_set(dump, object, "accecn", counters);
    for (unsigned i = 0; i < ecn->count; i++)
        dump_set(dump, counters, ecn_counter_name(ecn, i), json_integer(ecn->counter[i]));
}

static void put_ecn(const struct dump *dump, const struct tcp_ecn_option *ecn) {
    sink_put(dump->out, " AccECN");
    for (unsigned i = 0; i < ecn->count; i++)
        sink_format(dump->out, " %s %" PRIu32, ecn_counter_name(ecn, i), ecn->counter[i]);
}

static void set_options(const struct dump *dump, const struct tcp_options *options) {
    if (!dump->layers)
        return;
    json_t *object = json_object();
    json_t *sack = json_array();
    dump_set(dump, NULL, "options", object);
    if (options->has_mss)
        dump_set(dump, object, "mss", json_integer(options->mss));
    if (options->sack_permitted)
        dump_set(dump, object, "sack_permitted", json_true());
    if (options->has_timestamps) {
        dump_set(dump, object, "timestamp", json_integer(options->ts_value));
        dump_set(dump, object, "timestamp_echo", json_integer(options->ts_echo));
    }
    if (options->has_window_scale)
        dump_set(dump, object, "window_scale", json_integer(options->window_scale));
    if (options->has_ecn)
        set_ecn(dump, object, &options->ecn);
    for (unsigned i = 0; i < options->sack_count; i++)
        dump_add(dump, sack,
                 json_pack("[I, I]", (json_int_t)options->sack[i].left.raw,
                           (json_int_t)options->sack[i].right.raw));
    if (options->sack_count > 0)
        dump_set(dump, object, "sack", json_incref(sack));
    json_decref(sack);
    if (options->malformed)
        dump_set(dump, object, "malformed", json_true());
}

static void put_options(const struct dump *dump, struct slice bytes) {
    struct sink *out = dump->out;
    struct tcp_options options;
    tcp_options_parse(bytes, &options);
    set_options(dump, &options);
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
    if (options.has_ecn) {
        sink_put(out, separator);
        put_ecn(dump, &options.ecn);
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

static void set_ports(const struct dump *dump, uint16_t source, uint16_t destination,
                      uint32_t seq) {
    dump_set_number(dump, "source_port", source);
    dump_set_number(dump, "destination_port", destination);
    dump_set_number(dump, "seq", seq);
}

/* What there is of a header that is not whole. */
static enum dump_layer put_cut_tcp(const struct dump *dump) {
    if (dump->length >= 8) {
        uint16_t source = load_be16(dump->bytes), destination = load_be16(dump->bytes + 2);
        uint32_t seq = load_be32(dump->bytes + 4);
        sink_format(dump->out, "TCP %u > %u seq %" PRIu32 " cut", source, destination, seq);
        set_ports(dump, source, destination, seq);
    } else {
        sink_put(dump->out, "TCP cut");
    }
    dump_set_flag(dump, "cut", true);
    if (dump->length == dump->real_length) {
        sink_put(dump->out, " or malformed: data offset below 20 bytes or beyond the packet");
        dump_set_malformed(dump, "data offset below 20 bytes or beyond the packet");
    }
    dump_line_end(dump);
    return DUMP_END;
}

static void put_tcp(const struct dump *dump, const struct tcp_header *tcp) {
    sink_format(dump->out, "TCP %u > %u", tcp->source_port, tcp->destination_port);
    set_ports(dump, tcp->source_port, tcp->destination_port, tcp->seq.raw);
    dump_set_number(dump, "ack", tcp->ack.raw);
    put_flags(dump, tcp->flags, tcp->ae);
    dump_set_number(dump, "window", tcp->window);
    dump_set_number(dump, "urgent", tcp->urgent);
    dump_set_number(dump, "header_length", tcp->header_length);
    dump_set_number(dump, "length", dump->real_length - tcp->header_length);
    sink_format(dump->out, " seq %" PRIu32, tcp->seq.raw);
    if (tcp->flags & TCP_ACK)
        sink_format(dump->out, " ack %" PRIu32, tcp->ack.raw);
    sink_format(dump->out, " window %u", tcp->window);
    if (tcp->flags & TCP_URG)
        sink_format(dump->out, " urgent %u", tcp->urgent);
    sink_format(dump->out, " length %zu", dump->real_length - tcp->header_length);
    dump_checksum(dump, pseudo_sum(dump, dump->real_length), 16, dump->real_length);
    put_options(dump, tcp->options);
    dump_line_end(dump);
}

enum dump_layer dump_tcp(struct dump *dump) {
    struct reader r = reader_make(dump->bytes, dump->length);
    struct tcp_header tcp;
    dump_layer_begin(dump, "TCP");
    if (!tcp_parse(&r, &tcp))
        return put_cut_tcp(dump);
    put_tcp(dump, &tcp);
    dump_skip(dump, tcp.header_length);
    bool is_dns = tcp.source_port == DNS_PORT || tcp.destination_port == DNS_PORT;
    if (!is_dns || dump->is_quoted || dump->is_fragment || !holds_dns(dump))
        return DUMP_DATA;
    dump_skip(dump, 2);
    return DUMP_DNS;
}
