/*
 * info: what a connection tells of itself in Linux's layouts: TCP_INFO, whose windows count
 * segments, and SO_MEMINFO. What dobos does not tell is zero.
 */
#include <linux/sock_diag.h>
#include <string.h>

#include "packetdrill/calls.h"
#include "packetdrill/linux_info.h"

#define LINUX_STATE_CLOSED 7
#define LINUX_NO_SSTHRESH  0x7fffffff

/* Linux numbers the states its own way. */
static uint8_t state_number(enum dobos_tcp_state state) {
    static const uint8_t numbers[] = {
        [DOBOS_TCP_CLOSED] = LINUX_STATE_CLOSED,
        [DOBOS_TCP_LISTEN] = 10,
        [DOBOS_TCP_SYN_SENT] = 2,
        [DOBOS_TCP_SYN_RECEIVED] = 3,
        [DOBOS_TCP_ESTABLISHED] = 1,
        [DOBOS_TCP_FIN_WAIT_1] = 4,
        [DOBOS_TCP_FIN_WAIT_2] = 5,
        [DOBOS_TCP_CLOSE_WAIT] = 8,
        [DOBOS_TCP_CLOSING] = 11,
        [DOBOS_TCP_LAST_ACK] = 9,
        [DOBOS_TCP_TIME_WAIT] = 6,
    };
    return (size_t)state < sizeof numbers ? numbers[state] : LINUX_STATE_CLOSED;
}

static uint32_t microseconds(int64_t ns) {
    return (uint32_t)(ns / DOBOS_MICROSECOND);
}

/* How long ago, in ms. */
static uint32_t age(dobos_time now, dobos_time at) {
    return at == DOBOS_NEVER ? 0 : (uint32_t)((now - at) / DOBOS_MILLISECOND);
}

static size_t structure_write(const void *structure, size_t length, void *value, size_t room) {
    const size_t written = length < room ? length : room;
    memcpy(value, structure, written);
    return written;
}

static uint8_t options_agreed(const struct dobos_tcp_info *info) {
    return (uint8_t)((info->timestamps ? LINUX_INFO_TIMESTAMPS : 0) |
                     (info->sack ? LINUX_INFO_SACK : 0) |
                     (info->window_scales ? LINUX_INFO_WINDOW_SCALE : 0) |
                     (info->ecn || info->accurate_ecn ? LINUX_INFO_ECN : 0) |
                     (info->ecn_seen ? LINUX_INFO_ECN_SEEN : 0) |
                     (info->syn_data ? LINUX_INFO_SYN_DATA : 0));
}

static void paths_fill(const struct dobos_tcp_info *info, dobos_time now,
                       struct linux_tcp_info *told) {
    told->options = options_agreed(info);
    told->window_scales = (uint8_t)(info->snd_wscale | info->rcv_wscale << 4);
    told->rto = microseconds(info->rto_ns);
    told->ato = microseconds(info->ato_ns);
    told->snd_mss = info->mss;
    told->rcv_mss = info->rcv_mss;
    told->advmss = info->advmss;
    told->pmtu = info->pmtu;
    told->last_data_sent = age(now, info->data_sent_at);
    /* Without any, Linux counts from the handshake. */
    told->last_data_recv =
        age(now, info->data_received_at != DOBOS_NEVER ? info->data_received_at : info->heard_at);
    told->last_ack_recv = age(now, info->heard_at);
    told->rtt = microseconds(info->srtt_ns);
    told->rttvar = microseconds(info->rttvar_ns);
    told->min_rtt = info->rtt_min_ns ? microseconds(info->rtt_min_ns) : UINT32_MAX;
    told->rcv_rtt = microseconds(info->rcv_rtt_ns);
    told->rcv_ssthresh = info->rcv_ssthresh;
    told->rcv_space = info->rcv_space;
    told->snd_wnd = info->snd_wnd;
    told->rcv_wnd = info->rcv_wnd;
}

