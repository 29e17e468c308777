/* dns_log: see dns_log.h. */
#include "services/dns_log.h"

void dns_log_init(struct dns_log *log, struct allocator *allocator) {
    *log = (struct dns_log){.allocator = allocator};
}

#define LOG_BYTES (DNS_LOG_EVENTS * sizeof(struct dobos_dns_event))

void dns_log_fini(struct dns_log *log) {
    if (log->events)
        allocator_release(log->allocator, log->events, LOG_BYTES);
    log->events = NULL;
    log->watchers = 0;
}

int dns_log_set(struct dns_log *log, bool on) {
    if (!on) {
        if (log->watchers > 0)
            log->watchers--;
        if (log->watchers == 0)
            dns_log_fini(log);
        return 0;
    }
    if (!log->events) {
        log->events = allocator_allocate_raw(log->allocator, LOG_BYTES, "dns log");
        log->count = 0;
    }
    if (!log->events)
        return -DOBOS_ENOMEM;
    log->watchers++;
    return 0;
}

static void name_write(const struct dns_name *name, char text[DOBOS_DOMAIN_BYTES]) {
    char whole[DNS_NAME_TEXT];
    text[0] = '\0';
    if (!name)
        return;
    dns_name_format(name, whole);
    text_copy(text, DOBOS_DOMAIN_BYTES, whole);
}

void dns_log_add(struct dns_log *log, dobos_time now, enum dobos_dns_step step,
                 const struct dns_name *name, uint16_t type, const struct dobos_address *peer,
                 const struct dns_name *zone, uint32_t detail) {
    if (!log->events)
        return;
    struct dobos_dns_event *event = &log->events[log->count % DNS_LOG_EVENTS];
    *event = (struct dobos_dns_event){
        .number = log->count, .at = now, .step = step, .type = type, .detail = detail};
    if (peer)
        event->peer = *peer;
    name_write(name, event->name);
    name_write(zone, event->zone);
    log->count++;
}

int dns_log_read(const struct dns_log *log, uint64_t number, struct dobos_dns_event *event) {
    uint64_t first = log->count > DNS_LOG_EVENTS ? log->count - DNS_LOG_EVENTS : 0;
    uint64_t at = number > first ? number : first;
    if (!log->events || at >= log->count)
        return -DOBOS_ENOENT;
    *event = log->events[at % DNS_LOG_EVENTS];
    return 0;
}
