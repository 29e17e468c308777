/*
 * network_tcp: how a node does TCP (struct dobos_tcp_config), in the words of Linux's sysctls.
 *
 *     tcp:
 *       congestion-control: cubic
 *       ecn: passive
 *       fast-open: [client, server]
 *       receive-buffer-max: 6MiB
 *       sack: false
 *
 * What is not said is the host's default. Ranges are those of dobos/host.h.
 */
#include <string.h>

#include "base/memory.h"
#include "lab/network_read.h"
#include "lab/quantity.h"

#define BUFFER_LEAST     4096
#define BUFFER_MOST      (1u << 30)
#define WINDOW_MOST      64
#define CHALLENGES_MOST  1000000
#define CONNECTIONS_MOST (1u << 20)
#define BASE_MSS_LEAST   88
#define BASE_MSS_MOST    65495

/* ---- words ---- */

struct word {
    const char *text;
    unsigned value;
};

/* One of `count` words, which are `expected`. */
static bool read_word(struct reading *reading, const struct yaml_node *node,
                      const struct word *words, size_t count, const char *expected,
                      unsigned *value) {
    const char *text = NULL;
    if (!field_text(reading, node, expected, &text))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i].text) == 0) {
            *value = words[i].value;
            return true;
        }
    }
    return yaml_refuse(reading->document, node, reading->error, "expected %s", expected);
}

static bool read_congestion(struct reading *reading, const struct yaml_node *node, void *to) {
    static const struct word words[] = {
        {"cubic", DOBOS_CONGESTION_CUBIC},
        {"reno", DOBOS_CONGESTION_RENO},
        {"bbr", DOBOS_CONGESTION_BBR},
    };
    unsigned value = 0;
    if (!read_word(reading, node, words, array_length(words), "cubic, reno or bbr", &value))
        return false;
    ((struct dobos_tcp_config *)to)->congestion = (enum dobos_congestion)value;
    return true;
}

static bool read_ecn(struct reading *reading, const struct yaml_node *node, void *to) {
    static const struct word words[] = {
        {"off", DOBOS_ECN_OFF},
        {"passive", DOBOS_ECN_PASSIVE},
        {"on", DOBOS_ECN_ON},
        {"accurate", DOBOS_ECN_ACCURATE},
    };
    unsigned value = 0;
    if (!read_word(reading, node, words, array_length(words), "off, passive, on or accurate",
                   &value))
        return false;
    ((struct dobos_tcp_config *)to)->ecn = (enum dobos_ecn)value;
    return true;
}

static bool read_syn_cookies(struct reading *reading, const struct yaml_node *node, void *to) {
    static const struct word words[] = {
        {"off", DOBOS_SYN_COOKIES_OFF},
        {"full", DOBOS_SYN_COOKIES_FULL},
        {"always", DOBOS_SYN_COOKIES_ALWAYS},
    };
    unsigned value = 0;
    if (!read_word(reading, node, words, array_length(words), "off, full or always", &value))
        return false;
    ((struct dobos_tcp_config *)to)->syn_cookies = (enum dobos_syn_cookies)value;
    return true;
}

static bool read_fast_open(struct reading *reading, const struct yaml_node *list, void *to) {
    static const struct word words[] = {
        {"client", DOBOS_FAST_OPEN_CLIENT},
        {"server", DOBOS_FAST_OPEN_SERVER},
    };
    struct dobos_tcp_config *tcp = to;
    if (!field_expect(reading, list, YAML_LIST, "a list: [client], [server], both, or [] for none"))
        return false;
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        unsigned bit = 0;
        if (!read_word(reading, node, words, array_length(words), "client or server", &bit))
            return false;
        if (tcp->fast_open & bit)
            return yaml_refuse(reading->document, node, reading->error, "expected each only once");
        tcp->fast_open |= bit;
    }
    return true;
}

/* ---- numbers ---- */

