/* dump_fields: the fields of a layer's object, for --json: see dump_layers.h. What there is no
 * memory for makes the text fail. */
#include <string.h>

#include "tools/dump_layers.h"
#include "tools/text.h"

void dump_layer_begin(struct dump *dump, const char *name) {
    if (dump->layers) {
        dump->layer = json_object();
        if (json_array_append_new(dump->layers, dump->layer) != 0) {
            dump->layer = NULL;
            dump->out->failed = true;
        }
        dump_set_text(dump, "layer", name);
    }
    dump_line(dump);
}

void dump_set(const struct dump *dump, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object ? object : dump->layer, key, value) != 0)
        dump->out->failed = true;
}

void dump_set_number(const struct dump *dump, const char *key, uint64_t value) {
    if (dump->layers)
        dump_set(dump, NULL, key, json_integer((json_int_t)value));
}

void dump_set_flag(const struct dump *dump, const char *key, bool value) {
    if (dump->layers)
        dump_set(dump, NULL, key, json_boolean(value));
}

void dump_set_text(const struct dump *dump, const char *key, const char *text) {
    if (dump->layers && text)
        dump_set(dump, NULL, key, json_string(text));
}

void dump_set_bytes(const struct dump *dump, const char *key, const void *bytes, size_t length) {
    if (dump->layers)
        dump_set(dump, NULL, key, text_json(bytes, length));
}

void dump_set_address(const struct dump *dump, const char *key,
                      const struct dobos_address *address) {
    char text[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(address, text);
    dump_set_text(dump, key, text);
}

void dump_set_mac(const struct dump *dump, const char *key, const struct dobos_mac *mac) {
    char text[DOBOS_MAC_TEXT];
    (void)dobos_mac_format(mac, text);
    dump_set_text(dump, key, text);
}

json_t *dump_set_list(const struct dump *dump, const char *key) {
    if (!dump->layers)
        return NULL;
    json_t *list = json_array();
    dump_set(dump, NULL, key, list);
    return list;
}

void dump_add(const struct dump *dump, json_t *list, json_t *value) {
    if (!dump->layers)
        json_decref(value);
    else if (json_array_append_new(list, value) != 0)
        dump->out->failed = true;
}

void dump_set_malformed(const struct dump *dump, const char *reason) {
    dump_set_text(dump, "malformed", reason);
}
