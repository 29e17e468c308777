/* host_name: see host_name.h. */
#include "wire/host_name.h"

#include "base/memory.h"

static bool is_plain(char c) {
    return c > ' ' && c < 0x7f && c != '#' && c != '/' && c != ':' && c != '\\';
}

bool host_name_ends_in_number(const char *name) {
    size_t end = text_length(name);
    if (end > 0 && name[end - 1] == '.')
        end--;
    size_t start = end;
    while (start > 0 && name[start - 1] >= '0' && name[start - 1] <= '9')
        start--;
    return start < end && (start == 0 || name[start - 1] == '.');
}

size_t host_name_measure(const char *name) {
    struct dns_name parsed;
    size_t length = text_length(name);
    for (size_t i = 0; i < length; i++)
        if (!is_plain(name[i]))
            return 0;
    if (host_name_ends_in_number(name) || !dns_name_from_text(name, &parsed))
        return 0;
    return name[length - 1] == '.' ? length - 1 : length;
}
