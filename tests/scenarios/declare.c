/* declare: the blocks of servers and resolvers; see script.h and docs/scenarios.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define DELAY ((nanoseconds)10000000)       /* there and back, where nothing else is said */
#define STALE ((nanoseconds)86400000000000) /* that answers serve beyond their time */

static const struct {
    const char *word;
    enum behaviour behaviour;
    char argument; /* n a number, t a time, r an RCODE, N a name, y a type, b a block; 0 none */
} behaviours[] = {
    {"drops", DROPS, 0},
    {"fails", FAILS, 0},
    {"answers", ANSWERS, 'r'},
    {"lame", LAME, 0},
    {"descends", DESCENDS, 0},
    {"says", SAYS, 'b'},
    {"forges", FORGES, 'b'},
    {"slow", SLOW, 't'},
    {"truncates", TRUNCATES, 0},
    {"cuts", CUTS, 'n'},
    {"trails", TRAILS, 'n'},
    {"lowers-case", LOWERS, 0},
    {"wrong-id", WRONG_ID, 0},
    {"wrong-name", WRONG_NAME, 'N'},
    {"wrong-type", WRONG_TYPE, 'y'},
    {"no-question", NO_QUESTION, 0},
    {"queries-back", QUERIES, 0},
    {"opcode", OPCODE, 'n'},
    {"no-aa", NO_AA, 0},
    {"no-edns", NO_EDNS, 0},
    {"limits", EDNS_BYTES, 'n'},
    {"counts-more", LIES, 'n'},
    {"twice", TWICE, 0},
    {"doubts-edns", DOUBTS_EDNS, 'r'},
};

static const struct line *line_at(const struct play *play, unsigned at) {
    return &play->script->lines[at];
}

struct server *server_find(const struct play *play, const char *name) {
    uint32_t address = address_read(name);
    for (struct server *s = play->world.servers; s; s = s->next) {
        if (strcmp(s->name, name) == 0)
            return s;
        for (unsigned i = 0; i < s->address_count; i++) {
            if (address && s->addresses[i] == address)
                return s;
        }
    }
    return NULL;
}

/* ---- zones ---- */

/* OWNER [TTL] TYPE DATA… from word `first` on; NULL: not well said. */
static struct record *record_read(struct play *play, const struct line *line, unsigned first,
                                  const struct label_name *origin) {
    struct record *record = arena_take(sizeof(*record));
    unsigned at = first + 1;
    unsigned long ttl = 3600;
    if (line->count > at && number_read(line->words[at], &ttl))
        at++;
    record->ttl = (uint32_t)ttl;
    unsigned type = line->count > at ? type_read(line->words[at]) : 0;
    play->line = line;
    if (type == 0 || !name_read(line->words[first], origin, &record->owner)) {
        fault(play, "a record is written: OWNER [TTL] TYPE DATA");
        return NULL;
    }
    const char *why =
        data_read(type, (char **)line->words + at + 1, line->count - at - 1, origin, record);
    if (why)
        fault(play, "%s", why);
    return why ? NULL : record;
}

static void set_remove(struct played_zone *zone, const struct label_name *owner, unsigned type) {
    struct record **place = &zone->records;
    while (*place) {
        if (name_is_equal(&(*place)->owner, owner) && (type == 0 || (*place)->type == type))
            *place = (*place)->next;
        else
            place = &(*place)->next;
    }
}

/* remove OWNER [TYPE]; false: another line. */
static bool removal_read(struct play *play, struct played_zone *zone, const struct line *line) {
    struct label_name owner;
    if (strcmp(line->words[0], "remove") != 0)
        return false;
    play->line = line;
    if (line->count < 2 || !name_read(line->words[1], &zone->apex, &owner))
        fault(play, "what is removed is written: remove OWNER [TYPE]");
    else
        set_remove(zone, &owner, line->count > 2 ? type_read(line->words[2]) : 0);
    return true;
}

static void zone_lines(struct play *play, struct played_zone *zone, unsigned at) {
    struct record *given = NULL, *next;
    for (unsigned i = at + 1; i < script_block_end(play->script, at); i++) {
        if (removal_read(play, zone, line_at(play, i)))
            continue;
        struct record *record = record_read(play, line_at(play, i), 0, &zone->apex);
        if (!record)
            return;
        record_append(&given, record);
    }
    for (struct record *r = given; r; r = r->next)
        set_remove(zone, &r->owner, r->type);
    for (; given; given = next) {
        next = given->next;
        given->next = NULL;
        record_append(&zone->records, given);
    }
}

