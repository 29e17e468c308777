/*
 * ss_info: see ss_info.h. Times are milliseconds, windows segments, rates bits a second, and what
 * is 0 is left out, as ss has it; numbers with a fraction have six digits.
 */
#include "tools/ss_info.h"

#include <inttypes.h>

#include "base/memory.h"

/* What ss takes ssthresh for "not set" from on, segments. */
#define SSTHRESH_UNSET   0xffff
/* The reordering that is expected of every path, and not shown, segments. */
#define REORDERING_USUAL 3

static double milliseconds(int64_t nanoseconds) {
    int64_t microseconds = nanoseconds / DOBOS_MICROSECOND;
    return (double)microseconds / 1000;
}

static void number_print(struct sink *out, const char *name, uint64_t number) {
    if (number > 0)
        sink_format(out, " %s:%" PRIu64, name, number);
}

static void time_print(struct sink *out, const char *name, int64_t nanoseconds) {
    if (nanoseconds >= DOBOS_MICROSECOND)
        sink_format(out, " %s:%g", name, milliseconds(nanoseconds));
}

/* How long ago, whole milliseconds. */
static uint64_t age_ms(dobos_time at, dobos_time now) {
    return at == DOBOS_NEVER || at > now ? 0 : (uint64_t)((now - at) / DOBOS_MILLISECOND);
}

/* Bits a second; three digits of thousands, where not to the bit. */
static void rate_print(struct sink *out, double bits, bool numeric) {
    static const char *const units[] = {"", "K", "M", "G", "T"};
    unsigned unit = 0;
    while (!numeric && bits >= 999.5 && unit + 1 < array_length(units)) {
        bits /= 1000;
        unit++;
    }
    sink_format(out, numeric ? "%.0f%sbps" : "%.3g%sbps", bits, units[unit]);
}

static void agreed_print(struct sink *out, const struct dobos_tcp_info *info) {
    sink_put(out, info->timestamps ? " ts" : "");
    sink_put(out, info->sack ? " sack" : "");
    sink_put(out, info->ecn || info->accurate_ecn ? " ecn" : "");
    sink_put(out, info->ecn_seen ? " ecnseen" : "");
    sink_put(out, info->syn_data ? " fastopen" : "");
}

static uint32_t in_segments(uint32_t bytes, uint32_t mss) {
    return mss > 0 ? bytes / mss : 0;
}

static void sizes_print(struct sink *out, const struct dobos_tcp_info *info) {
    uint32_t ssthresh = in_segments(info->ssthresh_bytes, info->mss);
    number_print(out, "mss", info->mss);
    number_print(out, "pmtu", info->pmtu);
    number_print(out, "rcvmss", info->rcv_mss);
    number_print(out, "advmss", info->advmss);
    number_print(out, "cwnd", in_segments(info->cwnd_bytes, info->mss));
    if (info->ssthresh_bytes != UINT32_MAX && ssthresh < SSTHRESH_UNSET)
        number_print(out, "ssthresh", ssthresh);
    number_print(out, "bytes_sent", info->bytes_sent);
    number_print(out, "bytes_retrans", info->bytes_retransmitted);
    number_print(out, "bytes_acked", info->bytes_acked);
    number_print(out, "bytes_received", info->bytes_received);
    number_print(out, "segs_out", info->segments_out);
    number_print(out, "segs_in", info->segments_in);
    number_print(out, "data_segs_out", info->data_segments_out);
    number_print(out, "data_segs_in", info->data_segments_in);
}

static void limited_print(struct sink *out, const char *name, int64_t limited, int64_t busy) {
    if (limited >= DOBOS_MILLISECOND)
        sink_format(out, " %s:%" PRIi64 "ms(%.1f%%)", name, limited / DOBOS_MILLISECOND,
                    100.0 * (double)limited / (double)busy);
}

