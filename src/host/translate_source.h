/* translate_source: which outside port stands for an inside port. */
#ifndef HOST_TRANSLATE_SOURCE_H
#define HOST_TRANSLATE_SOURCE_H

#include "host/tracking.h"

/* What stands for who sends a packet of that key out of an outside interface; made if need be.
 * NULL with *reason. */
struct nat_mapping *source_of_inside(struct dobos_host *host, const struct session_key *key,
                                     const struct interface *outside, enum drop_reason *reason);
/* The same for a packet of the host's own: its own port, unless a host inside has that. */
struct nat_mapping *source_of_own(struct dobos_host *host, const struct session_key *key,
                                  const struct interface *outside, enum drop_reason *reason);
/* The mapping of a forward for an outside address; NULL: no memory, or somebody has the port. */
struct nat_mapping *source_of_forward(struct dobos_host *host, uint32_t address,
                                      const struct interface *outside,
                                      const struct dobos_nat_forward *forward);
/* Whether the host itself waits for packets of that key. */
bool own_port_waits(const struct dobos_host *host, const struct session_key *key,
                    const struct interface *interface);

#endif
