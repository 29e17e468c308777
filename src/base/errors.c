/* errors: the texts of dobos' error numbers. A table whose texts stand in the rows themselves: the
 * numbers have holes, and there is nothing to relocate. */
#include <dobos/errors.h>

static const struct {
    int16_t error; /* enum dobos_error */
    char text[46]; /* NUL-terminated */
} errors[] = {
    {0, "success"},
    {DOBOS_EPERM, "operation not permitted"},
    {DOBOS_ENOENT, "no such thing"},
    {DOBOS_EIO, "input/output error"},
    {DOBOS_EAGAIN, "nothing available now"},
    {DOBOS_ENOMEM, "out of memory"},
    {DOBOS_EACCES, "permission denied"},
    {DOBOS_EEXIST, "exists already"},
    {DOBOS_ENODEV, "no such interface"},
    {DOBOS_EINVAL, "invalid argument"},
    {DOBOS_EPIPE, "sending was shut down"},
    {DOBOS_ERANGE, "result out of range"},
    {DOBOS_EPROTO, "protocol error"},
    {DOBOS_EMSGSIZE, "message too long"},
    {DOBOS_EPROTONOSUPPORT, "protocol not supported"},
    {DOBOS_EOPNOTSUPP, "operation not supported"},
    {DOBOS_EAFNOSUPPORT, "address family not supported"},
    {DOBOS_EADDRINUSE, "address in use"},
    {DOBOS_EADDRNOTAVAIL, "address not available"},
    {DOBOS_ENETUNREACH, "network unreachable"},
    {DOBOS_ECONNABORTED, "connection aborted"},
    {DOBOS_ECONNRESET, "connection reset by peer"},
    {DOBOS_ENOBUFS, "no buffer space"},
    {DOBOS_EISCONN, "already connected"},
    {DOBOS_ENOTCONN, "not connected"},
    {DOBOS_ETIMEDOUT, "connection timed out"},
    {DOBOS_ECONNREFUSED, "connection refused"},
    {DOBOS_EHOSTUNREACH, "host unreachable"},
    {DOBOS_EALREADY, "operation already under way"},
    {DOBOS_EINPROGRESS, "operation in progress"},
};

const char *dobos_error_text(int error) {
    if (error < 0 && error >= -INT16_MAX)
        error = -error;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].error == error)
            return errors[i].text;
    return "unknown error";
}