static void rates_print(struct sink *out, const struct dobos_tcp_info *info, bool numeric,
                        dobos_time now) {
    uint64_t window = (uint64_t)in_segments(info->cwnd_bytes, info->mss) * info->mss;
    if (info->srtt_ns > 0 && window > 0) {
        sink_put(out, " send ");
        rate_print(out, (double)window * 8e9 / (double)info->srtt_ns, numeric);
    }
    number_print(out, "lastsnd", age_ms(info->data_sent_at, now));
    number_print(out, "lastrcv", age_ms(info->data_received_at, now));
    number_print(out, "lastack", age_ms(info->heard_at, now));
    if (info->pacing_rate > 0) {
        sink_put(out, " pacing_rate ");
        rate_print(out, 8 * (double)info->pacing_rate, numeric);
        if (info->max_pacing_rate != UINT64_MAX) {
            sink_put(out, "/");
            rate_print(out, 8 * (double)info->max_pacing_rate, numeric);
        }
    }
    if (info->delivery_rate > 0) {
        sink_put(out, " delivery_rate ");
        rate_print(out, 8 * (double)info->delivery_rate, numeric);
    }
    number_print(out, "delivered", info->delivered);
    number_print(out, "delivered_ce", info->delivered_ce);
    sink_put(out, info->is_app_limited ? " app_limited" : "");
    if (info->busy_ns >= DOBOS_MILLISECOND) {
        sink_format(out, " busy:%" PRIi64 "ms", info->busy_ns / DOBOS_MILLISECOND);
        limited_print(out, "rwnd_limited", info->rwnd_limited_ns, info->busy_ns);
        limited_print(out, "sndbuf_limited", info->sndbuf_limited_ns, info->busy_ns);
    }
}

static void losses_print(struct sink *out, const struct dobos_tcp_info *info) {
    number_print(out, "unacked", info->unacked);
    if (info->resent > 0 || info->retransmits > 0)
        sink_format(out, " retrans:%" PRIu32 "/%" PRIu32, info->resent, info->retransmits);
    number_print(out, "lost", info->lost);
    number_print(out, "sacked", info->sacked);
    number_print(out, "dsack_dups", info->dsack_duplicates);
    if (info->reordering != REORDERING_USUAL)
        number_print(out, "reordering", info->reordering);
    number_print(out, "reord_seen", info->reorderings);
    time_print(out, "rcv_rtt", info->rcv_rtt_ns);
    number_print(out, "rcv_space", info->rcv_space);
    number_print(out, "rcv_ssthresh", info->rcv_ssthresh);
    number_print(out, "notsent", info->not_sent_bytes);
    time_print(out, "minrtt", info->rtt_min_ns);
    number_print(out, "rcv_ooopack", info->out_of_order);
    number_print(out, "snd_wnd", info->snd_wnd);
    number_print(out, "rcv_wnd", info->rcv_wnd);
}

void ss_info_print(struct sink *out, const struct dobos_socket_info *socket, bool with_options,
                   bool numeric, dobos_time now) {
    const struct dobos_tcp_info *info = &socket->tcp;
    sink_put(out, "\t");
    if (with_options)
        agreed_print(out, info);
    if (info->congestion)
        sink_format(out, " %s", info->congestion);
    if (info->window_scales)
        sink_format(out, " wscale:%u,%u", info->snd_wscale, info->rcv_wscale);
    time_print(out, "rto", info->rto_ns);
    number_print(out, "backoff", info->backoff);
    if (info->srtt_ns >= DOBOS_MICROSECOND)
        sink_format(out, " rtt:%g/%g", milliseconds(info->srtt_ns), milliseconds(info->rttvar_ns));
    time_print(out, "ato", info->ato_ns);
    sizes_print(out, info);
    rates_print(out, info, numeric, now);
    losses_print(out, info);
    sink_put(out, "\n");
}

/* ---- JSON ---- */

static void flags_put(struct tool_task *task, json_t *object, const struct dobos_tcp_info *info) {
    task_put(task, object, "ts", json_boolean(info->timestamps));
    task_put(task, object, "sack", json_boolean(info->sack));
    task_put(task, object, "ecn", json_boolean(info->ecn));
    task_put(task, object, "accecn", json_boolean(info->accurate_ecn));
    task_put(task, object, "ecnseen", json_boolean(info->ecn_seen));
    task_put(task, object, "fastopen", json_boolean(info->syn_data));
    task_put(task, object, "app_limited", json_boolean(info->is_app_limited));
}

