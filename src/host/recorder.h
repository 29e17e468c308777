/* recorder: record route and timestamp options of what is forwarded or answered. */
#ifndef HOST_RECORDER_H
#define HOST_RECORDER_H

#include "host/arrival.h"

/* Whether they are well formed; else ipv4->bad_option says where they are not. The packet's IP
 * header is at its network_offset. */
bool recorder_check(const struct dobos_packet *packet, struct ipv4 *ipv4);
/* Writes into those of a packet that leaves by the path, its IP header first. False: no memory. */
bool recorder_forward(const struct dobos_host *host, struct arrival *arrival,
                      const struct path *path);
/* The options of an answer that leaves by the path: those of the request, with this host's entry.
 * `room` holds an IPv4 header of any length; the slice is borrowed from it. */
struct slice recorder_answer(const struct dobos_host *host, const struct dobos_packet *request,
                             const struct path *path, uint8_t *room);

#endif
