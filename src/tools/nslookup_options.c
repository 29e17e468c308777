/* nslookup_options: -type=MX and the like, each a whole word behind one dash; see nslookup.h. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include <dobos/version.h>

#include "tools/nslookup.h"

static const char help[] =
    "Usage: dobos nslookup [-OPTION...] NAME|ADDRESS [SERVER]\n"
    "Asks name servers, as nslookup of BIND does without its interactive mode. SERVER\n"
    "is a name or an address; without it the node's own name servers are asked.\n\n"
    "  -type=TYPE, -query=, -q=       A, AAAA, ANY, CNAME, MX, NS, PTR, SOA, SRV, TXT, TYPE123\n"
    "  -class=CLASS, -cl=             IN (default), CH, HS, ANY\n"
    "  -port=N, -po=                  of the servers (default: 53)\n"
    "  -timeout=S, -t=                seconds to wait for an answer (default: 5)\n"
    "  -retry=N, -ret=                times to ask (default: 3)\n"
    "  -domain=NAME, -do=             look names up in this domain\n"
    "  -ndots=N                       names of fewer dots use the search list (default: 1)\n"
    "  -[no]search, -[no]defname      use the search list (default)\n"
    "  -[no]recurse                   ask the server to ask others (default)\n"
    "  -[no]fail                      stop at a server that fails (default: ask the next)\n"
    "  -[no]vc                        ask by TCP\n"
    "  -[no]debug                     show all sections of the answers\n"
    "      --explain                  show who asked whom for the answer\n"
    "      --json                     write JSON\n"
    "      --help                     show this help\n";

/* The value behind the name of an option (in any case) and '='; NULL: it is another one. */
static const char *value_of(const char *option, const char *name) {
    const size_t length = strlen(name);
    return strncasecmp(option, name, length) == 0 && option[length] == '=' ? option + length + 1
                                                                           : NULL;
}

/* A flag may be cut to its first letters. */
static bool is_flag(const char *option, const char *name, size_t least) {
    const size_t length = strlen(option);
    return length >= least && length <= strlen(name) && strncasecmp(option, name, length) == 0;
}

static void type_store(struct nslookup *nslookup, const char *value) {
    uint16_t type;
    if (!dns_type_from_name(value, &type)) {
        sink_format(&nslookup->notes, "unknown query type: %s\n", value);
        return;
    }
    nslookup->options.type = type;
    nslookup->options.is_default = false;
}

static void class_store(struct nslookup *nslookup, const char *value) {
    static const struct {
        const char *name;
        uint16_t number;
    } classes[] = {{"IN", DNS_IN}, {"CH", 3}, {"CHAOS", 3}, {"HS", 4}, {"ANY", DNS_CLASS_ANY}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcasecmp(value, classes[i].name) == 0) {
            nslookup->options.class_ = classes[i].number;
            return;
        }
    }
    sink_format(&nslookup->notes, "unknown query class: %s\n", value);
}

static bool number_read(struct nslookup *nslookup, const char *value, const char *what,
                        uint32_t most, uint32_t *number) {
    uint64_t read = 0;
    const char *at = value;
    const char *reason = NULL;
    while (*at >= '0' && *at <= '9' && read <= UINT32_MAX)
        read = read * 10 + (uint64_t)(*at++ - '0');
    if (at == value || (*at != '\0' && (*at < '0' || *at > '9')))
        reason = "not a valid number";
    else if (read > most)
        reason = "out of range";
    if (reason)
        sink_format(&nslookup->notes, "invalid %s '%s': %s\n", what, value, reason);
    else
        *number = (uint32_t)read;
    return !reason;
}

/* Options with a value, under all their names. */
enum meaning {
    MEANS_NOTHING,
    MEANS_CLASS,
    MEANS_TYPE,
    MEANS_DOMAIN,
    MEANS_PORT,
    MEANS_TIMEOUT,
    MEANS_TRIES,
    MEANS_NDOTS,
};

static enum meaning meaning_of(const char *option, const char **value) {
    static const struct {
        const char *name;
        enum meaning meaning;
    } names[] = {
        {"class", MEANS_CLASS},     {"cl", MEANS_CLASS},       {"type", MEANS_TYPE},
        {"ty", MEANS_TYPE},         {"querytype", MEANS_TYPE}, {"query", MEANS_TYPE},
        {"qu", MEANS_TYPE},         {"q", MEANS_TYPE},         {"domain", MEANS_DOMAIN},
        {"do", MEANS_DOMAIN},       {"port", MEANS_PORT},      {"po", MEANS_PORT},
        {"timeout", MEANS_TIMEOUT}, {"t", MEANS_TIMEOUT},      {"retry", MEANS_TRIES},
        {"ret", MEANS_TRIES},       {"ndots", MEANS_NDOTS},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        *value = value_of(option, names[i].name);
        if (*value)
            return names[i].meaning;
    }
    return MEANS_NOTHING;
}

