/*
 * field: what a map of the network file may hold, as a table: each key with the function that reads
 * its value. One walk over the map refuses what is no key (with the nearest that is one), what is
 * not supported yet, and what is missing.
 */
#ifndef LAB_FIELD_H
#define LAB_FIELD_H

#include <dobos/address.h>
#include <dobos/errors.h>

#include "lab/yaml.h"

/* Who reads a file. */
struct reading {
    struct yaml_document *document; /* the tree; its arena takes what is read */
    struct lab_error *error;        /* the first fault */
};

struct field {
    const char *key; /* NULL ends the table */
    /* Reads the value into `to`, what the map is read into. NULL: the key is known and not
     * supported yet. */
    bool (*read)(struct reading *reading, const struct yaml_node *value, void *to);
    bool required; /* a map without it is refused */
};

/* The value at a key of a map, or NULL. */
const struct yaml_node *field_find(const struct yaml_node *map, const char *key);
/* Reads a map ("nothing" is an empty one) by its table. `what` is what errors call it: "a segment".
 */
bool fields_read(struct reading *reading, const struct yaml_node *map, const char *what,
                 const struct field *fields, void *to);

/* All return false having set the error. */
bool field_expect(struct reading *reading, const struct yaml_node *node, enum yaml_kind kind,
                  const char *expected);
bool field_no_memory(struct reading *reading);
bool field_not_yet(struct reading *reading, const struct yaml_node *node);

/* Scalars. `most` ≤ 10^15. */
bool field_whole(struct reading *reading, const struct yaml_node *node, uint64_t least,
                 uint64_t most, uint64_t *value);
bool field_bool(struct reading *reading, const struct yaml_node *node, bool *value);
/* Any text that is not nothing; *text is the node's own. */
bool field_text(struct reading *reading, const struct yaml_node *node, const char *expected,
                const char **text);
/* The name of a domain, which a resolver's file can hold. */
bool field_domain(struct reading *reading, const struct yaml_node *node, const char **text);
/* A name of 1 to `most` letters, digits, and . _ - within; `node`'s key if it has one, else its
 * text. */
bool field_name(struct reading *reading, const struct yaml_node *node, const char *name,
                size_t most);
bool field_duration(struct reading *reading, const struct yaml_node *node, dobos_time least,
                    dobos_time *duration);
bool field_address(struct reading *reading, const struct yaml_node *node,
                   struct dobos_address *address);
bool field_prefix(struct reading *reading, const struct yaml_node *node,
                  struct dobos_prefix *prefix);
/* Accepts `false` only. */
bool field_false(struct reading *reading, const struct yaml_node *node, void *to);

#endif
