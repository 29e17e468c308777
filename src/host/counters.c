/*
 * counters: everything a host counts, by the names nstat has for it (RFC 4293, 4022, 4113), and a
 * counter for each reason of a drop. One constant table; nothing is counted here.
 */
#include "host/state.h"

struct counter_place {
    const char *name; /* as nstat names it */
    const char *text; /* in a few words */
    size_t offset;    /* of the uint64_t in struct dobos_host */
};

#define HOST(field)      offsetof(struct dobos_host, counters.field)
#define TRANSPORT(field) offsetof(struct dobos_host, transport.counters.field)

static const struct counter_place places[] = {
    {"FramesIn", "frames that arrived, looped packets among them", HOST(frames_in)},
    {"FramesDelivered", "frames that reached a protocol or a socket", HOST(frames_delivered)},
    {"FramesForwarded", "frames that went on to another link", HOST(frames_forwarded)},
    {"FramesAbsorbed", "fragments that became part of a datagram, less one a datagram",
     offsetof(struct dobos_host, reassembly.absorbed)},
    {"IpInReceives", "packets received", HOST(ip_in_receives)},
    {"IpExtInCEPkts", "of them, marked for congestion (ECN)", HOST(ip_in_marked)},
    {"IpInHdrErrors", "packets with a bad header", HOST(ip_in_header_errors)},
    {"IpInAddrErrors", "packets with impossible addresses", HOST(ip_in_address_errors)},
    {"IpInUnknownProtos", "packets of unknown protocols", HOST(ip_in_unknown_protocols)},
    {"IpInDelivers", "datagrams handed to a protocol above", HOST(ip_in_delivers)},
    {"IpForwDatagrams", "packets forwarded", HOST(ip_forwarded)},
    {"IpOutRequests", "datagrams sent", HOST(ip_out_requests)},
    {"IpOutNoRoutes", "packets without a route", HOST(ip_out_no_routes)},
    {"IpReasmReqds", "fragments received", HOST(ip_reassembly_required)},
    {"IpReasmOKs", "datagrams reassembled", HOST(ip_reassembly_ok)},
    {"IpReasmTimeout", "datagrams that were never whole", HOST(ip_reassembly_timeouts)},
    {"IpFragOKs", "datagrams fragmented", HOST(ip_fragments_ok)},
    {"IpFragFails", "packets that needed it and must not be fragmented", HOST(ip_fragments_failed)},
    {"IpFragCreates", "fragments made", HOST(ip_fragments_created)},
    {"PathMtuLearned", "messages of routers that made a path's MTU smaller",
     offsetof(struct dobos_host, path_mtus.learned)},
    {"PathMtuDisplaced", "path MTUs that were forgotten early, for others",
     offsetof(struct dobos_host, path_mtus.displaced)},
    {"SessionsCreated", "flows that began to be tracked", HOST(sessions_created)},
    {"SessionsExpired", "tracked flows whose time was out", HOST(sessions_expired)},
    {"SessionsEvicted", "tracked flows that went for others", HOST(sessions_evicted)},
    {"NatMappings", "outside ports that were given to inside ports", HOST(nat_mappings)},
    {"NatTranslated", "packets that NAT has changed", HOST(nat_translated)},
    {"IcmpInMsgs", "ICMP messages received", HOST(icmp_in_messages)},
    {"IcmpInErrors", "ICMP messages that were bad or ignored", HOST(icmp_in_errors)},
    {"IcmpInDestUnreachs", "destination unreachable received", HOST(icmp_in_unreachable)},
    {"IcmpInTimeExcds", "time exceeded received", HOST(icmp_in_time_exceeded)},
    {"IcmpInEchos", "echo requests received", HOST(icmp_in_echos)},
    {"IcmpInEchoReps", "echo replies received", TRANSPORT(icmp_in_echo_replies)},
    {"IcmpOutMsgs", "ICMP messages sent", HOST(icmp_out_messages)},
    {"IcmpOutDestUnreachs", "destination unreachable sent", HOST(icmp_out_unreachable)},
    {"IcmpOutTimeExcds", "time exceeded sent", HOST(icmp_out_time_exceeded)},
    {"IcmpOutRedirects", "redirects sent", HOST(icmp_out_redirects)},
    {"IcmpOutEchos", "echo requests sent", TRANSPORT(icmp_out_echos)},
    {"IcmpOutEchoReps", "echo replies sent", HOST(icmp_out_echo_replies)},
    {"MssClamped", "SYNs forwarded with a smaller maximum segment size", HOST(mss_clamped)},
    {"AddressesLost", "addresses given up because others have them", HOST(addresses_lost)},
    {"TcpActiveOpens", "connections begun", TRANSPORT(tcp_active_opens)},
    {"TcpPassiveOpens", "connections accepted", TRANSPORT(tcp_passive_opens)},
    {"TcpAttemptFails", "connections that never came about", TRANSPORT(tcp_attempt_fails)},
    {"TcpEstabResets", "connections reset", TRANSPORT(tcp_estab_resets)},
    {"TcpInSegs", "segments received", TRANSPORT(tcp_in_segs)},
    {"TcpOutSegs", "segments sent", TRANSPORT(tcp_out_segs)},
    {"TcpRetransSegs", "segments sent again", TRANSPORT(tcp_retrans_segs)},
    {"TcpInErrs", "segments that were damaged", TRANSPORT(tcp_in_errs)},
    {"TcpOutRsts", "resets sent", TRANSPORT(tcp_out_rsts)},
    {"TcpExtTCPTimeouts", "retransmission time-outs", TRANSPORT(tcp_timeouts)},
    {"TcpExtTCPFastRetrans", "fast retransmissions", TRANSPORT(tcp_fast_retransmits)},
    {"TcpExtTCPChallengeACK", "challenge acknowledgements sent", TRANSPORT(tcp_challenge_acks)},
    {"TcpExtDelayedACKs", "acknowledgements sent by the delay's timer",
     TRANSPORT(tcp_delayed_acks)},
    {"TcpExtTCPOFOQueue", "segments kept out of order", TRANSPORT(tcp_out_of_order)},
    {"TcpExtTCPDuplicateData", "segments with data received before", TRANSPORT(tcp_duplicate_data)},
    {"TcpExtTCPWinProbe", "zero-window probes sent", TRANSPORT(tcp_zero_window_probes)},
    {"TcpExtTCPKeepAlive", "keepalive probes sent", TRANSPORT(tcp_keepalives)},
    {"TcpExtTCPAbortOnTimeout", "connections given up", TRANSPORT(tcp_aborted_on_timeout)},
    {"TcpExtTCPAbortOnMemory", "connections ended for want of memory",
     TRANSPORT(tcp_aborted_on_memory)},
    {"TcpExtListenOverflows", "connections a full listener turned away",
     TRANSPORT(tcp_listen_overflows)},
    {"TcpExtListenDrops", "SYNs and acknowledgements a listener dropped",
     TRANSPORT(tcp_listen_drops)},
    {"TcpExtTCPReqQFullDoCookies", "SYN cookies sent for want of half-open connections",
     TRANSPORT(tcp_full_cookies)},
    {"TcpExtSyncookiesSent", "SYN cookies sent", TRANSPORT(tcp_cookies_sent)},
    {"TcpExtSyncookiesRecv", "SYN cookies that came back", TRANSPORT(tcp_cookies_received)},
    {"TcpExtSyncookiesFailed", "acknowledgements that were no SYN cookies",
     TRANSPORT(tcp_cookies_failed)},
    {"TcpExtTCPReqQFullDrop", "half-open connections dropped", TRANSPORT(tcp_half_open_dropped)},
    {"TcpExtTCPTimeWaitOverflow", "connections in TIME-WAIT that ended early for others",
     TRANSPORT(tcp_time_wait_overflows)},
    {"TcpExtTWRecycled", "connections in TIME-WAIT that a new one followed",
     TRANSPORT(tcp_time_wait_recycled)},
    {"TcpExtTCPDeliveredCE", "packets that arrived marked for congestion (ECN), as peers tell",
     TRANSPORT(tcp_delivered_ce)},
    {"TcpEcnReductions", "congestion windows reduced for marks (RFC 3168)",
     TRANSPORT(tcp_ecn_reductions)},
    {"TcpExtTCPSackRecovery", "recoveries from loss found by SACK", TRANSPORT(tcp_sack_recoveries)},
    {"TcpExtTCPRenoRecovery", "recoveries from loss found by duplicates",
     TRANSPORT(tcp_reno_recoveries)},
    {"TcpExtTCPSACKReneging", "peers that took back what they reported",
     TRANSPORT(tcp_sack_reneged)},
    {"TcpExtTCPSACKReorder", "segments that arrived behind later ones",
     TRANSPORT(tcp_sack_reorder)},
    {"TcpExtTCPSACKDiscard", "blocks that cannot be", TRANSPORT(tcp_sack_discarded)},
    {"TcpExtTCPDSACKRecv", "duplicates reported by peers", TRANSPORT(tcp_dsack_received)},
    {"TcpExtTCPFullUndo", "reductions undone when all had arrived", TRANSPORT(tcp_full_undos)},
    {"TcpExtTCPPartialUndo", "reductions undone by an original", TRANSPORT(tcp_partial_undos)},
    {"TcpExtTCPDSACKUndo", "reductions undone by reported duplicates", TRANSPORT(tcp_dsack_undos)},
    {"TcpExtTCPLossUndo", "time-outs undone", TRANSPORT(tcp_loss_undos)},
    {"TcpExtTCPSpuriousRTOs", "time-outs that F-RTO found to be for nothing",
     TRANSPORT(tcp_spurious_rtos)},
    {"TcpExtTCPLostRetransmit", "repetitions lost", TRANSPORT(tcp_lost_retransmits)},
    {"TcpExtTCPSlowStartRetrans", "retransmissions after time-outs",
     TRANSPORT(tcp_slow_start_retransmits)},
    {"TcpExtTCPLossProbes", "probes of lost tails", TRANSPORT(tcp_loss_probes)},
    {"TcpExtTCPLossProbeRecovery", "tails repaired by their probe",
     TRANSPORT(tcp_loss_probe_recoveries)},
    {"TcpExtTCPWqueueTooBig", "segments held back for too many in flight",
     TRANSPORT(tcp_scoreboard_full)},
    {"TcpExtTCPMTUPBlackHole", "paths that may swallow large segments", TRANSPORT(tcp_black_holes)},
    {"TcpExtTCPMTUPSuccess", "probes of a path's length that arrived",
     TRANSPORT(tcp_path_probes_arrived)},
    {"TcpExtTCPMTUPFail", "probes of a path's length that were lost",
     TRANSPORT(tcp_path_probes_lost)},
    {"TcpExtTCPFastOpenActive", "connections whose SYN's data the server took",
     TRANSPORT(tcp_fast_open_active)},
    {"TcpExtTCPFastOpenActiveFail", "connections whose SYN's data it did not take",
     TRANSPORT(tcp_fast_open_active_fails)},
    {"TcpExtTCPFastOpenPassive", "connections opened by the data of a SYN",
     TRANSPORT(tcp_fast_open_passive)},
    {"TcpExtTCPFastOpenPassiveFail", "SYNs with a bad cookie of fast open",
     TRANSPORT(tcp_fast_open_passive_fails)},
    {"TcpExtTCPFastOpenListenOverflow", "SYNs with a good cookie, but too many of them",
     TRANSPORT(tcp_fast_open_overflows)},
    {"TcpExtTCPFastOpenCookieReqd", "cookies of fast open asked for",
     TRANSPORT(tcp_fast_open_requests)},
    {"TcpExtTCPHPHits", "segments taken by header prediction", TRANSPORT(tcp_predicted)},
    {"TcpExtTCPWinScaleCut", "window scales above 14 in SYNs, taken as 14",
     TRANSPORT(tcp_scales_cut)},
    {"TcpExtTCPOFODrop", "segments out of order there was no memory for",
     TRANSPORT(tcp_out_of_order_dropped)},
    {"TcpExtOfoPruned", "pieces out of order given up for want of memory",
     TRANSPORT(tcp_out_of_order_pruned)},
    {"TcpExtTCPDSACKOldSent", "duplicates of read data reported", TRANSPORT(tcp_dsack_old_sent)},
    {"TcpExtTCPDSACKOfoSent", "duplicates of data out of order reported",
     TRANSPORT(tcp_dsack_held_sent)},
    {"UdpInDatagrams", "datagrams delivered", TRANSPORT(udp_in_datagrams)},
    {"UdpNoPorts", "datagrams for ports without a socket", TRANSPORT(udp_no_ports)},
    {"UdpInErrors", "datagrams that were damaged", TRANSPORT(udp_in_errors)},
    {"UdpRcvbufErrors", "datagrams a full socket lost", TRANSPORT(udp_receive_buffer_errors)},
    {"UdpOutDatagrams", "datagrams sent", TRANSPORT(udp_out_datagrams)},
};

