/*
 * receive: the way up. A burst of frames climbs one floor at a time: link, then network, then
 * transport; each floor says a verdict, and this file alone knows which floor comes next.
 *
 *     dobos_input → receive_link → ethernet_receive, neighbor_receive
 *                 → receive_network → ipv4_receive, ingress_check, translate_arrival,
 *                                     reassembly_receive, screen_delivered, forward
 *                 → receive_transport → icmp_receive | udp_receive | tcp_receive
 *
 * Every frame has one fate, and it is counted: delivered, forwarded, dropped for a named reason, or
 * part of a datagram that is held.
 */
#include "host/receive.h"

#include "host/addresses.h"
#include "host/errors.h"
#include "host/fates.h"
#include "host/forward.h"
#include "host/groups.h"
#include "host/ingress.h"
#include "host/paths.h"
#include "host/probes.h"
#include "host/recorder.h"
#include "host/results.h"
#include "host/screen.h"
#include "host/translate.h"
#include "host/transmit.h"

#include "link/ethernet_layer.h"
#include "network/ipv4_layer.h"
#include "transport/datagram.h"
#include "transport/tcp/tcp.h"

/* ---- link ---- */

/* Somebody who uses an address of ours on its own link is an enemy of it, and the defence, which
 * stands in `out`, is in vain when it is given up. Another interface of ours is no other. */
static void conflict_note(struct dobos_host *host, struct interface *interface,
                          const struct arp *arp, struct packet_queue *out) {
    if (!is_mac_of_ours(host, &arp->sender_mac) &&
        address_on_conflict(host, interface, &arp->sender, &arp->sender_mac))
        packet_queue_clear(out);
}

/* True: something came of it. */
static bool receive_arp(struct dobos_host *host, struct arrival *arrival) {
    struct interface *interface = arrival->interface;
    struct arp arp;
    enum drop_reason reason = DROP_ARP_MALFORMED;
    enum verdict verdict = VERDICT_DROP;
    bool stirred = false;
    size_t offset = arrival->packet->network_offset;
    const uint8_t *bytes = packet_pull(arrival->packet, offset + ARP_BYTES);
    struct reader reader = bytes ? reader_make(bytes + offset, ARP_BYTES) : reader_make(NULL, 0);
    if (bytes && arp_parse(&reader, &arp)) {
        struct packet_queue out;
        packet_queue_init(&out);
        bool target_is_ours = host_address_owner(host, &arp.target) == interface;
        struct interface *owner = host_address_owner(host, &arp.sender);
        enum arp_sender sender = !owner               ? ARP_SENDER_OTHER
                                 : owner == interface ? ARP_SENDER_OURS
                                                      : ARP_SENDER_ELSEWHERE;
        verdict = neighbor_receive(&interface->neighbors, &arp, target_is_ours, sender, host->now,
                                   &out, &reason);
        if (owner == interface && verdict == VERDICT_DROP && reason == DROP_ARP_BAD_SENDER)
            conflict_note(host, interface, &arp, &out);
        if (probes_on_arp(host, interface, &arp))
            verdict = VERDICT_DELIVER;
        if (host->fates)
            fate_arp_answers(&out, arrival->packet->number);
        transmit_frames(host, interface, &out);
        stirred = verdict == VERDICT_DELIVER || owner;
    }
    if (verdict == VERDICT_DROP)
        arrival_drop(host, arrival, reason);
    else
        arrival_deliver(host, arrival);
    return stirred;
}

/* A frame may be longer than our MTU [rfc1812#24]. True: something came of it, or may when it
 * climbs on. */
static bool receive_link(struct dobos_host *host, struct arrival *arrival) {
    struct ethernet ethernet;
    enum drop_reason reason = DROP_NONE;
    arrival->interface->in_packets++;
    arrival->interface->in_bytes += arrival->packet->length;
    host->counters.frames_in++;
    if (!arrival->interface->carrier) {
        arrival_drop(host, arrival, DROP_NO_CARRIER);
        return false;
    }
    if (ethernet_receive(arrival->packet, &arrival->interface->mac, &ethernet, &reason) ==
        VERDICT_DROP) {
        arrival_drop(host, arrival, reason);
        return false;
    }
    arrival->link = ethernet.source;
    if (ethernet.type == ETHER_TYPE_ARP)
        return receive_arp(host, arrival);
    arrival->is_ip = ethernet.type == ETHER_TYPE_IPV4;
    if (!arrival->is_ip)
        arrival_drop(host, arrival, DROP_ETHERTYPE);
    return arrival->is_ip;
}

