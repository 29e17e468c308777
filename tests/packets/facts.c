/*
 * facts: `%{ 4: cwnd == 10; counter TcpTimeouts == 0 }%`: comparisons of what the library tells
 * about a connection (that of the last call, or of its number, or of a peer's port) and of the
 * host's counters.
 */
#include <string.h>

#include "play.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const STATES[] = {
    "CLOSED",     "LISTEN",     "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1",
    "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK",     "TIME_WAIT",
};

static const char *const CA_STATES[] = {"OPEN", "DISORDER", "CWR", "RECOVERY", "LOSS"};

static int64_t segments(uint32_t bytes, uint32_t mss) {
    if (bytes == UINT32_MAX)
        return -1;
    return mss > 0 ? (int64_t)(bytes / mss) : 0;
}

/* A field's value; false: there is none of that name. Times are in milliseconds. */
static bool field_read(const struct dobos_socket_info *info, const char *name, int64_t *value) {
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {
        {"state", info->state},
        {"receive_queue", (int64_t)info->receive_queue},
        {"send_queue", (int64_t)info->send_queue},
        {"has_owner", info->has_owner},
        {"mss", info->tcp.mss},
        {"snd_wscale", info->tcp.snd_wscale},
        {"rcv_wscale", info->tcp.rcv_wscale},
        {"timestamps", info->tcp.timestamps},
        {"rto", info->tcp.rto_ns / DOBOS_MILLISECOND},
        {"srtt", info->tcp.srtt_ns / DOBOS_MILLISECOND},
        {"rttvar", info->tcp.rttvar_ns / DOBOS_MILLISECOND},
        {"cwnd", segments(info->tcp.cwnd_bytes, info->tcp.mss)},
        {"cwnd_bytes", info->tcp.cwnd_bytes},
        {"ssthresh", segments(info->tcp.ssthresh_bytes, info->tcp.mss)},
        {"ssthresh_bytes", info->tcp.ssthresh_bytes},
        {"snd_wnd", info->tcp.snd_wnd},
        {"rcv_wnd", info->tcp.rcv_wnd},
        {"bytes_sent", (int64_t)info->tcp.bytes_sent},
        {"bytes_acked", (int64_t)info->tcp.bytes_acked},
        {"bytes_received", (int64_t)info->tcp.bytes_received},
        {"segments_out", (int64_t)info->tcp.segments_out},
        {"segments_in", (int64_t)info->tcp.segments_in},
        {"retransmits", info->tcp.retransmits},
        {"unacked_bytes", info->tcp.unacked_bytes},
        {"backoff", info->tcp.backoff},
        {"pmtu", info->tcp.pmtu},
        {"rcv_mss", info->tcp.rcv_mss},
        {"advmss", info->tcp.advmss},
        {"sack", info->tcp.sack},
        {"window_scales", info->tcp.window_scales},
        {"ecn", info->tcp.ecn},
        {"accurate_ecn", info->tcp.accurate_ecn},
        {"ecn_seen", info->tcp.ecn_seen},
        {"syn_data", info->tcp.syn_data},
        {"rtt_min", info->tcp.rtt_min_ns / DOBOS_MILLISECOND},
        {"rcv_rtt", info->tcp.rcv_rtt_ns / DOBOS_MILLISECOND},
        {"timeouts", info->tcp.timeouts},
        {"probes", info->tcp.probes},
        {"ca", info->tcp.ca},
        {"unacked", info->tcp.unacked},
        {"sacked", info->tcp.sacked},
        {"lost", info->tcp.lost},
        {"resent", info->tcp.resent},
        {"reordering", info->tcp.reordering},
        {"reorderings", info->tcp.reorderings},
        {"dsack_duplicates", info->tcp.dsack_duplicates},
        {"out_of_order", info->tcp.out_of_order},
        {"delivered", info->tcp.delivered},
        {"delivered_ce", info->tcp.delivered_ce},
        {"pacing_rate", (int64_t)info->tcp.pacing_rate},
        {"is_app_limited", info->tcp.is_app_limited},
        {"bytes_retransmitted", (int64_t)info->tcp.bytes_retransmitted},
        {"data_segments_out", (int64_t)info->tcp.data_segments_out},
        {"data_segments_in", (int64_t)info->tcp.data_segments_in},
        {"not_sent_bytes", info->tcp.not_sent_bytes},
    };
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (strcmp(fields[i].name, name) == 0) {
            *value = fields[i].value;
            return true;
        }
    }
    return false;
}

