/* settings: how a host does TCP: ranges and defaults (dobos/host.h). */
#include <dobos/errors.h>

#include "transport/tcp/congestion.h"
#include "transport/transport.h"

#define BUFFER_MIN_BYTES     4096
#define BUFFER_MAX_BYTES     (1u << 30)
#define BUFFER_DEFAULT_BYTES (32u << 20)
#define INITIAL_WINDOW_MAX   64
#define INITIAL_WINDOW       10
#define CHALLENGES_MAX       1000000
#define CONNECTIONS_MAX      (1u << 20)
#define PROBE_MSS            1024
#define PROBE_MSS_MIN        88
#define PROBE_MSS_MAX        65495

/* 0 becomes `otherwise`; false: out of range. */
static bool number_set(uint32_t *value, uint32_t least, uint32_t most, uint32_t otherwise) {
    if (*value == 0)
        *value = otherwise;
    return *value >= least && *value <= most;
}

static bool choices_set(struct dobos_tcp_config *s) {
    const unsigned ways = DOBOS_FAST_OPEN_CLIENT | DOBOS_FAST_OPEN_SERVER;
    if (s->congestion == DOBOS_CONGESTION_DEFAULT)
        s->congestion = DOBOS_CONGESTION_CUBIC;
    if (s->ecn == DOBOS_ECN_DEFAULT)
        s->ecn = DOBOS_ECN_ON;
    if (s->syn_cookies == DOBOS_SYN_COOKIES_DEFAULT)
        s->syn_cookies = DOBOS_SYN_COOKIES_FULL;
    return congestion_find(s->congestion) && s->ecn <= DOBOS_ECN_ACCURATE &&
           s->syn_cookies <= DOBOS_SYN_COOKIES_ALWAYS && (s->fast_open & ~ways) == 0;
}

int transport_settings_set(struct transport *transport, const struct dobos_tcp_config *settings) {
    struct dobos_tcp_config s = *settings;
    bool is_right = choices_set(&s) &&
                    number_set(&s.receive_buffer_max_bytes, BUFFER_MIN_BYTES, BUFFER_MAX_BYTES,
                               BUFFER_DEFAULT_BYTES) &&
                    number_set(&s.send_buffer_max_bytes, BUFFER_MIN_BYTES, BUFFER_MAX_BYTES,
                               BUFFER_DEFAULT_BYTES) &&
                    number_set(&s.initial_window, 1, INITIAL_WINDOW_MAX, INITIAL_WINDOW) &&
                    number_set(&s.challenge_limit, 1, CHALLENGES_MAX, TRANSPORT_CHALLENGES) &&
                    number_set(&s.orphan_limit, 1, CONNECTIONS_MAX, TRANSPORT_ORPHANS) &&
                    number_set(&s.time_wait_limit, 1, CONNECTIONS_MAX, TRANSPORT_TIME_WAITS) &&
                    number_set(&s.path_probe_mss, PROBE_MSS_MIN, PROBE_MSS_MAX, PROBE_MSS);
    if (!is_right)
        return -DOBOS_EINVAL;
    transport->settings = s;
    transport->orphan_limit = s.orphan_limit;
    transport->time_wait_limit = s.time_wait_limit;
    transport->challenge_limit = s.challenge_limit;
    return 0;
}
