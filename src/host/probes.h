/* probes: addresses that are being probed or announced (RFC 5227). */
#ifndef HOST_PROBES_H
#define HOST_PROBES_H

#include "host/state.h"

/* Begins to probe a tentative address of the interface. False: no memory. */
bool probe_create(struct dobos_host *host, struct interface *interface,
                  const struct dobos_address *address);
/* The address goes: nothing more is probed or announced of it. */
void probe_cancel(struct dobos_host *host, struct interface *interface,
                  const struct dobos_address *address);
/* The interface goes. */
void probes_end(struct dobos_host *host, struct interface *interface);
/* The link is down: all wait; or up again: all begin anew. */
void probes_on_carrier(struct dobos_host *host, struct interface *interface);
/* Whether one of our interfaces has that link address. */
bool is_mac_of_ours(const struct dobos_host *host, const struct dobos_mac *mac);
/* An ARP packet arrived. True: it said that an address being probed is taken. */
bool probes_on_arp(struct dobos_host *host, struct interface *interface, const struct arp *arp);
/* A timer of kind TIMER_ADDRESS_PROBE fired. */
void probe_on_timer(struct dobos_host *host, struct timer *timer);

#endif
