/*
 * black_hole: see black_hole.h. Path-MTU discovery hangs on messages that some routers do not send
 * and some filters eat. A full segment that is lost again and again may be lost for its size: from
 * the second timeout in a row routers may fragment what we send, which costs nothing where the
 * guess is wrong; from the fourth, segments are small, for links that drop what is too long without
 * a word. Both end after ten minutes, as what a message tells does. What was lost was lost to
 * congestion, too, for all we know: the window is the timeout's.
 *
 * This is the spirit of RFC 4821 §7.7, without its probes: a size between the two is not looked
 * for.
 */
#include "transport/tcp/black_hole.h"

#include "wire/ipv4.h"
#include "wire/tcp.h"

#define FRAGMENTS_TRIES 2
#define SMALL_TRIES     4
#define DOUBT_SECONDS   600

/* [rfc1191#7] */
void black_hole_on_timeout(struct tcp_connection *c, dobos_time now) {
    uint32_t segment = min_u32(connection_in_flight(c), connection_mss(c));
    bool is_large = segment + IPV4_HEADER_BYTES + TCP_HEADER_BYTES > TCP_HOLE_MTU;
    if (!is_large || c->tries < FRAGMENTS_TRIES || !connection_is_synchronized(c))
        return;
    c->hole = c->tries < SMALL_TRIES ? TCP_HOLE_FRAGMENTS : TCP_HOLE_SMALL;
    c->hole_until_s = (uint32_t)(now / DOBOS_SECOND) + DOUBT_SECONDS;
    c->socket.sender.may_fragment = true;
}

void black_hole_forget(struct tcp_connection *c, dobos_time now) {
    if (now / DOBOS_SECOND < (dobos_time)c->hole_until_s)
        return;
    c->hole = TCP_HOLE_NONE;
    c->socket.sender.may_fragment = false;
}
