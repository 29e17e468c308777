/*
 * dns_data: whole data out of messages and into them, see dns_data.h. One walk over a layout
 * (data_walk) checks every length; it reads messages, where names may be compressed as far as the
 * type lets them, and whole data, where none may. It ends because each field consumes bytes or
 * fails.
 */
#include "wire/dns_data.h"

#define NAMES_MAX 2 /* in the data of any type */

/* A walk over a record's data. */
struct walk {
    struct reader r;        /* ends with the data */
    bool is_whole;          /* no name may be compressed */
    struct writer *w;       /* where whole data go; NULL: nowhere */
    size_t copied;          /* up to this position they are there */
    size_t begin;           /* position of the first byte */
    unsigned names;         /* met so far */
    size_t name[NAMES_MAX]; /* where they begin, behind `begin`; in whole data only */
};

/* ---- fields ---- */

/* Writes what was read since the last name. */
static void walk_copy(struct walk *walk) {
    if (walk->w)
        writer_bytes(walk->w, walk->r.bytes + walk->copied, walk->r.position - walk->copied);
    walk->copied = walk->r.position;
}

static void name_walk(struct walk *walk, enum dns_field field) {
    bool is_plain = walk->is_whole || field == DNS_FIELD_NAME_PLAIN;
    struct dns_name name;
    if (walk->names < NAMES_MAX)
        walk->name[walk->names++] = walk->r.position - walk->begin;
    if (!walk->r.failed)
        walk_copy(walk);
    /* No pointer leads behind SIZE_MAX: so none is followed. */
    if (!dns_name_parse_above(&walk->r, is_plain ? SIZE_MAX : DNS_HEADER_BYTES, &name))
        return;
    if (walk->w)
        writer_bytes(walk->w, name.bytes, name.length);
    walk->copied = walk->r.position;
}

static void string_walk(struct reader *r, unsigned least) {
    uint8_t length = reader_u8(r);
    if (length < least)
        r->failed = true;
    reader_skip(r, length);
}

/* Windows in order, none empty, without zeroes at the end (RFC 4034 §4.1.2). */
static void bitmap_walk(struct reader *r, bool may_be_none) {
    int last = -1;
    if (!may_be_none && reader_rest(r) == 0)
        r->failed = true;
    while (reader_rest(r) > 0) {
        int window = reader_u8(r);
        uint8_t length = reader_u8(r);
        const uint8_t *bytes = reader_take(r, length);
        if (!bytes || window <= last || length < 1 || length > 32 || bytes[length - 1] == 0)
            r->failed = true;
        last = window;
    }
}

/* Keys in order (RFC 9460 §2.2). Values are passed on as they are. */
static void parameters_walk(struct reader *r) {
    int32_t last = -1;
    while (reader_rest(r) > 0) {
        int32_t key = reader_be16(r);
        reader_skip(r, reader_be16(r));
        if (key <= last)
            r->failed = true;
        last = key;
    }
}

/* Family, length, and an address without zeroes at its end (RFC 3123 §4). */
static void prefixes_walk(struct reader *r) {
    while (reader_rest(r) > 0) {
        uint16_t family = reader_be16(r);
        uint8_t bits = reader_u8(r), length = reader_u8(r) & 0x7f;
        const uint8_t *bytes = reader_take(r, length);
        unsigned most = family == 1 ? 32 : family == 2 ? 128 : UINT8_MAX;
        if (!bytes || (length > 0 && bytes[length - 1] == 0) || bits > most ||
            (family <= 2 && length > most / 8))
            r->failed = true;
    }
}

/* Of version 0 alone the layout is known (RFC 1876 §2). */
static void location_walk(struct reader *r) {
    uint8_t version = reader_u8(r);
    if (version == 0)
        reader_skip(r, 15);
    else
        reader_skip(r, reader_rest(r));
}

/* Bits of types 1 to 127, no zeroes at the end (RFC 2535 §5.2); with the first bit set the layout
 * is another. */
