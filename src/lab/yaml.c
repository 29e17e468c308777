/*
 * yaml: builds the tree from libfyaml's events. See yaml.h.
 *
 * Events and not libfyaml's documents, so that depth and number of nodes are bounded while they
 * arrive, no alias is ever followed, and nothing recurses. Text that is no UTF-8 or holds control
 * characters never reaches libfyaml.
 */
#include "lab/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "lab/lab.h"

struct builder {
    struct yaml_document *document; /* being built */
    struct lab_error *error;        /* where a refusal goes */
    struct yaml_node *open;         /* the list or map that is being filled; NULL outside */
    const char *key;                /* of the next value in a map; NULL: a key is next */
    unsigned key_line, key_column;  /* where it stands */
    unsigned depth;                 /* lists and maps that are open */
    unsigned documents;             /* begun */
};

/* ---- what is no text ---- */

/* The length of the UTF-8 character that begins here, or 0: none does, or a control character. */
static size_t character_length(const unsigned char *at, size_t rest) {
    static const struct {
        unsigned char mask, lead, low, high; /* lead byte, and the range of the byte behind it */
    } forms[] = {
        {0xff, 0xe0, 0xa0, 0xbf}, {0xff, 0xed, 0x80, 0x9f}, {0xff, 0xf0, 0x90, 0xbf},
        {0xff, 0xf4, 0x80, 0x8f}, {0xf0, 0xe0, 0x80, 0xbf}, {0xfc, 0xf0, 0x80, 0xbf},
    };
    if (*at < 0x80)
        return *at >= 0x20 && *at != 0x7f ? 1 : *at == '\n' || *at == '\r' || *at == '\t';
    if (*at >= 0xc2 && *at <= 0xdf)
        return rest >= 2 && (at[1] & 0xc0) == 0x80 ? 2 : 0;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((*at & forms[i].mask) != forms[i].lead)
            continue;
        const size_t length = *at >= 0xf0 ? 4 : 3;
        if (rest < length || at[1] < forms[i].low || at[1] > forms[i].high)
            return 0;
        for (size_t k = 2; k < length; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return length;
    }
    return 0;
}

static bool is_text(const char *text, size_t length, const char *name, struct lab_error *error) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t line = 1, line_start = 0;
    for (size_t i = 0; i < length;) {
        const size_t n = character_length(bytes + i, length - i);
        if (n == 0) {
            char place[300];
            (void)snprintf(place, sizeof place, "%.200s:%zu:%zu", name, line, i - line_start + 1);
            return yaml_refuse_file(place, error, "the byte 0x%02x: expected text in UTF-8",
                                    bytes[i]);
        }
        if (bytes[i] == '\n') {
            line++;
            line_start = i + 1;
        }
        i += n;
    }
    return true;
}

/* ---- the tree ---- */

static bool refuse_memory(struct builder *builder) {
    return yaml_refuse_file(builder->document->name, builder->error, "no memory to read it");
}

