/* url: see url.h. */
#include "tools/url.h"

#include <string.h>
#include <strings.h>

#include "tools/options.h"

#define PORT_DIGITS 5

static enum url_fault refuse(const char **reason, const char *why) {
    *reason = why;
    return URL_BAD;
}

/* Reads host and port, which end at `end`. */
static enum url_fault authority_parse(const char *text, const char *end, struct url *url,
                                      const char **reason) {
    const char *colon = memchr(text, ':', (size_t)(end - text));
    size_t length = (size_t)((colon ? colon : end) - text);
    if (*text == '[')
        return refuse(reason, "IPv6 is not supported yet");
    if (memchr(text, '@', (size_t)(end - text)))
        return refuse(reason, "a user name is not supported");
    if (length == 0)
        return refuse(reason, "it has no host");
    if (length >= sizeof(url->host))
        return refuse(reason, "its host is longer than any name");
    memcpy(url->host, text, length);
    url->host[length] = '\0';
    url->port = 80;
    if (colon && colon + 1 < end) {
        char digits[PORT_DIGITS + 1];
        int64_t port = 0;
        size_t count = (size_t)(end - colon - 1);
        if (count > PORT_DIGITS)
            return refuse(reason, "its port is not a number from 1 to 65535");
        memcpy(digits, colon + 1, count);
        digits[count] = '\0';
        if (!whole_parse(digits, 1, 65535, &port))
            return refuse(reason, "its port is not a number from 1 to 65535");
        url->port = (uint16_t)port;
    }
    return URL_GOOD;
}

enum url_fault url_parse(const char *text, struct url *url, const char **reason) {
    const char *scheme = strstr(text, "://");
    *reason = "";
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            return refuse(reason, "it has a character that must be written as %HH");
    }
    if (scheme &&
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") ==
            (size_t)(scheme - text)) {
        if (scheme - text != 4 || strncasecmp(text, "http", 4) != 0)
            return URL_SCHEME;
        text = scheme + 3;
    }
    const char *end = text + strcspn(text, "/?#");
    enum url_fault fault = authority_parse(text, end, url, reason);
    if (fault != URL_GOOD)
        return fault;
    size_t length = strcspn(end, "#");
    size_t slash = *end == '/' ? 0 : 1; /* to be added */
    if (length + slash >= sizeof(url->path))
        return refuse(reason, "its path is too long");
    url->path[0] = '/';
    memcpy(url->path + slash, end, length);
    url->path[slash + length] = '\0';
    return URL_GOOD;
}
