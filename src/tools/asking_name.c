/* asking_name: the names that a question stands for, by the search list; see asking.h. */
#include <string.h>

#include "base/memory.h"
#include "tools/asking.h"

#define FAILED   1 /* exit codes of BIND's tools */
#define BAD_NAME 10

static unsigned count_dots(const char *name) {
    unsigned dots = 0;
    for (; *name; name++)
        dots += *name == '.';
    return dots;
}

/* Why a text is no name, as BIND says it. */
static const char *name_reason(const char *text) {
    size_t label = 0;
    if (*text == '\0')
        return "unexpected end of input";
    while (*text) {
        const size_t digits = text[0] == '\\' ? strspn(text + 1, "0123456789") : 0;
        if (text[0] == '.' && label == 0)
            return "empty label";
        if (text[0] == '\\' && (text[1] == '\0' || (digits < 3 && text[1 + digits] == '\0')))
            return "unexpected end of input";
        if (digits > 0 && (digits < 3 || strncmp(text + 1, "255", 3) > 0))
            return "bad escape";
        if (text[0] != '.' && ++label > 63)
            return "label too long";
        label = text[0] == '.' ? 0 : label;
        text += text[0] != '\\' ? 1 : digits > 0 ? 4 : 2;
    }
    return "ran out of space";
}

static bool is_absolute(const char *name) {
    const size_t length = strlen(name);
    return length > 0 && name[length - 1] == '.';
}

int asking_name_read(struct asking *asking, struct dns_name *name) {
    const struct asking_question *question = &asking->question;
    const bool has_origin = question->origin >= 0 && !is_absolute(question->name);
    const char *text = strcmp(question->name, "@") == 0 ? "." : question->name;
    struct dns_name origin = {.length = 1};
    if (!dns_name_from_text(text, name)) {
        sink_format(asking->error, "dobos %s: '%s' is not %s (%s)\n", asking->tool, question->name,
                    has_origin ? "in legal name syntax" : "a legal name", name_reason(text));
        return has_origin ? FAILED : BAD_NAME;
    }
    if (has_origin && !dns_name_from_text(asking->search[question->origin], &origin))
        origin.length = 1;
    if (origin.length > 1 && name->length - 1u + origin.length <= DNS_NAME_BYTES) {
        memcpy(name->bytes + name->length - 1, origin.bytes, origin.length);
        name->length = (uint8_t)(name->length - 1 + origin.length);
    }
    return -1;
}

void asking_origin_choose(struct asking *asking) {
    struct asking_question *question = &asking->question;
    const struct asking_rules *rules = &asking->rules;
    if (!question->is_new)
        return;
    question->is_new = false;
    if (count_dots(question->name) >= rules->ndots || !rules->search) {
        question->done_as_is = true;
        question->needs_search = rules->search;
    } else if (asking->search_count > 0) {
        question->origin = 0;
    }
}

bool asking_origin_next(const struct asking *asking, struct asking_question *question) {
    if (!asking->rules.search || is_absolute(question->name) ||
        count_dots(question->name) + 1 > asking->rules.ndots || question->origin < 0)
        return false;
    if (question->origin + 1 < (int)asking->search_count)
        question->origin++;
    else if (question->done_as_is)
        return false;
    else
        question->origin = -1;
    return true;
}
