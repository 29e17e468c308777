/* settings: `settings congestion reno, no-sack, mtu 1280`: how the script's host does TCP. */
#include <string.h>

#include "play.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The place of the next word among these; a fault if it is none. */
static bool choice_read(struct play *play, const char *const *names, size_t count, int *choice) {
    char word[32];
    if (!play_name(play, word, sizeof(word)))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0) {
            *choice = (int)i;
            return true;
        }
    }
    return play_fault(play, "%s is no choice here", word);
}

/* False: it is none of these, or there is a fault. */
static bool choice_set(struct play *play, const char *name, struct dobos_tcp_config *tcp) {
    static const char *const congestions[] = {"default", "cubic", "reno", "bbr"};
    static const char *const ecns[] = {"default", "off", "passive", "on", "accurate"};
    static const char *const cookies[] = {"default", "off", "full", "always"};
    static const char *const ways[] = {"off", "client", "server", "both"};
    int choice = 0;
    if (strcmp(name, "congestion") == 0 &&
        choice_read(play, congestions, COUNT(congestions), &choice))
        tcp->congestion = (enum dobos_congestion)choice;
    else if (strcmp(name, "ecn") == 0 && choice_read(play, ecns, COUNT(ecns), &choice))
        tcp->ecn = (enum dobos_ecn)choice;
    else if (strcmp(name, "syn-cookies") == 0 &&
             choice_read(play, cookies, COUNT(cookies), &choice))
        tcp->syn_cookies = (enum dobos_syn_cookies)choice;
    else if (strcmp(name, "fast-open") == 0 && choice_read(play, ways, COUNT(ways), &choice))
        tcp->fast_open = (unsigned)choice;
    else
        return false;
    return true;
}

static bool switch_set(const char *name, struct dobos_tcp_config *tcp) {
    const struct {
        const char *name;
        bool *field;
    } switches[] = {
        {"no-sack", &tcp->no_sack},
        {"no-timestamps", &tcp->no_timestamps},
        {"no-window-scale", &tcp->no_window_scale},
        {"no-path-probing", &tcp->no_path_probing},
        {"no-tuning", &tcp->no_tuning},
    };
    for (size_t i = 0; i < COUNT(switches); i++) {
        if (strcmp(switches[i].name, name) == 0)
            return *switches[i].field = true;
    }
    return false;
}

static bool number_set(struct play *play, const char *name, struct settings *settings) {
    struct dobos_tcp_config *tcp = &settings->tcp;
    const struct {
        const char *name;
        uint32_t *field;
    } numbers[] = {
        {"mtu", &settings->mtu},
        {"receive-buffer-max", &tcp->receive_buffer_max_bytes},
        {"send-buffer-max", &tcp->send_buffer_max_bytes},
        {"initial-window", &tcp->initial_window},
        {"challenge-limit", &tcp->challenge_limit},
        {"orphan-limit", &tcp->orphan_limit},
        {"time-wait-limit", &tcp->time_wait_limit},
        {"path-probe-mss", &tcp->path_probe_mss},
    };
    int64_t number;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (strcmp(numbers[i].name, name) == 0) {
            if (play_number(play, &number))
                *numbers[i].field = (uint32_t)number;
            return true;
        }
    }
    if (strcmp(name, "buffer-limit") != 0 || !play_number(play, &number))
        return false;
    settings->buffer_limit_bytes = (size_t)number;
    return true;
}

bool settings_read(struct play *play, struct settings *settings) {
    char name[32];
    do {
        if (!play_name(play, name, sizeof(name)))
            return false;
        if (!choice_set(play, name, &settings->tcp) && !switch_set(name, &settings->tcp) &&
            !number_set(play, name, settings))
            return play_fault(play, "there is no setting %s", name);
    } while (play_sign(play, ","));
    return play_is_end(play) || play_fault(play, "the line goes on: %s", play->at);
}
