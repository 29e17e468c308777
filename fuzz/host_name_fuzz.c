/* host_name_fuzz: any text as the name of a host: one that is taken is a domain name of plain
 * bytes, no address, and stays a name with and without its last dot. */
#include <stdlib.h>
#include <string.h>

#include "wire/host_name.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *text = malloc(length + 1);
    struct dns_name name;
    struct dobos_address address;
    if (!text)
        return 0;
    if (length > 0)
        memcpy(text, bytes, length);
    text[length] = '\0';
    const size_t measured = host_name_measure(text);
    PROMISE(measured <= strlen(text));
    if (measured > 0) {
        PROMISE(dns_name_from_text(text, &name) && !host_name_ends_in_number(text));
        PROMISE(dobos_address_parse(text, &address, NULL) < 0);
        PROMISE(strpbrk(text, " \t\r\n#/:\\") == NULL);
        text[measured] = '\0';
        PROMISE(host_name_measure(text) == measured);
    }
    free(text);
    return 0;
}
