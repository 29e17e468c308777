/* dns_data: see dns_data.h. */
#include "tools/dns_data.h"

#include <arpa/inet.h>
#include <inttypes.h>

#define HEX_GROUP 29 /* bytes of unknown data between two spaces */

/* Data being read; what is written is taken back when they are malformed. */
struct data {
    struct sink *out;
    const struct reader *message;
    const struct dns_record *record;
    size_t at;      /* read so far */
    bool has_begun; /* something is written: a space comes next */
    bool failed;    /* malformed */
};

static void space(struct data *data) {
    if (data->has_begun)
        sink_put(data->out, " ");
    data->has_begun = true;
}

static void put_name(struct data *data) {
    struct dns_name name;
    char text[DNS_NAME_TEXT];
    if (data->failed || !dns_record_name_parse(data->message, data->record, &data->at, &name)) {
        data->failed = true;
        return;
    }
    space(data);
    dns_name_format(&name, text);
    sink_format(data->out, "%s%s", text, name.length > 1 ? "." : "");
}

static void put_numbers(struct data *data, size_t count, size_t bytes) {
    for (size_t i = 0; i < count && !data->failed; i++) {
        struct reader r = reader_make(data->record->data.bytes, data->record->data.length);
        reader_skip(&r, data->at);
        uint32_t value = bytes == 2 ? reader_be16(&r) : reader_be32(&r);
        data->failed = r.failed;
        data->at += bytes;
        space(data);
        sink_format(data->out, "%" PRIu32, value);
    }
}

static void put_address(struct data *data, int family, size_t bytes) {
    char text[INET6_ADDRSTRLEN];
    data->failed = data->record->data.length != bytes;
    if (!data->failed)
        sink_put(data->out, inet_ntop(family, data->record->data.bytes, text, sizeof(text)));
    data->at = bytes;
}

static void put_quoted(struct data *data, const uint8_t *bytes, size_t length) {
    space(data);
    sink_put(data->out, "\"");
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < ' ' || bytes[i] >= 0x7f)
            sink_format(data->out, "\\%03u", bytes[i]);
        else
            sink_format(data->out, "%s%c", bytes[i] == '"' || bytes[i] == '\\' ? "\\" : "",
                        bytes[i]);
    }
    sink_put(data->out, "\"");
}

static void put_texts(struct data *data) {
    struct reader r = reader_make(data->record->data.bytes, data->record->data.length);
    data->failed = reader_rest(&r) == 0;
    while (reader_rest(&r) > 0 && !data->failed) {
        struct slice text = reader_slice(&r, reader_u8(&r));
        data->failed = r.failed;
        if (!data->failed)
            put_quoted(data, text.bytes, text.length);
    }
    data->at = r.position;
}

static void put_unknown(struct data *data) {
    const struct slice *bytes = &data->record->data;
    sink_format(data->out, "\\# %zu", bytes->length);
    for (size_t i = 0; i < bytes->length; i++)
        sink_format(data->out, "%s%02X", i % HEX_GROUP == 0 ? " " : "", bytes->bytes[i]);
    data->at = bytes->length;
}

static void put_known(struct data *data) {
    switch (data->record->type) {
    case DNS_A:
        put_address(data, AF_INET, 4);
        break;
    case DNS_AAAA:
        put_address(data, AF_INET6, 16);
        break;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        put_name(data);
        break;
    case DNS_SOA:
        put_name(data);
        put_name(data);
        put_numbers(data, 5, 4);
        break;
    case DNS_MX:
        put_numbers(data, 1, 2);
        put_name(data);
        break;
    case DNS_SRV:
        put_numbers(data, 3, 2);
        put_name(data);
        break;
    case DNS_TXT:
        put_texts(data);
        break;
    default:
        put_unknown(data);
        break;
    }
}

void dns_data_print(struct sink *out, const struct reader *message,
                    const struct dns_record *record) {
    struct data data = {.out = out, .message = message, .record = record};
    const size_t before = out->length;
    put_known(&data);
    if (!data.failed && data.at == record->data.length)
        return;
    if (!out->failed && out->text) {
        out->length = before;
        out->text[before] = '\0';
    }
    put_unknown(&data);
}

char *dns_data_text(const struct reader *message, const struct dns_record *record) {
    struct sink sink = {0};
    dns_data_print(&sink, message, record);
    if (!sink.failed)
        return sink.text;
    sink_fini(&sink);
    return NULL;
}
