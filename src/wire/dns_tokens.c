/*
 * dns_tokens: see dns_tokens.h. Each call reads at least one byte or says that the text has ended.
 * A word ends at white space, a quote, a parenthesis or a semicolon that is not escaped; a quoted
 * one at its quote, and it may not go over a line's end (an open quote would swallow the file).
 */
#include "wire/dns_tokens.h"

#include "base/memory.h"

#define TTL_MOST 2147483647u

struct dns_tokens dns_tokens_make(const void *text, size_t length) {
    return (struct dns_tokens){.text = {text, length}, .line = 1};
}

/* ---- bytes ---- */

/* The next byte, or 0 at the end (a NUL in the text is an ordinary byte: see `tokens_at_end`). */
static uint8_t peek(const struct dns_tokens *tokens) {
    return tokens->at < tokens->text.length ? tokens->text.bytes[tokens->at] : 0;
}

static bool tokens_at_end(const struct dns_tokens *tokens) {
    return tokens->at >= tokens->text.length;
}

static bool is_space(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static uint32_t column_of(const struct dns_tokens *tokens) {
    return (uint32_t)(tokens->at - tokens->line_begin + 1);
}

static enum dns_token_kind fault(struct dns_tokens *tokens, const char *reason, uint32_t line,
                                 uint32_t column) {
    tokens->has_ended = true;
    if (!tokens->fault.reason)
        tokens->fault = (struct dns_text_fault){reason, line, column, 0};
    return DNS_TOKEN_BAD;
}

static void line_end(struct dns_tokens *tokens) {
    tokens->at++;
    tokens->line++;
    tokens->line_begin = tokens->at;
}

/* White space and a comment. */
static void blank_skip(struct dns_tokens *tokens) {
    while (!tokens_at_end(tokens) && is_space(peek(tokens)))
        tokens->at++;
    if (peek(tokens) == ';') {
        while (!tokens_at_end(tokens) && peek(tokens) != '\n')
            tokens->at++;
    }
}

/* ---- words ---- */

/* Passes over what stands between quotes, and the closing one; false: it has none in its line. */
static bool quote_skip(struct dns_tokens *tokens) {
    tokens->at++;
    while (!tokens_at_end(tokens) && peek(tokens) != '"') {
        if (peek(tokens) == '\\')
            tokens->at++;
        if (tokens_at_end(tokens) || peek(tokens) == '\n')
            return false;
        tokens->at++;
    }
    bool is_closed = !tokens_at_end(tokens);
    tokens->at += is_closed;
    return is_closed;
}

static bool ends_word(uint8_t c) {
    return is_space(c) || c == '\n' || c == '"' || c == '(' || c == ')' || c == ';';
}

static enum dns_token_kind behind_quote(struct dns_tokens *tokens) {
    if (tokens_at_end(tokens) || (ends_word(peek(tokens)) && peek(tokens) != '"'))
        return DNS_TOKEN_WORD;
    return fault(tokens, "expected white space behind the quote", tokens->line, column_of(tokens));
}

static enum dns_token_kind quoted(struct dns_tokens *tokens, struct dns_token *token) {
    size_t begin = tokens->at + 1;
    token->is_quoted = true;
    if (!quote_skip(tokens))
        return fault(tokens, "this quote has no end in its line", token->line, token->column);
    token->text = (struct slice){tokens->text.bytes + begin, tokens->at - 1 - begin};
    return behind_quote(tokens);
}

static enum dns_token_kind word(struct dns_tokens *tokens, struct dns_token *token) {
    size_t begin = tokens->at;
    while (!tokens_at_end(tokens) && !ends_word(peek(tokens))) {
        tokens->at++;
        bool is_escape = tokens->text.bytes[tokens->at - 1] == '\\';
        if (is_escape && !tokens_at_end(tokens) && peek(tokens) != '\n')
            tokens->at++;
    }
    token->has_value =
        peek(tokens) == '"' && tokens->at > begin && tokens->text.bytes[tokens->at - 1] == '=';
    if (peek(tokens) == '"' && !token->has_value)
        return fault(tokens, "expected white space before the quote", tokens->line,
                     column_of(tokens));
    if (token->has_value && !quote_skip(tokens))
        return fault(tokens, "this quote has no end in its line", token->line, token->column);
    token->text = (struct slice){tokens->text.bytes + begin, tokens->at - begin};
    return token->has_value ? behind_quote(tokens) : DNS_TOKEN_WORD;
}

/* Parentheses and lines' ends between words. True: *kind is to be given. */
static bool between(struct dns_tokens *tokens, enum dns_token_kind *kind) {
    uint8_t c = peek(tokens);
    if (c == '\n') {
        bool gives = tokens->has_word && tokens->open == 0;
        tokens->has_word = tokens->has_word && !gives;
        line_end(tokens);
        *kind = DNS_TOKEN_LINE;
        return gives;
    }
    uint32_t column = column_of(tokens);
    tokens->at++;
    if (c == '(' && tokens->open == 0) {
        tokens->open = tokens->line;
        tokens->open_column = column;
        return false;
    }
    if (c == ')' && tokens->open > 0) {
        tokens->open = 0;
        return false;
    }
    *kind =
        fault(tokens, c == '(' ? "a parenthesis is open already" : "no parenthesis is open here",
              tokens->line, column);
    return true;
}

static enum dns_token_kind text_end(struct dns_tokens *tokens) {
    if (tokens->open > 0)
        return fault(tokens, "this parenthesis is not closed", tokens->open, tokens->open_column);
    if (tokens->has_word) {
        tokens->has_word = false;
        return DNS_TOKEN_LINE;
    }
    tokens->has_ended = true;
    return DNS_TOKEN_END;
}

/* [rfc1035#29] */
static enum dns_token_kind token_read(struct dns_tokens *tokens, struct dns_token *token) {
    enum dns_token_kind kind = DNS_TOKEN_END;
    for (;;) {
        bool at_begin = tokens->at == tokens->line_begin && !tokens->has_word && tokens->open == 0;
        size_t begin = tokens->at;
        blank_skip(tokens);
        token->line = tokens->line;
        token->column = column_of(tokens);
        token->text = (struct slice){tokens->text.bytes + begin, 0};
        if (tokens_at_end(tokens))
            return text_end(tokens);
        uint8_t c = peek(tokens);
        if (at_begin && tokens->at > begin && c != '\n') {
            tokens->has_word = true;
            return DNS_TOKEN_BLANK;
        }
        if (c == '\n' || c == '(' || c == ')') {
            if (between(tokens, &kind))
                return kind;
            continue;
        }
        tokens->has_word = true;
        return c == '"' ? quoted(tokens, token) : word(tokens, token);
    }
}

enum dns_token_kind dns_token_next(struct dns_tokens *tokens, struct dns_token *token) {
    if (tokens->has_again) {
        tokens->has_again = false;
        *token = tokens->again;
        return token->kind;
    }
    *token = (struct dns_token){.line = tokens->line, .column = column_of(tokens)};
    if (tokens->has_ended)
        token->kind = tokens->fault.reason ? DNS_TOKEN_BAD : DNS_TOKEN_END;
    else
        token->kind = token_read(tokens, token);
    return token->kind;
}

void dns_token_return(struct dns_tokens *tokens, const struct dns_token *token) {
    tokens->again = *token;
    tokens->has_again = true;
}

void dns_tokens_skip_line(struct dns_tokens *tokens) {
    struct dns_token token;
    enum dns_token_kind kind = dns_token_next(tokens, &token);
    while (kind == DNS_TOKEN_WORD || kind == DNS_TOKEN_BLANK)
        kind = dns_token_next(tokens, &token);
}

/* ---- words as something ---- */

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

bool dns_token_is(const struct dns_token *token, const char *word) {
    if (token->kind != DNS_TOKEN_WORD || token->is_quoted ||
        token->text.length != text_length(word))
        return false;
    for (size_t i = 0; i < token->text.length; i++) {
        if (dns_lower(token->text.bytes[i]) != dns_lower((uint8_t)word[i]))
            return false;
    }
    return true;
}

/* [rfc1035#30] */
bool dns_token_byte(struct slice text, size_t *at, uint8_t *byte) {
    size_t rest = text.length - *at;
    const uint8_t *c = text.bytes + *at;
    if (rest == 0 || (c[0] == '\\' && rest < 2))
        return false;
    if (c[0] != '\\' || !is_digit(c[1])) {
        bool is_escape = c[0] == '\\';
        *byte = c[is_escape];
        *at += is_escape ? 2 : 1;
        return true;
    }
    if (rest < 4 || !is_digit(c[2]) || !is_digit(c[3]))
        return false;
    unsigned value = (unsigned)((c[1] - '0') * 100 + (c[2] - '0') * 10 + (c[3] - '0'));
    if (value > UINT8_MAX)
        return false;
    *byte = (uint8_t)value;
    *at += 4;
    return true;
}

/* One label from *at up to a dot or the end. */
static const char *label_read(struct slice text, size_t *at, struct dns_name *name) {
    uint8_t *length = name->bytes + name->length++;
    *length = 0;
    while (*at < text.length && text.bytes[*at] != '.') {
        uint8_t byte;
        if (!dns_token_byte(text, at, &byte))
            return "expected a name, whose escapes are \\ and a character or three digits to 255";
        if (*length == 63)
            return "a label of this name is longer than 63 bytes";
        /* Room for the root's zero is kept. */
        if (name->length >= DNS_NAME_BYTES - 1)
            return "this name is longer than 255 bytes";
        name->bytes[name->length++] = byte;
        ++*length;
    }
    return *length > 0 ? NULL : "expected a name without an empty label";
}

/* Labels of the text; *is_full: it ended with a dot. */
static const char *labels_read(struct slice text, struct dns_name *name, bool *is_full) {
    size_t at = 0;
    *is_full = false;
    while (at < text.length) {
        if (name->length >= DNS_NAME_BYTES - 1)
            return "this name is longer than 255 bytes";
        const char *reason = label_read(text, &at, name);
        if (reason)
            return reason;
        *is_full = at < text.length;
        at += *is_full;
    }
    return NULL;
}

/* [rfc1035#30] [rfc1035#31] */
const char *dns_token_name(const struct dns_token *token, const struct dns_name *origin,
                           struct dns_name *name) {
    static const struct dns_name root = {.length = 1};
    struct dns_name built = {0};
    struct slice text = token->text;
    bool is_full = false;
    if (token->kind != DNS_TOKEN_WORD || token->is_quoted || token->has_value || text.length == 0)
        return "expected a name";
    if (text.length == 1 && text.bytes[0] == '@') {
        if (!origin)
            return "expected a full name: there is no origin here";
        *name = *origin;
        return NULL;
    }
    if (text.length == 1 && text.bytes[0] == '.') {
        *name = root;
        return NULL;
    }
    const char *reason = labels_read(text, &built, &is_full);
    if (reason)
        return reason;
    const struct dns_name *end = is_full || !origin ? &root : origin;
    if ((size_t)built.length + end->length > DNS_NAME_BYTES)
        return "this name is longer than 255 bytes together with the origin";
    memcpy(built.bytes + built.length, end->bytes, end->length);
    built.length = (uint8_t)(built.length + end->length);
    *name = built;
    return NULL;
}

bool dns_token_number(const struct dns_token *token, uint32_t most, uint32_t *number) {
    uint64_t value = 0;
    if (token->kind != DNS_TOKEN_WORD || token->is_quoted || token->text.length == 0)
        return false;
    for (size_t i = 0; i < token->text.length; i++) {
        if (!is_digit(token->text.bytes[i]))
            return false;
        value = value * 10 + (uint64_t)(token->text.bytes[i] - '0');
        if (value > most)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

static uint32_t unit_seconds(uint8_t unit) {
    switch (dns_lower(unit)) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 604800;
    default:
        return 0;
    }
}

bool dns_token_ttl(const struct dns_token *token, uint32_t *seconds) {
    uint64_t sum = 0, value = 0;
    bool has_digit = false;
    struct slice text = token->text;
    if (dns_token_number(token, TTL_MOST, seconds))
        return true;
    if (token->kind != DNS_TOKEN_WORD || token->is_quoted || text.length == 0)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        uint32_t unit = unit_seconds(text.bytes[i]);
        bool digit = is_digit(text.bytes[i]);
        if (!digit && (unit == 0 || !has_digit))
            return false;
        if (digit)
            value = value * 10 + (uint64_t)(text.bytes[i] - '0');
        else
            sum += value * unit;
        if (value > TTL_MOST || sum > TTL_MOST)
            return false;
        if (!digit)
            value = 0;
        has_digit = digit;
    }
    *seconds = (uint32_t)sum;
    return !has_digit;
}
