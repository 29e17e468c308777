/*
 * settings: the text of --so_flags, `name=value` separated by commas or spaces. The names are ours
 * for what is the network's (local, mtu) and Linux's for what is TCP's (tcp_ecn, tcp_sack, …: the
 * last part of a sysctl's name), so that a script's sysctl lines can be carried over as they are.
 * A sysctl of something that dobos has no setting for is refused where it asks for more than dobos
 * does, and taken without a word where it names what dobos does anyway.
 */
#include "packetdrill/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES 96

/* One flag, split. */
struct flag {
    char name[48];           /* without net.ipv4. */
    char value[VALUE_BYTES]; /* what stands behind = */
};

/* A decimal or 0x number in a range; false: it is none. */
static bool number_read(const char *text, uint64_t least, uint64_t most, uint64_t *number) {
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    const unsigned long long read = strtoull(text, &end, 0);
    if (*end != '\0' || read < least || read > most)
        return false;
    *number = read;
    return true;
}

/* LEAST:DEFAULT:MOST, as tcp_rmem and tcp_wmem have them. */
static bool sizes_read(const char *text, uint32_t *first, uint32_t *most) {
    uint64_t sizes[3];
    for (unsigned i = 0; i < 3; i++) {
        char part[VALUE_BYTES];
        const size_t length = strcspn(text, ":");
        if (text[length] != (i < 2 ? ':' : '\0'))
            return false;
        memcpy(part, text, length);
        part[length] = '\0';
        if (!number_read(part, 0, 1 << 30, &sizes[i]))
            return false;
        text += length + 1;
    }
    if (sizes[0] > sizes[1] || sizes[1] > sizes[2] || sizes[1] < 4096)
        return false;
    *first = (uint32_t)sizes[1];
    *most = (uint32_t)sizes[2];
    return true;
}

static bool congestion_read(struct settings *settings, const char *value) {
    static const struct {
        const char *name;
        enum dobos_congestion congestion;
    } names[] = {{"cubic", DOBOS_CONGESTION_CUBIC},
                 {"reno", DOBOS_CONGESTION_RENO},
                 {"bbr", DOBOS_CONGESTION_BBR}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, value) == 0) {
            settings->tcp.congestion = names[i].congestion;
            return true;
        }
    }
    return false;
}

static bool ecn_read(struct settings *settings, const char *value) {
    static const enum dobos_ecn levels[] = {DOBOS_ECN_OFF, DOBOS_ECN_ON, DOBOS_ECN_PASSIVE,
                                            DOBOS_ECN_ACCURATE};
    uint64_t level;
    if (!number_read(value, 0, 3, &level))
        return false;
    settings->tcp.ecn = levels[level];
    return true;
}

static bool cookies_read(struct settings *settings, const char *value) {
    static const enum dobos_syn_cookies levels[] = {DOBOS_SYN_COOKIES_OFF, DOBOS_SYN_COOKIES_FULL,
                                                    DOBOS_SYN_COOKIES_ALWAYS};
    uint64_t level;
    if (!number_read(value, 0, 2, &level))
        return false;
    settings->tcp.syn_cookies = levels[level];
    return true;
}

/* A switch of what is on by default. */
static bool switch_read(const char *value, bool *off) {
    uint64_t level;
    if (!number_read(value, 0, 2, &level))
        return false;
    *off = level == 0;
    return true;
}

static bool mtu_probing_read(struct settings *settings, const char *value) {
    return switch_read(value, &settings->tcp.no_path_probing);
}

/* The bits are Linux's; those for opening without a cookie have no setting here. */
static bool fast_open_read(struct settings *settings, const char *value) {
    uint64_t bits;
    if (!number_read(value, 0, UINT32_MAX, &bits))
        return false;
    settings->opens_fast = (bits & 0x402) == 0x402;
    settings->tcp.fast_open = (unsigned)bits & (DOBOS_FAST_OPEN_CLIENT | DOBOS_FAST_OPEN_SERVER);
    return true;
}

static bool word_read(const char *value, uint64_t least, uint64_t most, uint32_t *word) {
    uint64_t number;
    if (!number_read(value, least, most, &number))
        return false;
    *word = (uint32_t)number;
    return true;
}

/* What is said of what is always so: a value other than this one is refused. */
static bool fixed_read(const char *name, const char *value, bool *is_known) {
    static const struct flag fixed[] = {
        {"tcp_dsack", "1"},      {"tcp_fack", "0"},          {"tcp_frto", "2"},
        {"tcp_recovery", "1"},   {"tcp_early_retrans", "3"}, {"tcp_early_retrans", "4"},
        {"tcp_reordering", "3"}, {"tcp_syn_retries", "6"},   {"tcp_synack_retries", "5"},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (strcmp(fixed[i].name, name) != 0)
            continue;
        *is_known = true;
        if (strcmp(fixed[i].value, value) == 0)
            return true;
    }
    return false;
}

