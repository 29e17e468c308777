/* errors: ICMP errors, ours and others'. */
#ifndef HOST_ERRORS_H
#define HOST_ERRORS_H

#include "host/state.h"

/* Tells the sender of a packet (borrowed) why it was dropped, if the reason says something; returns
 * whether it did. `mtu` for fragmentation needed. */
bool error_report(struct dobos_host *host, struct dobos_packet *packet, const struct ipv4 *ipv4,
                  enum drop_reason reason, uint32_t mtu);
/* Packets (taken, all) whose next hop did not answer: their senders are told, ourselves or others.
 */
void error_neighbor_failed(struct dobos_host *host, struct packet_queue *failed);
/* An ICMP error about something of ours. */
enum drop_reason error_receive(struct dobos_host *host, const struct quote *quote);

#endif