/* What all interfaces count together. */
struct interface_place {
    const char *name; /* as the others */
    const char *text; /* in a few words */
    size_t offset;    /* in struct interface */
};
#define NEIGHBORS(field) offsetof(struct interface, neighbors.field)
#define IGMP(field)      offsetof(struct interface, igmp.field)
static const struct interface_place interface_places[] = {
    {"ArpInRequests", "ARP requests received", NEIGHBORS(requests_received)},
    {"ArpInReplies", "ARP replies received", NEIGHBORS(replies_received)},
    {"ArpOutRequests", "ARP requests sent", NEIGHBORS(requests_sent)},
    {"ArpOutReplies", "ARP replies sent", NEIGHBORS(replies_sent)},
    {"ArpConflicts", "ARP packets in which somebody else has our address", NEIGHBORS(conflicts)},
    {"IgmpInQueries", "IGMP queries answered or to be answered", IGMP(queries_in)},
    {"IgmpInReports", "IGMP reports of others heard, versions 1 and 2", IGMP(reports_in)},
    {"IgmpOutReports", "IGMP reports sent", IGMP(reports_out)},
    {"IgmpOutLeaves", "IGMP leave messages sent, version 2", IGMP(leaves_out)},
};

#define PLACES           ((uint32_t)array_length(places))
#define INTERFACE_PLACES ((uint32_t)array_length(interface_places))
#define REASONS          ((uint32_t)DROP_REASON_COUNT - 1) /* without DROP_NONE */

