/* dns_explain_text: the tree as lines and as JSON; see dns_explain.h. */
#include <inttypes.h>

#include "base/memory.h"
#include "tools/dns_explain.h"
#include "tools/text.h"
#include "wire/dns_edns.h"

/* ---- words ---- */

/* "gate (192.168.0.1)", or the address alone. */
static void peer_put(struct sink *out, const struct dns_explain *explain,
                     const struct dns_explained *event) {
    char address[DOBOS_ADDRESS_TEXT];
    const char *name = dns_explain_owner(explain, &event->event.peer, event->node);
    (void)dobos_address_format(&event->event.peer, address);
    if (name)
        sink_format(out, "%s (%s)", name, address);
    else
        sink_put(out, address);
}

/* "www.example.org AAAA" */
static void question_put(struct sink *out, const struct dobos_dns_event *event) {
    char type[DNS_TYPE_TEXT];
    (void)dns_type_format(event->type, type);
    text_put(out, event->name, text_length(event->name));
    sink_format(out, " %s", type);
}

static void zone_put(struct sink *out, const struct dobos_dns_event *event) {
    if (text_is_equal(event->zone, "."))
        sink_put(out, "the root");
    else
        text_put(out, event->zone, text_length(event->zone));
}

static void asks_put(struct sink *out, const struct dns_explain *explain,
                     const struct dns_explained *event) {
    sink_put(out, " asks ");
    peer_put(out, explain, event);
    if (event->event.zone[0] && !text_is_equal(event->event.zone, ".")) {
        sink_put(out, ", which serves ");
        zone_put(out, &event->event);
    }
    sink_format(out, "%s: ", event->event.detail ? ", by TCP" : "");
    question_put(out, &event->event);
}

static void learned_put(struct sink *out, const struct dns_explain *explain,
                        const struct dns_explained *event) {
    sink_put(out, " learns from ");
    peer_put(out, explain, event);
    switch (event->event.step) {
    case DOBOS_DNS_LEARNED:
        sink_put(out, ": ");
        question_put(out, &event->event);
        sink_format(out, ", for %" PRIu32 " s", event->event.detail);
        break;
    case DOBOS_DNS_LEARNED_CUT:
        sink_put(out, " who serves ");
        zone_put(out, &event->event);
        sink_format(out, ", for %" PRIu32 " s", event->event.detail);
        break;
    default:
        sink_put(out, event->event.detail == DNS_NXDOMAIN ? " that there is no "
                                                          : " that there are no records ");
        if (event->event.detail == DNS_NXDOMAIN)
            text_put(out, event->event.name, text_length(event->event.name));
        else
            question_put(out, &event->event);
        break;
    }
}

static void rcode_put(struct sink *out, unsigned rcode) {
    if (rcode <= 10)
        sink_put(out, dns_rcode_name(rcode));
    else
        sink_format(out, "response code %u", rcode);
}

static void gave_up_put(struct sink *out, unsigned error) {
    const char *name = dns_error_name(error);
    sink_put(out, " gives up");
    if (name)
        sink_format(out, ": %s", name);
}

/* What the node did, behind its name. */
static void step_put(struct sink *out, const struct dns_explain *explain,
                     const struct dns_explained *event) {
    const struct dobos_dns_event *told = &event->event;
    switch (told->step) {
    case DOBOS_DNS_ASKED:
        sink_put(out, " is asked: ");
        question_put(out, told);
        break;
    case DOBOS_DNS_FROM_ZONE:
        sink_put(out, told->zone[0] ? " knows by its own zone of " : " knows by itself");
        zone_put(out, told);
        break;
    case DOBOS_DNS_FROM_CACHE:
        sink_put(out, " has in its cache: ");
        question_put(out, told);
        sink_format(out, ", for %" PRIu32 " s more", told->detail);
        break;
    case DOBOS_DNS_FROM_STALE:
        sink_put(out, " has in its cache, beyond its time: ");
        question_put(out, told);
        break;
    case DOBOS_DNS_REFERRED:
        sink_put(out, " names the servers of ");
        zone_put(out, told);
        break;
    case DOBOS_DNS_JOINED:
        sink_put(out, " asks already, and waits: ");
        question_put(out, told);
        break;
    case DOBOS_DNS_ASKS:
        asks_put(out, explain, event);
        break;
    case DOBOS_DNS_LEARNED:
    case DOBOS_DNS_LEARNED_CUT:
    case DOBOS_DNS_LEARNED_NONE:
        learned_put(out, explain, event);
        break;
    case DOBOS_DNS_TIMED_OUT:
        sink_put(out, " has waited in vain for ");
        peer_put(out, explain, event);
        break;
    case DOBOS_DNS_UNREACHED:
        sink_put(out, " does not reach ");
        peer_put(out, explain, event);
        break;
    case DOBOS_DNS_PASSED_OVER:
        sink_put(out, " passes over ");
        peer_put(out, explain, event);
        sink_put(out, ", which answers ");
        rcode_put(out, told->detail);
        break;
    case DOBOS_DNS_GAVE_UP:
        gave_up_put(out, told->detail);
        break;
    case DOBOS_DNS_ANSWERED:
        sink_put(out, " answers ");
        peer_put(out, explain, event);
        sink_put(out, ": ");
        rcode_put(out, told->detail);
        break;
    }
}