/* False: it is no option with a value. */
static bool value_store(struct nslookup *nslookup, const char *option) {
    struct nslookup_options *options = &nslookup->options;
    struct asking_rules *rules = &nslookup->asking.rules;
    const char *value;
    uint32_t port;
    switch (meaning_of(option, &value)) {
    case MEANS_NOTHING:
        return false;
    case MEANS_CLASS:
        class_store(nslookup, value);
        break;
    case MEANS_TYPE:
        type_store(nslookup, value);
        break;
    case MEANS_DOMAIN:
        rules->domain = value;
        rules->search = true;
        break;
    case MEANS_PORT:
        if (number_read(nslookup, value, "port", UINT16_MAX, &port))
            rules->port = (uint16_t)port;
        break;
    case MEANS_TIMEOUT:
        (void)number_read(nslookup, value, "timeout", UINT32_MAX, &rules->timeout_s);
        break;
    case MEANS_TRIES:
        (void)number_read(nslookup, value, "tries", INT32_MAX, &options->tries);
        break;
    case MEANS_NDOTS:
        (void)number_read(nslookup, value, "ndots", 128, &rules->ndots);
        break;
    }
    return true;
}

/* Flags; false: it is none of them. In BIND's order, for some can be cut to the same letters. */
static bool flag_store(struct nslookup *nslookup, const char *option) {
    struct nslookup_options *options = &nslookup->options;
    struct asking_rules *rules = &nslookup->asking.rules;
    const struct {
        const char *name;
        size_t least;
        bool *place;
        bool value;
    } flags[] = {
        {"recurse", 3, &options->recurse, true},
        {"norecurse", 5, &options->recurse, false},
        {"defname", 3, &rules->search, true},
        {"nodefname", 5, &rules->search, false},
        {"vc", 2, &options->tcp, true},
        {"novc", 4, &options->tcp, false},
        {"debug", 3, &options->debug, true},
        {"nodebug", 5, &options->debug, false},
        {"d2", 2, NULL, true},
        {"nod2", 4, NULL, false},
        {"search", 3, &rules->search, true},
        {"nosearch", 5, &rules->search, false},
        {"sil", 3, NULL, true},
        {"fail", 3, &options->nofail, false},
        {"nofail", 5, &options->nofail, true},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (!is_flag(option, flags[i].name, flags[i].least))
            continue;
        if (flags[i].place)
            *flags[i].place = flags[i].value;
        options->has_tcp = options->has_tcp || flags[i].place == &options->tcp;
        return true;
    }
    return false;
}

/* An operand; false: there are too many. */
static bool operand_store(struct nslookup *nslookup, const char *operand, bool *interactive) {
    struct nslookup_options *options = &nslookup->options;
    if (!options->name && !*interactive) {
        if (strcmp(operand, "-") == 0) {
            *interactive = true;
            return true;
        }
        options->name = operand;
        nslookup_question_read(nslookup, operand);
        return true;
    }
    if (options->server)
        return false;
    options->server = operand;
    nslookup->asking.rules.checks_recursion = false;
    return true;
}

void nslookup_question_read(struct nslookup *nslookup, const char *operand) {
    const struct nslookup_options *options = &nslookup->options;
    struct asking_question *question = &nslookup->asking.question;
    uint8_t bytes[16];
    *question = (struct asking_question){
        .type = options->type,
        .class_ = options->class_,
        .origin = -1,
        .is_new = true,
        .tries = options->tries,
        .tcp = options->tcp || (options->type == DNS_ANY && !options->has_tcp),
        .skips_fails = options->nofail,
    };
    nslookup->asking.form.recursion_desired = options->recurse;
    if (inet_pton(AF_INET6, operand, bytes) == 1) {
        asking_reverse_ipv6(bytes, question->name);
        question->type = DNS_PTR;
    } else if (inet_pton(AF_INET, operand, bytes) == 1) {
        (void)snprintf(question->name, sizeof question->name, "%u.%u.%u.%u.in-addr.arpa.", bytes[3],
                       bytes[2], bytes[1], bytes[0]);
        question->type = DNS_PTR;
    } else {
        (void)snprintf(question->name, sizeof question->name, "%s", operand);
    }
}

int nslookup_options_read(struct nslookup *nslookup) {
    struct tool_task *task = &nslookup->task;
    bool interactive = false;
    nslookup->options = (struct nslookup_options){.type = DNS_A,
                                                  .class_ = DNS_IN,
                                                  .is_default = true,
                                                  .tries = 3,
                                                  .recurse = true,
                                                  .nofail = true};
    nslookup->asking.rules = (struct asking_rules){
        .port = DNS_PORT, .timeout_s = 5, .ndots = 1, .search = true, .checks_recursion = true};
    for (unsigned i = 0; i < task->operand_count; i++) {
        const char *word = task->operands[i];
        if (strcmp(word, "--help") == 0) {
            sink_put(task->context.out, help);
            options_where_write(task->context.out);
            return 0;
        }
        if (strcmp(word, "--json") == 0) {
            task->json = true;
        } else if (strcmp(word, "--explain") == 0) {
            nslookup->options.explains = true;
        } else if (strncasecmp(word, "-ver", 4) == 0) {
            sink_format(task->context.error, "dobos nslookup %s\n", dobos_version());
            return 0;
        } else if (word[0] == '-' && word[1] != '\0') {
            if (!value_store(nslookup, word + 1) && !flag_store(nslookup, word + 1))
                sink_format(&nslookup->notes, "*** Invalid option: %s\n", word + 1);
        } else if (!operand_store(nslookup, word, &interactive)) {
            (void)task_refuse(task, "'%s': expected nothing more", word);
            return NSLOOKUP_FAILED;
        }
    }
    if (!nslookup->options.name)
        return task_refuse(task, "there is no interactive mode: expected a NAME or an ADDRESS");
    if (nslookup->asking.question.type == DNS_AXFR || nslookup->asking.question.type == 251)
        return task_refuse(task, "zone transfers are not supported");
    return TOOL_GOES_ON;
}
