/*
 * dns_log: what a DNS server did for the questions it was asked, step by step, for those who want
 * to look on (`dobos dig --explain`). It is off until somebody asks; then it holds the last
 * DNS_LOG_EVENTS steps.
 */
#ifndef SERVICES_DNS_LOG_H
#define SERVICES_DNS_LOG_H

#include <dobos/dns.h>

#include "base/allocator.h"
#include "wire/dns.h"

#define DNS_LOG_EVENTS 1024

struct dns_log {
    struct allocator *allocator;    /* borrowed */
    struct dobos_dns_event *events; /* owned; a ring of DNS_LOG_EVENTS; NULL: off */
    uint64_t count;                 /* events since it was on */
    unsigned watchers;              /* who look on */
};

void dns_log_init(struct dns_log *log, struct allocator *allocator);
void dns_log_fini(struct dns_log *log);
/* One more looks on, or one less: it is on while somebody does. -DOBOS_ENOMEM. */
int dns_log_set(struct dns_log *log, bool on);
/* Adds a step: `name` NULL: none; `peer` NULL: nobody. Nothing happens while it is off. `detail` as
 * that of dobos_dns_event says. */
void dns_log_add(struct dns_log *log, dobos_time now, enum dobos_dns_step step,
                 const struct dns_name *name, uint16_t type, const struct dobos_address *peer,
                 const struct dns_name *zone, uint32_t detail);
/* As dobos_dns_event_read. */
int dns_log_read(const struct dns_log *log, uint64_t number, struct dobos_dns_event *event);

#endif