static bool read_number(struct reading *reading, const struct yaml_node *node, uint32_t least,
                        uint32_t most, uint32_t *number) {
    uint64_t value = 0;
    if (!field_whole(reading, node, least, most, &value))
        return false;
    *number = (uint32_t)value;
    return true;
}

static bool read_buffer(struct reading *reading, const struct yaml_node *node, uint32_t *bytes) {
    uint64_t value = 0;
    if (node->kind != YAML_SCALAR || !quantity_size(node->text, &value) || value < BUFFER_LEAST ||
        value > BUFFER_MOST)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a size from 4KiB to 1GiB, such as 6MiB");
    *bytes = (uint32_t)value;
    return true;
}

static bool read_receive_buffer(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_buffer(reading, node, &((struct dobos_tcp_config *)to)->receive_buffer_max_bytes);
}

static bool read_send_buffer(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_buffer(reading, node, &((struct dobos_tcp_config *)to)->send_buffer_max_bytes);
}

static bool read_initial_window(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_tcp_config *tcp = to;
    return read_number(reading, node, 1, WINDOW_MOST, &tcp->initial_window);
}

static bool read_challenge_limit(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_tcp_config *tcp = to;
    return read_number(reading, node, 1, CHALLENGES_MOST, &tcp->challenge_limit);
}

static bool read_orphan_limit(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_tcp_config *tcp = to;
    return read_number(reading, node, 1, CONNECTIONS_MOST, &tcp->orphan_limit);
}

static bool read_time_wait_limit(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_tcp_config *tcp = to;
    return read_number(reading, node, 1, CONNECTIONS_MOST, &tcp->time_wait_limit);
}

static bool read_base_mss(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_tcp_config *tcp = to;
    return read_number(reading, node, BASE_MSS_LEAST, BASE_MSS_MOST, &tcp->path_probe_mss);
}

/* ---- what is on or off ---- */

/* The settings say what is not done, so that 0 is the default. */
static bool read_unless(struct reading *reading, const struct yaml_node *node, bool *is_off) {
    bool value = false;
    if (!field_bool(reading, node, &value))
        return false;
    *is_off = !value;
    return true;
}

static bool read_mtu_probing(struct reading *reading, const struct yaml_node *node, void *to) {
    static const struct word words[] = {{"off", 1}, {"on", 0}};
    unsigned is_off = 0;
    if (!read_word(reading, node, words, array_length(words), "on or off", &is_off))
        return false;
    ((struct dobos_tcp_config *)to)->no_path_probing = is_off == 1;
    return true;
}

static bool read_sack(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_unless(reading, node, &((struct dobos_tcp_config *)to)->no_sack);
}

static bool read_timestamps(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_unless(reading, node, &((struct dobos_tcp_config *)to)->no_timestamps);
}

static bool read_window_scaling(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_unless(reading, node, &((struct dobos_tcp_config *)to)->no_window_scale);
}

static bool read_buffer_tuning(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_unless(reading, node, &((struct dobos_tcp_config *)to)->no_tuning);
}

bool network_read_tcp(struct reading *reading, const struct yaml_node *map,
                      struct network_node *node) {
    static const struct field fields[] = {
        {"congestion-control", read_congestion, false},
        {"ecn", read_ecn, false},
        {"syn-cookies", read_syn_cookies, false},
        {"fast-open", read_fast_open, false},
        {"receive-buffer-max", read_receive_buffer, false},
        {"send-buffer-max", read_send_buffer, false},
        {"buffer-tuning", read_buffer_tuning, false},
        {"initial-window", read_initial_window, false},
        {"challenge-limit", read_challenge_limit, false},
        {"orphan-limit", read_orphan_limit, false},
        {"time-wait-limit", read_time_wait_limit, false},
        {"mtu-probing", read_mtu_probing, false},
        {"base-mss", read_base_mss, false},
        {"sack", read_sack, false},
        {"timestamps", read_timestamps, false},
        {"window-scaling", read_window_scaling, false},
        {NULL, NULL, false},
    };
    return fields_read(reading, map, "TCP", fields, &node->tcp);
}
