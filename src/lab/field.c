/* field: see field.h. */
#include "lab/field.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "lab/quantity.h"
#include "wire/dns.h"

#define NEAR_BYTES 24
#define NAME_RULE  "1 to %zu letters, digits, '.', '_' or '-', which begin with none of '.' and '-'"

/* How many letters must be put in, taken out or changed to make b of a; the rows of the usual
 * table, one at a time. */
static size_t edit_distance(const char *a, const char *b) {
    size_t row[NEAR_BYTES + 1];
    const size_t length = strlen(b);
    if (length > NEAR_BYTES || strlen(a) > NEAR_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            const size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = min_size(change, min_size(row[j], row[j + 1]) + 1);
        }
    }
    return row[length];
}

static bool refuse_unknown(struct reading *reading, const struct yaml_node *node, const char *what,
                           const struct field *fields) {
    const struct field *nearest = NULL;
    size_t distance = 3;
    char keys[256] = "";
    size_t length = 0;
    for (const struct field *field = fields; field->key; field++) {
        const size_t far = edit_distance(node->key, field->key);
        if (far < distance && 2 * far < strlen(node->key)) {
            distance = far;
            nearest = field;
        }
        if (!field->read)
            continue;
        const int n =
            snprintf(keys + length, sizeof keys - length, "%s%s", length ? ", " : "", field->key);
        length = min_size(length + (n < 0 ? 0 : (size_t)n), sizeof keys - 1);
    }
    if (nearest)
        return yaml_refuse_key(reading->document, node, reading->error,
                               "not a key of %s: did you mean %s?", what, nearest->key);
    return yaml_refuse_key(reading->document, node, reading->error, "not a key of %s: expected %s",
                           what, keys);
}

const struct yaml_node *field_find(const struct yaml_node *map, const char *key) {
    for (const struct yaml_node *node = map->first; node; node = node->next)
        if (node->key && strcmp(node->key, key) == 0)
            return node;
    return NULL;
}

bool fields_read(struct reading *reading, const struct yaml_node *map, const char *what,
                 const struct field *fields, void *to) {
    char expected[96];
    (void)snprintf(expected, sizeof expected, "%s as a map", what);
    if (!yaml_is_nothing(map) && !field_expect(reading, map, YAML_MAP, expected))
        return false;
    for (const struct yaml_node *node = map->first; node; node = node->next) {
        const struct field *field = fields;
        while (field->key && strcmp(field->key, node->key) != 0)
            field++;
        if (!field->key)
            return refuse_unknown(reading, node, what, fields);
        if (!field->read)
            return field_not_yet(reading, node);
        if (!field->read(reading, node, to))
            return false;
    }
    for (const struct field *field = fields; field->key; field++)
        if (field->required && !field_find(map, field->key))
            return yaml_refuse_key(reading->document, map, reading->error,
                                   "the key %s is missing from %s", field->key, what);
    return true;
}

bool field_expect(struct reading *reading, const struct yaml_node *node, enum yaml_kind kind,
                  const char *expected) {
    return node->kind == kind ||
           yaml_refuse(reading->document, node, reading->error, "expected %s", expected);
}

bool field_no_memory(struct reading *reading) {
    return yaml_refuse_file(reading->document->name, reading->error, "no memory to read it");
}

bool field_not_yet(struct reading *reading, const struct yaml_node *node) {
    return yaml_refuse_key(reading->document, node, reading->error, "is not supported yet");
}

bool field_whole(struct reading *reading, const struct yaml_node *node, uint64_t least,
                 uint64_t most, uint64_t *value) {
    return (node->kind == YAML_SCALAR && !node->quoted && quantity_whole(node->text, most, value) &&
            *value >= least) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected a whole number from %llu to %llu", (unsigned long long)least,
                       (unsigned long long)most);
}

bool field_bool(struct reading *reading, const struct yaml_node *node, bool *value) {
    const bool is_plain = node->kind == YAML_SCALAR && !node->quoted;
    *value = is_plain && strcmp(node->text, "true") == 0;
    return *value || (is_plain && strcmp(node->text, "false") == 0) ||
           yaml_refuse(reading->document, node, reading->error, "expected true or false");
}

