/* verdict: the names and texts of drop reasons, from the one list in verdict.h. */
#include "base/verdict.h"

static const struct {
    const char *name; /* the counter's name */
    const char *text; /* for people */
} reasons[] = {
#define X(reason, name, text) {name, text},
    DROP_REASONS(X)
#undef X
};

const char *drop_reason_name(enum drop_reason reason) {
    return reasons[(unsigned)reason < DROP_REASON_COUNT ? reason : DROP_NONE].name;
}

const char *drop_reason_text(enum drop_reason reason) {
    return reasons[(unsigned)reason < DROP_REASON_COUNT ? reason : DROP_NONE].text;
}
