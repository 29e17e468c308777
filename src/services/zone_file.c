/* zone_file: see zone_file.h. Each call takes at least one word of the text, or ends. */
#include "services/zone_file.h"

#include "base/memory.h"

static struct zone_file_source *source_now(struct zone_file *file) {
    return &file->sources[file->depth - 1];
}

const char *zone_file_name(const struct zone_file *file) {
    return file->depth > 1 ? file->sources[file->depth - 1].path : NULL;
}

static enum zone_file_result refuse(struct zone_file *file, const char *reason, uint32_t line,
                                    uint32_t column) {
    file->fault = (struct dns_text_fault){reason, line, column, 0};
    return ZONE_FILE_BAD;
}

static enum zone_file_result refuse_token(struct zone_file *file, const char *reason,
                                          const struct dns_token *token) {
    return refuse(file, reason, token->line, token->column);
}

/* What the tokens found wrong themselves. */
static enum zone_file_result refuse_tokens(struct zone_file *file) {
    file->fault = source_now(file)->tokens.fault;
    return ZONE_FILE_BAD;
}

static void source_begin(struct zone_file *file, const struct dns_name *origin, const char *text,
                         size_t length) {
    static const char mark[] = "\xef\xbb\xbf"; /* that some editors put before UTF-8 */
    struct zone_file_source *source = &file->sources[file->depth++];
    const size_t skipped = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    source->text = text;
    source->tokens = dns_tokens_make(text + skipped, length - skipped);
    source->origin = *origin;
    source->has_owner = false;
}

void zone_file_begin(struct zone_file *file, const struct dns_name *origin, const char *text,
                     size_t length) {
    file->depth = 0;
    file->includes = 0;
    file->has_ttl = file->is_default_ttl = false;
    file->fault = (struct dns_text_fault){0};
    file->left = NULL;
    source_begin(file, origin, text, length);
}

void zone_file_enter(struct zone_file *file, const struct zone_file_entry *entry, const char *text,
                     size_t length) {
    text_copy(file->sources[file->depth].path, ZONE_FILE_PATH, entry->include);
    source_begin(file, &entry->owner, text, length);
}

/* ---- directives ---- */

/* The next word of the line; false: there is none (*token is where), or the text is malformed. */
static bool word_next(struct zone_file *file, struct dns_token *token) {
    return dns_token_next(&source_now(file)->tokens, token) == DNS_TOKEN_WORD;
}

/* Why there was no word. */
static enum zone_file_result refuse_missing(struct zone_file *file, const char *reason,
                                            const struct dns_token *token) {
    return token->kind == DNS_TOKEN_BAD ? refuse_tokens(file) : refuse_token(file, reason, token);
}

/* The line must be over: RECORD when it is. */
static enum zone_file_result line_end(struct zone_file *file) {
    struct dns_token token;
    enum dns_token_kind kind = dns_token_next(&source_now(file)->tokens, &token);
    if (kind == DNS_TOKEN_BAD)
        return refuse_tokens(file);
    return kind == DNS_TOKEN_WORD ? refuse_token(file, "expected the end of the line", &token)
                                  : ZONE_FILE_RECORD;
}

/* [rfc1035#12] */
static enum zone_file_result origin_read(struct zone_file *file) {
    struct zone_file_source *source = source_now(file);
    struct dns_token token;
    struct dns_name name;
    if (!word_next(file, &token))
        return refuse_missing(file, "expected the origin's name behind $ORIGIN", &token);
    const char *reason = dns_token_name(&token, &source->origin, &name);
    if (reason)
        return refuse_token(file, reason, &token);
    source->origin = name;
    return line_end(file);
}

/* [rfc2308#11] [rfc1035#14] */
static enum zone_file_result ttl_read(struct zone_file *file) {
    static const char reason[] = "expected seconds behind $TTL, such as 3600 or 1h";
    struct dns_token token;
    if (!word_next(file, &token))
        return refuse_missing(file, reason, &token);
    if (!dns_token_ttl(&token, &file->ttl))
        return refuse_token(file, reason, &token);
    file->has_ttl = file->is_default_ttl = true;
    return line_end(file);
}

/* The path of what is included: without escapes, below the zone's own folder, and so without a
 * leading slash, empty steps, "." and "..". */
static const char *path_read(const struct dns_token *token, char path[ZONE_FILE_PATH]) {
    size_t at = 0, length = 0, step = 0;
    uint8_t byte;
    while (length + 1 < ZONE_FILE_PATH && dns_token_byte(token->text, &at, &byte)) {
        if (byte == 0)
            return "expected a file's name without NUL";
        path[length++] = (char)byte;
    }
    path[length] = '\0';
    if (at < token->text.length)
        return "expected a file's name of at most 255 bytes";
    for (size_t i = 0; i <= length; i++) {
        if (i < length && path[i] != '/')
            continue;
        const size_t bytes = i - step;
        if (bytes == 0 || (bytes == 1 && path[step] == '.') ||
            (bytes == 2 && path[step] == '.' && path[step + 1] == '.'))
            return "expected a file in the zone file's folder or below it: no / first, no . or ..";
        step = i + 1;
    }
    return NULL;
}

