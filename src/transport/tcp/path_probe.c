/*
 * path_probe: see path_probe.h. Path-MTU discovery hangs on messages that some routers do not send
 * and some filters eat. Full segments that are lost again and again may be lost for their size:
 *
 *     timeouts in a row    packets are at most
 *     3 (R1)               the setting's (base-mss), or half of what the path should carry
 *     4                    half of that, and so on down to PATH_PROBE_FLOOR
 *     one more             routers may fragment them, for links that are narrower still
 *
 * An outage looks the same. So as soon as things move again larger packets are tried out, the
 * largest first: where nothing was wrong with the path, one round trip restores all. Otherwise
 * halves of what remains between the longest that has arrived (c->probe_low) and the shortest that
 * has not (c->probe_high), until they are near. A probe is data that waits to be sent, with enough
 * behind it that its loss is seen at once; its loss says nothing of congestion and is repaired in
 * segments that fit (RFC 4821 §7.5). One that is lost is sent once more before its length counts as
 * too much. Every ten minutes all lengths are tried again, as what a message tells is forgotten.
 *
 * Messages set the bound from above (path.mtu), and only that: none makes segments larger. What was
 * lost to a timeout was lost to congestion, too, for all we know: the window is the timeout's.
 */
#include "transport/tcp/path_probe.h"

#include "transport/tcp/connection.h"
#include "transport/tcp/window.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define HEADERS_BYTES   (IPV4_HEADER_BYTES + TCP_HEADER_BYTES)
#define NEAR_BYTES      8 /* so near, the search ends */
#define BEHIND_SEGMENTS 3 /* that follow a probe, so that its loss is seen */
#define FAILURES        2 /* of one length, which is too much then */
#define AGAIN_S         600

static uint32_t options_bytes(const struct tcp_connection *c) {
    return c->timestamps ? TCP_TIMESTAMPS_BYTES : 0;
}

/* What a packet should carry at most: as far as the path and the peer are known [rfc4821#1]. */
static uint32_t packet_most(const struct tcp_connection *c) {
    uint32_t peer = c->snd_mss + HEADERS_BYTES;
    return min_u32(min_u32(c->socket.sender.path.mtu, peer), UINT16_MAX);
}

/* [rfc1191#7] [rfc4821#2] [rfc4821#5]
 *
 * DEVIATION: [rfc4821#6] the least is PATH_PROBE_FLOOR, as for messages (network/path_mtu.c); paths
 * that are narrower still get packets that routers may fragment. */
static void doubt(const struct transport *transport, struct tcp_connection *c, dobos_time now) {
    uint32_t most = packet_most(c), base = transport->settings.path_probe_mss + HEADERS_BYTES;
    if (c->hole == TCP_HOLE_NONE)
        c->probe_low = (uint16_t)(base < most ? base : max_u32(most / 2, PATH_PROBE_FLOOR));
    else
        c->probe_low = (uint16_t)max_u32(c->probe_low / 2, PATH_PROBE_FLOOR);
    c->probe_high = UINT16_MAX;
    c->probe_again_s = (uint32_t)(now / DOBOS_SECOND) + AGAIN_S;
}

/* Small segments are lost for other reasons, and so is what a router tells of. R1 is where RFC 4821
 * §7.7 draws the line. A probe that a timeout overtakes proves nothing [rfc4821#9]. */
void path_probe_on_timeout(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    uint32_t segment = min_u32(connection_in_flight(c), connection_mss(c));
    uint32_t packet = segment + HEADERS_BYTES + options_bytes(c);
    bool is_large = packet > PATH_PROBE_FLOOR || c->hole != TCP_HOLE_NONE;
    if (c->flight)
        c->flight->probe.state = PATH_PROBE_OFF;
    if (transport->settings.no_path_probing || !connection_is_synchronized(c) || !is_large ||
        c->soft_error != 0 || c->tries < TCP_R1_RETRANSMISSIONS)
        return;
    bool is_least = c->hole != TCP_HOLE_NONE && c->probe_low <= PATH_PROBE_FLOOR;
    if (c->hole == TCP_HOLE_NONE)
        transport->counters.tcp_black_holes++;
    doubt(transport, c, now);
    c->hole = is_least ? TCP_HOLE_FRAGMENTS : TCP_HOLE_SMALL;
}