static void losses_fill(const struct dobos_tcp_info *info, struct linux_tcp_info *told) {
    const uint32_t mss = info->mss;
    told->ca_state = (uint8_t)info->ca;
    told->retransmits = info->timeouts;
    told->probes = info->probes;
    told->backoff = info->backoff;
    told->unacked = info->unacked;
    told->sacked = info->sacked;
    told->lost = info->lost + info->resent; /* Linux counts what was lost until it has arrived */
    told->retrans = info->resent;
    told->reordering = info->reordering;
    told->reord_seen = info->reorderings;
    told->dsack_dups = info->dsack_duplicates;
    told->rcv_ooopack = info->out_of_order;
    told->snd_cwnd = mss ? info->cwnd_bytes / mss : 0;
    told->snd_ssthresh = LINUX_NO_SSTHRESH;
    if (mss && info->ssthresh_bytes != UINT32_MAX)
        told->snd_ssthresh = info->ssthresh_bytes / mss;
    told->pacing_rate = info->pacing_rate ? info->pacing_rate : UINT64_MAX;
    told->max_pacing_rate = info->max_pacing_rate;
    told->delivery_rate = info->delivery_rate;
    told->flags = info->is_app_limited;
}

static void totals_fill(const struct dobos_tcp_info *info, struct linux_tcp_info *told) {
    told->total_retrans = info->retransmits;
    told->bytes_acked = info->bytes_acked;
    told->bytes_received = info->bytes_received;
    told->bytes_sent = info->bytes_sent;
    told->bytes_retrans = info->bytes_retransmitted;
    told->segs_out = (uint32_t)info->segments_out;
    told->segs_in = (uint32_t)info->segments_in;
    told->data_segs_out = (uint32_t)info->data_segments_out;
    told->data_segs_in = (uint32_t)info->data_segments_in;
    told->notsent_bytes = info->not_sent_bytes;
    told->delivered = info->delivered;
    told->delivered_ce = info->delivered_ce;
    told->busy_time = (uint64_t)(info->busy_ns / DOBOS_MICROSECOND);
    told->rwnd_limited = (uint64_t)(info->rwnd_limited_ns / DOBOS_MICROSECOND);
    told->sndbuf_limited = (uint64_t)(info->sndbuf_limited_ns / DOBOS_MICROSECOND);
}

size_t info_read(const struct descriptor *descriptor, dobos_time now, void *value, size_t room) {
    struct dobos_socket_info info;
    struct linux_tcp_info told;
    memset(&told, 0, sizeof told);
    told.state = LINUX_STATE_CLOSED;
    if (dobos_socket_info_read(descriptor->socket, &info) == 0) {
        told.state = state_number(info.state);
        paths_fill(&info.tcp, now, &told);
        losses_fill(&info.tcp, &told);
        totals_fill(&info.tcp, &told);
        if (info.state == DOBOS_TCP_LISTEN) {
            told.unacked = (uint32_t)info.receive_queue;
            told.sacked = (uint32_t)info.send_queue;
        }
    }
    return structure_write(&told, sizeof told, value, room);
}

size_t info_memory_read(const struct descriptor *descriptor, dobos_time now, void *value,
                        size_t room) {
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    struct dobos_socket_info info;
    int64_t bytes;
    (void)now;
    if (dobos_socket_info_read(descriptor->socket, &info) == 0) {
        memory[SK_MEMINFO_RMEM_ALLOC] = (uint32_t)info.receive_queue;
        memory[SK_MEMINFO_WMEM_QUEUED] = (uint32_t)info.send_queue;
    }
    if (dobos_option_read(descriptor->socket, DOBOS_OPTION_RECEIVE_BUFFER, &bytes) == 0)
        memory[SK_MEMINFO_RCVBUF] = (uint32_t)bytes;
    if (dobos_option_read(descriptor->socket, DOBOS_OPTION_SEND_BUFFER, &bytes) == 0)
        memory[SK_MEMINFO_SNDBUF] = (uint32_t)bytes;
    return structure_write(memory, sizeof memory, value, room);
}

size_t info_congestion_read(const struct descriptor *descriptor, dobos_time now, void *value,
                            size_t room) {
    (void)descriptor;
    (void)now;
    (void)value;
    (void)room;
    return 0;
}
