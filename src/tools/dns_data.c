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

/* Makes a record's data whole, in memory (give, unless NULL: there is none). False: they cannot be
 * read, and *data are as they came. */
static bool expand(const struct reader *message, const struct dns_record *record, uint8_t **bytes,
                   struct slice *data) {
    const size_t room = record->data.length + 2 * (size_t)DNS_NAME_BYTES;
    *bytes = malloc(room);
    struct writer whole = writer_make(*bytes, *bytes ? room : 0);
    const bool is_sound = *bytes && dns_data_expand(message, record, &whole);
    *data = is_sound ? (struct slice){*bytes, whole.position} : record->data;
    return is_sound;
}

bool dns_data_print(struct sink *out, const struct reader *message,
                    const struct dns_record *record) {
    uint8_t *bytes;
    struct slice data;
    const bool is_sound = expand(message, record, &bytes, &data);
    if (bytes)
        print(out, record->type, is_sound, data);
    else
        out->failed = true;
    free(bytes);
    return is_sound || out->failed;
}

void dns_data_unknown_print(struct sink *out, const struct reader *message,
                            const struct dns_record *record) {
    uint8_t *bytes;
    struct slice data;
    (void)expand(message, record, &bytes, &data);
    if (bytes)
        print(out, record->type, false, data);
    else
        out->failed = true;
    free(bytes);
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
