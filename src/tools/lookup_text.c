/* lookup_text: see lookup_text.h. */
#include "tools/lookup_text.h"

#include <string.h>

const char *lookup_text(enum dobos_lookup_status status) {
    switch (status) {
    case DOBOS_LOOKUP_PENDING:
        return "not looked up yet";
    case DOBOS_LOOKUP_FOUND:
        return "found";
    case DOBOS_LOOKUP_NO_NAME:
        return "Name or service not known";
    case DOBOS_LOOKUP_NO_DATA:
        return "No address associated with hostname";
    case DOBOS_LOOKUP_TIMEOUT:
        return "Temporary failure in name resolution: no name server answered";
    case DOBOS_LOOKUP_FAILED:
        return "Temporary failure in name resolution: the name servers failed";
    case DOBOS_LOOKUP_NO_SERVER:
        return "Temporary failure in name resolution: this node has no name server";
    }
    return "unknown";
}

const char *lookup_refusal_text(const char *name, int error) {
    struct dobos_address address;
    const char *reason;
    if (error != -DOBOS_EINVAL)
        return strerror(-error);
    if ((strchr(name, ':') || (strspn(name, "0123456789.") == strlen(name) && name[0])) &&
        dobos_address_parse(name, &address, &reason) < 0)
        return reason;
    return lookup_text(DOBOS_LOOKUP_NO_NAME);
}