/* [rfc1035#12] */
static enum zone_file_result include_read(struct zone_file *file, struct zone_file_entry *entry) {
    struct zone_file_source *source = source_now(file);
    struct dns_token token;
    if (!word_next(file, &token))
        return refuse_missing(file, "expected a file's name behind $INCLUDE", &token);
    entry->line = token.line;
    entry->column = token.column;
    const char *reason = path_read(&token, entry->include);
    if (!reason && file->depth == ZONE_FILE_DEPTH)
        reason = "expected files that include each other at most 8 deep";
    if (!reason && ++file->includes > ZONE_FILE_INCLUDES)
        reason = "expected at most 64 inclusions in a zone";
    if (reason)
        return refuse_token(file, reason, &token);
    entry->owner = source->origin;
    if (word_next(file, &token)) {
        reason = dns_token_name(&token, &source->origin, &entry->owner);
        if (reason)
            return refuse_token(file, reason, &token);
        enum zone_file_result result = line_end(file);
        return result == ZONE_FILE_RECORD ? ZONE_FILE_INCLUDE : result;
    }
    return token.kind == DNS_TOKEN_BAD ? refuse_tokens(file) : ZONE_FILE_INCLUDE;
}

/* A line that begins with $. RECORD: it is done, and gave none. */
static enum zone_file_result directive_read(struct zone_file *file, const struct dns_token *token,
                                            struct zone_file_entry *entry) {
    if (dns_token_is(token, "$ORIGIN"))
        return origin_read(file);
    if (dns_token_is(token, "$TTL"))
        return ttl_read(file);
    if (dns_token_is(token, "$INCLUDE"))
        return include_read(file, entry);
    return refuse_token(file, "expected $ORIGIN, $TTL or $INCLUDE", token);
}

/* ---- records ---- */

/* TTL and class, in either order, each at most once; then the type. [rfc1035#33] [rfc6891#3] */
static enum zone_file_result head_read(struct zone_file *file, struct zone_file_entry *entry,
                                       bool *has_ttl) {
    static const char reason[] = "expected a TTL, the class IN, or a type";
    struct dns_token token;
    bool has_class = false;
    uint16_t class_;
    *has_ttl = false;
    for (;;) {
        if (!word_next(file, &token))
            return refuse_missing(file, reason, &token);
        if (!*has_ttl && dns_token_ttl(&token, &entry->ttl)) {
            *has_ttl = true;
            continue;
        }
        if (has_class || token.is_quoted || !dns_class_from_slice(token.text, &class_))
            break;
        if (class_ != DNS_IN)
            return refuse_token(file, "expected the class IN", &token);
        has_class = true;
    }
    if (token.is_quoted || !dns_type_from_slice(token.text, &entry->type))
        return refuse_token(file, has_class || *has_ttl ? "expected a type" : reason, &token);
    return dns_type_is_meta(entry->type)
               ? refuse_token(file, "expected a type that records can have", &token)
               : ZONE_FILE_RECORD;
}

/* A record without a TTL has that of $TTL, or of the record before; the first of all a SOA's
 * minimum. [rfc1035#13] [rfc2308#11] */
static bool ttl_choose(struct zone_file *file, struct zone_file_entry *entry, bool has_ttl) {
    if (!has_ttl && file->has_ttl)
        entry->ttl = file->ttl;
    else if (!has_ttl && entry->type == DNS_SOA)
        entry->ttl = load_be32(entry->data.bytes + entry->data.length - 4) & INT32_MAX;
    else if (!has_ttl)
        return false;
    if (!file->is_default_ttl)
        file->ttl = entry->ttl;
    file->has_ttl = true;
    return true;
}

/* The rest of a record, its owner being known. */
static enum zone_file_result record_read(struct zone_file *file, struct zone_file_entry *entry,
                                         uint8_t *data, size_t room) {
    struct zone_file_source *source = source_now(file);
    struct writer w = writer_make(data, room);
    bool has_ttl;
    enum zone_file_result result = head_read(file, entry, &has_ttl);
    if (result != ZONE_FILE_RECORD)
        return result;
    if (!dns_data_parse(entry->type, &source->tokens, &source->origin, &w))
        return refuse_tokens(file);
    entry->data = (struct slice){data, w.position};
    if (!ttl_choose(file, entry, has_ttl))
        return refuse(file, "expected a TTL: no $TTL and no record with one stands before",
                      entry->line, entry->column);
    return ZONE_FILE_RECORD;
}

/* A file is over: the one that included it goes on. */
static enum zone_file_result leave(struct zone_file *file) {
    file->left = source_now(file)->text;
    file->depth--;
    return file->depth > 0 ? ZONE_FILE_LEFT : ZONE_FILE_END;
}

enum zone_file_result zone_file_next(struct zone_file *file, struct zone_file_entry *entry,
                                     uint8_t *data, size_t room) {
    struct dns_token token;
    while (file->depth > 0) {
        struct zone_file_source *source = source_now(file);
        enum dns_token_kind kind = dns_token_next(&source->tokens, &token);
        enum zone_file_result result;
        if (kind == DNS_TOKEN_END)
            return leave(file);
        if (kind == DNS_TOKEN_BAD)
            return refuse_tokens(file);
        if (kind == DNS_TOKEN_LINE)
            continue;
        entry->line = token.line;
        entry->column = token.column;
        if (kind == DNS_TOKEN_WORD && !token.is_quoted && token.text.bytes[0] == '$') {
            result = directive_read(file, &token, entry);
            if (result == ZONE_FILE_RECORD)
                continue;
            return result;
        }
        if (kind == DNS_TOKEN_WORD) {
            const char *reason = dns_token_name(&token, &source->origin, &source->owner);
            if (reason)
                return refuse_token(file, reason, &token);
            source->has_owner = true;
        } else if (!source->has_owner) {
            return refuse_token(file, "expected an owner's name: no record stands before", &token);
        }
        entry->owner = source->owner;
        return record_read(file, entry, data, room);
    }
    return ZONE_FILE_END;
}
