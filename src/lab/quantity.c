/* quantity: see quantity.h. A decimal is kept as digits and a power of ten, and multiplied by its
 * unit without a rest. */
#include "lab/quantity.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* digits × 10^−places */
struct decimal {
    uint64_t digits; /* without the point; below 10^16 */
    unsigned places; /* of them behind the point */
};

struct unit {
    const char *name; /* as written, lower case */
    uint64_t factor;  /* of what it is measured in */
};

#define DIGITS_LIMIT UINT64_C(10000000000000000)

/* Reads "12" or "12.5" and moves *text behind it. */
static bool decimal_parse(const char **text, struct decimal *decimal) {
    const char *at = *text;
    if (*at < '0' || *at > '9' || (at[0] == '0' && at[1] >= '0' && at[1] <= '9'))
        return false;
    *decimal = (struct decimal){0};
    bool has_point = false;
    for (; (*at >= '0' && *at <= '9') || (*at == '.' && !has_point); at++) {
        if (*at == '.') {
            has_point = true;
            if (at[1] < '0' || at[1] > '9')
                return false;
            continue;
        }
        decimal->digits = decimal->digits * 10 + (uint64_t)(*at - '0');
        decimal->places += has_point;
        if (decimal->digits >= DIGITS_LIMIT || decimal->places > 15)
            return false;
    }
    *text = at;
    return true;
}

/* digits × factor / 10^places, when that is whole and at most `most`. */
static bool decimal_scale(struct decimal decimal, uint64_t factor, uint64_t most, uint64_t *value) {
    for (; decimal.places > 0; decimal.places--) {
        if (decimal.digits % 10 == 0)
            decimal.digits /= 10;
        else if (factor % 10 == 0)
            factor /= 10;
        else if (decimal.digits % 2 == 0 && factor % 5 == 0)
            decimal.digits /= 2, factor /= 5;
        else if (decimal.digits % 5 == 0 && factor % 2 == 0)
            decimal.digits /= 5, factor /= 2;
        else
            return false;
    }
    if (factor == 0 || decimal.digits > most / factor)
        return false;
    *value = decimal.digits * factor;
    return true;
}

static bool measured_parse(const char *text, const struct unit *units, uint64_t most,
                           uint64_t *value) {
    struct decimal decimal;
    if (!decimal_parse(&text, &decimal))
        return false;
    for (; units->name; units++)
        if (strcasecmp(text, units->name) == 0)
            return decimal_scale(decimal, units->factor, most, value);
    return false;
}

bool quantity_whole(const char *text, uint64_t most, uint64_t *value) {
    struct decimal decimal;
    if (strchr(text, '.') || !decimal_parse(&text, &decimal) || *text)
        return false;
    *value = decimal.digits;
    return decimal.digits <= most;
}

bool quantity_duration(const char *text, int64_t *ns) {
    static const struct unit units[] = {
        {"ns", 1},         {"us", 1000},         {"ms", 1000000},
        {"s", 1000000000}, {"min", 60000000000}, {"h", 3600000000000},
        {NULL, 0},
    };
    uint64_t value = 0;
    if (strcmp(text, "0") != 0 &&
        !measured_parse(text, units, UINT64_C(100) * 3600 * 1000000000, &value))
        return false;
    *ns = (int64_t)value;
    return true;
}

bool quantity_seconds(const char *text, uint64_t most, uint64_t *seconds) {
    static const struct unit days[] = {{"d", 86400}, {NULL, 0}};
    int64_t ns = 0;
    if (measured_parse(text, days, most, seconds))
        return true;
    if (!quantity_duration(text, &ns) || ns % 1000000000 != 0)
        return false;
    *seconds = (uint64_t)(ns / 1000000000);
    return *seconds <= most;
}

bool quantity_rate(const char *text, uint64_t *bits_per_second) {
    static const struct unit units[] = {
        {"bit", 1},
        {"kbit", 1000},
        {"mbit", 1000000},
        {"gbit", 1000000000},
        {"tbit", 1000000000000},
        {"kibit", UINT64_C(1) << 10},
        {"mibit", UINT64_C(1) << 20},
        {"gibit", UINT64_C(1) << 30},
        {NULL, 0},
    };
    return measured_parse(text, units, UINT64_C(1000000000000), bits_per_second);
}

bool quantity_percent(const char *text, uint64_t *parts) {
    struct decimal decimal;
    if (!decimal_parse(&text, &decimal) || strcmp(text, "%") != 0 || decimal.places > 6)
        return false;
    uint64_t whole = 100;
    for (unsigned i = 0; i < decimal.places; i++)
        whole *= 10;
    if (decimal.digits > whole)
        return false;
    *parts = ((decimal.digits << 32) + whole / 2) / whole;
    return true;
}

bool quantity_size(const char *text, uint64_t *bytes) {
    static const struct unit units[] = {
        {"", 1},
        {"b", 1},
        {"kb", 1000},
        {"mb", 1000000},
        {"gb", 1000000000},
        {"tb", 1000000000000},
        {"kib", UINT64_C(1) << 10},
        {"mib", UINT64_C(1) << 20},
        {"gib", UINT64_C(1) << 30},
        {"tib", UINT64_C(1) << 40},
        {NULL, 0},
    };
    return measured_parse(text, units, UINT64_C(1) << 40, bytes);
}
