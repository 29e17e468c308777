/*
 * nat_explain: `nat explain`: one mapping, found by its inside or its outside end: what made it,
 * whom it talks with, who may come in by it, and when it ends; or why there is none. With a second
 * address: what becomes of a packet between the two, and by which mapping. Changes nothing.
 */
#include <string.h>

#include "tools/nat.h"

static const struct {
    const char *name; /* as the network file has it */
    const char *text; /* who may come in by a mapping */
} filterings[] = {
    [DOBOS_NAT_FILTERING_DEFAULT] = {"", ""},
    [DOBOS_NAT_ENDPOINT_INDEPENDENT] = {"endpoint-independent", "anybody outside"},
    [DOBOS_NAT_ADDRESS_DEPENDENT] = {"address-dependent",
                                     "the addresses it talks with, from any of their ports"},
    [DOBOS_NAT_ADDRESS_AND_PORT_DEPENDENT] = {"address-and-port-dependent",
                                              "the addresses and ports it talks with, alone"},
};

static bool is_same(const struct dobos_endpoint *a, const struct dobos_endpoint *b) {
    return a->port == b->port && dobos_address_is_equal(&a->address, &b->address);
}

static bool mapping_find(const struct nat *nat, const struct dobos_endpoint *end,
                         struct dobos_nat_mapping *mapping) {
    for (uint32_t i = 0; dobos_nat_mapping_read(nat->task.context.host, i, mapping) == 0; i++) {
        if (mapping->protocol == nat->protocol &&
            (is_same(&mapping->inside, end) || is_same(&mapping->outside, end)))
            return true;
    }
    return false;
}

static const char *device_name(const struct dobos_host *host, uint32_t index,
                               struct dobos_interface_info *info) {
    return dobos_interface_read(host, index, info) == 0 ? info->name : "?";
}

/* ---- one mapping ---- */

static void peer_print(struct nat *nat, const struct nat_peer *peer) {
    char remote[NAT_ENDPOINT_TEXT], rest[32];
    nat_endpoint_format(&peer->remote, remote);
    nat_rest_format(dobos_host_now(nat->task.context.host), peer->expires, rest);
    sink_format(nat->task.context.out,
                "    %s %s, begun %s, ends in %s; out %llu packets, %llu bytes, in %llu packets, "
                "%llu bytes\n",
                remote, dobos_session_state_name(peer->state),
                peer->is_outgoing ? "inside" : "outside", rest,
                (unsigned long long)peer->packets_out, (unsigned long long)peer->bytes_out,
                (unsigned long long)peer->packets_in, (unsigned long long)peer->bytes_in);
}

static void maker_print(struct nat *nat, const struct dobos_nat_mapping *mapping) {
    struct sink *out = nat->task.context.out;
    char text[NAT_ENDPOINT_TEXT], rest[32];
    if (mapping->is_forward) {
        sink_put(out, "made: by hand: a forward of the network file\n");
        return;
    }
    nat_endpoint_format(&mapping->maker, text);
    nat_rest_format(mapping->made, dobos_host_now(nat->task.context.host), rest);
    sink_format(out, "made: %s ago, by a packet to %s\n", rest, text);
}

static void mapping_print(struct nat *nat, const struct dobos_nat_mapping *mapping) {
    const struct dobos_host *host = nat->task.context.host;
    const enum dobos_nat_filtering filtering = dobos_nat_filtering_read(host);
    struct sink *out = nat->task.context.out;
    struct dobos_interface_info device;
    char inside[NAT_ENDPOINT_TEXT], outside[NAT_ENDPOINT_TEXT], rest[32];
    size_t count;
    const struct nat_peer *peer = nat_peers_find(nat, mapping, &count);
    nat_endpoint_format(&mapping->inside, inside);
    nat_endpoint_format(&mapping->outside, outside);
    sink_format(out, "mapping: %s %s is seen as %s, at %s\n", nat_protocol_name(mapping->protocol),
                inside, outside, device_name(host, mapping->outside.interface, &device));
    maker_print(nat, mapping);
    sink_format(out, "sessions: %u\n", mapping->sessions);
    for (size_t i = 0; i < count; i++)
        peer_print(nat, &peer[i]);
    if (mapping->is_forward)
        sink_put(out, "who may come in: anybody outside: it is a forward\n");
    else
        sink_format(out, "who may come in: %s (filtering: %s)\n", filterings[filtering].text,
                    filterings[filtering].name);
    nat_rest_format(dobos_host_now(host), mapping->expires, rest);
    if (mapping->expires == DOBOS_NEVER)
        sink_put(out, "ends: never\n");
    else
        sink_format(out, "ends: in %s, unless a packet comes before\n", rest);
}

static bool is_address_of(const struct dobos_host *host, const struct dobos_address *address) {
    struct dobos_interface_address own;
    for (uint32_t i = 1; i <= dobos_interface_count(host); i++) {
        for (uint32_t k = 0; dobos_address_read(host, i, k, &own) == 0; k++) {
            if (dobos_address_is_equal(&own.prefix.address, address))
                return true;
        }
    }
    return false;
}