bool field_false(struct reading *reading, const struct yaml_node *node, void *to) {
    (void)to;
    bool value = false;
    if (!field_bool(reading, node, &value))
        return false;
    return !value || yaml_refuse(reading->document, node, reading->error, "is not supported yet");
}

bool field_text(struct reading *reading, const struct yaml_node *node, const char *expected,
                const char **text) {
    if (node->kind != YAML_SCALAR || yaml_is_nothing(node))
        return yaml_refuse(reading->document, node, reading->error, "expected %s", expected);
    *text = node->text;
    return true;
}

bool field_domain(struct reading *reading, const struct yaml_node *node, const char **text) {
    struct dns_name name;
    if (!field_text(reading, node, "a domain such as home.arpa", text))
        return false;
    return (!strpbrk(*text, " \t\n\r/") && dns_name_from_text(*text, &name)) ||
           yaml_refuse(reading->document, node, reading->error,
                       "not a domain name: expected one such as home.arpa");
}

static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool field_name(struct reading *reading, const struct yaml_node *node, const char *name,
                size_t most) {
    size_t length = 0;
    while (is_name_character(name[length]))
        length++;
    const bool is_good =
        length > 0 && length <= most && !name[length] && name[0] != '.' && name[0] != '-';
    if (is_good)
        return true;
    if (name == node->text)
        return yaml_refuse(reading->document, node, reading->error, "expected a name: " NAME_RULE,
                           most);
    return yaml_refuse_key(reading->document, node, reading->error,
                           "not a name: expected " NAME_RULE, most);
}

bool field_duration(struct reading *reading, const struct yaml_node *node, dobos_time least,
                    dobos_time *duration) {
    return (node->kind == YAML_SCALAR && quantity_duration(node->text, duration) &&
            *duration >= least) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected a time such as 5ms, 1.5s or 2min, %sat most 100h",
                       least > 0 ? "more than 0, " : "");
}

/* YAML makes a map of an address that ends in "::" or has ": " behind it. */
static bool refuse_ipv6_map(struct reading *reading, const struct yaml_node *node,
                            const char *expected) {
    return yaml_refuse(reading->document, node, reading->error,
                       "expected %s (an IPv6 address needs quotes: \"2001:db8::\")", expected);
}

static bool refuse_address(struct reading *reading, const struct yaml_node *node,
                           const char *expected, int error, const char *reason) {
    if (error == -DOBOS_EAFNOSUPPORT)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected %s: IPv6 is not supported yet", expected);
    return yaml_refuse(reading->document, node, reading->error, "expected %s (%s)", expected,
                       reason ? reason : "malformed");
}

bool field_address(struct reading *reading, const struct yaml_node *node,
                   struct dobos_address *address) {
    static const char expected[] = "an IPv4 address such as 192.0.2.1";
    if (node->kind == YAML_MAP)
        return refuse_ipv6_map(reading, node, expected);
    if (node->kind != YAML_SCALAR || yaml_is_nothing(node))
        return yaml_refuse(reading->document, node, reading->error, "expected %s", expected);
    const char *reason = NULL;
    const int error = dobos_address_parse(node->text, address, &reason);
    return error == 0 || refuse_address(reading, node, expected, error, reason);
}

bool field_prefix(struct reading *reading, const struct yaml_node *node,
                  struct dobos_prefix *prefix) {
    static const char expected[] = "an IPv4 address with its prefix length such as 192.0.2.1/24";
    if (node->kind == YAML_MAP)
        return refuse_ipv6_map(reading, node, expected);
    if (node->kind != YAML_SCALAR || yaml_is_nothing(node))
        return yaml_refuse(reading->document, node, reading->error, "expected %s", expected);
    const char *reason = NULL;
    const int error = dobos_prefix_parse(node->text, prefix, &reason);
    return error == 0 || refuse_address(reading, node, expected, error, reason);
}
