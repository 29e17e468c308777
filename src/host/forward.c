/*
 * forward: what a router does with a packet for another (RFC 1812 §5). Everything is asked before
 * anything is changed, so that an ICMP error quotes the packet as its sender knows it:
 *
 *     path → filter → time to live → MTU → NAT → public segments → redirect → options → transmit_ip
 */
#include "host/forward.h"

#include "host/fates.h"
#include "host/ingress.h"
#include "host/paths.h"
#include "host/recorder.h"
#include "host/redirects.h"
#include "host/screen.h"
#include "host/translate.h"
#include "host/transmit.h"

#include "base/ipv4_ranges.h"
#include "network/mss_clamp.h"

/* What is for another is dropped unless we forward, which is asked for and not guessed from the
 * number of interfaces [rfc1122#14] [rfc1122#79] [rfc1122#80]; what came to all by frame or
 * address goes nowhere [rfc1812#16] [rfc1812#17]. */
static bool may_forward(const struct dobos_host *host, const struct arrival *arrival) {
    return !arrival->packet->link_broadcast && !arrival->broadcast && host->forwarding &&
           arrival->interface->index != LOOPBACK;
}

/* The way of the packet as it will be. */
static int find_way(const struct dobos_host *host, struct arrival *arrival, struct path *path) {
    const struct path_question question = {.destination = *arrival_goal(arrival),
                                           .source = arrival->ipv4.source,
                                           .arrived = arrival->interface->index,
                                           .packet = arrival->packet,
                                           .ipv4 = &arrival->ipv4};
    return path_find(host, &question, path);
}

/* Whether it is too large for its next link; a fragment goes on by itself [rfc1812#12]. No link
 * takes less than 68 bytes [rfc1191#12]. Who is told the MTU knows the packet as it is before NAT
 * [rfc4787#19] [rfc5508#24]. */
static bool is_too_large(const struct arrival *arrival, const struct path *path) {
    return arrival->ipv4.dont_fragment && ipv4_segment_bytes(arrival->packet) > path->mtu;
}

/* Addresses of 169.254/16 mean another host on each link: nothing leaves it with them, whatever
 * its time to live [rfc3927#7]. */
static bool is_of_one_link(const struct arrival *arrival) {
    return ipv4_is_link_local(dobos_address_ipv4_number(&arrival->ipv4.source)) ||
           ipv4_is_link_local(dobos_address_ipv4_number(&arrival->ipv4.destination)) ||
           ipv4_is_link_local(dobos_address_ipv4_number(arrival_goal(arrival)));
}

static bool has_options(const struct arrival *arrival) {
    return arrival->ipv4.header_length > IPV4_HEADER_BYTES;
}

/* A SYN says no more than what both links take: the one that it goes by, for what its sender will
 * be sent goes back by the one that it came by. */
static void clamp(struct dobos_host *host, const struct arrival *arrival, const struct path *path) {
    if (host->mss_clamp && arrival->ipv4.protocol == DOBOS_TCP &&
        arrival->ipv4.fragment_offset == 0 &&
        mss_clamp(arrival->packet, min_u32(path->mtu, arrival->interface->mtu)))
        host->counters.mss_clamped++;
}

/* One hop less; then NAT changes it, and what it bears of the way is continued. Marks stay as they
 * are [rfc3168#2]. */
static enum drop_reason change(struct dobos_host *host, struct arrival *arrival,
                               const struct path *path) {
    enum drop_reason reason = DROP_NONE;
    if (ipv4_forward(arrival->packet, &arrival->ipv4, &reason) == VERDICT_DROP)
        return reason == DROP_NONE ? DROP_NO_MEMORY : reason;
    clamp(host, arrival, path);
    if (!translate_apply(host, arrival))
        return DROP_NO_MEMORY;
    if (has_options(arrival) && !recorder_forward(host, arrival, path))
        return DROP_NO_MEMORY;
    return DROP_NONE;
}

/* What is dropped here is quoted as it came [rfc5508#27]. */
void forward(struct dobos_host *host, struct arrival *arrival) {
    enum drop_reason reason = DROP_IP_NOT_FOR_US;
    struct path path;
    if (!may_forward(host, arrival)) {
        arrival_drop(host, arrival, reason);
        return;
    }
    int error = find_way(host, arrival, &path);
    if (error < 0) {
        host->counters.ip_out_no_routes++;
        arrival_refuse(host, arrival, path_drop_reason(error), 0);
        return;
    }
    if (path.broadcast) {
        /* Directed broadcasts are not forwarded (RFC 2644) [rfc1812#18]; to a network that is not
         * ours none can be told from any other packet [rfc1812#121]. */
        arrival_drop(host, arrival, DROP_IP_DESTINATION);
        return;
    }
    reason = screen_forwarded(host, arrival, &path);
    if (reason == DROP_NONE && is_of_one_link(arrival)) {
        reason = ingress_check_public(host, arrival, &path);
        reason = reason == DROP_NONE ? DROP_LINK_LOCAL : reason;
    }
    if (reason == DROP_NONE && arrival->ipv4.ttl <= 1)
        reason = DROP_TTL_EXPIRED;
    if (reason == DROP_NONE && !host_interface(host, path.interface)->carrier)
        reason = DROP_NO_CARRIER; /* [rfc1812#137] */
    if (reason == DROP_NONE && is_too_large(arrival, &path)) {
        host->counters.ip_fragments_failed++;
        reason = DROP_FRAGMENTATION_NEEDED;
    }
    if (reason == DROP_NONE && has_options(arrival) &&
        !recorder_check(arrival->packet, &arrival->ipv4))
        reason = DROP_IP_OPTIONS; /* [rfc1812#75] */
    if (reason == DROP_NONE)
        reason = translate_departure(host, arrival, &path);
    if (reason == DROP_NONE)
        reason = ingress_check_public(host, arrival, &path);
    if (reason == DROP_NONE) {
        redirect_consider(host, arrival, &path);
        reason = change(host, arrival, &path);
    }
    if (reason != DROP_NONE) {
        arrival_refuse(host, arrival, reason, path.mtu);
        return;
    }
    host->counters.frames_forwarded++;
    host->counters.ip_forwarded++;
    if (host->fates)
        fate_forwarded(host, arrival, &path);
    arrival->packet->band = egress_band(arrival->ipv4.tos);
    if (!transmit_ip(host, arrival->packet, &path)) /* counted there */
        dobos_packet_release(arrival->packet);
    arrival->packet = NULL;
}
