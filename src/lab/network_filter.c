/* network_filter: the filter of a node: a list of sentences (tools/filter_words.h), whose
 * interfaces are the node's. */
#include <string.h>

#include "lab/network_read.h"
#include "tools/filter_words.h"

static bool interface_index(struct reading *reading, const struct yaml_node *at,
                            const struct network_node *node, const char *name, uint32_t *index) {
    const uint32_t number = network_interface_find(node, name);
    *index = number == UINT32_MAX ? 0 : number + 2;
    if (strcmp(name, "lo") == 0)
        *index = 1;
    return *index != 0 || yaml_refuse(reading->document, at, reading->error,
                                      "'%s': expected any, an address, a prefix, or the name of an "
                                      "interface of this node",
                                      name);
}

static bool read_rule(struct reading *reading, const struct yaml_node *at,
                      const struct network_node *node, struct dobos_filter_rule *rule) {
    struct filter_sentence sentence;
    char reason[FILTER_REASON_BYTES];
    const char *text = NULL;
    if (!field_text(reading, at, "a rule such as 'allow tcp from any to any port 80'", &text))
        return false;
    if (!filter_sentence_parse(text, &sentence, reason))
        return yaml_refuse(reading->document, at, reading->error, "%s", reason);
    *rule = sentence.rule;
    if (strcmp(sentence.from, "lo") == 0)
        return yaml_refuse(reading->document, at, reading->error,
                           "'lo': expected another interface: what a node says to itself is not "
                           "filtered");
    return (!sentence.from[0] ||
            interface_index(reading, at, node, sentence.from, &rule->from.interface)) &&
           (!sentence.to[0] ||
            interface_index(reading, at, node, sentence.to, &rule->to.interface));
}

static bool side_is_any(const struct dobos_filter_side *side) {
    return side->prefix.length == 0 && side->interface == 0 && side->port_first == 0;
}

static bool decides_all(const struct dobos_filter_rule *rule) {
    return !rule->established && rule->protocol == 0 && side_is_any(&rule->from) &&
           side_is_any(&rule->to);
}

bool network_read_filter(struct reading *reading, struct network_node *node) {
    const struct yaml_node *list = node->filter_at;
    if (!list)
        return true;
    if (!field_expect(reading, list, YAML_LIST,
                      "a list of rules such as [allow established, deny]"))
        return false;
    if (list->count > DOBOS_FILTER_RULES)
        return yaml_refuse_key(reading->document, list, reading->error, "expected at most %d rules",
                               DOBOS_FILTER_RULES);
    node->filter = arena_table(&reading->document->arena, list->count, sizeof *node->filter);
    if (!node->filter)
        return field_no_memory(reading);
    for (const struct yaml_node *at = list->first; at; at = at->next) {
        if (node->filter_count > 0 && decides_all(&node->filter[node->filter_count - 1]))
            return yaml_refuse(reading->document, at, reading->error,
                               "never asked, for the rule before it decides of all: expected it in "
                               "front of that");
        if (!read_rule(reading, at, node, &node->filter[node->filter_count++]))
            return false;
    }
    return true;
}