static int mapping_explain(struct nat *nat) {
    struct dobos_nat_mapping mapping;
    char text[NAT_ENDPOINT_TEXT];
    if (!mapping_find(nat, &nat->source, &mapping)) {
        nat_endpoint_format(&nat->source, text);
        if (is_address_of(nat->task.context.host, &nat->source.address))
            task_complain(
                &nat->task,
                "no mapping of %s %s: nobody inside has this port, and what comes to it is "
                "for the router itself",
                nat_protocol_name(nat->protocol), text);
        else
            task_complain(
                &nat->task,
                "no mapping of %s %s: it has sent nothing outside, or not for longer than "
                "a mapping lasts",
                nat_protocol_name(nat->protocol), text);
        return 1;
    }
    if (nat->task.json)
        task_print(&nat->task, nat_mapping_json(nat, &mapping));
    else
        mapping_print(nat, &mapping);
    return 0;
}

/* ---- a packet ---- */

static const char *const answers[] = {
    [DOBOS_NAT_UNTOUCHED] = "untouched",
    [DOBOS_NAT_TRANSLATED] = "translated",
    [DOBOS_NAT_NEW] = "a new mapping",
    [DOBOS_NAT_DROPPED] = "dropped",
};

/* Where the packet comes in: at the interface that is given, else where its source is reached. */
static int question_fill(const struct nat *nat, struct dobos_nat_question *question) {
    const struct dobos_host *host = nat->task.context.host;
    struct dobos_route_choice choice;
    *question = (struct dobos_nat_question){
        .protocol = nat->protocol, .source = nat->source, .destination = nat->destination};
    if (nat->device) {
        const int index = dobos_interface_find(host, nat->device);
        question->interface = index < 0 ? 0 : (uint32_t)index;
        return index;
    }
    if (is_address_of(host, &nat->source.address))
        return 0;
    const int result = dobos_route_lookup(host, &nat->source.address, NULL, &choice);
    question->interface = result < 0 ? 0 : choice.interface;
    return result;
}

static void answer_print(struct nat *nat, const struct dobos_nat_question *question,
                         const struct dobos_nat_explanation *found) {
    struct sink *out = nat->task.context.out;
    struct dobos_interface_info device;
    char from[NAT_ENDPOINT_TEXT], to[NAT_ENDPOINT_TEXT];
    nat_endpoint_format(&question->source, from);
    nat_endpoint_format(&question->destination, to);
    sink_format(out, "packet: %s %s > %s, ", nat_protocol_name(nat->protocol), from, to);
    if (question->interface == 0)
        sink_put(out, "from the router itself\n");
    else
        sink_format(out, "in by %s\n",
                    device_name(nat->task.context.host, question->interface, &device));
    sink_format(out, "answer: %s: %s\n", answers[found->answer], found->why);
    nat_endpoint_format(&found->source, from);
    nat_endpoint_format(&found->destination, to);
    if (found->answer == DOBOS_NAT_DROPPED && found->drop)
        sink_format(out, "counted as: %s\n", found->drop);
    else if (found->answer == DOBOS_NAT_TRANSLATED)
        sink_format(out, "leaves as: %s %s > %s\n", nat_protocol_name(nat->protocol), from, to);
    if (found->has_mapping)
        mapping_print(nat, &found->mapping);
}

static json_t *endpoint_json(const struct dobos_endpoint *endpoint) {
    char text[NAT_ENDPOINT_TEXT];
    nat_endpoint_format(endpoint, text);
    return json_string(text);
}

static void answer_json(struct nat *nat, const struct dobos_nat_explanation *found) {
    struct tool_task *task = &nat->task;
    json_t *object = json_object();
    task_put(task, object, "answer", json_string(answers[found->answer]));
    task_put(task, object, "why", json_string(found->why));
    if (found->drop)
        task_put(task, object, "counter", json_string(found->drop));
    if (found->answer == DOBOS_NAT_TRANSLATED) {
        task_put(task, object, "source", endpoint_json(&found->source));
        task_put(task, object, "destination", endpoint_json(&found->destination));
    }
    if (found->has_mapping)
        task_put(task, object, "mapping", nat_mapping_json(nat, &found->mapping));
    task_print(task, object);
}

int nat_explain(struct nat *nat) {
    struct dobos_nat_question question;
    struct dobos_nat_explanation found;
    if (!nat->has_destination)
        return mapping_explain(nat);
    int result = question_fill(nat, &question);
    if (result < 0 && nat->device) {
        task_complain(&nat->task, "Cannot find device \"%s\"", nat->device);
        return 1;
    }
    if (result == -DOBOS_ENETUNREACH) {
        char text[DOBOS_ADDRESS_TEXT];
        (void)dobos_address_format(&nat->source.address, text);
        task_complain(&nat->task,
                      "no route to %s: expected iif, and by which interface it comes in", text);
        return 1;
    }
    if (result >= 0)
        result = dobos_nat_explain(nat->task.context.host, &question, &found);
    if (result < 0) {
        task_complain(&nat->task, "%s",
                      result == -DOBOS_ENETUNREACH ? "no route: the packet goes nowhere"
                                                   : dobos_error_text(result));
        return 1;
    }
    if (nat->task.json)
        answer_json(nat, &found);
    else
        answer_print(nat, &question, &found);
    return 0;
}
