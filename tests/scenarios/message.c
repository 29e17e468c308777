/* message: names, types, data and whole messages; see message.h. */
#include "message.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- arena ---- */

struct piece {
    struct piece *next;
    max_align_t bytes[];
};
static struct piece *pieces;

void *arena_take(size_t bytes) {
    struct piece *piece = calloc(1, sizeof(*piece) + bytes);
    if (!piece)
        abort();
    piece->next = pieces;
    pieces = piece;
    return piece->bytes;
}

void arena_clear(void) {
    while (pieces) {
        struct piece *next = pieces->next;
        free(pieces);
        pieces = next;
    }
}

/* ---- names ---- */

static bool bytes_equal(const uint8_t *a, const uint8_t *b, unsigned length) {
    for (unsigned i = 0; i < length; i++) {
        if (tolower(a[i]) != tolower(b[i]))
            return false;
    }
    return true;
}

bool name_is_equal(const struct label_name *a, const struct label_name *b) {
    return a->length == b->length && bytes_equal(a->bytes, b->bytes, a->length);
}

bool name_parent(struct label_name *name) {
    unsigned skip = name->bytes[0] + 1u;
    if (name->length <= 1)
        return false;
    name->length -= skip;
    memmove(name->bytes, name->bytes + skip, name->length);
    return true;
}

bool name_is_within(const struct label_name *name, const struct label_name *zone) {
    struct label_name above = *name;
    while (above.length > zone->length && name_parent(&above)) {
    }
    return name_is_equal(&above, zone);
}

/* One label of the text, up to a dot or the end; returns where it ends, NULL: it is too long. */
static const char *label_read(const char *text, struct label_name *name) {
    unsigned mark = name->length++;
    for (; *text && *text != '.'; text++) {
        unsigned c = (uint8_t)*text;
        if (c == '\\' && isdigit((uint8_t)text[1]) && isdigit((uint8_t)text[2]) &&
            isdigit((uint8_t)text[3])) {
            c = (unsigned)((text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0');
            text += 3;
        } else if (c == '\\' && text[1]) {
            c = (uint8_t)*++text;
        }
        if (name->length >= 254 || c > 255)
            return NULL;
        name->bytes[name->length++] = (uint8_t)c;
    }
    unsigned length = name->length - mark - 1;
    name->bytes[mark] = (uint8_t)length;
    return length >= 1 && length <= 63 ? text : NULL;
}

bool name_read(const char *text, const struct label_name *origin, struct label_name *name) {
    *name = (struct label_name){0};
    bool is_full = strcmp(text, ".") == 0;
    if (strcmp(text, "@") == 0 || is_full)
        text = "";
    while (*text) {
        text = label_read(text, name);
        if (!text)
            return false;
        is_full = strcmp(text, ".") == 0;
        text += *text == '.';
    }
    unsigned rest = origin && !is_full ? origin->length : 1;
    if (name->length + rest > 255)
        return false;
    if (rest > 1)
        memcpy(name->bytes + name->length, origin->bytes, rest);
    else
        name->bytes[name->length] = 0;
    name->length += rest;
    return true;
}

const char *name_show(const struct label_name *name, char text[TEXT_BYTES]) {
    char *end = text;
    for (unsigned at = 0; at < name->length && name->bytes[at] > 0; at += name->bytes[at] + 1u) {
        for (unsigned i = 1; i <= name->bytes[at]; i++) {
            uint8_t c = name->bytes[at + i];
            if (c <= ' ' || c >= 127)
                end += sprintf(end, "\\%03u", c);
            else if (c == '.' || c == '\\')
                end += sprintf(end, "\\%c", c);
            else
                *end++ = (char)c;
        }
        *end++ = '.';
    }
    if (end == text)
        *end++ = '.';
    *end = 0;
    return text;
}

/* ---- types and codes ---- */

/* Letters of the layout: n a name, 2 4 numbers of so many bytes, a an IPv4 address, 6 one of IPv6,
 * s strings to the end. */
static const struct {
    const char *name;
    unsigned type;
    const char *layout;
} types[] = {
    {"A", 1, "a"},       {"NS", 2, "n"},     {"CNAME", 5, "n"}, {"SOA", 6, "nn44444"},
    {"PTR", 12, "n"},    {"MX", 15, "2n"},   {"TXT", 16, "s"},  {"AAAA", 28, "6"},
    {"SRV", 33, "222n"}, {"DNAME", 39, "n"}, {"DS", 43, NULL},  {"ANY", 255, NULL},
};

unsigned type_read(const char *text) {
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, text) == 0)
            return types[i].type;
    }
    return strncmp(text, "TYPE", 4) == 0 ? (unsigned)strtoul(text + 4, NULL, 10) : 0;
}