static bool is_quoted(struct fy_event *event) {
    struct fy_token *value = event->scalar.value;
    const enum fy_scalar_style style = value ? fy_token_scalar_style(value) : FYSS_PLAIN;
    return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

/* A node at an event's place; not linked yet, but with its parent, so that its path is known. */
static struct yaml_node *node_create(struct builder *builder, struct fy_event *event,
                                     enum yaml_kind kind) {
    struct yaml_node *node = arena_allocate(&builder->document->arena, sizeof *node);
    if (!node)
        return NULL;
    const struct fy_mark *mark = fy_event_start_mark(event);
    node->kind = kind;
    node->parent = builder->open;
    if (builder->open && builder->open->kind == YAML_MAP) {
        node->key = builder->key;
        node->key_line = builder->key_line;
        node->key_column = builder->key_column;
    } else if (builder->open) {
        node->index = builder->open->count;
    }
    /* "Nothing" has no place of its own: it stands where its key does. */
    node->line = mark ? (unsigned)mark->line + 1 : node->key ? node->key_line : 1;
    node->column = mark ? (unsigned)mark->column + 1 : node->key ? node->key_column : 1;
    if (mark && mark->column > 0 && event->type == FYET_SCALAR && is_quoted(event))
        node->column--; /* the mark stands behind the quote */
    return node;
}

static void node_link(struct builder *builder, struct yaml_node *node) {
    struct yaml_node *parent = node->parent;
    if (!parent) {
        builder->document->root = node;
        return;
    }
    node->index = parent->count++;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    builder->key = NULL;
}

static bool is_plain_event(struct builder *builder, struct fy_event *event,
                           const struct yaml_node *node) {
    if (fy_event_get_anchor_token(event))
        return yaml_refuse_key(builder->document, node, builder->error,
                               "an anchor (&): expected the value alone: anchors and aliases are "
                               "not used here");
    if (fy_event_get_tag_token(event))
        return yaml_refuse_key(builder->document, node, builder->error,
                               "a tag (!): expected the value alone: tags are not used here");
    return true;
}

/* Whether a key is expected now. */
static bool is_key_next(const struct builder *builder) {
    return builder->open && builder->open->kind == YAML_MAP && !builder->key;
}

static bool on_key(struct builder *builder, struct fy_event *event) {
    struct yaml_node *node = node_create(builder, event, YAML_SCALAR);
    size_t length = 0;
    const char *text = node ? fy_token_get_text(event->scalar.value, &length) : NULL;
    char *key = text || length == 0
                    ? arena_text(&builder->document->arena, text ? text : "", length)
                    : NULL;
    if (!node || !key)
        return refuse_memory(builder);
    node->key = key;
    node->key_line = node->line;
    node->key_column = node->column;
    if (!is_plain_event(builder, event, node))
        return false;
    if (strcmp(key, "<<") == 0)
        return yaml_refuse_key(builder->document, node, builder->error,
                               "a merge key: expected the keys written out");
    if (length == 0 && !fy_event_start_mark(event)) /* it has no place of its own */
        return yaml_refuse_key(builder->document, node->parent, builder->error,
                               "a key without a name: expected a name before each :");
    if (length == 0 || strlen(key) != length)
        return yaml_refuse_key(builder->document, node->parent, builder->error,
                               "an empty key on line %u: expected a name", node->line);
    builder->key = key;
    builder->key_line = node->line;
    builder->key_column = node->column;
    return true;
}

static bool on_scalar(struct builder *builder, struct fy_event *event) {
    if (is_key_next(builder))
        return on_key(builder, event);
    struct yaml_node *node = node_create(builder, event, YAML_SCALAR);
    if (!node)
        return refuse_memory(builder);
    if (!is_plain_event(builder, event, node))
        return false;
    size_t length = 0;
    const char *text = event->scalar.value ? fy_token_get_text(event->scalar.value, &length) : "";
    const enum fy_scalar_style style =
        event->scalar.value ? fy_token_scalar_style(event->scalar.value) : FYSS_PLAIN;
    node->quoted = style != FYSS_PLAIN;
    node->text = arena_text(&builder->document->arena, text ? text : "", text ? length : 0);
    if (!node->text)
        return refuse_memory(builder);
    if (strlen(node->text) != length)
        return yaml_refuse_key(builder->document, node, builder->error,
                               "a NUL in the text: expected text without it");
    node_link(builder, node);
    return true;
}

static bool on_open(struct builder *builder, struct fy_event *event, enum yaml_kind kind) {
    struct yaml_node *node = node_create(builder, event, kind);
    if (!node)
        return refuse_memory(builder);
    if (is_key_next(builder))
        return yaml_refuse_key(builder->document, builder->open, builder->error,
                               "on line %u a %s as a key: expected text", node->line,
                               kind == YAML_MAP ? "map" : "list");
    if (!is_plain_event(builder, event, node))
        return false;
    if (builder->depth == YAML_MAX_DEPTH)
        return yaml_refuse_key(builder->document, node, builder->error,
                               "nested deeper than %d levels", YAML_MAX_DEPTH);
    node_link(builder, node);
    builder->depth++;
    builder->open = node;
    return true;
}

static int compare_keys(const void *a, const void *b) {
    const struct yaml_node *const *x = a, *const *y = b;
    const int order = strcmp((*x)->key, (*y)->key);
    return order ? order : ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

/* The first key of a map that stood there before is refused. */
static bool check_keys(struct builder *builder, const struct yaml_node *map) {
    if (map->count < 2)
        return true;
    const struct yaml_node **sorted = malloc(map->count * sizeof *sorted);
    if (!sorted)
        return refuse_memory(builder);
    size_t count = 0;
    for (const struct yaml_node *child = map->first; child; child = child->next)
        sorted[count++] = child;
    qsort(sorted, count, sizeof *sorted, compare_keys);
    const struct yaml_node *twice = NULL, *before = NULL;
    for (size_t i = 1; i < count; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0 &&
            (!twice || sorted[i]->index < twice->index)) {
            twice = sorted[i];
            before = sorted[i - 1];
        }
    free(sorted);
    return !twice ||
           yaml_refuse_key(builder->document, twice, builder->error,
                           "the same key as on line %u: expected each key once", before->key_line);
}

static bool on_close(struct builder *builder) {
    struct yaml_node *node = builder->open;
    ASSERT(node); /* the parser closes nothing that it has not opened */
    builder->open = node->parent;
    builder->depth--;
    builder->key = NULL;
    return node->kind != YAML_MAP || check_keys(builder, node);
}

static bool on_document(struct builder *builder, struct fy_event *event) {
    if (builder->documents++ == 0)
        return true;
    const struct fy_mark *mark = fy_event_start_mark(event);
    char place[300];
    (void)snprintf(place, sizeof place, "%.200s:%d:1", builder->document->name,
                   mark ? mark->line + 1 : 1);
    return yaml_refuse_file(place, builder->error, "a second document: expected one in a file");
}

static bool on_alias(struct builder *builder, struct fy_event *event) {
    const struct yaml_node *node = node_create(builder, event, YAML_SCALAR);
    if (!node)
        return refuse_memory(builder);
    return yaml_refuse_key(builder->document, is_key_next(builder) ? builder->open : node,
                           builder->error,
                           "an alias (*): expected the value written out: anchors and aliases are "
                           "not used here");
}

static bool on_event(struct builder *builder, struct fy_event *event) {
    const bool is_node = event->type == FYET_SCALAR || event->type == FYET_SEQUENCE_START ||
                         event->type == FYET_MAPPING_START;
    if (is_node && ++builder->document->nodes > YAML_MAX_NODES)
        return yaml_refuse_file(builder->document->name, builder->error,
                                "more than %d keys and values", YAML_MAX_NODES);
    switch (event->type) {
    case FYET_DOCUMENT_START:
        return on_document(builder, event);
    case FYET_SCALAR:
        return on_scalar(builder, event);
    case FYET_SEQUENCE_START:
        return on_open(builder, event, YAML_LIST);
    case FYET_MAPPING_START:
        return on_open(builder, event, YAML_MAP);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        return on_close(builder);
    case FYET_ALIAS:
        return on_alias(builder, event);
    default:
        return true;
    }
}

/* ---- reading ---- */

/* Whether a line (from 1) has the "::" of an IPv6 address, which YAML takes for a key when a space
 * follows. */
static bool has_double_colon(const char *text, size_t length, int line) {
    int at = 1;
    for (size_t i = 0; i + 1 < length && at <= line; i++) {
        if (at == line && text[i] == ':' && text[i + 1] == ':')
            return true;
        at += text[i] == '\n';
    }
    return false;
}

/* libfyaml's own words about what is no YAML, with the place it gives. */
static bool refuse_syntax(struct builder *builder, struct fy_diag *diag, const char *text,
                          size_t length) {
    void *iterator = NULL;
    const struct fy_diag_error *fault = fy_diag_errors_iterate(diag, &iterator);
    if (!fault || !fault->msg)
        return yaml_refuse_file(builder->document->name, builder->error, "not YAML");
    char place[300];
    (void)snprintf(place, sizeof place, "%.200s:%d:%d", builder->document->name,
                   fault->line > 0 ? fault->line : 1, fault->column > 0 ? fault->column : 1);
    return yaml_refuse_file(
        place, builder->error, "not YAML: %.200s%s", fault->msg,
        has_double_colon(text, length, fault->line) ? "; quote an IPv6 address (\"::1\")" : "");
}

static bool read_events(struct builder *builder, const char *text, size_t length) {
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    if (!diag)
        return refuse_memory(builder);
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg config = {.flags = FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2,
                                        .diag = diag};
    struct fy_parser *parser = fy_parser_create(&config);
    bool is_good = parser && fy_parser_set_string(parser, text, length) == 0;
    if (!is_good)
        refuse_memory(builder);
    bool is_end = false;
    while (is_good && !is_end) {
        struct fy_event *event = fy_parser_parse(parser);
        is_end = !event;
        if (event)
            is_good = on_event(builder, event);
        if (is_end && fy_diag_got_error(diag))
            is_good = refuse_syntax(builder, diag, text, length);
        fy_parser_event_free(parser, event);
    }
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return is_good;
}

bool yaml_is_nothing(const struct yaml_node *node) {
    return node->kind == YAML_SCALAR && !node->quoted &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

bool yaml_read(struct yaml_document *document, const char *text, size_t length, const char *name,
               struct lab_error *error) {
    *document = (struct yaml_document){.name = name};
    arena_init(&document->arena);
    struct builder builder = {.document = document, .error = error};
    bool is_good = length <= YAML_MAX_BYTES ||
                   yaml_refuse_file(name, error, "larger than 4 MiB: too large for a network file");
    is_good = is_good && is_text(text, length, name, error);
    const char *kept = is_good ? arena_text(&document->arena, name, strlen(name)) : NULL;
    if (is_good && !kept)
        is_good = refuse_memory(&builder);
    if (is_good) {
        document->name = kept;
        is_good = read_events(&builder, text, length);
    }
    if (is_good && !document->root)
        is_good = yaml_refuse_file(name, error, "empty: expected a network");
    if (!is_good)
        yaml_fini(document);
    return is_good;
}

void yaml_fini(struct yaml_document *document) {
    arena_fini(&document->arena);
    document->root = NULL;
}
