/* dns_explain: see dns_explain.h. */
#include "tools/dns_explain.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

#define FIRST_ROOM 256

/* ---- the network ---- */

static bool node_read(const struct dns_explain *explain, unsigned nth, struct tool_node *node) {
    return explain->network.node_read && explain->network.network &&
           explain->network.node_read(explain->network.network, nth, node);
}

const char *dns_explain_node(const struct dns_explain *explain, unsigned node) {
    struct tool_node found;
    return node_read(explain, node, &found) ? found.name : "this node";
}

static bool has_address(const struct dobos_host *host, const struct dobos_address *address) {
    struct dobos_interface_address own;
    for (uint32_t i = 1; host && i <= dobos_interface_count(host); i++) {
        for (uint32_t n = 0; dobos_address_read(host, i, n, &own) == 0; n++) {
            if (memcmp(&own.prefix.address, address, sizeof *address) == 0)
                return true;
        }
    }
    return false;
}

const char *dns_explain_owner(const struct dns_explain *explain,
                              const struct dobos_address *address, unsigned asking_node) {
    struct tool_node node;
    if (node_read(explain, asking_node, &node) && has_address(node.host, address))
        return node.name;
    for (unsigned i = 0; node_read(explain, i, &node); i++) {
        if (has_address(node.host, address))
            return node.name;
    }
    return NULL;
}

/* The tool's own node. */
static unsigned own_node(const struct dns_explain *explain) {
    struct tool_node node;
    for (unsigned i = 0; node_read(explain, i, &node); i++) {
        if (node.host == explain->host)
            return i;
    }
    return UINT_MAX;
}

/* ---- looking on ---- */

static bool watch_add(struct dns_explain *explain, struct dobos_service *service, unsigned node) {
    struct dobos_dns_event event;
    if (dobos_dns_watch(service, true) != 0)
        return false;
    struct dns_watched *watched = &explain->watched[explain->watched_count++];
    *watched = (struct dns_watched){.service = service, .node = node};
    while (dobos_dns_event_read(service, watched->next, &event) == 0)
        watched->next = event.number + 1;
    return true;
}

bool dns_explain_begin(struct dns_explain *explain, const struct tool_context *context) {
    struct tool_node node;
    unsigned services = 0;
    *explain = (struct dns_explain){.network = context->network, .host = context->host};
    for (unsigned i = 0; node_read(explain, i, &node); i++)
        services += node.service_count;
    explain->watched = calloc(services + 1u, sizeof *explain->watched);
    if (!explain->watched)
        return false;
    for (unsigned i = 0; node_read(explain, i, &node); i++) {
        for (unsigned k = 0; k < node.service_count; k++) {
            if (node.services[k] && strcmp(dobos_service_name(node.services[k]), "dns") == 0 &&
                !watch_add(explain, node.services[k], i))
                return false;
        }
    }
    return true;
}

/* Whether the service is there still: its node may have been restarted. */
static bool is_there(const struct dns_explain *explain, const struct dns_watched *watched) {
    struct tool_node node;
    if (!node_read(explain, watched->node, &node))
        return false;
    for (unsigned i = 0; i < node.service_count; i++) {
        if (node.services[i] == watched->service)
            return true;
    }
    return false;
}

/* The letters of questions are mixed to make forgery harder; one reads them better alike. */
static void letters_lower(char *text) {
    for (; *text; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text + ('a' - 'A'));
}

/* A place for one more; NULL: no memory, or (is_cut) there are too many. */
static struct dns_explained *event_add(struct dns_explain *explain) {
    if (explain->count == DNS_EXPLAIN_EVENTS) {
        explain->is_cut = true;
        return NULL;
    }
    if (explain->count == explain->room) {
        const unsigned room = explain->room ? 2 * explain->room : FIRST_ROOM;
        struct dns_explained *events = realloc(explain->events, room * sizeof *events);
        if (!events)
            return NULL;
        explain->events = events;
        explain->room = room;
    }
    struct dns_explained *added = &explain->events[explain->count];
    *added = (struct dns_explained){.order = explain->count++, .depth = -1};
    return added;
}