static bool has_set(const struct played_zone *zone, const struct label_name *owner, unsigned type) {
    for (const struct record *r = zone->records; r; r = r->next) {
        if (r->type == type && name_is_equal(&r->owner, owner))
            return true;
    }
    return false;
}

static void text_add(struct played_zone *zone, const struct label_name *owner, unsigned type,
                     char *text) {
    char *words[8];
    unsigned count = 0;
    struct record *record = arena_take(sizeof(*record));
    for (char *word = strtok(text, " "); word && count < 8; word = strtok(NULL, " "))
        words[count++] = word;
    (void)data_read(type, words, count, &zone->apex, record);
    record->owner = *owner;
    record->ttl = 3600;
    record_append(&zone->records, record);
}

/* SOA, NS and the server's address, where nothing is said of them. */
static void zone_complete(const struct server *server, struct played_zone *zone) {
    char soa[] = "ns host 1 3600 600 86400 300", text[TEXT_BYTES];
    struct label_name host;
    if (!has_set(zone, &zone->apex, TYPE_SOA))
        text_add(zone, &zone->apex, TYPE_SOA, soa);
    if (has_set(zone, &zone->apex, TYPE_NS) || !name_read(server->name, NULL, &host))
        return;
    text_add(zone, &zone->apex, TYPE_NS, (char *)name_show(&host, text));
    for (unsigned i = 0; i < server->address_count; i++) {
        char address[20];
        if (name_is_within(&host, &zone->apex) && (i > 0 || !has_set(zone, &host, TYPE_A)))
            text_add(zone, &host, TYPE_A, (char *)address_show(server->addresses[i], address));
    }
}

/* zone APEX, with its records below; zone APEX of SERVER. */
static void zone_read(struct play *play, struct server *server, unsigned at) {
    const struct line *line = line_at(play, at);
    struct label_name apex;
    struct played_zone *zone = server->zones;
    play->line = line;
    if (line->count < 2 || !name_read(line->words[1], NULL, &apex)) {
        fault(play, "a zone is written: zone APEX");
        return;
    }
    struct server *other = line->count == 4 ? server_find(play, line->words[3]) : NULL;
    if (line->count > 2 && (!other || strcmp(line->words[2], "of") != 0)) {
        fault(play, "another server's zone is written: zone APEX of SERVER");
        return;
    }
    for (zone = other ? other->zones : zone; zone && !name_is_equal(&zone->apex, &apex);)
        zone = zone->next;
    if (zone && !other) {
        zone_lines(play, zone, at);
        return;
    }
    struct played_zone *made = arena_take(sizeof(*made));
    if (zone)
        *made = *zone;
    made->apex = apex;
    made->next = server->zones;
    server->zones = made;
    if (zone)
        return;
    zone_lines(play, made, at);
    zone_complete(server, made);
}

static void zone_forget(struct play *play, struct server *server, const struct line *line) {
    struct label_name apex;
    struct played_zone **place = &server->zones;
    if (line->count != 2 || !name_read(line->words[1], NULL, &apex))
        fault(play, "a zone that is gone is written: forgets APEX");
    while (*place && !name_is_equal(&(*place)->apex, &apex))
        place = &(*place)->next;
    if (*place)
        *place = (*place)->next;
    else
        fault(play, "the server has no such zone");
}

/* ---- behaviours ---- */

static bool argument_read(struct play *play, struct rule *rule, char kind, const char *word) {
    unsigned long number = 0;
    int rcode = -1;
    switch (kind) {
    case 'n':
        if (!number_read(word, &number))
            return false;
        rule->number = (unsigned)number;
        return true;
    case 't':
        return time_read(word, &rule->time);
    case 'r':
        rcode = rcode_read(word);
        rule->number = (unsigned)rcode;
        return rcode >= 0;
    case 'N':
        return name_read(word, NULL, &rule->other);
    case 'y':
        rule->number = type_read(word);
        return rule->number > 0;
    default:
        (void)play;
        return true;
    }
}

