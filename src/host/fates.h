/* fates: what becomes of numbered packets, told to a log (dobos/fate.h). All of these are called
 * only where host->fates is set: a host that nobody listens to has one test a packet. */
#ifndef HOST_FATES_H
#define HOST_FATES_H

#include "host/arrival.h"

struct transport_result;

/* A packet on its way up is delivered or held. */
void fate_arrival(struct dobos_host *host, const struct arrival *arrival,
                  enum dobos_fate_kind kind);
/* It is dropped; `told`: its sender was sent an ICMP error. */
void fate_arrival_dropped(struct dobos_host *host, const struct arrival *arrival,
                          enum drop_reason reason, bool told);
/* Reassembly has taken a fragment of that number; arrival->packet: the datagram that it completes,
 * NULL: none; `reason`: why it was dropped. */
void fate_fragment(struct dobos_host *host, const struct arrival *arrival, uint64_t number,
                   enum drop_reason reason);
/* Transport has taken the packet of that number (arrival->packet is NULL): what it said of it. What
 * it replies to it knows its cause. */
void fate_taken(struct dobos_host *host, const struct arrival *arrival, uint64_t number,
                struct transport_result *result);
/* It goes on by that path. */
void fate_forwarded(struct dobos_host *host, const struct arrival *arrival,
                    const struct path *path);
/* A packet of that number that was not on its way up, or not any more, is dropped; `told`: its
 * sender was sent an ICMP error. */
void fate_dropped(struct dobos_host *host, uint64_t number, enum drop_reason reason, bool told);
/* What answers an ARP packet of that number knows its cause: the ARP packets among the frames. */
void fate_arp_answers(struct packet_queue *frames, uint64_t number);

#endif