/* Milliseconds. */
static void times_put(struct tool_task *task, json_t *object, const struct dobos_tcp_info *info,
                      dobos_time now) {
    const struct {
        const char *name;
        int64_t nanoseconds;
    } times[] = {
        {"rto", info->rto_ns},
        {"rtt", info->srtt_ns},
        {"rttvar", info->rttvar_ns},
        {"minrtt", info->rtt_min_ns},
        {"rcv_rtt", info->rcv_rtt_ns},
        {"ato", info->ato_ns},
        {"busy", info->busy_ns},
        {"rwnd_limited", info->rwnd_limited_ns},
        {"sndbuf_limited", info->sndbuf_limited_ns},
    };
    const struct {
        const char *name;
        dobos_time at;
    } ages[] = {
        {"lastsnd", info->data_sent_at},
        {"lastrcv", info->data_received_at},
        {"lastack", info->heard_at},
    };
    for (size_t i = 0; i < array_length(times); i++)
        task_put(task, object, times[i].name, json_real((double)times[i].nanoseconds / 1e6));
    for (size_t i = 0; i < array_length(ages); i++)
        if (ages[i].at != DOBOS_NEVER)
            task_put(task, object, ages[i].name, json_integer((json_int_t)age_ms(ages[i].at, now)));
}

json_t *ss_info_json(struct tool_task *task, const struct dobos_tcp_info *info, dobos_time now) {
    static const char *const ca_states[] = {
        [DOBOS_TCP_CA_OPEN] = "open", [DOBOS_TCP_CA_DISORDER] = "disorder",
        [DOBOS_TCP_CA_CWR] = "cwr",   [DOBOS_TCP_CA_RECOVERY] = "recovery",
        [DOBOS_TCP_CA_LOSS] = "loss",
    };
    const struct {
        const char *name;
        uint64_t value;
    } fields[] = {
        {"snd_wscale", info->snd_wscale},
        {"rcv_wscale", info->rcv_wscale},
        {"mss", info->mss},
        {"pmtu", info->pmtu},
        {"rcvmss", info->rcv_mss},
        {"advmss", info->advmss},
        {"cwnd_bytes", info->cwnd_bytes},
        {"snd_wnd", info->snd_wnd},
        {"rcv_wnd", info->rcv_wnd},
        {"rcv_ssthresh", info->rcv_ssthresh},
        {"rcv_space", info->rcv_space},
        {"bytes_sent", info->bytes_sent},
        {"bytes_retrans", info->bytes_retransmitted},
        {"bytes_acked", info->bytes_acked},
        {"bytes_received", info->bytes_received},
        {"segs_out", info->segments_out},
        {"segs_in", info->segments_in},
        {"data_segs_out", info->data_segments_out},
        {"data_segs_in", info->data_segments_in},
        {"pacing_rate", info->pacing_rate},
        {"delivery_rate", info->delivery_rate},
        {"delivered", info->delivered},
        {"delivered_ce", info->delivered_ce},
        {"unacked", info->unacked},
        {"unacked_bytes", info->unacked_bytes},
        {"retrans_now", info->resent},
        {"retrans", info->retransmits},
        {"lost", info->lost},
        {"sacked", info->sacked},
        {"dsack_dups", info->dsack_duplicates},
        {"reordering", info->reordering},
        {"reord_seen", info->reorderings},
        {"rcv_ooopack", info->out_of_order},
        {"notsent", info->not_sent_bytes},
        {"timeouts", info->timeouts},
        {"probes", info->probes},
        {"backoff", info->backoff},
    };
    json_t *object = json_object();
    flags_put(task, object, info);
    if (info->congestion)
        task_put(task, object, "congestion", json_string(info->congestion));
    task_put(task, object, "ca_state", json_string(ca_states[info->ca]));
    times_put(task, object, info, now);
    if (info->ssthresh_bytes != UINT32_MAX)
        task_put(task, object, "ssthresh_bytes", json_integer(info->ssthresh_bytes));
    for (size_t i = 0; i < array_length(fields); i++)
        task_put(task, object, fields[i].name, json_integer((json_int_t)fields[i].value));
    return object;
}