bool dns_explain_collect(struct dns_explain *explain) {
    struct dobos_dns_event event;
    for (unsigned i = 0; i < explain->watched_count; i++) {
        struct dns_watched *watched = &explain->watched[i];
        if (!watched->service || !is_there(explain, watched)) {
            watched->service = NULL;
            continue;
        }
        while (dobos_dns_event_read(watched->service, watched->next, &event) == 0) {
            watched->next = event.number + 1;
            struct dns_explained *added = event_add(explain);
            if (!added && !explain->is_cut)
                return false;
            if (added) {
                added->event = event;
                letters_lower(added->event.name);
                letters_lower(added->event.zone);
                added->node = watched->node;
                added->source = i + 1;
            }
        }
    }
    return true;
}

void dns_explain_end(struct dns_explain *explain) {
    for (unsigned i = 0; i < explain->watched_count; i++) {
        if (explain->watched[i].service && is_there(explain, &explain->watched[i]))
            (void)dobos_dns_watch(explain->watched[i].service, false);
    }
    free(explain->watched);
    free(explain->events);
    *explain = (struct dns_explain){0};
}

/* ---- the tree ---- */

/* The events that are in their place so far. */
struct tree {
    const struct dns_explain *explain;
    struct dns_explained *events; /* with room for all */
    unsigned count;               /* of them */
};