const char *type_show(unsigned type, char text[16]) {
    (void)snprintf(text, 16, "TYPE%u", type);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].type == type)
            (void)snprintf(text, 16, "%s", types[i].name);
    }
    return text;
}

static const char *layout_of(unsigned type) {
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].type == type)
            return types[i].layout;
    }
    return NULL;
}

static const char *const rcodes[] = {"NOERROR", "FORMERR",  "SERVFAIL", "NXDOMAIN", "NOTIMP",
                                     "REFUSED", "YXDOMAIN", "YXRRSET",  "NXRRSET",  "NOTAUTH"};

int rcode_read(const char *text) {
    for (int i = 0; i < 10; i++) {
        if (strcmp(rcodes[i], text) == 0)
            return i;
    }
    return strcmp(text, "BADVERS") == 0 ? 16 : -1;
}

const char *rcode_show(unsigned rcode, char text[16]) {
    (void)snprintf(text, 16, "RCODE%u", rcode);
    if (rcode < 10)
        (void)snprintf(text, 16, "%s", rcodes[rcode]);
    return rcode == 16 ? "BADVERS" : text;
}

/* ---- data ---- */

static void put(uint8_t *data, size_t *length, uint32_t value, unsigned bytes) {
    for (unsigned i = bytes; i > 0; i--)
        data[(*length)++] = (uint8_t)(value >> 8 * (i - 1));
}

/* RFC 3597: \# length hex. */
static const char *unknown_read(char **words, unsigned count, uint8_t *data, size_t *length) {
    if (count < 2 || strcmp(words[0], "\\#") != 0)
        return "data of this type are written \\# LENGTH HEX";
    for (unsigned i = 2; i < count; i++) {
        unsigned byte;
        for (const char *c = words[i]; c[0] && c[1]; c += 2) {
            if (sscanf(c, "%2x", &byte) != 1 || *length > 65000)
                return "no hexadecimal number";
            data[(*length)++] = (uint8_t)byte;
        }
    }
    return *length == strtoul(words[1], NULL, 10) ? NULL : "the length does not fit the data";
}

/* One field; NULL or why not. */
static const char *field_read(char kind, const char *word, const struct label_name *origin,
                              uint8_t *data, size_t *length) {
    struct label_name name;
    size_t bytes = strlen(word);
    switch (kind) {
    case 'n':
        if (!name_read(word, origin, &name))
            return "no name";
        memcpy(data + *length, name.bytes, name.length);
        *length += name.length;
        return NULL;
    case 'a':
    case '6':
        if (inet_pton(kind == 'a' ? AF_INET : AF_INET6, word, data + *length) != 1)
            return "no address";
        *length += kind == 'a' ? 4 : 16;
        return NULL;
    case 's':
        put(data, length, (uint32_t)bytes, 1);
        memcpy(data + *length, word, bytes & 255);
        *length += bytes & 255;
        return NULL;
    default:
        put(data, length, (uint32_t)strtoul(word, NULL, 10), (unsigned)(kind - '0'));
        return isdigit((uint8_t)*word) ? NULL : "no number";
    }
}

const char *data_read(unsigned type, char **words, unsigned count, const struct label_name *origin,
                      struct record *record) {
    static uint8_t data[70000];
    const char *layout = layout_of(type), *why = NULL;
    size_t length = 0;
    if (!layout || (count > 0 && strcmp(words[0], "\\#") == 0)) {
        why = unknown_read(words, count, data, &length);
    } else {
        for (unsigned i = 0; i < count && !why && *layout; i++) {
            why =
                length < 65000 ? field_read(*layout, words[i], origin, data, &length) : "too long";
            layout += *layout != 's';
        }
        if (!why && *layout && (*layout != 's' || count == 0))
            why = "data are missing";
    }
    record->type = type;
    record->length = length;
    record->data = memcpy(arena_take(length + 1), data, length);
    return why;
}