/* ---- lines ---- */

/* That somebody was asked is told by who asked. */
static bool is_shown(const struct dns_explained *event) {
    return event->depth >= 0 && event->event.step != DOBOS_DNS_ASKED;
}

static void forget(struct dns_explain *explain) {
    explain->count = 0;
    explain->is_cut = false;
}

bool dns_explain_print(struct dns_explain *explain, struct asking *asking, const char *prefix) {
    struct sink *out = asking->out;
    if (!dns_explain_order(explain, asking))
        return false;
    const dobos_time first = explain->count > 0 ? explain->events[0].event.at : 0;
    sink_format(out, "%sHow the answer came, in ms:\n", prefix);
    for (unsigned i = 0; i < explain->count; i++) {
        const struct dns_explained *event = &explain->events[i];
        if (!is_shown(event))
            continue;
        const int64_t us = (event->event.at - first) / 1000;
        sink_format(out, "%s%6" PRId64 ".%03" PRId64 "  %*s%s", prefix, us / 1000, us % 1000,
                    2 * event->depth, "", dns_explain_node(explain, event->node));
        step_put(out, explain, event);
        sink_put(out, "\n");
    }
    if (explain->is_cut)
        sink_format(out, "%sand more.\n", prefix);
    forget(explain);
    return true;
}

/* ---- JSON ---- */

static const char *step_name(enum dobos_dns_step step) {
    switch (step) {
    case DOBOS_DNS_ASKED:
        return "asked";
    case DOBOS_DNS_FROM_ZONE:
        return "from_zone";
    case DOBOS_DNS_FROM_CACHE:
        return "from_cache";
    case DOBOS_DNS_FROM_STALE:
        return "from_stale";
    case DOBOS_DNS_REFERRED:
        return "referred";
    case DOBOS_DNS_JOINED:
        return "joined";
    case DOBOS_DNS_ASKS:
        return "asks";
    case DOBOS_DNS_LEARNED:
        return "learned";
    case DOBOS_DNS_LEARNED_CUT:
        return "learned_cut";
    case DOBOS_DNS_LEARNED_NONE:
        return "learned_none";
    case DOBOS_DNS_TIMED_OUT:
        return "timed_out";
    case DOBOS_DNS_UNREACHED:
        return "unreached";
    case DOBOS_DNS_PASSED_OVER:
        return "passed_over";
    case DOBOS_DNS_GAVE_UP:
        return "gave_up";
    case DOBOS_DNS_ANSWERED:
        return "answered";
    }
    return "unknown";
}

/* The number that goes with a step. */
static void detail_json(struct tool_task *task, json_t *object,
                        const struct dobos_dns_event *event) {
    switch (event->step) {
    case DOBOS_DNS_ASKS:
        task_put(task, object, "protocol", json_string(event->detail ? "tcp" : "udp"));
        break;
    case DOBOS_DNS_FROM_CACHE:
    case DOBOS_DNS_LEARNED:
    case DOBOS_DNS_LEARNED_CUT:
    case DOBOS_DNS_REFERRED:
        task_put(task, object, "ttl", json_integer(event->detail));
        break;
    case DOBOS_DNS_LEARNED_NONE:
    case DOBOS_DNS_PASSED_OVER:
    case DOBOS_DNS_ANSWERED:
        task_put(task, object, "rcode", json_integer(event->detail));
        break;
    case DOBOS_DNS_GAVE_UP:
        task_put(task, object, "error", json_integer(event->detail));
        break;
    default:
        break;
    }
}

static json_t *event_json(const struct dns_explain *explain, const struct dns_explained *event,
                          struct tool_task *task) {
    const struct dobos_dns_event *told = &event->event;
    json_t *object = json_object();
    char type[DNS_TYPE_TEXT];
    (void)dns_type_format(told->type, type);
    task_put(task, object, "at", json_real((double)told->at / (double)DOBOS_SECOND));
    task_put(task, object, "depth", json_integer(event->depth));
    task_put(task, object, "node", json_string(dns_explain_node(explain, event->node)));
    task_put(task, object, "step", json_string(step_name(told->step)));
    task_put(task, object, "name", text_json(told->name, text_length(told->name)));
    task_put(task, object, "type", json_string(type));
    if (told->zone[0])
        task_put(task, object, "zone", text_json(told->zone, text_length(told->zone)));
    if (!dobos_address_is_unspecified(&told->peer)) {
        const char *owner = dns_explain_owner(explain, &told->peer, event->node);
        task_put(task, object, "peer", task_address(&told->peer));
        task_put(task, object, "peer_node", owner ? json_string(owner) : json_null());
    }
    detail_json(task, object, told);
    return object;
}

json_t *dns_explain_json(struct dns_explain *explain, struct asking *asking,
                         struct tool_task *task) {
    json_t *list = json_array();
    if (!dns_explain_order(explain, asking)) {
        json_decref(list);
        return NULL;
    }
    for (unsigned i = 0; i < explain->count; i++) {
        if (explain->events[i].depth >= 0)
            task_append(task, list, event_json(explain, &explain->events[i], task));
    }
    forget(explain);
    return list;
}