/* One condition from word `at` on; the words it took; 0: none. */
static unsigned condition_read(struct rule *rule, const struct line *line, unsigned at) {
    const char *word = line->words[at], *next = at + 1 < line->count ? line->words[at + 1] : "";
    unsigned long number;
    bool is_below = strcmp(word, "below") == 0, is_within = strcmp(word, "within") == 0;
    if (is_below || is_within || strcmp(word, "for") == 0) {
        rule->has_name = strcmp(next, "*") != 0;
        rule->is_below = is_below || is_within;
        rule->is_only_below = is_below;
        if (at + 2 < line->count)
            rule->type = type_read(line->words[at + 2]);
        bool is_read = !rule->has_name || name_read(next, NULL, &rule->name);
        return !*next || !is_read ? 0 : rule->type ? 3 : 2;
    }
    if (strcmp(word, "by") == 0) {
        rule->by_udp = strcmp(next, "udp") == 0;
        rule->by_tcp = strcmp(next, "tcp") == 0;
        return rule->by_udp || rule->by_tcp ? 2 : 0;
    }
    if (strcmp(next, "edns") == 0) {
        rule->with_edns = strcmp(word, "with") == 0;
        rule->without_edns = strcmp(word, "without") == 0;
        return rule->with_edns || rule->without_edns ? 2 : 0;
    }
    bool is_first = strcmp(word, "first") == 0;
    if ((!is_first && strcmp(word, "after") != 0) || !number_read(next, &number))
        return 0;
    *(is_first ? &rule->first : &rule->after) = (long)number;
    return 2;
}

/* A line as a rule; NULL: it is none. */
static struct rule *rule_read(struct play *play, const struct line *line, char *argument) {
    struct rule *rule = arena_take(sizeof(*rule));
    unsigned i = 0, at = 1;
    const unsigned count = sizeof(behaviours) / sizeof(behaviours[0]);
    play->line = line;
    while (i < count && strcmp(behaviours[i].word, line->words[0]) != 0)
        i++;
    if (i == count)
        return NULL;
    *rule = (struct rule){.behaviour = behaviours[i].behaviour, .first = -1, .after = -1};
    *argument = behaviours[i].argument;
    bool has_argument = *argument && *argument != 'b';
    if (has_argument &&
        (line->count < 2 || !argument_read(play, rule, *argument, line->words[at++])))
        fault(play, "%s wants another word behind it", line->words[0]);
    while (at < line->count && !*play->fault) {
        unsigned took = condition_read(rule, line, at);
        if (took == 0)
            fault(play, "%s: no condition that is known", line->words[at]);
        at += took;
    }
    return rule;
}

/* [many N] SECTION RECORD; false: another line. */
static bool literal_read(struct play *play, struct rule *rule, const struct line *line) {
    static const char *const sections[] = {"answer", "authority", "additional"};
    struct literal *literal = arena_take(sizeof(*literal)), **last = &rule->literals;
    unsigned long repeat = 1;
    bool is_many = line->count > 2 && strcmp(line->words[0], "many") == 0 &&
                   number_read(line->words[1], &repeat);
    unsigned at = is_many ? 2 : 0;
    int section = 0;
    while (section < SECTIONS && strcmp(sections[section], line->words[at]) != 0)
        section++;
    if (section == SECTIONS)
        return false;
    play->line = line;
    *literal = (struct literal){.section = (enum section)section,
                                .words = (char **)line->words + at + 1,
                                .count = line->count - at - 1,
                                .repeat = (unsigned)repeat};
    unsigned long ttl;
    if (literal->count < 4 || !number_read(literal->words[1], &ttl) ||
        type_read(literal->words[2]) == 0)
        fault(play, "a literal record is written: SECTION OWNER TTL TYPE DATA");
    while (*last)
        last = &(*last)->next;
    *last = literal;
    return true;
}

static void head_read(struct play *play, struct rule *rule, const struct line *line) {
    int rcode = rcode_read(line->words[0]);
    play->line = line;
    if (rcode < 0)
        fault(play, "%s is no RCODE, section or behaviour", line->words[0]);
    rule->message.rcode = (unsigned)rcode;
    for (unsigned i = 1; i < line->count; i++) {
        rule->message.aa = rule->message.aa || strcmp(line->words[i], "aa") == 0;
        rule->message.tc = rule->message.tc || strcmp(line->words[i], "tc") == 0;
        rule->message.ra = rule->message.ra || strcmp(line->words[i], "ra") == 0;
    }
}

static void message_lines(struct play *play, struct rule *rule, unsigned at) {
    for (unsigned i = at + 1; i < script_block_end(play->script, at); i++) {
        const struct line *line = line_at(play, i);
        char argument;
        if (literal_read(play, rule, line))
            continue;
        struct rule *modifier = rule_read(play, line, &argument);
        if (!modifier) {
            head_read(play, rule, line);
            continue;
        }
        modifier->next = rule->modifiers;
        rule->modifiers = modifier;
    }
}

/* ---- servers ---- */

