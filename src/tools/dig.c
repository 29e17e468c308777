/*
 * dig: asks name servers as dig of BIND 9.18 does, whose arguments, output and exit codes it has:
 * several lookups one after the other, every flag of a query, the sections of answers, and the way
 * from the root down (+trace). Zone transfers, signed and encrypted queries are not here.
 */
#include "tools/dig.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BADVERS   16
#define BADCOOKIE 23
#define NSID      3 /* codes of EDNS options */
#define SUBNET    8
#define EXPIRE    9
#define COOKIE    10
#define KEEPALIVE 11

void dig_help_print(struct sink *out) {
    sink_put(
        out,
        "Usage: dobos dig [@SERVER] [OPTION...] NAME [TYPE] [CLASS] [NAME...]\n"
        "Asks name servers, as dig of BIND does. What stands before the first NAME holds for\n"
        "all; without a NAME the root's name servers are asked for.\n\n"
        "  @SERVER                        a name or an address (default: the node's own)\n"
        "  -x ADDR                        the name of an address\n"
        "  -t TYPE, -c CLASS, -q NAME     the same as without the letter\n"
        "  -p PORT                        of the server (default: 53)\n"
        "  -b ADDR[#PORT]                 where queries come from\n"
        "  -4                             only servers of IPv4\n"
        "  -u                             times in microseconds\n"
        "  -v                             show the version\n"
        "  +short                         only the data of answers\n"
        "  +trace                         from the root down\n"
        "  +[no]tcp, +[no]vc              ask by TCP; +ignore: not even after truncation\n"
        "  +[no]recurse +[no]cdflag +[no]adflag +[no]aaflag +[no]tcflag +[no]raflag +[no]zflag\n"
        "                                 flags of the query\n"
        "  +[no]edns[=N] +bufsize=N +[no]dnssec +[no]cookie[=HEX] +[no]nsid +[no]expire\n"
        "  +[no]keepalive +[no]subnet=PREFIX +[no]ednsopt=CODE[:HEX] +ednsflags=N\n"
        "                                 EDNS of the query\n"
        "  +time=S +tries=N +retry=N      how long to wait (5) and how often to ask (3)\n"
        "  +[no]fail                      stop at a server that fails (default)\n"
        "  +[no]search +[no]showsearch +domain=NAME +ndots=N\n"
        "                                 use the search list\n"
        "  +[no]all +[no]cmd +[no]comments +[no]question +[no]answer +[no]authority\n"
        "  +[no]additional +[no]stats +[no]qr +[no]identify\n"
        "                                 what is shown\n"
        "  +[no]multiline +[no]ttlid +[no]ttlunits +[no]class +[no]unknownformat\n"
        "                                 how records are shown\n"
        "      --explain                  show who asked whom for the answer\n"
        "      --json                     write JSON\n"
        "      --help                     show this help\n");
    options_where_write(out);
}

/* Arguments are read twice where a network is yet to begin: what is said of them is said once. */
static void notes_print(struct dig *dig) {
    sink_append(dig->task.context.error, dig->notes.text, dig->notes.length);
    sink_fini(&dig->notes);
}

static int dig_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct dig *dig = dig_of(task);
    const int code = dig_arguments_read(dig);
    if (code != TOOL_GOES_ON)
        notes_print(dig);
    return code;
}

/* ---- asking ---- */

static void subnet_add(struct dns_query *form, const struct dig_lookup *lookup) {
    uint8_t bytes[4 + 16] = {0, lookup->subnet_is_ipv6 ? 2 : 1, lookup->subnet_length};
    const size_t count = (lookup->subnet_length + 7u) / 8u;
    memcpy(bytes + 4, lookup->subnet, count);
    if (lookup->subnet_length % 8 != 0)
        bytes[4 + count - 1] &= (uint8_t)(0xff00u >> lookup->subnet_length % 8);
    (void)dns_query_option(form, SUBNET, bytes, 4 + count);
}

void dig_form_read(struct dig *dig) {
    const struct dig_lookup *lookup = dig_lookup_of(dig);
    struct dns_query *form = &dig->asking.form;
    const struct dns_query given = lookup->form;
    const uint64_t random = dobos_host_random(dig->task.context.host);
    *form = given;
    form->options_length = 0;
    if (lookup->nsid)
        (void)dns_query_option(form, NSID, NULL, 0);
    if (lookup->has_subnet)
        subnet_add(form, lookup);
    store_be64(dig->cookie, random);
    if (lookup->cookie && lookup->cookie_length > 0)
        (void)dns_query_option(form, COOKIE, lookup->cookie_bytes, lookup->cookie_length);
    else if (lookup->cookie)
        (void)dns_query_option(form, COOKIE, dig->cookie, DIG_COOKIE);
    if (lookup->expire)
        (void)dns_query_option(form, EXPIRE, NULL, 0);
    if (lookup->keepalive)
        (void)dns_query_option(form, KEEPALIVE, NULL, 0);
    if (form->options_length + given.options_length <= sizeof form->options) {
        memcpy(form->options + form->options_length, given.options, given.options_length);
        form->options_length += given.options_length;
    }
}

