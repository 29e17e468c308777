/*
 * probes: the tentative addresses of a host's interfaces (RFC 5227 §2.1, §2.3). A probe lives from
 * dobos_address_add to the second announcement or to a conflict; what it does when is
 * link/address_probe's, what that means for the address is here.
 *
 * Without carrier nothing could be heard: the probes wait, and begin anew when the link is up
 * (§2.1: a link that comes up is a network that was joined).
 */
#include "host/probes.h"

#include "host/addresses.h"
#include "host/transmit.h"

#define RETRY_NS (1 * DOBOS_SECOND) /* until there may be memory again */

static uint64_t probe_random(struct dobos_host *host) {
    uint8_t counter[8];
    store_be64(counter, ++host->probe_counter);
    return keyed_hash(&host->probe_key, counter, sizeof(counter));
}

/* Who met many conflicts in a row probes for one address a minute [rfc5227#8]. */
static void probe_begin(struct dobos_host *host, struct interface *interface,
                        struct address_probe *probe) {
    dobos_time from = host->now;
    if (interface->probe_conflicts >= PROBE_MAX_CONFLICTS)
        from = max_i64(from, interface->probed + PROBE_RATE_LIMIT_NS);
    interface->probed = from;
    dobos_time first = address_probe_begin(probe, probe_random(host), from);
    timer_arm(&host->wheel, &probe->timer, interface->carrier ? first : DOBOS_NEVER);
}

bool probe_create(struct dobos_host *host, struct interface *interface,
                  const struct dobos_address *address) {
    struct address_probe *probe =
        allocator_allocate(host->allocator, sizeof(*probe), "address probe");
    if (!probe)
        return false;
    probe->interface = interface->index;
    probe->address = *address;
    timer_init(&probe->timer, TIMER_ADDRESS_PROBE);
    list_node_init(&probe->node);
    list_append(&interface->probes, &probe->node);
    probe_begin(host, interface, probe);
    return true;
}

static void probe_destroy(struct dobos_host *host, struct address_probe *probe) {
    timer_cancel(&host->wheel, &probe->timer);
    list_remove(&probe->node);
    allocator_release(host->allocator, probe, sizeof(*probe));
}

void probe_cancel(struct dobos_host *host, struct interface *interface,
                  const struct dobos_address *address) {
    list_each(&interface->probes, node) {
        struct address_probe *probe = container_of(node, struct address_probe, node);
        if (dobos_address_is_equal(&probe->address, address)) {
            probe_destroy(host, probe);
            return;
        }
    }
}

void probes_end(struct dobos_host *host, struct interface *interface) {
    struct list_node *node;
    while ((node = list_first(&interface->probes)))
        probe_destroy(host, container_of(node, struct address_probe, node));
}

/* [rfc5227#14] */
void probes_on_carrier(struct dobos_host *host, struct interface *interface) {
    list_each(&interface->probes, node) {
        struct address_probe *probe = container_of(node, struct address_probe, node);
        if (!interface->carrier)
            timer_cancel(&host->wheel, &probe->timer);
        else if (probe->announcements == 0)
            probe_begin(host, interface, probe);
        else
            timer_arm(&host->wheel, &probe->timer, host->now);
    }
}

bool is_mac_of_ours(const struct dobos_host *host, const struct dobos_mac *mac) {
    for (uint32_t i = 0; i < host->interface_count; i++) {
        if (mac_is_equal(&host->interfaces[i]->mac, mac))
            return true;
    }
    return false;
}

/* Two interfaces of ours on one link are no conflict [rfc5227#5]. */
bool probes_on_arp(struct dobos_host *host, struct interface *interface, const struct arp *arp) {
    list_each(&interface->probes, node) {
        struct address_probe *probe = container_of(node, struct address_probe, node);
        if (!address_probe_is_conflict(probe, arp) || is_mac_of_ours(host, &arp->sender_mac))
            continue;
        (void)address_on_conflict(host, interface, &probe->address, &arp->sender_mac);
        interface->probe_conflicts++;
        probe_destroy(host, probe);
        return true;
    }
    return false;
}

/* Nobody objected: the address is in use from now on [rfc5227#6]. */
static bool probe_succeed(struct dobos_host *host, struct interface *interface,
                          const struct address_probe *probe) {
    if (address_ready(host, interface, &probe->address) < 0)
        return false;
    interface->probe_conflicts = 0;
    return true;
}

void probe_on_timer(struct dobos_host *host, struct timer *timer) {
    struct address_probe *probe = container_of(timer, struct address_probe, timer);
    struct interface *interface = host_interface(host, probe->interface);
    struct packet_queue out;
    dobos_time next = DOBOS_NEVER;
    packet_queue_init(&out);
    enum address_probe_action action =
        address_probe_on_timer(probe, probe_random(host), host->now, &next);
    if (action == ADDRESS_PROBE_READY && !probe_succeed(host, interface, probe)) {
        probe->announcements = 0;
        timer_arm(&host->wheel, timer, host->now + RETRY_NS);
        return;
    }
    if (action == ADDRESS_PROBE_ASK)
        neighbor_probe(&interface->neighbors, &probe->address, &out);
    else
        neighbor_announce(&interface->neighbors, &probe->address, &out);
    transmit_frames(host, interface, &out);
    if (next == DOBOS_NEVER)
        probe_destroy(host, probe);
    else
        timer_arm(&host->wheel, timer, next);
}
