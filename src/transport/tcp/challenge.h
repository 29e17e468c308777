/* challenge: acknowledgments that ask the peer to prove itself, and those that answer strays; both
 * rationed (RFC 5961 §7). */
#ifndef TRANSPORT_TCP_CHALLENGE_H
#define TRANSPORT_TCP_CHALLENGE_H

#include "transport/tcp/connection.h"

/* Answers with an acknowledgment, if the ration allows. */
void challenge_send(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* Whether the ration of a connection or half-open record of this flow, counted in `count` since
 * `second`, its peer's and the host's allow one more; it is taken from all three. */
bool challenge_take(struct transport *transport, const struct flow *flow, dobos_time *second,
                    uint8_t *count, dobos_time now);
/* Answers a segment out of window; an empty one only twice a second, so that two ends that disagree
 * fall silent. */
void stray_acknowledge(struct tcp_connection *c, bool is_empty, dobos_time now);

#endif