static void question_ask(struct dig *dig, dobos_time now) {
    const struct dig_lookup *lookup = dig_lookup_of(dig);
    struct asking *asking = &dig->asking;
    asking->rules = lookup->rules;
    asking->has_search = false;
    asking->hides_comments = dig->task.json || dig->is_short || !lookup->shown.comments;
    asking->question = (struct asking_question){
        .type = lookup->type,
        .class_ = lookup->class_,
        .origin = -1,
        .is_new = true,
        .tcp = lookup->tcp,
        .skips_fails = !lookup->fails,
        .has_id = lookup->has_id,
        .id = lookup->id,
        .tries = lookup->tries,
    };
    (void)text_copy(asking->question.name, sizeof asking->question.name, lookup->name);
    dig_form_read(dig);
    if (lookup->trace)
        dig_trace_begin(dig);
    asking_begin(asking, now);
}

/* The lookup's servers: false: they are being looked up, or there are none (*code). */
static bool servers_find(struct dig *dig, dobos_time now, dobos_time *again, int *code) {
    const struct dig_lookup *lookup = dig_lookup_of(dig);
    struct asking *asking = &dig->asking;
    if (asking->server_count > 0)
        return true;
    if (!lookup->server) {
        asking_servers_read(asking);
        return true;
    }
    const int found = asking_server_find(asking, lookup->server, now, again);
    if (found < 0)
        *code =
            dig_refuse(dig, DIG_USAGE, "couldn't get address for '%s': not found", lookup->server);
    return found > 0;
}

/* ---- hearing ---- */

/* The whole response code, with what EDNS adds to it. */
static unsigned rcode_of(const struct asking *asking) {
    struct dns_sections sections;
    struct dns_record opt;
    if (!dns_sections_find(&sections, &asking->body, &asking->header) ||
        !dns_sections_edns(&sections, &opt))
        return asking->header.rcode;
    return asking->header.rcode | opt.ttl >> 24 << 4;
}

/* The version of EDNS that the server knows. */
static unsigned version_of(const struct asking *asking) {
    struct dns_sections sections;
    struct dns_record opt;
    if (!dns_sections_find(&sections, &asking->body, &asking->header) ||
        !dns_sections_edns(&sections, &opt))
        return 0;
    return opt.ttl >> 16 & 0xff;
}

/* The server's own cookie goes with the next query; false: it sent none. */
static bool cookie_take(struct dig *dig) {
    struct dig_lookup *lookup = dig_lookup_of(dig);
    struct dns_sections sections;
    struct dns_record opt;
    if (dig->is_cookie_new ||
        !dns_sections_find(&sections, &dig->asking.body, &dig->asking.header) ||
        !dns_sections_edns(&sections, &opt))
        return false;
    struct reader at = reader_make(opt.data.bytes, opt.data.length);
    while (reader_rest(&at) >= 4) {
        const uint16_t code = reader_be16(&at);
        const struct slice value = reader_slice(&at, reader_be16(&at));
        if (at.failed || code != COOKIE || value.length < 16 || value.length > DIG_EXTRA)
            continue;
        memcpy(lookup->cookie_bytes, value.bytes, value.length);
        lookup->cookie_length = value.length;
        dig->is_cookie_new = true;
        return true;
    }
    return false;
}

/* An answer that says how to ask better; true: it is asked so. */
static bool asks_better(struct dig *dig, dobos_time now) {
    struct dig_lookup *lookup = dig_lookup_of(dig);
    struct asking *asking = &dig->asking;
    const unsigned rcode = rcode_of(asking);
    const unsigned version = version_of(asking);
    if (rcode == BADVERS && lookup->negotiates && lookup->form.has_edns &&
        version < lookup->form.edns_version) {
        asking_comment(asking, "BADVERS, retrying with EDNS version %u.", version);
        lookup->form.edns_version = (uint8_t)version;
    } else if (rcode == BADCOOKIE && lookup->retries_cookie && cookie_take(dig)) {
        asking_comment(asking, "BADCOOKIE, retrying.");
    } else {
        return false;
    }
    dig_form_read(dig);
    asking_begin(asking, now);
    return true;
}

static void answer_show(struct dig *dig) {
    if (dig->task.json) {
        dig_answer_json(dig);
        return;
    }
    if (dig->is_short) {
        dig_short_print(dig);
        return;
    }
    dig_message_print(dig, dig->asking.message, dig->asking.message_length, false);
    dig_stats_print(dig);
}