/* Names of what was dropped on its way out: the reason's own, with Out behind Drop, made by the
 * table of those that happen there. */
struct out_reason {
    enum drop_reason reason; /* why */
    const char *name;        /* the counter's */
};
static const struct out_reason out_reasons[] = {
    {DROP_NEIGHBOR_QUEUE, "DropOutNeighborQueue"},
    {DROP_NEIGHBOR_FAILED, "DropOutNeighborFailed"},
    {DROP_EGRESS_QUEUE, "DropOutEgressQueue"},
    {DROP_CODEL, "DropOutCodel"},
    {DROP_NO_ROUTE, "DropOutNoRoute"},
    {DROP_FRAGMENTATION_NEEDED, "DropOutFragmentationNeeded"},
    {DROP_SPECIAL_RANGE, "DropOutSpecialRange"},
    {DROP_NO_MEMORY, "DropOutNoMemory"},
    {DROP_NO_CARRIER, "DropOutNoCarrier"},
};

static uint64_t value_at(const void *base, size_t offset) {
    uint64_t value;
    memcpy(&value, (const char *)base + offset, sizeof(value));
    return value;
}

static uint64_t interface_sum(const struct dobos_host *host, size_t offset) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < host->interface_count; i++)
        sum += value_at(host->interfaces[i], offset);
    return sum;
}

