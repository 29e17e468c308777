/*
 * urgent: see urgent.h. Urgent data is data like other, read in line: nothing is taken out of the
 * stream, no length is ever made of the pointer (attack E10). All there is is a mark. It stands
 * behind the last urgent byte, as every system has always had it and RFC 6093 §4 says by now; RFC
 * 1122 §4.2.2.4 had it on that byte. Middleboxes clear pointers (RFC 6093 §3.4): no program should
 * count on them.
 */
#include "transport/tcp/urgent.h"

/* Where the program reads on. */
static struct seq read_place(const struct tcp_connection *c) {
    uint32_t waiting = c->flight ? (uint32_t)c->flight->receive.bytes : 0;
    return seq_sub(c->rcv_nxt, waiting + (c->reads_eof ? 1 : 0));
}

/* The program is told when there is urgent data that it has not read, and when there is more
 * [rfc9293#118]; of any length [rfc9293#117]. */
void urgent_receive(struct tcp_connection *c, const struct tcp_segment *segment) {
    struct seq end = segment->urgent_end;
    if (!(segment->flags & TCP_URG) || !connection_can_receive(c) || seq_le(end, read_place(c)))
        return;
    if (c->urgent_in && seq_le(end, c->rcv_up))
        return;
    c->rcv_up = end;
    c->urgent_in = true;
    c->socket.armed |= DOBOS_URGENT;
}

/* [rfc9293#119] A mark beyond the end of the stream will not be reached. */
uint32_t urgent_ahead(const struct tcp_connection *c) {
    bool is_over = c->reads_eof && (!c->flight || c->flight->receive.bytes == 0);
    if (!c->urgent_in || is_over || c->state == DOBOS_TCP_CLOSED)
        return 0;
    struct seq place = read_place(c);
    return seq_lt(place, c->rcv_up) ? seq_distance(c->rcv_up, place) : 0;
}

void urgent_on_read(struct tcp_connection *c) {
    if (c->urgent_in && urgent_ahead(c) == 0)
        c->urgent_in = false;
}

void urgent_mark(struct tcp_connection *c) {
    c->snd_up = c->snd_end;
    c->urgent_out = true;
}

/* In each segment below the mark, also while a closed window keeps the data back: pointers reach 64
 * KiB, and as far as they reach before that [rfc9293#55] [rfc1122#120] [rfc9293#120]. */
uint16_t urgent_pointer(struct tcp_connection *c, struct seq seq) {
    if (!c->urgent_out)
        return 0;
    if (seq_ge(c->snd_una, c->snd_up))
        c->urgent_out = false;
    if (!c->urgent_out || seq_ge(seq, c->snd_up))
        return 0;
    return (uint16_t)min_u32(seq_distance(c->snd_up, seq), UINT16_MAX);
}
