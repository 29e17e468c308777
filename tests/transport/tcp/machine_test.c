/*
 * The state machine, driven through everything: each state, all 64 combinations of flags, sequence
 * and acknowledgment numbers of every class, with data and without, with initial numbers on both
 * edges of the sequence space. What must come of each is computed by a second machine, below,
 * written from RFC 9293 §3.10.7, RFC 5961 and RFC 1337 alone, in plain 64-bit numbers without wrap.
 */
#include "harness.h"

#include <stdio.h>

/* ---- a case ---- */

/* What is there before: a state, or the way to it. */
enum place {
    PLACE_CLOSED, /* nobody */
    PLACE_LISTEN,
    PLACE_SYN_SENT,
    PLACE_SYN_RECEIVED_ACTIVE, /* by simultaneous open */
    PLACE_SYN_RECEIVED_PASSIVE,
    PLACE_ESTABLISHED,
    PLACE_FIN_WAIT_1,
    PLACE_FIN_WAIT_2,
    PLACE_CLOSE_WAIT,
    PLACE_CLOSING,
    PLACE_LAST_ACK,
    PLACE_TIME_WAIT,
    PLACES
};

/* Where things stand, relative to both initial numbers. */
struct stand {
    enum place place;
    int64_t una, nxt;     /* ours: acknowledged, sent */
    int64_t rcv, window;  /* the peer's next, and how much may come */
    int64_t window_max;   /* the largest window the peer has offered */
    bool is_synchronized; /* or SYN-RECEIVED: the peer's number is known */
};

struct segment {
    unsigned flags;
    int64_t seq, ack;
    uint32_t length; /* of data */
};

enum answer {
    ANSWER_NONE,
    ANSWER_ACK,
    ANSWER_MAYBE_ACK, /* now, or by the timer of delayed acknowledgments */
    ANSWER_SYN_ACK,
    ANSWER_RESET,     /* at the number that was acknowledged */
    ANSWER_RESET_ACK, /* at zero, for what acknowledges nothing */
};

/* What must come of it. */
struct outcome {
    enum dobos_tcp_state state;
    enum answer answer;
    int64_t una, rcv;  /* afterwards */
    bool record_stays; /* of a passive open: there is a half-open record afterwards */
    bool fin_waits;    /* a FIN behind a hole is remembered */
};

static const enum dobos_tcp_state state_of[PLACES] = {
    DOBOS_TCP_CLOSED,       DOBOS_TCP_LISTEN,      DOBOS_TCP_SYN_SENT,   DOBOS_TCP_SYN_RECEIVED,
    DOBOS_TCP_SYN_RECEIVED, DOBOS_TCP_ESTABLISHED, DOBOS_TCP_FIN_WAIT_1, DOBOS_TCP_FIN_WAIT_2,
    DOBOS_TCP_CLOSE_WAIT,   DOBOS_TCP_CLOSING,     DOBOS_TCP_LAST_ACK,   DOBOS_TCP_TIME_WAIT,
};

/* ---- the second machine ---- */

static int64_t span(const struct segment *in) {
    return (int64_t)in->length + !!(in->flags & S) + !!(in->flags & F);
}

static bool within(int64_t number, int64_t first, int64_t count) {
    return number >= first && number < first + count;
}

/* The table of RFC 9293 §3.10.7.4 for an open window. */
static bool is_acceptable(const struct stand *at, const struct segment *in) {
    if (span(in) == 0)
        return within(in->seq, at->rcv, at->window);
    return within(in->seq, at->rcv, at->window) ||
           within(in->seq + span(in) - 1, at->rcv, at->window);
}

static struct outcome nobody(const struct segment *in, struct outcome out) {
    if (in->flags & R)
        out.answer = ANSWER_NONE;
    else
        out.answer = in->flags & A ? ANSWER_RESET : ANSWER_RESET_ACK;
    return out;
}

/* §3.10.7.2; SYN with FIN is nobody's handshake. */
static struct outcome listens(const struct segment *in, struct outcome out) {
    if (in->flags & R)
        return out;
    if (in->flags & A) {
        out.answer = ANSWER_RESET;
    } else if ((in->flags & S) && !(in->flags & F)) {
        out.answer = ANSWER_SYN_ACK;
        out.record_stays = true;
        out.rcv = in->seq + 1;
    }
    return out;
}

