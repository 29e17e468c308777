/*
 * nslookup: asks name servers as nslookup of BIND 9.18 does, whose output and exit codes it has:
 * for the addresses of both kinds, or for any type; with the search list, time-outs, and the next
 * server where one does not answer. Its interactive mode is not here.
 */
#include "tools/nslookup.h"

/* Arguments are read twice where a network is yet to begin: what is said of them is said once. */
static void notes_print(struct nslookup *nslookup) {
    if (!nslookup->task.json)
        sink_append(nslookup->task.context.out, nslookup->notes.text, nslookup->notes.length);
    sink_fini(&nslookup->notes);
}

static int nslookup_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct nslookup *nslookup = nslookup_of(task);
    const int code = nslookup_options_read(nslookup);
    if (code != TOOL_GOES_ON)
        notes_print(nslookup);
    return code;
}

/* Who asked whom for all that was asked. False: no memory. */
static bool explanation_show(struct nslookup *nslookup) {
    struct tool_task *task = &nslookup->task;
    if (!nslookup->options.explains)
        return true;
    if (!task->json) {
        sink_put(task->context.out, "\n");
        return dns_explain_print(&nslookup->explain, &nslookup->asking, "");
    }
    json_t *list = dns_explain_json(&nslookup->explain, &nslookup->asking, task);
    json_t *object = json_object();
    task_put(task, object, "explain", list);
    task_append(task, nslookup->answers, object);
    return list != NULL;
}

/* Nothing more to ask: the last words. */
static int finish(struct nslookup *nslookup) {
    if (!explanation_show(nslookup))
        return TOOL_EXIT_INTERNAL;
    if (nslookup->task.json) {
        task_print(&nslookup->task, nslookup->answers);
        nslookup->answers = NULL;
    } else {
        sink_put(nslookup->task.context.out, "\n");
    }
    return nslookup->has_answer && !nslookup->has_failed ? 0 : NSLOOKUP_FAILED;
}

/* The question is over: the next one, or the end. */
static int question_end(struct nslookup *nslookup, dobos_time now) {
    dns_channel_close(&nslookup->asking.channel);
    if (!nslookup->has_next)
        return finish(nslookup);
    nslookup->asking.question = nslookup->next;
    nslookup->has_next = false;
    asking_begin(&nslookup->asking, now);
    return TOOL_GOES_ON;
}

static int hear(struct nslookup *nslookup, dobos_time now, dobos_time *again) {
    int code = TOOL_GOES_ON;
    while (code == TOOL_GOES_ON) {
        switch (asking_step(&nslookup->asking, now, again)) {
        case ASKING_PENDING:
            return TOOL_GOES_ON;
        case ASKING_SENT:
            break;
        case ASKING_SOUGHT:
            nslookup_answer_print(nslookup);
            break;
        case ASKING_ANSWERED:
            nslookup_answer_print(nslookup);
            code = question_end(nslookup, now);
            break;
        case ASKING_UNREADABLE:
            asking_bad_packet_print(&nslookup->asking);
            code = question_end(nslookup, now);
            break;
        case ASKING_NOBODY:
            asking_remark(&nslookup->asking, "no servers could be reached");
            code = question_end(nslookup, now);
            break;
        case ASKING_NO_NAME:
            return nslookup->asking.exit_code;
        }
    }
    return code;
}

static int begin_asking(struct nslookup *nslookup, dobos_time now) {
    notes_print(nslookup);
    if (nslookup->asking.server_count == 0)
        asking_servers_read(&nslookup->asking);
    nslookup->answers = nslookup->task.json ? json_array() : NULL;
    if (nslookup->task.json && !nslookup->answers)
        return TOOL_EXIT_INTERNAL;
    asking_begin(&nslookup->asking, now);
    return TOOL_GOES_ON;
}

/* The SERVER of the arguments is looked up like any name. */
static int server_find(struct nslookup *nslookup, dobos_time now, dobos_time *again) {
    const char *server = nslookup->options.server;
    const int found = asking_server_find(&nslookup->asking, server, now, again);
    if (found >= 0)
        return TOOL_GOES_ON;
    task_complain(&nslookup->task, "couldn't get address for '%s': not found", server);
    return NSLOOKUP_FAILED;
}

static bool host_take(struct nslookup *nslookup) {
    struct asking *asking = &nslookup->asking;
    asking->tool = nslookup->task.kind->tool.name;
    asking->host = nslookup->task.context.host;
    asking->out = nslookup->task.json ? NULL : nslookup->task.context.out;
    asking->error = nslookup->task.context.error;
    asking->rules.shows_search = nslookup->options.debug;
    return asking_open(asking) && (!nslookup->options.explains ||
                                   dns_explain_begin(&nslookup->explain, &nslookup->task.context));
}

static int nslookup_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    struct nslookup *nslookup = nslookup_of(task);
    struct asking *asking = &nslookup->asking;
    int code = TOOL_GOES_ON;
    if (task->interrupted)
        return NSLOOKUP_FAILED;
    if (!asking->poller && !host_take(nslookup))
        return TOOL_EXIT_INTERNAL;
    if (nslookup->options.server && asking->server_count == 0) {
        code = server_find(nslookup, now, again);
        if (code != TOOL_GOES_ON || asking->server_count == 0)
            return code;
    }
    if (asking->query_length == 0)
        code = begin_asking(nslookup, now);
    return code == TOOL_GOES_ON ? hear(nslookup, now, again) : code;
}

static void nslookup_fini(struct tool_task *task) {
    struct nslookup *nslookup = nslookup_of(task);
    dns_explain_end(&nslookup->explain);
    asking_fini(&nslookup->asking);
    json_decref(nslookup->answers);
    sink_fini(&nslookup->notes);
}

const struct tool_kind tool_nslookup = {
    .tool = {"nslookup", "ask name servers", true, "-"},
    .usage = "NAME|ADDRESS [SERVER]",
    .bytes = sizeof(struct nslookup),
    .reads_arguments = true,
    .begin = nslookup_begin,
    .step = nslookup_step,
    .fini = nslookup_fini,
};
