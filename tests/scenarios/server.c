/* server: see server.h. */
#include "server.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIASES 8

/* ---- well behaved ---- */

static struct played_zone *zone_for(const struct server *server, const struct label_name *name) {
    struct played_zone *best = NULL;
    for (struct played_zone *zone = server->zones; zone; zone = zone->next) {
        if (name_is_within(name, &zone->apex) && (!best || zone->apex.length > best->apex.length))
            best = zone;
    }
    return best;
}

static struct record *first_of(const struct played_zone *zone, const struct label_name *owner,
                               unsigned type) {
    for (struct record *r = zone->records; r; r = r->next) {
        if ((r->type == type || type == TYPE_ANY) && name_is_equal(&r->owner, owner))
            return r;
    }
    return NULL;
}

/* Adds a set with another owner; how many. */
static unsigned set_add(struct record **section, const struct played_zone *zone,
                        const struct label_name *owner, unsigned type,
                        const struct label_name *shown) {
    unsigned count = 0;
    for (struct record *r = zone->records; r; r = r->next) {
        if ((r->type != type && type != TYPE_ANY) || !name_is_equal(&r->owner, owner))
            continue;
        record_append(section, record_make(shown, r->type, r->ttl, r->data, r->length));
        count++;
    }
    return count;
}

static bool name_exists(const struct played_zone *zone, const struct label_name *name) {
    for (struct record *r = zone->records; r; r = r->next) {
        if (name_is_within(&r->owner, name))
            return true;
    }
    return false;
}

/* The delegation nearest to the apex. */
static bool cut_find(const struct played_zone *zone, const struct label_name *name, unsigned type,
                     struct label_name *cut) {
    struct label_name at = *name;
    bool found = false;
    /* What a parent alone knows (DS) is not the child's. */
    if (type == 43)
        (void)name_parent(&at);
    for (; at.length > zone->apex.length; (void)name_parent(&at)) {
        if (first_of(zone, &at, TYPE_NS)) {
            *cut = at;
            found = true;
        }
    }
    return found;
}

static struct label_name target_of(const struct record *record) {
    struct label_name target = {.length = (unsigned)record->length & 255};
    memcpy(target.bytes, record->data, target.length);
    return target;
}

static void refer(const struct played_zone *zone, const struct label_name *cut,
                  struct message *answer) {
    struct record *last = answer->records[AUTHORITY];
    (void)set_add(&answer->records[AUTHORITY], zone, cut, TYPE_NS, cut);
    for (struct record *r = last ? last->next : answer->records[AUTHORITY]; r; r = r->next) {
        struct label_name host = target_of(r);
        (void)set_add(&answer->records[ADDITIONAL], zone, &host, TYPE_A, &host);
        (void)set_add(&answer->records[ADDITIONAL], zone, &host, 28, &host);
    }
}

static void deny(const struct played_zone *zone, struct message *answer) {
    struct record *soa = first_of(zone, &zone->apex, TYPE_SOA);
    if (!soa)
        return;
    const uint8_t *least = soa->data + soa->length - 4;
    uint32_t minimum =
        (uint32_t)least[0] << 24 | (uint32_t)least[1] << 16 | (uint32_t)least[2] << 8 | least[3];
    uint32_t ttl = minimum < soa->ttl ? minimum : soa->ttl;
    record_append(&answer->records[AUTHORITY],
                  record_make(&zone->apex, TYPE_SOA, ttl, soa->data, soa->length));
}

/* A DNAME above the name: the alias it makes; false: none. */
static bool dname_follow(const struct played_zone *zone, struct label_name *name,
                         struct message *answer) {
    struct label_name at = *name;
    struct record *dname = NULL;
    while (!dname && at.length > zone->apex.length && name_parent(&at))
        dname = first_of(zone, &at, TYPE_DNAME);
    if (!dname)
        return false;
    struct label_name target = *name;
    unsigned kept = name->length - at.length;
    record_append(&answer->records[ANSWER],
                  record_make(&at, TYPE_DNAME, dname->ttl, dname->data, dname->length));
    if (kept + dname->length > 255) {
        answer->rcode = 6;
        return false;
    }
    memcpy(target.bytes + kept, dname->data, dname->length);
    target.length = kept + (unsigned)dname->length;
    record_append(&answer->records[ANSWER],
                  record_make(name, TYPE_CNAME, dname->ttl, target.bytes, target.length));
    *name = target;
    return true;
}

/* The name whose records stand for it: itself, or a wildcard; false: there is none. */
static bool stands_for(const struct played_zone *zone, const struct label_name *name,
                       struct label_name *owner) {
    *owner = *name;
    if (name_exists(zone, name))
        return true;
    struct label_name above = *name;
    while (name_parent(&above) && !name_exists(zone, &above)) {
    }
    owner->length = above.length + 2;
    owner->bytes[0] = 1;
    owner->bytes[1] = '*';
    memcpy(owner->bytes + 2, above.bytes, above.length);
    return first_of(zone, owner, TYPE_ANY) != NULL;
}