/* Data and FIN of an acceptable segment in a state that takes them. */
static struct outcome take_text(const struct stand *at, const struct segment *in,
                                struct outcome out) {
    int64_t begin = in->seq + !!(in->flags & S);
    int64_t end = begin + in->length;
    int64_t limit = at->rcv + at->window;
    bool fin = (in->flags & F) && end <= limit;
    bool takes = out.state == DOBOS_TCP_ESTABLISHED || out.state == DOBOS_TCP_FIN_WAIT_1 ||
                 out.state == DOBOS_TCP_FIN_WAIT_2;
    if (!takes) {
        if (in->length > 0 || (in->flags & F))
            out.answer = ANSWER_MAYBE_ACK;
        return out;
    }
    if (end > limit)
        end = limit;
    if (begin > at->rcv) { /* a hole before it: told at once (RFC 5681 §4.2) */
        if (in->length > 0 || fin)
            out.answer = ANSWER_ACK;
        out.fin_waits = fin;
        return out;
    }
    if (end > out.rcv) {
        out.rcv = end;
        out.answer = ANSWER_MAYBE_ACK;
    }
    if (fin && end == out.rcv) {
        out.rcv++;
        out.answer = ANSWER_ACK;
        out.state = out.state == DOBOS_TCP_ESTABLISHED  ? DOBOS_TCP_CLOSE_WAIT
                    : out.state == DOBOS_TCP_FIN_WAIT_1 ? DOBOS_TCP_CLOSING
                                                        : DOBOS_TCP_TIME_WAIT;
    }
    return out;
}

/* §3.10.7.3 and RFC 5961 §3.2. */
static struct outcome sent_syn(const struct stand *at, const struct segment *in,
                               struct outcome out) {
    bool acks = (in->flags & A) && in->ack == at->nxt;
    if ((in->flags & A) && !acks) {
        out.answer = in->flags & R ? ANSWER_NONE : ANSWER_RESET;
        return out;
    }
    if (in->flags & R) {
        if (acks)
            out.state = DOBOS_TCP_CLOSED;
        return out;
    }
    if (!(in->flags & S))
        return out;
    out.rcv = in->seq + 1;
    if (!acks) {
        out.state = DOBOS_TCP_SYN_RECEIVED;
        out.answer = ANSWER_SYN_ACK;
        return out;
    }
    struct stand open = *at;
    open.rcv = out.rcv;
    open.window = 65535;
    out.una = in->ack;
    out.state = DOBOS_TCP_ESTABLISHED;
    out = take_text(&open, in, out);
    out.answer = ANSWER_ACK;
    return out;
}

/* The fifth check of SYN-RECEIVED, and what follows it. */
static struct outcome opens(const struct stand *at, const struct segment *in, struct outcome out) {
    if (in->ack != at->nxt) {
        out.answer = ANSWER_RESET;
        return out;
    }
    out.record_stays = false;
    out.una = in->ack;
    out.state = DOBOS_TCP_ESTABLISHED;
    return take_text(at, in, out);
}

/* Fifth check of the synchronized states: RFC 5961 §5.2, and our FIN. */
static struct outcome acknowledges(const struct stand *at, const struct segment *in,
                                   struct outcome out) {
    if (in->ack > at->nxt || in->ack < at->una - at->window_max) {
        out.answer = ANSWER_ACK;
        return out;
    }
    if (in->ack > at->una)
        out.una = in->ack;
    bool all = out.una == at->nxt;
    if (out.state == DOBOS_TCP_FIN_WAIT_1 && all)
        out.state = DOBOS_TCP_FIN_WAIT_2;
    else if (out.state == DOBOS_TCP_CLOSING && all)
        out.state = DOBOS_TCP_TIME_WAIT;
    else if (out.state == DOBOS_TCP_LAST_ACK && all)
        out.state = DOBOS_TCP_CLOSED;
    return out.state == DOBOS_TCP_CLOSED ? out : take_text(at, in, out);
}