/* ---- network ---- */

/* What is for us is put together, on a router too [rfc1812#38] [rfc1812#77]. */
static void receive_fragment(struct dobos_host *host, struct arrival *arrival) {
    enum drop_reason reason = DROP_NONE;
    struct dobos_packet *whole = NULL;
    const uint64_t number = arrival->packet->number;
    host->counters.ip_reassembly_required++;
    enum verdict verdict =
        reassembly_receive(&host->reassembly, arrival->packet, &arrival->ipv4,
                           arrival->interface->index, host->now, &whole, &reason);
    arrival->packet = verdict == VERDICT_DELIVER ? whole : NULL;
    if (host->fates)
        fate_fragment(host, arrival, number, reason);
    if (verdict == VERDICT_DROP) {
        host->counters.dropped_in[reason]++;
        return;
    }
    if (!whole)
        return;
    host->counters.ip_reassembly_ok++;
    if (ipv4_receive(arrival->packet, &arrival->ipv4, &reason) == VERDICT_DROP)
        arrival_drop(host, arrival, reason);
}

/* Whether a packet for this address is for this host. The strong host model (RFC 1122 §3.3.4.2): a
 * host answers at an interface for that interface's addresses only; a router for all of its own.
 * [rfc1122#57] [rfc1812#10] [rfc1812#51] [rfc1812#120] */
static bool is_for_us(const struct dobos_host *host, struct arrival *arrival) {
    const struct interface *interface = arrival->interface;
    const struct dobos_address *destination = &arrival->ipv4.destination;
    uint32_t number = dobos_address_ipv4_number(destination);
    const struct interface *owner = host_address_owner(host, destination);
    if (owner == interface)
        return true;
    if (interface->index == LOOPBACK)
        return owner || ipv4_is_loopback(number);
    if (ipv4_is_multicast(number))
        arrival->broadcast = igmp_is_member(&interface->igmp, destination);
    else
        arrival->broadcast = ipv4_is_limited_broadcast(number) ||
                             host_address_is_broadcast(host, interface, destination);
    if (arrival->broadcast)
        return true;
    return host->forwarding && owner;
}

/* An interface without an address takes what a DHCP server sends to the address that it has just
 * leased it, if a socket waits for that there. Such a packet is never forwarded. */
static bool is_for_client(const struct dobos_host *host, const struct arrival *arrival) {
    const struct interface *interface = arrival->interface;
    return !interface_addresses_ready(&interface->addresses) && interface->index != LOOPBACK &&
           !arrival->packet->link_broadcast &&
           !dobos_address_is_multicast(&arrival->ipv4.destination) &&
           arrival_dhcp_source(host, arrival) != 0;
}

static bool is_fragment(const struct ipv4 *ipv4) {
    return ipv4->more_fragments || ipv4->fragment_offset != 0;
}

/* Whether who sent a header with a malformed option is told so [rfc1122#71] [rfc1812#75]: not when
 * his address is impossible, nor by a host that the packet is not for. */
static bool bad_option_is_told(struct dobos_host *host, struct arrival *arrival) {
    struct path path;
    const struct path_question question = {.destination = arrival->ipv4.destination,
                                           .source = arrival->ipv4.source,
                                           .arrived = arrival->interface->index};
    if (ipv4_check_addresses(&arrival->ipv4, false) != DROP_NONE ||
        ingress_check(host, arrival) != DROP_NONE)
        return false;
    return is_for_us(host, arrival) ||
           (host->forwarding && path_find(host, &question, &path) == 0 && !path.broadcast);
}

static void refuse_header(struct dobos_host *host, struct arrival *arrival,
                          enum drop_reason reason) {
    host->counters.ip_in_header_errors++;
    if (reason == DROP_IP_OPTIONS && bad_option_is_told(host, arrival))
        arrival_refuse(host, arrival, reason, 0);
    else
        arrival_drop(host, arrival, reason);
}

/* The header of what is for us is not changed [rfc1812#89], its time to live not looked at
 * [rfc1122#17] [rfc1812#3]; an identification means something only in a fragment [rfc6864#1]; a
 * unicast packet in a frame to all is nobody's [rfc1122#60] [rfc1812#118]. */
