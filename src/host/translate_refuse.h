/* translate_refuse: what the sender of a packet that NAT leads nowhere is told. */
#ifndef HOST_TRANSLATE_REFUSE_H
#define HOST_TRANSLATE_REFUSE_H

#include "host/arrival.h"
#include "wire/tcp.h"

static inline bool translation_is_syn(const struct translation *t) {
    return t->key.protocol == PROTOCOL_TCP &&
           (t->segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

/* Drops what comes from outside to where nobody waits for it: VERDICT_DROP. */
enum verdict refuse_stranger(struct dobos_host *host, struct arrival *arrival,
                             enum drop_reason reason);
/* The reason why a packet of a host inside that would begin no flow, but needs one, is dropped. */
enum drop_reason refuse_unknown(struct dobos_host *host, const struct arrival *arrival);

#endif
