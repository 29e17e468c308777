/* ingress: which addresses may come in by an interface, and which may leave by one (RFC 1812
 * §5.3.7, §5.3.8, 2827, 3704). */
#ifndef HOST_INGRESS_H
#define HOST_INGRESS_H

#include "host/arrival.h"

/* Whether the source may come from where the packet came in. DROP_NONE, or the reason. */
enum drop_reason ingress_check(const struct dobos_host *host, const struct arrival *arrival);
/* Whether an address is in a subnet of an interface that is not outside for NAT. */
bool ingress_is_nat_inside(const struct dobos_host *host, const struct dobos_address *address);
/* Whether the packet, as it will be, may leave by the path's interface: private and special ranges
 * never reach a segment that is public. DROP_NONE, or DROP_SPECIAL_RANGE. */
enum drop_reason ingress_check_public(const struct dobos_host *host, const struct arrival *arrival,
                                      const struct path *path);
/* Whether a packet of this host's own may leave by the path: the same, but who has no address may
 * look for one. */
bool ingress_may_send(const struct dobos_host *host, const struct path *path,
                      const struct dobos_address *source, const struct dobos_address *destination);

#endif
