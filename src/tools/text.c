/* text: see text.h. */
#include "tools/text.h"

#include "base/bytes.h"

size_t text_character(const uint8_t *bytes, size_t length, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (bytes[0] < 0x80) {
        *code = bytes[0];
        return 1;
    }
    size_t size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
    if (bytes[0] < 0xc0 || bytes[0] >= 0xf8 || size > length)
        return 0;
    *code = bytes[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (bytes[i] & 0x3fu);
    }
    bool is_one = *code >= least[size] && *code <= 0x10ffff && (*code & 0xfffff800) != 0xd800;
    return is_one ? size : 0;
}

static bool is_control(uint32_t code) {
    return code < ' ' || (code >= 0x7f && code < 0xa0);
}

void text_put(struct sink *out, const void *bytes, size_t length) {
    const uint8_t *text = bytes;
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t size = text_character(text + at, length - at, &code);
        if (size > 0 && !is_control(code))
            sink_append(out, text + at, size);
        else
            sink_format(out, "\\x%02x", text[at]);
        at += size > 0 && !is_control(code) ? size : 1;
    }
}

/* What stands for a character that XML reads as something else; NULL: itself. */
static const char *xml_entity(uint32_t code, bool in_attribute) {
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return in_attribute ? "&quot;" : NULL;
    case '\n':
        return in_attribute ? "&#10;" : NULL;
    case '\t':
        return in_attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

static bool xml_holds(uint32_t code) {
    bool is_space = code == '\t' || code == '\n' || code == '\r';
    return is_space || (!is_control(code) && code != 0xfffe && code != 0xffff);
}

void text_put_xml(struct sink *out, const void *bytes, size_t length, bool in_attribute) {
    const uint8_t *text = bytes;
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t size = text_character(text + at, length - at, &code);
        if (size == 0 || !xml_holds(code)) {
            sink_format(out, "\\x%02x", text[at]);
            at++;
            continue;
        }
        const char *entity = xml_entity(code, in_attribute);
        if (entity)
            sink_put(out, entity);
        else
            sink_append(out, text + at, size);
        at += size;
    }
}

json_t *text_json(const void *bytes, size_t length) {
    const uint8_t *text = bytes;
    struct sink valid = {0};
    for (size_t at = 0; at < length;) {
        uint32_t code;
        size_t size = text_character(text + at, length - at, &code);
        if (size > 0)
            sink_append(&valid, text + at, size);
        else
            sink_format(&valid, "\\x%02x", text[at]);
        at += size > 0 ? size : 1;
    }
    json_t *string = valid.failed ? NULL : json_stringn(sink_text(&valid), valid.length);
    sink_fini(&valid);
    return string;
}
