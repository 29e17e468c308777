/* zone_file_fuzz: any bytes as a zone file, which includes itself as long as it may: records whose
 * data are sound, or a place in the text and a reason. */
#include <stdlib.h>
#include <string.h>

#include "services/zone_file.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct zone_file file;
    static uint8_t data[4096];
    struct zone_file_entry entry;
    struct dns_name origin;
    PROMISE(dns_name_from_text("example.org", &origin));
    zone_file_begin(&file, &origin, (const char *)bytes, length);
    for (size_t steps = 0;; steps++) {
        /* Each step takes a word of a text, which is read ZONE_FILE_INCLUDES times at most. */
        PROMISE(steps <= (length + 2) * (ZONE_FILE_INCLUDES + 1));
        switch (zone_file_next(&file, &entry, data, sizeof(data))) {
        case ZONE_FILE_RECORD:
            PROMISE(dns_data_is_sound(entry.type, entry.data) && !dns_type_is_meta(entry.type));
            PROMISE(entry.owner.length > 0 && entry.ttl <= INT32_MAX);
            break;
        case ZONE_FILE_INCLUDE:
            PROMISE(entry.include[0] && strncmp(entry.include, "../", 3) != 0 &&
                    entry.include[0] != '/' && !strstr(entry.include, "/../"));
            zone_file_enter(&file, &entry, (const char *)bytes, length);
            break;
        case ZONE_FILE_LEFT:
            PROMISE(file.left == (const char *)bytes);
            break;
        case ZONE_FILE_BAD:
            PROMISE(file.fault.reason && file.fault.line > 0 && file.fault.column > 0);
            return 0;
        case ZONE_FILE_END:
            return 0;
        }
    }
}
