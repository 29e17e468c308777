/*
 * yaml: a YAML 1.2 text as a tree whose every node knows its place, for files that people write by
 * hand.
 *
 * libfyaml reads; this keeps what a configuration needs: maps with text keys, lists, scalars. What
 * makes YAML dangerous or surprising is refused with its place: anchors, aliases and merge keys (a
 * few lines could unfold to gigabytes), tags, keys given twice, keys that are not text, a second
 * document, bytes that are no text. Bounded: 4 MiB, 32 levels, 500,000 nodes (a network of 10,000
 * hosts with a step for each has half of that).
 */
#ifndef LAB_YAML_H
#define LAB_YAML_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "lab/arena.h"

struct lab_error;

#define YAML_MAX_BYTES (4u << 20)
#define YAML_MAX_DEPTH 32
#define YAML_MAX_NODES 500000

enum yaml_kind {
    YAML_SCALAR, /* text; an empty plain one is "nothing", as `key:` alone gives */
    YAML_LIST,
    YAML_MAP,
};

struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column;         /* from 1: where its value begins */
    unsigned key_line, key_column; /* from 1: where its key begins; 0 outside a map */
    unsigned index;                /* its number among its parent's children, from 0 */
    unsigned count;                /* children */
    bool quoted;                   /* a scalar in quotes or a block: never "nothing" */
    const char *key;               /* in a map; else NULL */
    const char *text;              /* of a scalar, without NULs inside; else NULL */
    struct yaml_node *parent;      /* NULL for the root */
    struct yaml_node *first;       /* child, in the file's order */
    struct yaml_node *last;        /* child */
    struct yaml_node *next;        /* sibling */
};

struct yaml_document {
    struct arena arena;     /* all of the tree, and what its reader adds */
    const char *name;       /* of the file, for errors */
    struct yaml_node *root; /* never NULL after yaml_read */
    unsigned nodes;         /* of them there are so many */
};

/* Reads `text` (borrowed). False with *error; the document is then empty. Else end it with
 * yaml_fini. */
bool yaml_read(struct yaml_document *document, const char *text, size_t length, const char *name,
               struct lab_error *error);
void yaml_fini(struct yaml_document *document);

bool yaml_is_nothing(const struct yaml_node *node);

/* Sets *error to "name:line:column: path: what is there: <format>"; returns false. */
__attribute__((format(printf, 4, 5))) bool yaml_refuse(const struct yaml_document *document,
                                                       const struct yaml_node *node,
                                                       struct lab_error *error, const char *format,
                                                       ...);
/* The same at the node's key, and without what is there. */
__attribute__((format(printf, 4, 5))) bool yaml_refuse_key(const struct yaml_document *document,
                                                           const struct yaml_node *node,
                                                           struct lab_error *error,
                                                           const char *format, ...);
/* Sets *error to "name: <format>"; returns false. */
__attribute__((format(printf, 3, 4))) bool
yaml_refuse_file(const char *name, struct lab_error *error, const char *format, ...);
/* "nodes.laptop.interfaces.eth0.addresses[0]"; cut at its front when there is no room. */
void yaml_path(const struct yaml_node *node, char *path, size_t room);

#endif
