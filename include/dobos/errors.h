/*
 * dobos/errors.h: what can go wrong.
 *
 * A public call returns 0 or more on success, or the negative of one of these values, which are
 * Linux's errno numbers, so `-r` can be handed to strerror() on Linux.
 */
#ifndef DOBOS_ERRORS_H
#define DOBOS_ERRORS_H

#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dobos_error {
    DOBOS_EPERM = 1,            /* not allowed */
    DOBOS_ENOENT = 2,           /* no such thing */
    DOBOS_EIO = 5,              /* the outside world failed */
    DOBOS_EAGAIN = 11,          /* nothing now; the poller tells when */
    DOBOS_ENOMEM = 12,          /* an allocation failed, or a table is at its limit */
    DOBOS_EACCES = 13,          /* not permitted (broadcast without leave) */
    DOBOS_EEXIST = 17,          /* there is one already */
    DOBOS_ENODEV = 19,          /* no such interface */
    DOBOS_EINVAL = 22,          /* an argument out of its range */
    DOBOS_EPIPE = 32,           /* this side has shut down sending */
    DOBOS_ERANGE = 34,          /* the result does not fit */
    DOBOS_EPROTO = 71,          /* the peer broke the protocol */
    DOBOS_EMSGSIZE = 90,        /* a datagram too large */
    DOBOS_EPROTONOSUPPORT = 93, /* no such protocol here */
    DOBOS_EOPNOTSUPP = 95,      /* not on a socket of this kind or in this state */
    DOBOS_EAFNOSUPPORT = 97,    /* an address family that is not supported yet */
    DOBOS_EADDRINUSE = 98,      /* the port has an owner */
    DOBOS_EADDRNOTAVAIL = 99,   /* not an address of this host, or no free port */
    DOBOS_ENETUNREACH = 101,    /* no route */
    DOBOS_ECONNABORTED = 103,   /* the connection was given up before accept */
    DOBOS_ECONNRESET = 104,     /* the peer reset the connection */
    DOBOS_ENOBUFS = 105,        /* no buffer space */
    DOBOS_EISCONN = 106,        /* already connected */
    DOBOS_ENOTCONN = 107,       /* not connected */
    DOBOS_ETIMEDOUT = 110,      /* the peer did not answer in time (RFC 9293 §3.8.3, R2) */
    DOBOS_ECONNREFUSED = 111,   /* nobody listens there */
    DOBOS_EHOSTUNREACH = 113,   /* the host cannot be reached */
    DOBOS_EALREADY = 114,       /* under way already */
    DOBOS_EINPROGRESS = 115,    /* begun; the poller tells the end */
};

/*
 * The text of an error, in English without a full stop ("connection refused"), for `error` positive
 * or negative. Never NULL; "unknown error" for a number that dobos does not use. The string is
 * constant.
 */
DOBOS_API const char *dobos_error_text(int error);

#ifdef __cplusplus
}
#endif

#endif