static void receive_network(struct dobos_host *host, struct arrival *arrival) {
    enum drop_reason reason = DROP_NONE;
    host->counters.ip_in_receives++;
    if (ipv4_receive(arrival->packet, &arrival->ipv4, &reason) == VERDICT_DROP) {
        refuse_header(host, arrival, reason);
        return;
    }
    host->counters.ip_in_marked += (arrival->ipv4.tos & TOS_ECN) == ECN_CE;
    bool from_loopback = arrival->interface->index == LOOPBACK || arrival->packet->looped_at != 0;
    reason = ipv4_check_addresses(&arrival->ipv4, from_loopback);
    if (reason == DROP_NONE && !from_loopback)
        reason = ingress_check(host, arrival);
    if (reason != DROP_NONE) {
        host->counters.ip_in_address_errors++;
        arrival_drop(host, arrival, reason);
        return;
    }
    /* Who tracks flows wants to see ports: of whole datagrams [rfc4787#22] [rfc4787#23]. */
    if (host->sessions && is_fragment(&arrival->ipv4))
        receive_fragment(host, arrival);
    if (!arrival->packet || translate_arrival(host, arrival) == VERDICT_DROP)
        return;
    if ((arrival->is_translated && arrival->translation.is_forwarded) ||
        (!is_for_us(host, arrival) && !is_for_client(host, arrival))) {
        if (dobos_address_is_multicast(&arrival->ipv4.destination))
            arrival_drop(host, arrival, DROP_GROUP); /* nor forwarded [rfc1812#17] [rfc1112#1] */
        else
            forward(host, arrival);
        return;
    }
    if (arrival->packet->link_broadcast && !arrival->broadcast) {
        arrival_drop(host, arrival, DROP_IP_LINK_BROADCAST);
        return;
    }
    if (is_fragment(&arrival->ipv4))
        receive_fragment(host, arrival);
    if (arrival->packet) {
        reason = screen_delivered(host, arrival);
        if (reason == DROP_NONE && !translate_delivered(host, arrival))
            reason = DROP_NO_MEMORY;
        if (reason != DROP_NONE)
            arrival_refuse(host, arrival, reason, 0);
    }
}

/* ---- transport ---- */

/* [rfc1122#114] */
static struct flow arrival_flow(const struct arrival *arrival) {
    return (struct flow){
        .local = arrival->ipv4.destination,
        .remote = arrival->ipv4.source,
        .interface = arrival->interface->index,
        .protocol = arrival->ipv4.protocol,
    };
}

static struct datagram_arrival arrival_datagram(const struct arrival *arrival) {
    return (struct datagram_arrival){
        .flow = arrival_flow(arrival),
        .link = arrival->link,
        .ttl = arrival->ipv4.ttl,
        .tos = arrival->ipv4.tos,
        .broadcast = arrival->broadcast,
    };
}

/* Counts and tells the fate of a packet that transport took, which had that number, and does what
 * follows from it. */
static void take_result(struct dobos_host *host, struct arrival *arrival, uint64_t number,
                        struct transport_result *result) {
    arrival->packet = NULL;
    if (host->fates)
        fate_taken(host, arrival, number, result);
    if (result->reason == DROP_NONE)
        host->counters.frames_delivered++;
    else
        host->counters.dropped_in[result->reason]++;
    result_take(host, result);
}

/* An echo comes from the address that was asked [rfc1122#39] [rfc1812#80] [rfc1122#54], with the
 * service that it asked for [rfc1812#62] [rfc1812#63]. */
static void receive_icmp(struct dobos_host *host, struct arrival *arrival) {
    struct icmp_receipt receipt = {0};
    enum drop_reason reason = DROP_NONE;
    host->counters.icmp_in_messages++;
    enum verdict verdict =
        icmp_receive(arrival->packet, &arrival->ipv4, arrival->broadcast, &receipt, &reason);
    if (verdict == VERDICT_ANSWER && arrival->ipv4.header_length > IPV4_HEADER_BYTES &&
        !recorder_check(arrival->packet, &arrival->ipv4)) { /* [rfc1122#71] */
        dobos_packet_release(receipt.answer);
        arrival_refuse(host, arrival, DROP_IP_OPTIONS, 0);
        return;
    }
    if (verdict == VERDICT_ANSWER) {
        host->counters.icmp_in_echos++;
        host->counters.icmp_out_echo_replies++;
        transmit_icmp(host, receipt.answer, &arrival->ipv4.destination, &arrival->ipv4.source,
                      arrival->ipv4.tos, arrival->packet);
    } else if (verdict == VERDICT_QUOTE) {
        host->counters.icmp_in_unreachable += receipt.quote.type == ICMP_UNREACHABLE;
        host->counters.icmp_in_time_exceeded += receipt.quote.type == ICMP_TIME_EXCEEDED;
        reason = error_receive(host, &receipt.quote);
    } else if (verdict == VERDICT_DELIVER) {
        struct datagram_arrival datagram = arrival_datagram(arrival);
        struct transport_result result = {0};
        const uint64_t number = arrival->packet->number;
        ping_receive(&host->transport, arrival->packet, &datagram, receipt.icmp.identifier,
                     receipt.icmp.sequence, host->now, &result);
        take_result(host, arrival, number, &result);
        return;
    } else {
        host->counters.icmp_in_errors++;
    }
    if (reason == DROP_NONE)
        arrival_deliver(host, arrival);
    else
        arrival_drop(host, arrival, reason);
}