static bool network_read(struct settings *settings, const struct flag *flag, bool *is_known) {
    uint64_t number;
    const char *name = flag->name;
    const char *value = flag->value;
    if (strcmp(name, "local") == 0)
        return dobos_prefix_parse(value, &settings->local, NULL) == 0;
    if (strcmp(name, "mtu") == 0)
        return word_read(value, 68, 65535, &settings->mtu);
    if (strcmp(name, "initcwnd") == 0)
        return word_read(value, 1, 64, &settings->tcp.initial_window);
    if (strcmp(name, "seed") == 0) {
        if (!number_read(value, 0, UINT64_MAX, &number))
            return false;
        settings->seed = number;
        return true;
    }
    *is_known = false;
    return false;
}

/* Sets what one flag says. False: a wrong value, or (is_known) no such name. */
static bool flag_read(struct settings *settings, const struct flag *flag, bool *is_known) {
    struct dobos_tcp_config *tcp = &settings->tcp;
    const char *name = flag->name;
    const char *value = flag->value;
    *is_known = true;
    if (strcmp(name, "tcp_congestion_control") == 0)
        return congestion_read(settings, value);
    if (strcmp(name, "tcp_ecn") == 0)
        return ecn_read(settings, value);
    if (strcmp(name, "tcp_syncookies") == 0)
        return cookies_read(settings, value);
    if (strcmp(name, "tcp_fastopen") == 0)
        return fast_open_read(settings, value);
    if (strcmp(name, "tcp_mtu_probing") == 0)
        return mtu_probing_read(settings, value);
    if (strcmp(name, "tcp_base_mss") == 0)
        return word_read(value, 88, 65495, &tcp->path_probe_mss);
    if (strcmp(name, "tcp_sack") == 0)
        return switch_read(value, &tcp->no_sack);
    if (strcmp(name, "tcp_timestamps") == 0)
        return switch_read(value, &tcp->no_timestamps);
    if (strcmp(name, "tcp_window_scaling") == 0)
        return switch_read(value, &tcp->no_window_scale);
    if (strcmp(name, "tcp_moderate_rcvbuf") == 0)
        return switch_read(value, &tcp->no_tuning);
    if (strcmp(name, "tcp_rmem") == 0)
        return sizes_read(value, &settings->receive_buffer, &tcp->receive_buffer_max_bytes);
    if (strcmp(name, "tcp_wmem") == 0)
        return sizes_read(value, &settings->send_buffer, &tcp->send_buffer_max_bytes);
    if (strcmp(name, "tcp_notsent_lowat") == 0)
        return word_read(value, 0, UINT32_MAX, &settings->low_water);
    if (strcmp(name, "tcp_challenge_ack_limit") == 0)
        return word_read(value, 1, 1000000, &tcp->challenge_limit);
    if (strcmp(name, "tcp_max_orphans") == 0)
        return word_read(value, 1, 1048576, &tcp->orphan_limit);
    if (strcmp(name, "tcp_max_tw_buckets") == 0)
        return word_read(value, 1, 1048576, &tcp->time_wait_limit);
    if (network_read(settings, flag, is_known))
        return true;
    return !*is_known && fixed_read(name, value, is_known);
}

/* Takes the next flag from the text; false: there is none, or (*fits) it is too long. */
static bool flag_next(const char **text, struct flag *flag, bool *fits) {
    static const char separators[] = ", \t\n";
    const char *begin = *text + strspn(*text, separators);
    const size_t length = strcspn(begin, separators);
    const size_t name = strcspn(begin, "=, \t\n");
    const char *sysctl = "net.ipv4.";
    *text = begin + length;
    *fits = true;
    if (length == 0)
        return false;
    const char *bare = strncmp(begin, sysctl, strlen(sysctl)) == 0 ? begin + strlen(sysctl) : begin;
    const size_t value = name < length ? name + 1 : length;
    const size_t bare_length = name - (size_t)(bare - begin);
    if (name < (size_t)(bare - begin) || bare_length >= sizeof flag->name ||
        length - value >= sizeof flag->value) {
        *fits = false;
        return false;
    }
    memset(flag, 0, sizeof *flag);
    memcpy(flag->name, bare, bare_length);
    memcpy(flag->value, begin + value, length - value);
    return true;
}

bool settings_parse(struct settings *settings, const char *flags,
                    char fault[SETTINGS_FAULT_BYTES]) {
    struct flag flag;
    bool fits = true;
    *settings = (struct settings){
        .local = {dobos_address_ipv4(UINT32_C(0xc0a80001)), 16},
        .mtu = 1500,
        .seed = 1,
        .tcp = {.ecn = DOBOS_ECN_OFF,
                .receive_buffer_max_bytes = 15 << 20,
                .send_buffer_max_bytes = 4 << 20,
                .initial_window = 10,
                .no_path_probing = true},
    };
    for (const char *rest = flags ? flags : ""; flag_next(&rest, &flag, &fits);) {
        bool is_known;
        if (flag_read(settings, &flag, &is_known))
            continue;
        (void)snprintf(fault, SETTINGS_FAULT_BYTES,
                       is_known ? "%s: %s is no value of it" : "%s: no such flag%.0s", flag.name,
                       flag.value);
        return false;
    }
    if (!fits)
        (void)snprintf(fault, SETTINGS_FAULT_BYTES, "a flag is too long");
    return fits;
}