/* [rfc4821#3] */
void path_probe_refresh(struct tcp_connection *c, dobos_time now) {
    uint32_t now_s = (uint32_t)(now / DOBOS_SECOND);
    if (now_s >= c->probe_again_s) {
        c->probe_high = UINT16_MAX;
        c->probe_again_s = now_s + AGAIN_S;
    }
    c->socket.sender.may_fragment = c->hole == TCP_HOLE_FRAGMENTS;
}

/* The length to be tried next; 0: the search is over for now. */
static uint32_t packet_next(const struct tcp_connection *c) {
    uint32_t most = packet_most(c), low = c->probe_low;
    uint32_t high = min_u32(c->probe_high, most);
    if (high == most)
        return high > low ? high : 0;
    return high >= low + NEAR_BYTES ? low + (high - low + 1) / 2 : 0;
}

/* [rfc4821#7] [rfc4821#8]: only while nothing is lost, one at a time, within both windows, with
 * data behind it. A congestion window in use opens by a segment or two at a time: the probe waits
 * until it fits, which is as long as something is in flight. */
uint32_t path_probe_bytes(const struct tcp_connection *c, const struct send_view *view) {
    const struct tcp_flight *flight = c->flight;
    if (c->hole == TCP_HOLE_NONE || !flight || flight->probe.state != PATH_PROBE_OFF ||
        flight->recovery != TCP_RECOVERY_NONE || flight->board.lost.count > 0)
        return 0;
    uint32_t packet = packet_next(c), headers = HEADERS_BYTES + options_bytes(c);
    uint32_t length = packet > headers ? packet - headers : 0;
    uint32_t needed = length + BEHIND_SEGMENTS * view->mss;
    if (length <= view->mss || view->unsent < needed || view->window < needed ||
        flight->congestion.cwnd < needed)
        return 0;
    if (view->congestion < length)
        return flight_pipe(flight) > 0 ? PATH_PROBE_WAIT : 0;
    return length;
}

void path_probe_on_sent(struct tcp_connection *c, struct seq seq) {
    struct path_probe *probe = &c->flight->probe;
    probe->seq = seq;
    probe->end = c->snd_nxt;
    probe->packet = (uint16_t)(seq_distance(c->snd_nxt, seq) + HEADERS_BYTES + options_bytes(c));
    probe->state = PATH_PROBE_OUT;
    c->socket.sender.may_fragment = false;
}

/* Windows are kept in bytes: they stay as they are [rfc4821#4] [rfc4821#10]. */
static void succeed(struct transport *transport, struct tcp_connection *c) {
    struct path_probe *probe = &c->flight->probe;
    transport->counters.tcp_path_probes_arrived++;
    probe->failures = 0;
    c->probe_low = (uint16_t)max_u32(c->probe_low, probe->packet);
    c->hole = c->probe_low >= packet_most(c) ? TCP_HOLE_NONE : TCP_HOLE_SMALL;
    c->socket.sender.may_fragment = false;
}

/* All that is lost now is the probe's data. */
static bool is_alone(const struct scoreboard *board, const struct path_probe *probe) {
    uint32_t number = board->lost.first;
    if (board->lost.bytes > seq_distance(probe->end, probe->seq))
        return false;
    for (uint32_t left = board->lost.count; left > 0; left--) {
        const struct sent *sent = scoreboard_at(board, number);
        if (seq_lt(sent->seq, probe->seq) || seq_ge(sent->seq, probe->end))
            return false;
        (void)scoreboard_next(board, &number);
    }
    return true;
}

/* What is lost is cut to fit where it is sent again (resend.c) [rfc4821#9] [rfc4821#11]. */
bool path_probe_judge(struct transport *transport, struct tcp_connection *c) {
    struct tcp_flight *flight = c->flight;
    struct path_probe *probe = &flight->probe;
    if (c->hole != TCP_HOLE_NONE && probe->state == PATH_PROBE_OUT &&
        seq_ge(c->snd_una, probe->end))
        succeed(transport, c);
    if (seq_ge(c->snd_una, probe->end)) {
        probe->state = PATH_PROBE_OFF;
        return false;
    }
    if (flight->board.lost.count == 0 || flight->recovery != TCP_RECOVERY_NONE ||
        !is_alone(&flight->board, probe))
        return false;
    if (probe->state == PATH_PROBE_OUT) {
        transport->counters.tcp_path_probes_lost++;
        probe->state = PATH_PROBE_LOST;
        if (++probe->failures >= FAILURES) {
            c->probe_high = (uint16_t)(probe->packet - 1);
            probe->failures = 0;
        }
    }
    return true;
}