static bool counter_read(struct play *play, const char *name, int64_t *value) {
    struct dobos_counter counter;
    for (uint32_t i = 0; dobos_counter_read(play->stage.host, i, &counter) == 0; i++) {
        if (strcmp(counter.name, name) == 0) {
            *value = (int64_t)counter.value;
            return true;
        }
    }
    return false;
}

/* Any socket of the host with that port of the peer's: one that nobody owns any more, too. */
static bool port_info(struct play *play, int64_t port, struct dobos_socket_info *info) {
    for (uint32_t i = 0; dobos_socket_read(play->stage.host, i, info) == 0; i++)
        if (info->peer.port == port)
            return true;
    return false;
}

/* "4:", "port 4000:", or nothing: the last call's. */
static bool subject_read(struct play *play, struct dobos_socket_info *info, bool *found) {
    const char *before = play->at;
    int64_t number = play->last;
    *info = (struct dobos_socket_info){0};
    if (play_word(play, "port")) {
        if (!play_number(play, &number) || !play_sign(play, ":"))
            return play_fault(play, "port NUMBER: is expected");
        *found = port_info(play, number, info);
        return true;
    }
    play->at += strspn(play->at, " ");
    if (*play->at >= '0' && *play->at <= '9') {
        if (!play_number(play, &number) || !play_sign(play, ":"))
            play->at = before;
        else
            play->last = (unsigned)number % PLAY_SOCKETS;
    }
    struct dobos_socket *socket = play->slots[play->last].socket;
    *found = socket && dobos_socket_info_read(socket, info) == 0;
    if (!socket)
        *found = port_info(play, PEER_PORT, info);
    return true;
}

static bool is_so(int64_t found, const char *sign, int64_t wanted) {
    if (strcmp(sign, "==") == 0)
        return found == wanted;
    if (strcmp(sign, "!=") == 0)
        return found != wanted;
    if (strcmp(sign, "<=") == 0)
        return found <= wanted;
    if (strcmp(sign, ">=") == 0)
        return found >= wanted;
    return strcmp(sign, "<") == 0 ? found < wanted : found > wanted;
}

/* A number, or a state of the connection's or of its congestion control's. */
static bool wanted_read(struct play *play, int64_t *wanted) {
    for (size_t i = 0; i < COUNT(STATES); i++) {
        if (play_word(play, STATES[i])) {
            *wanted = (int64_t)i;
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(CA_STATES); i++) {
        if (play_word(play, CA_STATES[i])) {
            *wanted = (int64_t)i;
            return true;
        }
    }
    return play_number(play, wanted);
}

static bool fact_play(struct play *play, const struct dobos_socket_info *info, bool is_there) {
    static const char *const signs[] = {"==", "!=", "<=", ">=", "<", ">"};
    char name[64];
    int64_t found = 0, wanted = 0;
    size_t sign = 0;
    if (!play_name(play, name, sizeof(name)))
        return false;
    if (strcmp(name, "counter") == 0) {
        if (!play_name(play, name, sizeof(name)))
            return false;
        if (!counter_read(play, name, &found))
            return play_fault(play, "there is no counter %s", name);
    } else if (strcmp(name, "gone") == 0) {
        return !is_there || play_fault(play, "it is still there");
    } else if (!is_there) {
        return play_fault(play, "there is no such connection");
    } else if (!field_read(info, name, &found)) {
        return play_fault(play, "there is no field %s", name);
    }
    while (sign < COUNT(signs) && !play_sign(play, signs[sign]))
        sign++;
    if (sign == COUNT(signs))
        return play_fault(play, "a comparison is expected behind %s", name);
    if (!wanted_read(play, &wanted))
        return false;
    if (is_so(found, signs[sign], wanted))
        return true;
    if (strcmp(name, "state") == 0)
        return play_fault(play, "state is %s", STATES[found]);
    if (strcmp(name, "ca") == 0)
        return play_fault(play, "ca is %s", CA_STATES[found]);
    return play_fault(play, "%s is %lld", name, (long long)found);
}

void facts_play(struct play *play) {
    struct dobos_socket_info info;
    bool is_there = false;
    if (!subject_read(play, &info, &is_there))
        return;
    do {
        if (!fact_play(play, &info, is_there))
            return;
    } while (play_sign(play, ";"));
    if (!play_sign(play, "}%"))
        play_fault(play, "}%% is expected");
}
