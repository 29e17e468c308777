/*
 * records: what a router or a host that is asked for an echo writes into record route and timestamp
 * options (RFC 791 §3.1, RFC 1812 §5.3.13.5, §5.3.13.6), in the header in place; its checksum
 * follows (RFC 1624).
 */
#ifndef NETWORK_RECORDS_H
#define NETWORK_RECORDS_H

#include "wire/ipv4_options.h"

/* What is written. */
struct record_entry {
    uint32_t address;  /* ours, by which the packet leaves; 0: none that may be told, so nothing
                          that has an address is written */
    uint32_t time;     /* as it stands in the option */
    bool next_is_ours; /* of a timestamp option whose addresses the sender wrote: the next one is an
                          address of ours */
};

/* The options behind the fixed header. */
struct slice records_options(const uint8_t *header);
/* The address that a sender has written into the next place of his timestamp option; 0: there is
 * none. */
uint32_t records_asked(const uint8_t *header, const struct ipv4_records *records);
/* Writes, or counts that there was no room. */
void records_write(uint8_t *header, const struct ipv4_records *records,
                   const struct record_entry *entry);
/* Makes zeros of the addresses that others have written into the options, or of those alone that
 * have no place on the public Internet; of malformed options nothing is left. Gives what that
 * changes for a checksum that covers the header: the sum of ~before + after of each word. */
uint32_t records_erase(uint8_t *header, bool all);

#endif