static void receive_udp(struct dobos_host *host, struct arrival *arrival) {
    struct datagram_arrival datagram = arrival_datagram(arrival);
    struct transport_result result = {0};
    const uint64_t number = arrival->packet->number;
    bool unreachable = false;
    udp_receive(&host->transport, arrival->packet, &datagram, host->now, &result, &unreachable);
    if (unreachable) {
        arrival_refuse(host, arrival, DROP_UDP_NO_PORT, 0);
        return;
    }
    take_result(host, arrival, number, &result);
}

static void receive_tcp(struct dobos_host *host, struct arrival *arrival) {
    struct flow flow = arrival_flow(arrival);
    struct transport_result result = {0};
    const uint64_t number = arrival->packet->number;
    tcp_receive(&host->transport, arrival->packet, &flow, arrival->ipv4.tos, arrival->broadcast,
                host->now, &result);
    take_result(host, arrival, number, &result);
}

static void receive_transport(struct dobos_host *host, struct arrival *arrival) {
    host->counters.ip_in_delivers++;
    if (arrival->ipv4.protocol == PROTOCOL_TCP) {
        receive_tcp(host, arrival);
    } else if (arrival->ipv4.protocol == PROTOCOL_UDP) {
        receive_udp(host, arrival);
    } else if (arrival->ipv4.protocol == PROTOCOL_ICMP) {
        receive_icmp(host, arrival);
    } else if (arrival->ipv4.protocol == PROTOCOL_IGMP) {
        groups_receive(host, arrival);
    } else {
        host->counters.ip_in_unknown_protocols++;
        arrival_refuse(host, arrival, DROP_IP_PROTOCOL, 0);
    }
}

/* ---- the staircase ---- */

static void receive_burst(struct dobos_host *host, struct arrival *arrivals, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (arrivals[i].packet && arrivals[i].is_ip)
            receive_network(host, &arrivals[i]);
    }
    for (unsigned i = 0; i < count; i++) {
        if (arrivals[i].packet)
            receive_transport(host, &arrivals[i]);
    }
}

bool dobos_input(struct dobos_host *host, uint32_t index, struct dobos_packet **packets,
                 unsigned count, dobos_time now) {
    struct interface *interface = host_interface(host, index);
    host_time_set(host, now);
    if (!interface || index == LOOPBACK) {
        for (unsigned i = 0; i < count; i++)
            dobos_packet_release(packets[i]);
        return false;
    }
    bool stirred = false;
    while (count > 0) {
        UNINITIALIZED struct arrival arrivals[DOBOS_BURST_PACKETS];
        unsigned burst = (unsigned)min_size(count, DOBOS_BURST_PACKETS);
        for (unsigned i = 0; i < burst; i++) {
            arrival_init(&arrivals[i], packets[i], interface);
            stirred |= receive_link(host, &arrivals[i]);
        }
        receive_burst(host, arrivals, burst);
        packets += burst;
        count -= burst;
    }
    return stirred;
}

void receive_loopback(struct dobos_host *host) {
    struct interface *lo = host->interfaces[0];
    for (unsigned i = 0; i < LOOPBACK_BURST; i++) {
        UNINITIALIZED struct arrival arrival;
        struct dobos_packet *packet = egress_queue_take(&lo->queue, host->now);
        if (!packet)
            return;
        arrival_init(&arrival, packet,
                     packet->looped_at ? host_interface(host, packet->looped_at) : lo);
        arrival.is_ip = true;
        lo->out_packets++;
        lo->out_bytes += arrival.packet->length;
        lo->in_packets++;
        lo->in_bytes += arrival.packet->length;
        host->counters.frames_in++;
        arrival.packet->network_offset = 0;
        receive_burst(host, &arrival, 1);
    }
}
