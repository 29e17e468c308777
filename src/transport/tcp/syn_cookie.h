/* syn_cookie: a SYN answered without a record of it (RFC 4987 §3.6). */
#ifndef TRANSPORT_TCP_SYN_COOKIE_H
#define TRANSPORT_TCP_SYN_COOKIE_H

#include "transport/tcp/half_open.h"

#define SYN_COOKIE_EPOCH_NS (64 * DOBOS_SECOND) /* a cookie is good in its epoch and the next */

/* Whether the next SYN for this listener is to be answered by a cookie: as the settings say, and
 * how full its records are. */
bool syn_cookie_is_due(const struct transport *transport, const struct tcp_listener *listener);
/* Answers a SYN for the listener `owner` by a SYN,ACK whose number is a cookie: result->reply. */
enum drop_reason syn_cookie_answer(struct transport *transport, struct tcp_connection *owner,
                                   const struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result);
/* An acknowledgment nobody waits for: if it brings back a cookie of ours, fills in `half_open` as a
 * record would stand now. The cost does not depend on what the segment says. */
bool syn_cookie_restore(struct transport *transport, struct tcp_connection *owner,
                        const struct tcp_segment *segment, dobos_time now,
                        struct tcp_half_open *half_open);

#endif