/* One name; true: an alias leads on. */
static bool find(const struct server *server, struct label_name *name, struct message *answer) {
    const struct played_zone *zone = zone_for(server, name);
    struct label_name cut, owner, shown = *name;
    if (!zone) {
        answer->rcode = answer->records[ANSWER] ? 0 : 5;
        return false;
    }
    if (cut_find(zone, name, answer->type, &cut)) {
        refer(zone, &cut, answer);
        return false;
    }
    answer->aa = true;
    if (dname_follow(zone, name, answer))
        return true;
    if (answer->rcode)
        return false;
    if (!stands_for(zone, name, &owner)) {
        answer->rcode = 3;
        deny(zone, answer);
        return false;
    }
    struct record *alias = first_of(zone, &owner, TYPE_CNAME);
    if (alias && answer->type != TYPE_CNAME && answer->type != TYPE_ANY) {
        (void)set_add(&answer->records[ANSWER], zone, &owner, TYPE_CNAME, &shown);
        *name = target_of(alias);
        return true;
    }
    if (set_add(&answer->records[ANSWER], zone, &owner, answer->type, &shown) == 0)
        deny(zone, answer);
    return false;
}

static struct message answer_begin(const struct message *query) {
    return (struct message){.id = query->id,
                            .opcode = query->opcode,
                            .qr = true,
                            .rd = query->rd,
                            .has_question = true,
                            .name = query->name,
                            .type = query->type,
                            .class_ = query->class_,
                            .has_edns = query->has_edns,
                            .edns_bytes = 1232,
                            .error = -1};
}

static struct message answer_well(const struct server *server, const struct message *query) {
    struct message answer = answer_begin(query);
    struct label_name name = query->name;
    for (unsigned i = 0; i < ALIASES && find(server, &name, &answer); i++) {
    }
    const struct played_zone *zone = zone_for(server, &name);
    for (struct record *r = answer.records[ANSWER]; r && zone; r = r->next) {
        struct label_name host = target_of(r);
        if (r->type == TYPE_NS)
            (void)set_add(&answer.records[ADDITIONAL], zone, &host, TYPE_A, &host);
    }
    return answer;
}

/* ---- behaviours ---- */

static bool is_met(struct rule *rule, const struct message *query, bool tcp) {
    bool equal = name_is_equal(&query->name, &rule->name);
    if ((rule->by_udp && tcp) || (rule->by_tcp && !tcp) || (rule->with_edns && !query->has_edns) ||
        (rule->without_edns && query->has_edns) || (rule->type && rule->type != query->type))
        return false;
    if (rule->has_name && !(rule->is_below ? name_is_within(&query->name, &rule->name) : equal))
        return false;
    if (rule->is_only_below && equal)
        return false;
    long met = rule->met++;
    return (rule->first < 0 || met < rule->first) && (rule->after < 0 || met >= rule->after);
}

/* A word of a literal record: {} the name asked, {#} the record's number, {+} the number at the
 * beginning of the name asked and one, {^} its parent. */
static char *word_fill(const char *word, const struct message *query, unsigned number) {
    char *filled = arena_take(strlen(word) + TEXT_BYTES), *end = filled, name[TEXT_BYTES];
    struct label_name parent = query->name;
    for (; *word; word++) {
        bool is_place = word[0] == '{' && (word[1] == '}' || (word[1] && word[2] == '}'));
        if (!is_place) {
            *end++ = *word;
            continue;
        }
        (void)name_show(&query->name, name);
        char *digits = name;
        while (*digits && !isdigit((unsigned char)*digits) && *digits != '.')
            digits++;
        switch (word[1]) {
        case '#':
            end += sprintf(end, "%u", number);
            break;
        case '+':
            end += sprintf(end, "%lu", strtoul(digits, NULL, 10) + 1);
            break;
        case '^':
            (void)name_parent(&parent);
            end += sprintf(end, "%s", name_show(&parent, name));
            break;
        default:
            end += sprintf(end, "%s", name);
        }
        word += word[1] == '}' ? 1 : 2;
    }
    return filled;
}

static struct record *literal_make(const struct literal *literal, const struct message *query,
                                   unsigned number) {
    struct record *record = arena_take(sizeof(*record));
    char *words[64];
    for (unsigned i = 0; i < literal->count && i < 64; i++)
        words[i] = word_fill(literal->words[i], query, number);
    (void)name_read(words[0], NULL, &record->owner);
    record->ttl = (uint32_t)strtoul(words[1], NULL, 10);
    (void)data_read(type_read(words[2]), words + 3, literal->count - 3, NULL, record);
    return record;
}

static struct message literal_answer(const struct rule *rule, const struct message *query) {
    struct message answer = answer_begin(query);
    answer.rcode = rule->message.rcode;
    answer.aa = rule->message.aa;
    answer.tc = rule->message.tc;
    answer.ra = rule->message.ra;
    for (const struct literal *l = rule->literals; l; l = l->next) {
        struct record **last = &answer.records[l->section];
        while (*last)
            last = &(*last)->next;
        for (unsigned i = 1; i <= l->repeat; i++) {
            *last = literal_make(l, query, i);
            last = &(*last)->next;
        }
    }
    return answer;
}