/* §3.10.7.4, with RFC 5961 and RFC 1337. */
static struct outcome synchronized(const struct stand *at, struct segment in, struct outcome out) {
    bool passive = at->place == PLACE_SYN_RECEIVED_PASSIVE;
    bool received = passive || at->place == PLACE_SYN_RECEIVED_ACTIVE;
    if (passive && in.seq == 0 && (in.flags & (F | S | R | A)) == S) {
        out.answer = ANSWER_SYN_ACK; /* the SYN once more */
        return out;
    }
    if (received && !passive && in.seq == 0 && (in.flags & (S | A | R)) == SA) {
        in.flags &= ~(unsigned)S; /* both SYN,ACKs cross: this one acknowledges (§3.5, figure 8) */
        in.seq = 1;
        out.answer = in.ack == at->nxt ? ANSWER_ACK : ANSWER_NONE; /* the SYN came again */
    }
    if (!is_acceptable(at, &in)) {
        out.answer = in.flags & R ? ANSWER_NONE : ANSWER_ACK;
        return out;
    }
    if (in.flags & R) {
        if (at->place == PLACE_TIME_WAIT)
            return out;
        if (in.seq != at->rcv) {
            out.answer = ANSWER_ACK;
            return out;
        }
        out.state = DOBOS_TCP_CLOSED;
        out.record_stays = false;
        return out;
    }
    if (in.flags & S) {
        out.answer = passive ? ANSWER_NONE : ANSWER_ACK;
        out.record_stays = false;
        return out;
    }
    if (!(in.flags & A))
        return out;
    return received ? opens(at, &in, out) : acknowledges(at, &in, out);
}

static struct outcome predict(const struct stand *at, const struct segment *in) {
    struct outcome out = {.state = state_of[at->place], .una = at->una, .rcv = at->rcv};
    out.record_stays = at->place == PLACE_SYN_RECEIVED_PASSIVE;
    switch (at->place) {
    case PLACE_CLOSED:
        return nobody(in, out);
    case PLACE_LISTEN:
        return listens(in, out);
    case PLACE_SYN_SENT:
        return sent_syn(at, in, out);
    default:
        return synchronized(at, *in, out);
    }
}

/* ---- the first machine, brought to a place ---- */

#define DATA 100 /* bytes of ours in flight where there can be any */

static void reach_open(struct script *s, enum place place) {
    uint32_t fin = 1 + DATA + 1, peer = 1;
    bool peer_first = place == PLACE_CLOSE_WAIT || place == PLACE_LAST_ACK;
    script_establish(s);
    assert_int_equal(program_send(s, DATA), DATA);
    if (peer_first) {
        inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 1});
        peer = 2;
    }
    if (place != PLACE_ESTABLISHED && place != PLACE_CLOSE_WAIT) {
        assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND), 0);
        pump(s);
    }
    if (place == PLACE_FIN_WAIT_2 || place == PLACE_TIME_WAIT)
        inject(s, &(struct in){.flags = A, .seq = peer, .ack = fin});
    if (place == PLACE_CLOSING)
        inject(s, &(struct in){.flags = FA, .seq = peer, .ack = 1});
    if (place == PLACE_TIME_WAIT)
        inject(s, &(struct in){.flags = FA, .seq = peer, .ack = fin});
}

static void reach(struct script *s, enum place place) {
    if (place == PLACE_LISTEN || place == PLACE_SYN_RECEIVED_PASSIVE)
        script_listen(s, 8);
    if (place == PLACE_SYN_SENT || place == PLACE_SYN_RECEIVED_ACTIVE) {
        script_connect(s);
        pump(s);
    }
    if (place == PLACE_SYN_RECEIVED_ACTIVE || place == PLACE_SYN_RECEIVED_PASSIVE)
        inject(s, &(struct in){.flags = S, .seq = 0});
    if (place >= PLACE_ESTABLISHED)
        reach_open(s, place);
    drain_out(s);
    if (s->socket)
        assert_state(s, state_of[place]);
}