static void bitmap_old_walk(struct reader *r) {
    size_t length = reader_rest(r);
    const uint8_t *bytes = reader_take(r, length);
    if (!bytes || length == 0 || (bytes[0] < 0x80 && (length > 16 || bytes[length - 1] == 0)))
        r->failed = true;
}

static void ports_walk(struct reader *r) {
    size_t length = reader_rest(r);
    const uint8_t *bytes = reader_take(r, length);
    if (!bytes || length < 1 || length > 1 + 8192)
        r->failed = true;
}

/* All that is left. */
static void rest_walk(struct reader *r, bool may_be_none) {
    size_t length = reader_rest(r);
    if (length == 0 && !may_be_none)
        r->failed = true;
    reader_skip(r, length);
}

static void strings_walk(struct reader *r) {
    do
        string_walk(r, 0);
    while (reader_rest(r) > 0);
}

/* Fields of so many bytes; 0: of a length that they say themselves. */
static size_t field_bytes(enum dns_field field) {
    static const uint8_t bytes[] = {
        [DNS_FIELD_U8] = 1,          [DNS_FIELD_U16] = 2,
        [DNS_FIELD_U32] = 4,         [DNS_FIELD_PERIOD] = 4,
        [DNS_FIELD_TIME] = 4,        [DNS_FIELD_TYPE] = 2,
        [DNS_FIELD_ALGORITHM] = 1,   [DNS_FIELD_ALGORITHM_NAME] = 1,
        [DNS_FIELD_CERTIFICATE] = 2, [DNS_FIELD_IPV4] = 4,
        [DNS_FIELD_IPV6] = 16,       [DNS_FIELD_LOCATOR] = 8,
        [DNS_FIELD_EUI48] = 6,       [DNS_FIELD_EUI64] = 8,
    };
    return field < array_length(bytes) ? bytes[field] : 0;
}

static void rest_field_walk(struct reader *r, enum dns_field field) {
    switch (field) {
    case DNS_FIELD_STRINGS:
        strings_walk(r);
        break;
    case DNS_FIELD_BITMAP:
    case DNS_FIELD_BITMAP_OR_NONE:
        bitmap_walk(r, field == DNS_FIELD_BITMAP_OR_NONE);
        break;
    case DNS_FIELD_BITMAP_OLD:
        bitmap_old_walk(r);
        break;
    case DNS_FIELD_PORTS:
        ports_walk(r);
        break;
    case DNS_FIELD_PARAMETERS:
        parameters_walk(r);
        break;
    case DNS_FIELD_PREFIXES:
        prefixes_walk(r);
        break;
    case DNS_FIELD_LOCATION:
        location_walk(r);
        break;
    default:
        rest_walk(r, field == DNS_FIELD_TEXT || field == DNS_FIELD_UNKNOWN ||
                         field == DNS_FIELD_BASE64_OR_NONE);
        break;
    }
}

static void field_walk(struct walk *walk, enum dns_field field) {
    struct reader *r = &walk->r;
    size_t bytes = field_bytes(field);
    if (bytes > 0)
        reader_skip(r, bytes);
    else if (field <= DNS_FIELD_NAME_PLAIN)
        name_walk(walk, field);
    else if (field == DNS_FIELD_STRING || field == DNS_FIELD_SALT)
        string_walk(r, 0);
    else if (field == DNS_FIELD_TAG || field == DNS_FIELD_HASH)
        string_walk(r, 1);
    else if (field == DNS_FIELD_OPTIONAL_STRING)
        reader_rest(r) > 0 ? string_walk(r, 0) : (void)0;
    else
        rest_field_walk(r, field);
}

/* ---- all of it ---- */

/* Data end with their last field; labels cannot cross their end, and pointers lead only backward
 * (RFC 1035 §3.3, §4.1.4). */
static bool data_walk(struct walk *walk, uint16_t type) {
    const uint8_t *fields = dns_layout_of(type)->fields;
    walk->begin = walk->copied = walk->r.position;
    for (; *fields != DNS_FIELD_END && !walk->r.failed; fields++)
        field_walk(walk, *fields);
    if (walk->r.failed || reader_rest(&walk->r) > 0)
        return false;
    walk_copy(walk);
    return !walk->w || !walk->w->failed;
}

