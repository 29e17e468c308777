/*
 * dhcp_journal: leases that outlast the server, in a store that is only appended to (struct
 * dobos_lease_store). A record says all of one address, so the last one of an address holds; a
 * binding is in the store before it is acknowledged (RFC 2131 §3.1 step 4).
 *
 *     2  magic 0xd0 0xb5   2  length of all   1  state   1  id length   1  name length   1  zero
 *     4  address   4  lease, seconds   8  until, wall time in ns   6  link address
 *     id, name, 8 checksum over all before it
 *
 * Reading looks for the next record behind a torn or broken one, so neither a crash in the middle
 * of an append nor what is appended behind it loses another lease. When the store holds much that
 * is out of date it is written anew.
 */
#ifndef SERVICES_DHCP_JOURNAL_H
#define SERVICES_DHCP_JOURNAL_H

#include "services/dhcp_leases.h"

struct dhcp_journal {
    struct dobos_lease_store store; /* copied; append NULL: there is none */
    int64_t wall_ns;                /* what to add to the host's time */
    uint64_t bytes;                 /* in the store */
    uint64_t live_bytes;            /* of them after the last time it was written anew */
    bool is_broken;                 /* an append failed: its end may be torn */
    uint64_t skipped_bytes;         /* that were no record when it was read */
};

/* Reads the store into the table, then writes it anew. 0 or -DOBOS_EIO, -DOBOS_ENOMEM. */
int journal_load(struct dhcp_journal *journal, struct dhcp_leases *leases, dobos_time now);
/* What a lease is to be: 0 when that is durable (or there is no store), or -DOBOS_EIO. */
int journal_append(struct dhcp_journal *journal, const struct dhcp_leases *leases,
                   const struct dhcp_lease *lease);

#endif