/* A name in uncompressed data. */
static size_t name_take(const uint8_t *data, size_t length, struct label_name *name) {
    size_t at = 0;
    while (at < length && data[at] > 0 && at + data[at] + 1u < length && at < 200)
        at += data[at] + 1u;
    name->length = (unsigned)(at < length ? at + 1 : length) & 255;
    memcpy(name->bytes, data, name->length);
    return name->length;
}

static char *hex_show(char *end, const uint8_t *data, size_t length) {
    end += sprintf(end, "\\# %zu ", length);
    for (size_t i = 0; i < length && i < 60; i++)
        end += sprintf(end, "%02x", data[i]);
    return end;
}

const char *data_show(const struct record *record, char text[TEXT_BYTES]) {
    const char *layout = layout_of(record->type);
    const uint8_t *data = record->data;
    char *end = text;
    size_t left = record->length;
    *text = 0;
    if (!layout)
        (void)hex_show(end, data, left);
    for (; layout && *layout && left > 0; end += strlen(end)) {
        struct label_name name;
        char shown[TEXT_BYTES];
        uint32_t number = 0;
        size_t took = *layout == 'a' ? 4 : *layout == '6' ? 16 : (size_t)(*layout - '0');
        if (end > text)
            *end++ = ' ';
        if (*layout == 'n') {
            took = name_take(data, left, &name);
            (void)snprintf(end, 1024, "%s", name_show(&name, shown));
        } else if (*layout == 's') {
            took = data[0] + 1u;
            (void)snprintf(end, 258, "%.*s", (int)(took <= left ? took - 1 : 0), data + 1);
        } else if (took > left) {
            (void)hex_show(end, data, left);
        } else if (*layout == 'a' || *layout == '6') {
            (void)inet_ntop(*layout == 'a' ? AF_INET : AF_INET6, data, end, 64);
        } else {
            for (size_t i = 0; i < took; i++)
                number = number << 8 | data[i];
            (void)snprintf(end, 16, "%u", number);
        }
        took = took <= left ? took : left;
        data += took;
        left -= took;
        layout += *layout != 's';
        if (end - text > TEXT_BYTES / 2)
            break;
    }
    return text;
}

struct record *record_make(const struct label_name *owner, unsigned type, uint32_t ttl,
                           const uint8_t *data, size_t length) {
    struct record *record = arena_take(sizeof(*record));
    *record = (struct record){.owner = *owner, .type = type, .ttl = ttl, .length = length};
    record->data = memcpy(arena_take(length + 1), data, length);
    return record;
}

void record_append(struct record **list, struct record *record) {
    while (*list)
        list = &(*list)->next;
    *list = record;
}

/* ---- writing ---- */

struct out {
    uint8_t *bytes;
    size_t room, length;
    bool failed;
    size_t names[64]; /* where names stand */
    unsigned name_count;
};

