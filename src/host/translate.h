/* translate: where the host's NAT is asked (network/nat.h) and where flows are tracked
 * (network/session.h). */
#ifndef HOST_TRANSLATE_H
#define HOST_TRANSLATE_H

#include "host/arrival.h"
#include "host/tracking.h"

/* A packet that came in, a whole datagram (hosts that track flows put fragments together first):
 * where flows are tracked, sets arrival->translation, and finds what NAT makes of its destination;
 * elsewhere nothing. VERDICT_DROP: it has met its fate (arrival->packet is NULL); else
 * VERDICT_DELIVER. */
enum verdict translate_arrival(struct dobos_host *host, struct arrival *arrival);
/* A packet that goes on by a path: finds what NAT makes of its source, and begins its flow where it
 * is new. DROP_NONE, or the reason (no port is left, a host's quota is used up). */
enum drop_reason translate_departure(struct dobos_host *host, struct arrival *arrival,
                                     const struct path *path);
/* Does it: addresses, ports and checksums in place; the packet's network_offset is where its IP
 * header is. False: no memory. */
bool translate_apply(struct dobos_host *host, struct arrival *arrival);
/* A packet that goes up: takes note of it, and does what translate_apply does. */
bool translate_delivered(struct dobos_host *host, struct arrival *arrival);

/* A packet of the host's own that leaves by a path, whole, its IP header first: tracks it; where a
 * host inside has its port at an outside interface, it gets another. DROP_NONE, or the reason. */
enum drop_reason translate_outgoing(struct dobos_host *host, struct dobos_packet *packet,
                                    const struct path *path);
/* From which address an ICMP message of the host's own leaves by a path: not from an inside one by
 * an outside interface. */
struct dobos_address translate_own_error_source(const struct dobos_host *host,
                                                const struct path *path);
/* Makes a packet that could not be sent, IP header first, what its sender had sent; *ipv4 follows.
 */
void translate_undo(struct dobos_host *host, struct dobos_packet *packet, struct ipv4 *ipv4);
/* An address is in use from now on, or no more. */
void translate_address_ready(struct dobos_host *host, const struct interface *interface,
                             const struct dobos_address *address);
void translate_address_lost(struct dobos_host *host, const struct dobos_address *address);
/* SYNs from outside have waited long enough. */
void translate_on_timer(struct dobos_host *host);
/* Opens the forwards of all addresses that are in use. */
void translate_forwards_open(struct dobos_host *host);

#endif