/* [rfc3597#2] [rfc3597#3] [rfc1035#16] [rfc1123#23] */
bool dns_data_expand(const struct reader *message, const struct dns_record *record,
                     struct writer *w) {
    struct walk walk = {.w = w};
    size_t before = w->position;
    walk.r = reader_make(message->bytes, record->data_offset + record->data.length);
    walk.r.position = record->data_offset;
    return data_walk(&walk, record->type) && w->position - before <= DNS_DATA_BYTES;
}

bool dns_data_is_sound(uint16_t type, struct slice data) {
    struct walk walk = {.r = reader_make(data.bytes, data.length), .is_whole = true};
    return data.length <= DNS_DATA_BYTES && data_walk(&walk, type);
}

struct dns_name dns_data_name(const uint8_t *data) {
    struct dns_name name = {0};
    for (size_t at = 0; data[at] != 0; at += data[at] + 1u)
        name.length = (uint8_t)(at + data[at] + 1u);
    name.length++;
    memcpy(name.bytes, data, name.length);
    return name;
}

/* Where the names of whole data begin; how many. */
static unsigned names_find(uint16_t type, struct slice data, size_t at[NAMES_MAX]) {
    struct walk walk = {.r = reader_make(data.bytes, data.length), .is_whole = true};
    if (!data_walk(&walk, type))
        return 0;
    memcpy(at, walk.name, sizeof(walk.name));
    return walk.names;
}

bool dns_data_name_find(uint16_t type, struct slice data, unsigned index, size_t *at) {
    size_t names[NAMES_MAX];
    if (index >= names_find(type, data, names))
        return false;
    *at = names[index];
    return true;
}

/* Whether the names of a type are written compressed: they stand in types of RFC 1035 alone. */
static bool is_compressed(uint16_t type) {
    const uint8_t *fields = dns_layout_of(type)->fields;
    return fields[0] == DNS_FIELD_NAME || fields[1] == DNS_FIELD_NAME;
}

/* [rfc3597#1] [rfc3597#3] [rfc1035#16] */
void dns_data_emit(struct dns_writer *w, uint16_t type, struct slice data) {
    size_t names[NAMES_MAX];
    size_t at = 0;
    unsigned count = is_compressed(type) ? names_find(type, data, names) : 0;
    for (unsigned i = 0; i < count; i++) {
        struct dns_name name = dns_data_name(data.bytes + names[i]);
        writer_bytes(&w->writer, data.bytes + at, names[i] - at);
        dns_name_emit(w, &name);
        at = names[i] + name.length;
    }
    writer_bytes(&w->writer, data.bytes + at, data.length - at);
}

/* ---- order ---- */

static int byte_compare(uint8_t a, uint8_t b, bool is_letter) {
    return is_letter ? (int)dns_lower(a) - (int)dns_lower(b) : (int)a - (int)b;
}

/* Where a name that begins at `at` ends. */
static size_t name_end(struct slice data, size_t at) {
    while (data.bytes[at] != 0)
        at += data.bytes[at] + 1u;
    return at + 1;
}

/* The bytes before the first difference are the same in both, lengths of labels too: so the names
 * of `a` tell which bytes are letters of names. [rfc3597#7] */
int dns_data_compare(uint16_t type, struct slice a, struct slice b) {
    size_t names[NAMES_MAX];
    unsigned count = names_find(type, a, names), next = 0;
    size_t end = 0;
    for (size_t at = 0; at < a.length && at < b.length; at++) {
        if (next < count && at == names[next])
            end = name_end(a, names[next++]);
        int order = byte_compare(a.bytes[at], b.bytes[at], at < end);
        if (order != 0)
            return order;
    }
    return a.length < b.length ? -1 : a.length > b.length;
}

bool dns_data_is_equal(uint16_t type, struct slice a, struct slice b) {
    return a.length == b.length && dns_data_compare(type, a, b) == 0;
}