static void server_line(struct play *play, struct server *server, unsigned at) {
    const struct line *line = line_at(play, at);
    char argument = 0;
    play->line = line;
    if (strcmp(line->words[0], "zone") == 0) {
        zone_read(play, server, at);
        return;
    }
    if (strcmp(line->words[0], "forgets") == 0) {
        zone_forget(play, server, line);
        return;
    }
    if (strcmp(line->words[0], "well") == 0) {
        server->rules = NULL;
        return;
    }
    if (strcmp(line->words[0], "delay") == 0) {
        if (line->count != 2 || !time_read(line->words[1], &server->delay))
            fault(play, "a delay is written: delay 30ms");
        return;
    }
    struct rule *rule = rule_read(play, line, &argument);
    if (!rule) {
        fault(play, "%s is no behaviour of a server", line->words[0]);
        return;
    }
    if (argument == 'b')
        message_lines(play, rule, at);
    rule->next = server->rules;
    server->rules = rule;
}

static void server_declare(struct play *play, unsigned at) {
    const struct line *line = line_at(play, at);
    struct server *server = line->count > 1 ? server_find(play, line->words[1]) : NULL;
    if (line->count < 2 || (!server && line->count < 3)) {
        fault(play, "a server is written: server NAME ADDRESS…");
        return;
    }
    if (!server) {
        server = arena_take(sizeof(*server));
        *server =
            (struct server){.next = play->world.servers, .name = line->words[1], .delay = DELAY};
        for (unsigned i = 2; i < line->count && i < 2 + SERVER_ADDRESSES; i++) {
            uint32_t address = address_read(line->words[i]);
            server->addresses[server->address_count++] = address;
            if (!address)
                fault(play, "%s is no address", line->words[i]);
        }
        play->world.servers = server;
    }
    unsigned end = script_block_end(play->script, at);
    for (unsigned i = at + 1; i < end && !*play->fault; i = script_block_end(play->script, i))
        server_line(play, server, i);
}

/* ---- resolvers ---- */

static unsigned addresses_read(struct play *play, struct dobos_address *addresses, unsigned room) {
    const struct line *line = play->line;
    unsigned count = 0;
    for (unsigned i = 1; i < line->count && count < room; i++) {
        uint32_t address = address_read(line->words[i]);
        addresses[count++] = dobos_address_ipv4(address);
        if (!address)
            fault(play, "%s is no address", line->words[i]);
    }
    return count;
}

static void resolver_line(struct play *play, struct resolver *resolver, const struct line *line) {
    const char *word = line->words[0];
    unsigned long number = 0;
    play->line = line;
    if (strcmp(word, "forward") == 0) {
        resolver->config.forward_count = addresses_read(play, resolver->forward, 3);
    } else if (strcmp(word, "roots") == 0) {
        resolver->config.root_count = addresses_read(play, resolver->roots, 8);
    } else if (strcmp(word, "stale") == 0) {
        bool is_off = line->count == 2 && strcmp(line->words[1], "off") == 0;
        resolver->config.stale = 0;
        if (!is_off && (line->count != 2 || !time_read(line->words[1], &resolver->config.stale)))
            fault(play, "how long answers serve beyond their time is written: stale 1d, stale off");
    } else if (strcmp(word, "cache") == 0) {
        if (line->count != 2 || !number_read(line->words[1], &number))
            fault(play, "a cache is written: cache BYTES");
        resolver->config.cache_limit_bytes = number;
    } else {
        fault(play, "%s is nothing that a resolver has", word);
    }
}

static void resolver_declare(struct play *play, unsigned at) {
    const struct line *line = line_at(play, at);
    uint32_t address = line->count == 3 ? address_read(line->words[2]) : 0;
    if (!address) {
        fault(play, "a resolver is written: resolver NAME ADDRESS");
        return;
    }
    struct resolver *resolver = arena_take(sizeof(*resolver)), **last = &play->world.resolvers;
    while (*last)
        last = &(*last)->next;
    *last = resolver;
    resolver->name = line->words[1];
    resolver->address = address;
    resolver->config.stale = STALE;
    for (unsigned i = at + 1; i < script_block_end(play->script, at) && !*play->fault; i++)
        resolver_line(play, resolver, line_at(play, i));
}

bool declare(struct play *play, unsigned at) {
    const struct line *line = line_at(play, at);
    if (strcmp(line->words[0], "server") == 0)
        server_declare(play, at);
    else if (strcmp(line->words[0], "resolver") == 0)
        resolver_declare(play, at);
    else
        return false;
    return true;
}