static struct stand stand_read(struct script *s, enum place place) {
    bool passive = place == PLACE_SYN_RECEIVED_PASSIVE;
    struct stand at = {.place = place, .is_synchronized = place >= PLACE_SYN_RECEIVED_ACTIVE};
    if (passive || place == PLACE_SYN_SENT)
        at.nxt = 1;
    if (passive) {
        const struct tcp_listener *listener = connection_of(s->listener)->listener;
        const struct list_node *node = list_first(&listener->half_open);
        at.rcv = 1;
        at.window = container_of(node, const struct tcp_half_open, node)->rcv_window;
    }
    if (s->socket && at.is_synchronized) {
        const struct tcp_connection *c = script_connection(s);
        at.una = seq_distance(c->snd_una, s->isn);
        at.nxt = seq_distance(c->snd_nxt, s->isn);
        at.rcv = seq_distance(c->rcv_nxt, s->peer_isn);
        at.window = seq_distance(c->rcv_adv, c->rcv_nxt);
        at.window_max = c->snd_wnd_max;
    }
    return at;
}

/* ---- one case ---- */

static const char *flags_name(unsigned flags) {
    static char text[9];
    unsigned length = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (flags & 1u << i)
            text[length++] = "FSRPAUEC"[i];
    }
    text[length] = 0;
    return text;
}

static void fail_case(const struct script *s, const struct stand *at, const struct segment *in,
                      const struct outcome *out, const char *what) {
    print_error("# place %d isn %u peer %u options %d: %s seq %+lld ack %+lld length %u: %s\n",
                at->place, s->isn.raw, s->peer_isn.raw, s->timestamps, flags_name(in->flags),
                (long long)(in->seq - at->rcv), (long long)(in->ack - at->una), in->length, what);
    print_error("# expected state %d answer %d una %lld rcv %lld; sent %u%s\n", out->state,
                out->answer, (long long)out->una, (long long)out->rcv, s->out_count,
                s->out_count ? "" : " segments");
    for (unsigned i = 0; i < s->out_count; i++) {
        const struct out *sent = &s->out[s->out_first + i];
        print_error("#   %s seq %u ack %u length %u\n", flags_name(sent->flags), sent->seq,
                    sent->ack, sent->length);
    }
    fail();
}

#define ECN_FLAGS (TCP_ECE | TCP_CWR)

static bool answer_is_right(const struct script *s, const struct stand *at,
                            const struct segment *in, const struct outcome *out) {
    const struct out *sent = &s->out[s->out_first];
    uint32_t zero = (uint32_t)-(int32_t)s->isn.raw;
    unsigned flags = sent->flags & ~(unsigned)ECN_FLAGS;
    if (out->answer == ANSWER_NONE || (out->answer == ANSWER_MAYBE_ACK && s->out_count == 0))
        return s->out_count == 0;
    if (s->out_count != 1 || sent->length != 0)
        return false;
    switch (out->answer) {
    case ANSWER_SYN_ACK:
        return flags == SA && (sent->seq == 0 || at->place == PLACE_LISTEN) &&
               sent->ack == (uint32_t)out->rcv;
    case ANSWER_RESET:
        return flags == R && sent->seq == (uint32_t)in->ack;
    case ANSWER_RESET_ACK:
        return flags == RA && sent->seq == zero && sent->ack == (uint32_t)(in->seq + span(in));
    default:
        return flags == A && sent->seq == (uint32_t)at->nxt && sent->ack == (uint32_t)out->rcv;
    }
}

static bool numbers_are_right(const struct script *s, const struct stand *at,
                              const struct outcome *out) {
    if (at->place == PLACE_CLOSED)
        return true;
    if (at->place == PLACE_LISTEN || at->place == PLACE_SYN_RECEIVED_PASSIVE) {
        bool opened = out->state != DOBOS_TCP_CLOSED && out->state > DOBOS_TCP_SYN_RECEIVED;
        if (s->transport.half_open != out->record_stays || (s->count == 2) != opened)
            return false;
        if (!opened)
            return true;
    }
    const struct tcp_connection *c = connection_of(s->sockets[s->count - 1]);
    if (c->state != out->state || (c->flight && c->flight->held.has_fin) != out->fin_waits)
        return false;
    return out->state == DOBOS_TCP_CLOSED || at->place == PLACE_SYN_SENT ||
           (seq_eq(c->snd_una, seq_add(s->isn, (uint32_t)out->una)) &&
            seq_eq(c->rcv_nxt, seq_add(s->peer_isn, (uint32_t)out->rcv)));
}

