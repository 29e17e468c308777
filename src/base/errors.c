/* errors: the texts of dobos' error numbers. A switch, not a table: the numbers have holes, and
 * there is nothing to relocate. */
#include <dobos/errors.h>

const char *dobos_error_text(int error) {
    if (error < 0 && error >= -INT16_MAX)
        error = -error;
    switch ((enum dobos_error)error) {
    case DOBOS_EPERM:
        return "operation not permitted";
    case DOBOS_ENOENT:
        return "no such thing";
    case DOBOS_EIO:
        return "input/output error";
    case DOBOS_EAGAIN:
        return "nothing available now";
    case DOBOS_ENOMEM:
        return "out of memory";
    case DOBOS_EACCES:
        return "permission denied";
    case DOBOS_EEXIST:
        return "exists already";
    case DOBOS_ENODEV:
        return "no such interface";
    case DOBOS_EINVAL:
        return "invalid argument";
    case DOBOS_EPIPE:
        return "sending was shut down";
    case DOBOS_ERANGE:
        return "result out of range";
    case DOBOS_EPROTO:
        return "protocol error";
    case DOBOS_EMSGSIZE:
        return "message too long";
    case DOBOS_EPROTONOSUPPORT:
        return "protocol not supported";
    case DOBOS_EOPNOTSUPP:
        return "operation not supported";
    case DOBOS_EAFNOSUPPORT:
        return "address family not supported";
    case DOBOS_EADDRINUSE:
        return "address in use";
    case DOBOS_EADDRNOTAVAIL:
        return "address not available";
    case DOBOS_ENETUNREACH:
        return "network unreachable";
    case DOBOS_ECONNABORTED:
        return "connection aborted";
    case DOBOS_ECONNRESET:
        return "connection reset by peer";
    case DOBOS_ENOBUFS:
        return "no buffer space";
    case DOBOS_EISCONN:
        return "already connected";
    case DOBOS_ENOTCONN:
        return "not connected";
    case DOBOS_ETIMEDOUT:
        return "connection timed out";
    case DOBOS_ECONNREFUSED:
        return "connection refused";
    case DOBOS_EHOSTUNREACH:
        return "host unreachable";
    case DOBOS_EALREADY:
        return "operation already under way";
    case DOBOS_EINPROGRESS:
        return "operation in progress";
    }
    return error == 0 ? "success" : "unknown error";
}
