/* entropy: bytes for keys, from the kernel; it waits, once after boot, until there are good ones.
 */
#include <errno.h>
#include <sys/random.h>

#include <dobos/os.h>

int dobos_os_entropy(void *bytes, size_t length) {
    unsigned char *next = bytes;
    while (length > 0) {
        ssize_t got = getrandom(next, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -DOBOS_EIO;
        next += got;
        length -= (size_t)got;
    }
    return 0;
}