static uint64_t marks(const struct dobos_host *host) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < host->interface_count; i++)
        sum += host->interfaces[i]->queue.marks;
    return sum;
}

/* Fragments that were held when they were dropped are counted by reassembly. */
static uint64_t dropped_in(const struct dobos_host *host, enum drop_reason reason) {
    uint64_t value = host->counters.dropped_in[reason];
    if (reason == DROP_FRAGMENT_LIMIT)
        value += host->reassembly.dropped[0];
    if (reason == DROP_FRAGMENT_OVERLAP)
        value += host->reassembly.dropped[1];
    return value;
}

int dobos_counter_read(const struct dobos_host *host, uint32_t nth, struct dobos_counter *counter) {
    if (nth < PLACES) {
        *counter = (struct dobos_counter){places[nth].name, places[nth].text,
                                          value_at(host, places[nth].offset)};
        return 0;
    }
    nth -= PLACES;
    if (nth < INTERFACE_PLACES) {
        const struct interface_place *place = &interface_places[nth];
        *counter =
            (struct dobos_counter){place->name, place->text, interface_sum(host, place->offset)};
        return 0;
    }
    nth -= INTERFACE_PLACES;
    if (nth == 0) {
        *counter = (struct dobos_counter){
            "EgressMarks", "frames marked in an egress queue: congestion (ECN)", marks(host)};
        return 0;
    }
    if (--nth == 0) {
        *counter = (struct dobos_counter){"FramesHeld",
                                          "fragments that wait for the rest of their datagram",
                                          reassembly_held(&host->reassembly)};
        return 0;
    }
    if (--nth < REASONS) {
        enum drop_reason reason = (enum drop_reason)(nth + 1);
        *counter = (struct dobos_counter){drop_reason_name(reason), drop_reason_text(reason),
                                          dropped_in(host, reason)};
        return 0;
    }
    nth -= REASONS;
    if (nth < array_length(out_reasons)) {
        const struct out_reason *out = &out_reasons[nth];
        *counter = (struct dobos_counter){out->name, drop_reason_text(out->reason),
                                          host->counters.dropped_out[out->reason]};
        return 0;
    }
    return -DOBOS_ENOENT;
}
