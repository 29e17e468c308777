/* Any bytes as a network file: read, or refused with a message that names the file; nothing else.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lab/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 forgets a table of pieces when a text in single quotes has many doubled quotes.
 * It is not ours to free, and bounded by the file's size. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct network network;
    struct lab_error error = {""};
    if (network_read(&network, (const char *)bytes, length, "n.yaml", &error))
        network_fini(&network);
    else if (strncmp(error.text, "n.yaml:", 7) != 0)
        abort();
    return 0;
}