static void try_case(struct script *s, const struct stand *at, const struct segment *in) {
    struct outcome out = predict(at, in);
    inject(s, &(struct in){.flags = in->flags,
                           .seq = (uint32_t)in->seq,
                           .ack = (uint32_t)in->ack,
                           .length = in->length,
                           .urgent = in->flags & TCP_URG ? 1 : 0});
    if (at->place == PLACE_LISTEN && out.record_stays) {
        const struct tcp_listener *listener = connection_of(s->listener)->listener;
        if (list_is_empty(&listener->half_open))
            fail_case(s, at, in, &out, "no record");
    }
    if (!answer_is_right(s, at, in, &out))
        fail_case(s, at, in, &out, "another answer");
    if (!numbers_are_right(s, at, &out))
        fail_case(s, at, in, &out, "another state or number");
    drain_out(s);
}

/* ---- all of them ---- */

static const uint32_t edges[][2] = {
    {0x7fffffff, 0x80000000}, {0xffffffff, 0xffffffff}, {0x7fffff80, 0xfffffff0}, {0, 0}};

#define SEQUENCES 8
static void sequences_of(const struct stand *at, int64_t to[SEQUENCES]) {
    int64_t edge = at->rcv + at->window;
    const int64_t all[SEQUENCES] = {
        at->rcv, at->rcv - 100000, at->rcv - 1,         at->rcv + 500, edge - 1,
        edge,    edge + 1000,      at->rcv + 0x80000000};
    memcpy(to, all, sizeof all);
}

#define ACKNOWLEDGMENTS 8
static void acknowledgments_of(const struct stand *at, int64_t to[ACKNOWLEDGMENTS]) {
    const int64_t all[ACKNOWLEDGMENTS] = {at->nxt,
                                          at->una,
                                          at->una + (at->nxt - at->una) / 2,
                                          at->una - 1,
                                          at->una - at->window_max,
                                          at->una - at->window_max - 1,
                                          at->nxt + 1,
                                          at->una + 0x7fffffff};
    memcpy(to, all, sizeof all);
}

/* One case in a stack of its own. */
static void run(struct script *s, unsigned edge, enum place place, unsigned sequence,
                unsigned acknowledgment, unsigned flags, uint32_t length) {
    int64_t sequences[SEQUENCES], acknowledgments[ACKNOWLEDGMENTS];
    script_init(s, edges[edge][0], edges[edge][1], edge % 2 == 0);
    reach(s, place);
    struct stand at = stand_read(s, place);
    sequences_of(&at, sequences);
    acknowledgments_of(&at, acknowledgments);
    struct segment in = {.flags = flags,
                         .seq = sequences[sequence],
                         .ack = acknowledgments[acknowledgment],
                         .length = length};
    try_case(s, &at, &in);
    script_fini(s);
}

static unsigned long run_place(unsigned edge, enum place place) {
    struct script *s = malloc(sizeof *s);
    unsigned long cases = 0;
    for (unsigned flags = 0; flags < 64; flags++) {
        unsigned acknowledgments = flags & A ? ACKNOWLEDGMENTS : 1;
        for (unsigned i = 0; i < SEQUENCES * acknowledgments * 2; i++) {
            run(s, edge, place, i / 2 % SEQUENCES, i / 2 / SEQUENCES, flags, i % 2 ? 10 : 0);
            cases++;
        }
    }
    free(s);
    return cases;
}

/* [attack:E33] [attack:E34] */
static void every_segment_in_every_state_has_its_outcome(void **state) {
    unsigned long cases = 0;
    (void)state;
    for (unsigned edge = 0; edge < array_length(edges); edge++) {
        for (unsigned place = 0; place < PLACES; place++)
            cases += run_place(edge, (enum place)place);
    }
    print_message("# %lu cases\n", cases);
}

/* Marks of congestion change no state and no answer, on whatever segment they stand [attack:E33].
 */
static void congestion_flags_change_no_outcome(void **state) {
    struct script *s = malloc(sizeof *s);
    (void)state;
    for (unsigned place = 0; place < PLACES; place++) {
        for (unsigned flags = 0; flags < 256; flags++) {
            for (unsigned acknowledgment = 0; acknowledgment < 2; acknowledgment++)
                run(s, flags % 4, (enum place)place, 0, acknowledgment, flags, 0);
        }
    }
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_segment_in_every_state_has_its_outcome),
        cmocka_unit_test(congestion_flags_change_no_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
