/*
 * timers: what each kind of timer means, and the two calls by which a driver gives a host time. The
 * wheel hands out nodes; the kind says in whose struct a node stands.
 */
#include "host/addresses.h"
#include "host/errors.h"
#include "host/fates.h"
#include "host/groups.h"
#include "host/probes.h"
#include "host/receive.h"
#include "host/results.h"
#include "host/translate.h"
#include "host/transmit.h"

#include "network/ipv4_layer.h"
#include "transport/tcp/tcp.h"

static void neighbor_fired(struct dobos_host *host, struct timer *timer) {
    struct neighbor *neighbor = container_of(timer, struct neighbor, timer);
    struct interface *interface = host_interface(host, neighbor->owner->interface);
    struct packet_queue out, failed;
    packet_queue_init(&out);
    packet_queue_init(&failed);
    uint32_t dead = interface->neighbors.failed;
    neighbor_on_timer(neighbor, host->now, &out, &failed);
    if (interface->neighbors.failed != dead)
        host->routes.generation++; /* who cached a way by it looks for another gateway */
    transmit_frames(host, interface, &out);
    error_neighbor_failed(host, &failed);
}

/* RFC 1122 §3.3.2: the sender of a datagram that was never whole is told, if its first fragment
 * came. */
static void reassembly_fired(struct dobos_host *host, struct timer *timer) {
    uint32_t fragments = 0;
    uint32_t interface_index = 0;
    struct dobos_packet *first =
        reassembly_on_timer(&host->reassembly, timer, &fragments, &interface_index);
    host->counters.ip_reassembly_timeouts++;
    host->counters.dropped_in[DROP_FRAGMENT_TIMEOUT] += fragments;
    if (!first)
        return;
    struct ipv4 ipv4;
    enum drop_reason reason;
    bool told = false;
    if (host_interface(host, interface_index) &&
        ipv4_receive(first, &ipv4, &reason) == VERDICT_DELIVER)
        told = error_report(host, first, &ipv4, DROP_FRAGMENT_TIMEOUT, 0);
    if (host->fates)
        fate_dropped(host, first->number, DROP_FRAGMENT_TIMEOUT, told);
    dobos_packet_release(first);
}

static void tcp_fired(struct dobos_host *host, struct timer *timer) {
    struct transport_result result = {0};
    if (timer->kind == TIMER_TCP_CONNECTION)
        tcp_on_timer(&host->transport, timer, host->now, &result);
    else
        tcp_half_open_on_timer(&host->transport, timer, host->now, &result);
    result_take(host, &result);
}

static void timers_fire(struct dobos_host *host) {
    struct timer *timer;
    while ((timer = timing_wheel_take(&host->wheel, host->now))) {
        switch ((enum timer_kind)timer->kind) {
        case TIMER_TCP_CONNECTION:
        case TIMER_TCP_HALF_OPEN:
            tcp_fired(host, timer);
            break;
        case TIMER_NEIGHBOR:
            neighbor_fired(host, timer);
            break;
        case TIMER_REASSEMBLY:
            reassembly_fired(host, timer);
            break;
        case TIMER_ADDRESS:
            addresses_on_timer(host);
            break;
        case TIMER_ADDRESS_PROBE:
            probe_on_timer(host, timer);
            break;
        case TIMER_PATH_MTU:
            path_mtus_on_timer(&host->path_mtus, host->now);
            break;
        case TIMER_IGMP:
            groups_on_timer(host, timer);
            break;
        case TIMER_SESSIONS:
            tracking_on_timer(host);
            break;
        case TIMER_NAT:
            translate_on_timer(host);
            break;
        case TIMER_NONE:
            break;
        }
    }
}

void dobos_advance(struct dobos_host *host, dobos_time now) {
    host_time_set(host, now);
    timers_fire(host);
    transmit_dirty(host);
    receive_loopback(host);
}

dobos_time dobos_next_deadline(const struct dobos_host *host) {
    if (transmit_is_pending_within(host))
        return host->now;
    return timing_wheel_next(&host->wheel);
}
