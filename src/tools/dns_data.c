/*
 * dns_data: see dns_data.h. The data are made whole and written by wire/dns_data_text.h into memory
 * that grows until the text fits.
 */
#include "tools/dns_data.h"

#include <stdlib.h>

#include "base/memory.h"
#include "wire/dns_data_text.h"

#define TEXT_BYTES 256         /* room for the first try */
#define TEXT_MOST  (80u << 16) /* no text is longer (dns_data_text.h) */

/* The text of whole data; `is_known`: in the form of its type. */
static void print(struct sink *out, uint16_t type, bool is_known, struct slice data) {
    for (size_t room = TEXT_BYTES; room <= 2 * TEXT_MOST; room *= 2) {
        char *bytes = malloc(room);
        struct writer text = writer_make(bytes, room);
        if (!bytes)
            break;
        if (is_known)
            dns_data_format(type, data, &text);
        else
            dns_data_format_unknown(data, &text);
        if (!text.failed)
            sink_append(out, bytes, text.position);
        free(bytes);
        if (!text.failed)
            return;
    }
    out->failed = true;
}

bool dns_data_print(struct sink *out, const struct reader *message,
                    const struct dns_record *record) {
    size_t room = record->data.length + 2 * (size_t)DNS_NAME_BYTES;
    uint8_t *bytes = malloc(room);
    struct writer whole = writer_make(bytes, room);
    if (!bytes) {
        out->failed = true;
        return true;
    }
    bool is_sound = dns_data_expand(message, record, &whole);
    print(out, record->type, is_sound,
          is_sound ? (struct slice){bytes, whole.position} : record->data);
    free(bytes);
    return is_sound;
}

char *dns_data_text(const struct reader *message, const struct dns_record *record) {
    struct sink sink = {0};
    (void)dns_data_print(&sink, message, record);
    sink_append(&sink, "", 0);
    if (!sink.failed)
        return sink.text;
    sink_fini(&sink);
    return NULL;
}