static void out_bytes(struct out *out, const void *bytes, size_t length) {
    if (out->length + length > out->room) {
        out->failed = true;
        return;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void out_number(struct out *out, uint32_t value, unsigned bytes) {
    uint8_t data[4];
    size_t length = 0;
    put(data, &length, value, bytes);
    out_bytes(out, data, length);
}

/* The name that stands at `at`, where each label was written plainly or ends in a pointer. */
static void name_at(const uint8_t *bytes, size_t at, struct label_name *name) {
    *name = (struct label_name){0};
    while (bytes[at] > 0 && name->length + bytes[at] < 255) {
        if (bytes[at] >= 0xc0) {
            at = (size_t)(bytes[at] & 0x3f) << 8 | bytes[at + 1];
            continue;
        }
        memcpy(name->bytes + name->length, bytes + at, bytes[at] + 1u);
        name->length += bytes[at] + 1u;
        at += bytes[at] + 1u;
    }
    name->bytes[name->length++] = 0;
}

static void out_name(struct out *out, const struct label_name *name) {
    struct label_name rest = *name, other;
    for (; rest.length > 1; (void)name_parent(&rest)) {
        for (unsigned i = 0; i < out->name_count; i++) {
            name_at(out->bytes, out->names[i], &other);
            if (other.length == rest.length && memcmp(other.bytes, rest.bytes, rest.length) == 0) {
                out_number(out, 0xc000 | (uint32_t)out->names[i], 2);
                return;
            }
        }
        if (out->name_count < 64 && out->length < 0x3fff && !out->failed)
            out->names[out->name_count++] = out->length;
        out_bytes(out, rest.bytes, rest.bytes[0] + 1u);
        if (out->failed) {
            out->name_count -= out->name_count > 0;
            return;
        }
    }
    out_number(out, 0, 1);
}

static void out_data(struct out *out, const struct record *record) {
    const char *layout = record->type <= 15 ? layout_of(record->type) : NULL;
    const uint8_t *data = record->data;
    size_t left = record->length, mark = out->length;
    out_number(out, 0, 2);
    for (; layout && *layout && left > 0; layout++) {
        struct label_name name;
        size_t took = *layout == 'n' ? name_take(data, left, &name) : (size_t)(*layout - '0');
        if (*layout == 'a' || took > left)
            break;
        if (*layout == 'n')
            out_name(out, &name);
        else
            out_bytes(out, data, took);
        data += took;
        left -= took;
    }
    out_bytes(out, data, left);
    if (!out->failed) {
        size_t length = out->length - mark - 2;
        out->bytes[mark] = (uint8_t)(length >> 8);
        out->bytes[mark + 1] = (uint8_t)length;
    }
}

static unsigned out_section(struct out *out, const struct record *records) {
    unsigned count = 0;
    for (; records && !out->failed; records = records->next) {
        struct out before = *out;
        out_name(out, &records->owner);
        out_number(out, records->type, 2);
        out_number(out, 1, 2);
        out_number(out, records->ttl, 4);
        out_data(out, records);
        count += !out->failed;
        if (out->failed) {
            *out = before;
            out->failed = true;
        }
    }
    return count;
}

static void out_edns(struct out *out, const struct message *message) {
    out_number(out, 0, 1);
    out_number(out, TYPE_OPT, 2);
    out_number(out, message->edns_bytes, 2);
    out_number(out, message->rcode >> 4, 1);
    out_number(out, message->edns_version, 1);
    out_number(out, message->wants_dnssec ? 0x8000 : 0, 2);
    out_number(out, message->error >= 0 ? 6 : 0, 2);
    if (message->error >= 0) {
        out_number(out, 15, 2);
        out_number(out, 2, 2);
        out_number(out, (uint32_t)message->error, 2);
    }
}

size_t message_write(const struct message *message, uint8_t *bytes, size_t room) {
    struct out out = {.bytes = bytes, .room = room - (message->has_edns ? 17 : 0)};
    unsigned counts[SECTIONS];
    uint8_t head[12] = {0};
    out_bytes(&out, head, 12);
    if (message->has_question) {
        out_name(&out, &message->name);
        out_number(&out, message->type, 2);
        out_number(&out, message->class_, 2);
    }
    for (int i = 0; i < SECTIONS; i++)
        counts[i] = out_section(&out, message->records[i]);
    bool tc = message->tc || out.failed;
    out.failed = false;
    out.room = room;
    if (message->has_edns)
        out_edns(&out, message);
    out.length = (out.room = out.length, 0);
    out_number(&out, message->id, 2);
    out_number(&out,
               (uint32_t)(message->qr << 15 | (int)message->opcode << 11 | message->aa << 10 |
                          tc << 9 | message->rd << 8 | message->ra << 7 | message->ad << 5 |
                          message->cd << 4 | (int)(message->rcode & 15)),
               2);
    out_number(&out, message->has_question, 2);
    out_number(&out, counts[0] + message->count_lie, 2);
    out_number(&out, counts[1], 2);
    out_number(&out, counts[2] + message->has_edns, 2);
    return out.room;
}

/* ---- reading ---- */

struct in {
    const uint8_t *bytes;
    size_t length, at;
    bool failed;
};

static uint32_t in_number(struct in *in, unsigned bytes) {
    uint32_t value = 0;
    if (in->at + bytes > in->length) {
        in->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | in->bytes[in->at++];
    return value;
}

static void in_name(struct in *in, struct label_name *name) {
    size_t at = in->at, hops = 0;
    *name = (struct label_name){0};
    while (!in->failed && at < in->length && in->bytes[at] > 0) {
        unsigned length = in->bytes[at];
        if (length >= 0xc0 && at + 1 < in->length && hops < 100) {
            in->at = hops++ == 0 ? at + 2 : in->at;
            at = (size_t)(length & 0x3f) << 8 | in->bytes[at + 1];
            continue;
        }
        if (length > 63 || at + length + 1 > in->length || name->length + length + 1 > 254) {
            in->failed = true;
            break;
        }
        memcpy(name->bytes + name->length, in->bytes + at, length + 1);
        name->length += length + 1;
        at += length + 1;
    }
    name->bytes[name->length++] = 0;
    in->failed = in->failed || at >= in->length;
    if (hops == 0)
        in->at = at + 1;
}

/* Data without compression. */
static void in_data(struct in *in, struct record *record, size_t length) {
    const char *layout = layout_of(record->type);
    uint8_t *data = arena_take(length + 600);
    size_t end = in->at + length;
    if (end > in->length) {
        in->failed = true;
        return;
    }
    for (; layout && *layout && in->at < end && !in->failed; layout++) {
        struct label_name name;
        if (*layout == 'n') {
            in_name(in, &name);
            memcpy(data + record->length, name.bytes, name.length);
            record->length += name.length;
        } else if (*layout == '2' || *layout == '4') {
            unsigned bytes = (unsigned)(*layout - '0');
            put(data, &record->length, in_number(in, bytes), bytes);
        } else {
            break;
        }
    }
    if (in->at < end) {
        memcpy(data + record->length, in->bytes + in->at, end - in->at);
        record->length += end - in->at;
    }
    in->failed = in->failed || in->at > end;
    in->at = end;
    record->data = data;
}

static void in_edns(struct in *in, struct message *message, uint32_t class_, uint32_t ttl) {
    size_t length = in_number(in, 2), end = in->at + length;
    in->failed = in->failed || message->has_edns;
    message->has_edns = true;
    message->edns_bytes = class_;
    message->edns_version = ttl >> 16 & 255;
    message->rcode |= (ttl >> 24) << 4;
    message->wants_dnssec = ttl & 0x8000;
    while (in->at < end && !in->failed) {
        unsigned code = in_number(in, 2), bytes = in_number(in, 2);
        if (code == 15 && bytes >= 2)
            message->error =
                in->at + 2 <= in->length ? in->bytes[in->at] << 8 | in->bytes[in->at + 1] : -1;
        in->at += bytes;
    }
    in->failed = in->failed || in->at != end || end > in->length;
}

static void in_record(struct in *in, struct message *message, int section) {
    struct record *record = arena_take(sizeof(*record));
    in_name(in, &record->owner);
    record->type = in_number(in, 2);
    uint32_t class_ = in_number(in, 2);
    record->ttl = in_number(in, 4);
    if (record->type == TYPE_OPT) {
        in_edns(in, message, class_, record->ttl);
        return;
    }
    in_data(in, record, in_number(in, 2));
    if (!in->failed)
        record_append(&message->records[section], record);
}

bool message_read(const uint8_t *bytes, size_t length, struct message *message) {
    struct in in = {.bytes = bytes, .length = length};
    *message = (struct message){.error = -1};
    message->id = in_number(&in, 2);
    uint32_t flags = in_number(&in, 2);
    message->qr = flags >> 15 & 1;
    message->opcode = flags >> 11 & 15;
    message->aa = flags >> 10 & 1;
    message->tc = flags >> 9 & 1;
    message->rd = flags >> 8 & 1;
    message->ra = flags >> 7 & 1;
    message->ad = flags >> 5 & 1;
    message->cd = flags >> 4 & 1;
    message->rcode = flags & 15;
    unsigned questions = in_number(&in, 2), counts[SECTIONS];
    for (int i = 0; i < SECTIONS; i++)
        counts[i] = in_number(&in, 2);
    if (questions > 0 && !in.failed) {
        message->has_question = true;
        in_name(&in, &message->name);
        message->type = in_number(&in, 2);
        message->class_ = in_number(&in, 2);
    }
    for (int i = 0; i < SECTIONS; i++) {
        for (unsigned n = 0; n < counts[i] && !in.failed; n++)
            in_record(&in, message, i);
    }
    return !in.failed && questions <= 1 && in.at == length;
}
