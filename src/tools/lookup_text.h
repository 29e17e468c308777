/* lookup_text: why a name has no address, in the words of getaddrinfo. */
#ifndef TOOLS_LOOKUP_TEXT_H
#define TOOLS_LOOKUP_TEXT_H

#include <dobos/dns.h>
#include <dobos/services.h>

/* Constant. */
const char *lookup_text(enum dobos_lookup_status status);
/* Why dobos_getaddrinfo would not begin: −DOBOS_EINVAL or another error. Constant. */
const char *lookup_refusal_text(const char *name, int error);

#endif
