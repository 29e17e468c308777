/*
 * tcp: what host/ calls of TCP. The state machine is inside this folder, one idea a file;
 * connection.h has the state.
 *
 * Life of a connection as host/ sees it: tcp_create; then tcp_connect, or tcp_listen with
 * connections coming out of transport_result.created; calls below; tcp_close or tcp_abort gives up
 * ownership; tcp_is_finished says when host/ may unlink it from its lists and tcp_destroy it.
 */
#ifndef TRANSPORT_TCP_TCP_H
#define TRANSPORT_TCP_TCP_H

#include "transport/transport.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

struct tcp_connection; /* its first member is struct dobos_socket */

/* ---- packets ---- */

/*
 * A segment at packet->transport_offset (take) from `flow.remote` to us. Parses and verifies
 * (unless offload says DATA_VALID or NEEDS_CHECKSUM), finds the connection (one in TIME-WAIT too),
 * half-open record or listener, or none (then result->reply is a reset), and does RFC 9293 §3.10.7.
 * `broadcast`: to a broadcast or multicast address: dropped without an answer.
 */
void tcp_receive(struct transport *transport, struct dobos_packet *packet, const struct flow *flow,
                 uint8_t tos, bool broadcast, dobos_time now, struct transport_result *result);
/* The next segment to send (give), without IP header, NEEDS_CHECKSUM set, packet->ecn for the IP
 * header's ECN bits; sender.path is fresh.
 * NULL: nothing (now): wants_output is false. */
struct dobos_packet *tcp_transmit(struct transport *transport, struct dobos_socket *socket,
                                  dobos_time now);
/* The same for a half-open record (the SYN,ACK). */
struct dobos_packet *tcp_half_open_transmit(struct transport *transport, struct sender *half_open,
                                            dobos_time now);
/* The path that transport_result.reply takes is known now: a SYN,ACK tells the segment size that
 * its first link takes. */
void tcp_reply_fit(struct dobos_packet *reply, const struct path *path);
/* Timers, taken from the wheel by kind. A connection that has to go for another's sake (a bound, a
 * listener that closed, a TIME-WAIT whose flow is used anew) ends here, in result->socket: its
 * timer is armed for at once. */
void tcp_on_timer(struct transport *transport, struct timer *timer, dobos_time now,
                  struct transport_result *result);
void tcp_half_open_on_timer(struct transport *transport, struct timer *timer, dobos_time now,
                            struct transport_result *result);
/* The path lost its route or its neighbour does not answer: a soft error, told when the connection
 * gives up (RFC 9293 §3.9.2.2). */
void tcp_on_unreachable(struct dobos_socket *socket, int error);

/* transport_quote's part: an ICMP error about one of our segments. */
enum vouch tcp_quote(struct transport *transport, const struct quote *quote, dobos_time now,
                     struct transport_result *result);

/* ---- the socket calls; errors as in dobos/socket.h ---- */

struct dobos_socket *tcp_create(struct transport *transport); /* give; NULL */
/* Frees it at once, without a word; also a listener with its half-open records. Connections that
 * waited for its accept stay, without an owner: host destroys them itself. */
void tcp_destroy(struct transport *transport, struct dobos_socket *socket);
/* Host has filled in flow.local (from the route) and flow.remote; the port is claimed here if there
 * is none. -DOBOS_EINPROGRESS. */
int tcp_connect(struct transport *transport, struct dobos_socket *socket, dobos_time now);
/* 1: the program may connect it. Else what its connect returns: the attempt goes on
 * (-DOBOS_EALREADY), has succeeded (0, once) or failed (its error, and then it may), there is or
 * was a connection (-DOBOS_EISCONN), or it was shut down before (-DOBOS_EINVAL). */
int tcp_connect_check(struct transport *transport, struct dobos_socket *socket);
/* CLOSED, and without a port of its own. */
bool tcp_can_bind(const struct dobos_socket *socket);
/* It has been bound anew: the peer of a connection that is over is nobody's, and a reset that has
 * not left never will. */
void tcp_forget_peer(struct dobos_socket *socket);
/* Whether the program may be told who the peer is. */
bool tcp_has_peer(const struct dobos_socket *socket);
int tcp_listen(struct transport *transport, struct dobos_socket *socket, unsigned backlog);
int tcp_accept(struct transport *transport, struct dobos_socket *listener,
               struct dobos_socket **socket);
int64_t tcp_send(struct transport *transport, struct dobos_socket *socket, const void *bytes,
                 size_t length);
int64_t tcp_send_urgent(struct transport *transport, struct dobos_socket *socket, const void *bytes,
                        size_t length);
int64_t tcp_read(struct transport *transport, struct dobos_socket *socket, void *bytes,
                 size_t room);
/* The same, and leaves it there. */
int64_t tcp_peek(struct dobos_socket *socket, void *bytes, size_t room);
int tcp_shutdown(struct transport *transport, struct dobos_socket *socket, enum dobos_shutdown how);
/* The program lets go of it; it goes on as RFC 9293 §3.6 asks, bounded in time. A listener:
 * connections that waited for its accept are reset, each by its timer at once. */
void tcp_close(struct transport *transport, struct dobos_socket *socket, dobos_time now);
/* The program lets go of it, and the peer is to get a reset: wants_output until that is sent. */
void tcp_abort(struct transport *transport, struct dobos_socket *socket);
unsigned tcp_ready(const struct dobos_socket *socket);
/* A flow in TIME-WAIT that a new connection of ours may take over. */
bool tcp_flow_is_reusable(const struct sender *sender, dobos_time now);
/* LISTEN. */
bool tcp_is_listener(const struct dobos_socket *socket);
/* CLOSED, nothing to send, and no owner: host/ may destroy it. */
bool tcp_is_finished(const struct dobos_socket *socket);
int tcp_option_set(struct transport *transport, struct dobos_socket *socket,
                   enum dobos_option option, int64_t value);
int tcp_option_read(const struct dobos_socket *socket, enum dobos_option option, int64_t *value);
void tcp_info_read(const struct dobos_socket *socket, struct dobos_socket_info *info);
/* What of it hangs on the host's settings, and on the time. */
void tcp_info_complete(const struct transport *transport, const struct dobos_socket *socket,
                       dobos_time now, struct dobos_tcp_info *info);
/* Half-open records of a listener, the nth; false behind the last. */
bool tcp_half_open_read(const struct dobos_socket *listener, uint32_t nth,
                        struct dobos_socket_info *info);

#endif