static void query_show(struct dig *dig) {
    const struct dig_lookup *lookup = dig_lookup_of(dig);
    if (!lookup->shown.query || dig->task.json || dig->is_short)
        return;
    dig_message_print(dig, dig->asking.query, dig->asking.query_length, true);
    if (lookup->shown.stats)
        sink_format(dig->task.context.out, ";; QUERY SIZE: %zu\n\n", dig->asking.query_length);
}

/* No server answered. */
static void nobody_show(struct dig *dig) {
    dig->exit_code = DIG_NO_REPLY;
    if (dig->asking.had_connection && !dig->task.json)
        dig_banner_print(dig);
    asking_remark(&dig->asking, "no servers could be reached");
}

/* Who asked whom for this lookup. False: no memory. */
static bool explanation_show(struct dig *dig) {
    struct tool_task *task = &dig->task;
    if (!dig->explains)
        return true;
    if (!task->json)
        return dns_explain_print(&dig->explain, &dig->asking, "; ");
    json_t *list = dns_explain_json(&dig->explain, &dig->asking, task);
    json_t *last = json_array_get(dig->answers, json_array_size(dig->answers) - 1);
    if (last && !json_object_get(last, "explain")) {
        task_put(task, last, "explain", list);
    } else {
        last = json_object();
        task_put(task, last, "explain", list);
        task_append(task, dig->answers, last);
    }
    return list != NULL;
}

int dig_lookup_end(struct dig *dig) {
    dns_channel_close(&dig->asking.channel);
    if (!explanation_show(dig))
        return TOOL_EXIT_INTERNAL;
    dig->has_begun = dig->is_cookie_new = false;
    dig->asking.server_count = 0;
    if (++dig->at < dig->lookup_count)
        return TOOL_GOES_ON;
    if (dig->task.json) {
        task_print(&dig->task, dig->answers);
        dig->answers = NULL;
    }
    return dig->exit_code;
}

static int answer_take(struct dig *dig, dobos_time now) {
    if (asks_better(dig, now))
        return TOOL_GOES_ON;
    answer_show(dig);
    if (!dig_lookup_of(dig)->trace || !dig_trace_goes_on(dig))
        return dig_lookup_end(dig);
    return TOOL_GOES_ON;
}

/* The lookup under way, until it has to wait (*waits) or is over. */
static int hear(struct dig *dig, dobos_time now, dobos_time *again, bool *waits) {
    switch (asking_step(&dig->asking, now, again)) {
    case ASKING_PENDING:
        *waits = true;
        return TOOL_GOES_ON;
    case ASKING_SENT:
        query_show(dig);
        return TOOL_GOES_ON;
    case ASKING_SOUGHT:
        answer_show(dig);
        return TOOL_GOES_ON;
    case ASKING_ANSWERED:
        return answer_take(dig, now);
    case ASKING_UNREADABLE:
        dig_bad_packet_print(dig);
        return dig_lookup_end(dig);
    case ASKING_NOBODY:
        nobody_show(dig);
        return dig_lookup_end(dig);
    case ASKING_NO_NAME:
        break;
    }
    return dig->asking.exit_code;
}

static bool host_take(struct dig *dig) {
    struct asking *asking = &dig->asking;
    asking->tool = dig->task.kind->tool.name;
    asking->host = dig->task.context.host;
    asking->out = dig->task.json ? NULL : dig->task.context.out;
    asking->error = dig->task.context.error;
    notes_print(dig);
    if (dig->task.json && !dig->answers)
        dig->answers = json_array();
    if (!asking_open(asking))
        return false;
    asking->channel.local = dig->local;
    if (dig->explains && !dns_explain_begin(&dig->explain, &dig->task.context))
        return false;
    return !dig->task.json || dig->answers;
}

static int dig_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    struct dig *dig = dig_of(task);
    int code = TOOL_GOES_ON;
    bool waits = false;
    if (task->interrupted)
        return DIG_NO_REPLY;
    if (!dig->asking.poller && !host_take(dig))
        return TOOL_EXIT_INTERNAL;
    while (code == TOOL_GOES_ON && !waits) {
        if (!dig->has_begun && !servers_find(dig, now, again, &code))
            return code;
        if (dig->has_begun && dig->asking.server_count == 0) {
            code = dig_trace_step(dig, now, again, &waits);
            continue;
        }
        if (!dig->has_begun)
            question_ask(dig, now);
        dig->has_begun = true;
        code = hear(dig, now, again, &waits);
    }
    return code;
}

static void dig_fini(struct tool_task *task) {
    struct dig *dig = dig_of(task);
    dns_explain_end(&dig->explain);
    asking_fini(&dig->asking);
    free(dig->lookups);
    json_decref(dig->answers);
    sink_fini(&dig->notes);
}

const struct tool_kind tool_dig = {
    .tool = {"dig", "ask name servers, and show the whole answer", true, "-"},
    .usage = "[@SERVER] NAME [TYPE]",
    .bytes = sizeof(struct dig),
    .reads_arguments = true,
    .begin = dig_begin,
    .step = dig_step,
    .fini = dig_fini,
};
