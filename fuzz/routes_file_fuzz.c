/* routes_file: any bytes are read as routes whose prefixes are whole, or refused with the file's
 * name; the reading always ends. */
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "lab/routes_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* Of its own size, so that a byte read behind it is seen; without a NUL. */
    char *text = malloc(size + (size == 0));
    if (!text)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    struct routes_file file;
    struct routes_file_entry entry;
    struct lab_error error = {""};
    enum routes_file_result result;
    size_t count = 0;
    routes_file_begin(&file, "t", text, size);
    while ((result = routes_file_next(&file, &entry, &error)) == ROUTES_FILE_ENTRY) {
        const struct dobos_address network = prefix_network(&entry.to);
        if (entry.to.length > 32 || !dobos_address_is_equal(&network, &entry.to.address) ||
            !dobos_address_is_ipv4(&entry.via) || ++count > size)
            abort();
    }
    if (result == ROUTES_FILE_FAULT && strncmp(error.text, "t:", 2) != 0)
        abort();
    free(text);
    return 0;
}
