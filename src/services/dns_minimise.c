/* dns_minimise: see dns_minimise.h. */
#include "services/dns_minimise.h"

/* The last `labels` labels of a name. */
static struct dns_name suffix(const struct dns_name *name, unsigned labels) {
    struct dns_name rest = *name;
    for (unsigned count = dns_name_labels(name); count > labels; count--)
        (void)dns_name_parent(&rest, &rest);
    return rest;
}

/* How many labels more are shown. [rfc9156#3] */
static unsigned step_length(const struct dns_minimise *minimise, unsigned labels) {
    if (minimise->steps < DNS_MINIMISE_ONE_LAB)
        return 1;
    unsigned steps = DNS_MINIMISE_STEPS - minimise->steps;
    return (labels - minimise->shown + steps - 1) / steps;
}

/* [rfc9156#1] [rfc9156#2] */
bool dns_minimise_next(struct dns_minimise *minimise, const struct dns_question *question,
                       struct dns_question *asked) {
    unsigned labels = dns_name_labels(&question->name);
    *asked = *question;
    if (minimise->is_off || minimise->steps >= DNS_MINIMISE_STEPS)
        return true;
    unsigned shown = minimise->shown + step_length(minimise, labels);
    /* Names that begin with _ belong to the name below, and are seldom zones (RFC 8552). */
    while (shown < labels) {
        asked->name = suffix(&question->name, shown);
        if (asked->name.bytes[1] != '_')
            break;
        shown++;
    }
    if (shown >= labels) {
        asked->name = question->name;
        return true;
    }
    asked->type = DNS_A;
    minimise->steps++;
    return false;
}
