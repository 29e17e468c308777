/* memory: what is built on the four memory functions. Text here is bytes up to a NUL; it knows no
 * encoding. */
#include "base/memory.h"

size_t text_length(const char *text) {
    const char *end = text;
    while (*end)
        end++;
    return (size_t)(end - text);
}

bool text_is_equal(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

size_t text_copy(char *to, size_t room, const char *text) {
    size_t length = text_length(text);
    if (room > 0) {
        size_t kept = min_size(length, room - 1);
        memcpy(to, text, kept);
        to[kept] = '\0';
    }
    return length;
}