static int compare(const void *a, const void *b) {
    const struct dns_explained *x = a;
    const struct dns_explained *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_same_question(const struct dobos_dns_event *a, const struct dobos_dns_event *b) {
    return a->type == b->type && strcasecmp(a->name, b->name) == 0;
}

static bool is_same_peer(const struct dobos_dns_event *a, const struct dobos_dns_event *b) {
    return memcmp(&a->peer, &b->peer, sizeof a->peer) == 0;
}

/* The query that a server was asked by: the last to an address of its own, or else to one that is
 * nobody's and may be translated. NULL: somebody else's. */
static struct dns_explained *query_of(const struct tree *tree, const struct dns_explained *asked) {
    struct dns_explained *found = NULL;
    struct tool_node node;
    const bool is_known = node_read(tree->explain, asked->node, &node);
    for (unsigned i = tree->count; i-- > 0;) {
        struct dns_explained *query = &tree->events[i];
        if (query->event.step != DOBOS_DNS_ASKS || query->is_taken || query->depth < 0 ||
            !is_same_question(&query->event, &asked->event))
            continue;
        if ((is_known && has_address(node.host, &query->event.peer)) ||
            (query->node == asked->node && query->event.peer.bytes[12] == 127))
            return query;
        if (!found && !dns_explain_owner(tree->explain, &query->event.peer, query->node))
            found = query;
    }
    return found;
}

/* How early it can have been among what happened at the same moment: 0 is the earliest. What is
 * learned comes behind the answer. */
static int rank_of(const struct tree *tree, const struct dns_explained *event) {
    switch (event->event.step) {
    case DOBOS_DNS_ASKED:
        return query_of(tree, event) ? 0 : 2;
    case DOBOS_DNS_LEARNED:
    case DOBOS_DNS_LEARNED_CUT:
    case DOBOS_DNS_LEARNED_NONE:
    case DOBOS_DNS_PASSED_OVER:
        break;
    default:
        return 1;
    }
    for (unsigned i = tree->count; i-- > 0;) {
        const struct dns_explained *query = &tree->events[i];
        if (query->event.step == DOBOS_DNS_ASKS && query->source == event->source &&
            is_same_question(&query->event, &event->event) &&
            is_same_peer(&query->event, &event->event))
            return query->is_answered ? 1 : query->is_taken ? 4 : 3;
    }
    return 1;
}

/* Where a server that was asked stands with what it does now: as deep as the last question that it
 * has not answered. */
static int depth_of(const struct tree *tree, const struct dns_explained *event) {
    for (unsigned i = tree->count; i-- > 0;) {
        const struct dns_explained *asked = &tree->events[i];
        if (asked->source == event->source && asked->event.step == DOBOS_DNS_ASKED &&
            asked->depth >= 0 && !asked->is_taken)
            return asked->depth;
    }
    return -1;
}

/* An answer: the question is done with. Returns its depth. */
static int answer_settle(struct tree *tree, const struct dns_explained *answer) {
    for (unsigned i = 0; i < tree->count; i++) {
        struct dns_explained *asked = &tree->events[i];
        if (asked->source != answer->source || asked->event.step != DOBOS_DNS_ASKED ||
            asked->is_taken || !is_same_question(&asked->event, &answer->event) ||
            !is_same_peer(&asked->event, &answer->event))
            continue;
        asked->is_taken = true;
        if (asked->depth >= 0)
            tree->events[asked->query].is_answered = true;
        return asked->depth;
    }
    return -1;
}

static void tree_add(struct tree *tree, struct dns_explained event) {
    struct dns_explained *query;
    switch (event.event.step) {
    case DOBOS_DNS_ASKED:
        query = query_of(tree, &event);
        if (query) {
            event.depth = query->depth + 1;
            event.query = (unsigned)(query - tree->events);
            query->is_taken = true;
        }
        break;
    case DOBOS_DNS_ANSWERED:
        event.depth = answer_settle(tree, &event);
        break;
    default:
        if (event.source != 0)
            event.depth = depth_of(tree, &event);
        break;
    }
    tree->events[tree->count++] = event;
}

/* Takes from the fronts of all sources, each in its own order, what was next. `at` and `end` are of
 * each source. */
static void merge(struct tree *tree, const struct dns_explained *events, unsigned *at,
                  const unsigned *end, unsigned sources) {
    for (;;) {
        unsigned best = UINT_MAX;
        int best_rank = 0;
        for (unsigned i = 0; i < sources; i++) {
            if (at[i] == end[i])
                continue;
            const dobos_time time = events[at[i]].event.at;
            if (best != UINT_MAX && time > events[at[best]].event.at)
                continue;
            const int rank = rank_of(tree, &events[at[i]]);
            if (best == UINT_MAX || time < events[at[best]].event.at || rank < best_rank) {
                best = i;
                best_rank = rank;
            }
        }
        if (best == UINT_MAX)
            return;
        tree_add(tree, events[at[best]++]);
    }
}

/* Sorts the events by their sources, merges these, and puts what comes of it in their place. */
static bool tree_make(struct dns_explain *explain) {
    const unsigned sources = explain->watched_count + 1;
    unsigned *bounds = calloc(2 * (size_t)sources, sizeof *bounds);
    struct tree tree = {.explain = explain};
    tree.events = malloc((explain->count + 1) * sizeof *tree.events);
    if (!bounds || !tree.events) {
        free(bounds);
        free(tree.events);
        return false;
    }
    if (explain->count > 0)
        qsort(explain->events, explain->count, sizeof *explain->events, compare);
    for (unsigned i = explain->count; i-- > 0;) {
        const unsigned source = explain->events[i].source;
        bounds[source] = i;
        if (bounds[sources + source] == 0)
            bounds[sources + source] = i + 1;
    }
    merge(&tree, explain->events, bounds, bounds + sources, sources);
    free(bounds);
    free(explain->events);
    explain->events = tree.events;
    explain->room = explain->count + 1;
    return true;
}

bool dns_explain_order(struct dns_explain *explain, struct asking *asking) {
    const unsigned own = own_node(explain);
    if (!dns_explain_collect(explain))
        return false;
    for (unsigned i = 0; i < asking->sent_count; i++) {
        const struct asking_sent *sent = &asking->sent[i];
        struct dns_explained *added = event_add(explain);
        if (!added)
            return explain->is_cut;
        added->event = (struct dobos_dns_event){.at = sent->at,
                                                .step = DOBOS_DNS_ASKS,
                                                .type = sent->type,
                                                .peer = sent->server,
                                                .detail = sent->tcp};
        added->node = own;
        added->depth = 0;
        (void)text_copy(added->event.name, sizeof added->event.name, sent->name);
    }
    asking->sent_count = 0;
    return tree_make(explain);
}