static void modify(const struct rule *rule, struct message *answer, bool tcp) {
    switch (rule->behaviour) {
    case TRUNCATES:
        if (!tcp) {
            answer->tc = true;
            memset(answer->records, 0, sizeof(answer->records));
        }
        break;
    case LOWERS:
        for (unsigned i = 0; i < answer->name.length; i++)
            answer->name.bytes[i] = (uint8_t)tolower(answer->name.bytes[i]);
        break;
    case WRONG_ID:
        answer->id ^= 0x55aa;
        break;
    case WRONG_NAME:
        answer->name = rule->other;
        break;
    case WRONG_TYPE:
        answer->type = rule->number;
        break;
    case NO_QUESTION:
        answer->has_question = false;
        break;
    case QUERIES:
        answer->qr = false;
        break;
    case OPCODE:
        answer->opcode = rule->number;
        break;
    case NO_AA:
        answer->aa = false;
        break;
    case NO_EDNS:
        answer->has_edns = false;
        break;
    case LIES:
        answer->count_lie = rule->number;
        break;
    default:
        break;
    }
}

static struct message referral_to(const struct message *query, const struct label_name *cut,
                                  const char *host, uint32_t address) {
    struct message answer = answer_begin(query);
    struct label_name name;
    uint8_t bytes[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8),
                        (uint8_t)address};
    (void)name_read(host, cut, &name);
    record_append(&answer.records[AUTHORITY],
                  record_make(cut, TYPE_NS, 3600, name.bytes, name.length));
    record_append(&answer.records[ADDITIONAL], record_make(&name, TYPE_A, 3600, bytes, 4));
    return answer;
}

/* What the deciding rule, or the zones, make of a query. */
static struct message decide(const struct server *server, const struct rule *rule,
                             const struct message *query) {
    static const struct label_name root = {.length = 1};
    struct message answer;
    if (!rule)
        return answer_well(server, query);
    switch (rule->behaviour) {
    case ANSWERS:
    case DOUBTS_EDNS:
        answer = answer_begin(query);
        answer.rcode = rule->number;
        return answer;
    case LAME:
        return referral_to(query, &root, "a.root", 0xc6290004);
    case DESCENDS:
        return referral_to(query, &query->name, "ns", server->addresses[0]);
    default:
        return literal_answer(rule, query);
    }
}

static struct sent send_make(const struct rule *modifiers[], unsigned count, struct message *answer,
                             const struct message *query, bool tcp) {
    struct sent sent = {.bytes = arena_take(MESSAGE_BYTES + 100)};
    size_t room = tcp ? MESSAGE_BYTES : query->has_edns ? query->edns_bytes : 512, cut = SIZE_MAX;
    for (unsigned i = 0; i < count; i++) {
        const struct rule *rule = modifiers[i];
        modify(rule, answer, tcp);
        sent.after += rule->behaviour == SLOW ? rule->time : 0;
        if (rule->behaviour == EDNS_BYTES && !tcp)
            room = rule->number;
        if (rule->behaviour == CUTS)
            cut = rule->number;
    }
    sent.length = message_write(answer, sent.bytes, room < 512 ? 512 : room);
    sent.length = sent.length > cut ? cut : sent.length;
    for (unsigned i = 0; i < count; i++)
        sent.length += modifiers[i]->behaviour == TRAILS ? modifiers[i]->number : 0;
    return sent;
}

unsigned server_answer(struct server *server, const struct message *query, bool tcp,
                       struct sent sent[SEND_MOST]) {
    const struct rule *deciding = NULL, *forging = NULL, *modifiers[32];
    unsigned modifier_count = 0, count = 0;
    bool twice = false;
    for (struct rule *rule = server->rules; rule; rule = rule->next) {
        bool decides = rule->behaviour < LAST_DECIDING || rule->behaviour == DOUBTS_EDNS;
        if ((decides && deciding) || !is_met(rule, query, tcp))
            continue;
        if (decides)
            deciding = rule;
        else if (rule->behaviour == FORGES)
            forging = rule;
        else if (modifier_count < 32)
            modifiers[modifier_count++] = rule;
        twice = twice || rule->behaviour == TWICE;
    }
    if (forging) {
        const struct rule *own[32];
        unsigned own_count = 0;
        for (struct rule *rule = forging->modifiers; rule && own_count < 32; rule = rule->next)
            own[own_count++] = rule;
        struct message forged = literal_answer(forging, query);
        sent[count++] = send_make(own, own_count, &forged, query, tcp);
    }
    if (deciding && deciding->behaviour == DROPS)
        return count;
    if (deciding && deciding->behaviour == FAILS) {
        sent[count++] = (struct sent){.fails = true, .after = server->delay};
        return count;
    }
    for (struct rule *rule = deciding ? deciding->modifiers : NULL; rule && modifier_count < 32;
         rule = rule->next)
        modifiers[modifier_count++] = rule;
    struct message answer = decide(server, deciding, query);
    sent[count] = send_make(modifiers, modifier_count, &answer, query, tcp);
    sent[count].after += server->delay;
    count++;
    if (twice) {
        sent[count] = sent[count - 1];
        sent[count++].after += 1000000;
    }
    return count;
}
