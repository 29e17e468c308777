/* filter_words: see filter_words.h. Words are read from left to right, each place once; an error
 * names what may still come. */
#include "tools/filter_words.h"

#include <stdio.h>
#include <string.h>

#include <dobos/socket.h>

#include "base/prefix.h"
#include "tools/options.h"
#include "tools/service_names.h"
#include "wire/ipv4.h"

#define WORD_BYTES 64
#define WORDS      11 /* of the longest sentence */

struct words {
    char word[WORDS + 1][WORD_BYTES]; /* "" behind the last */
    unsigned at;                      /* the next */
    char *reason;                     /* of the caller */
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct words *words,
                                                         const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words->reason, FILTER_REASON_BYTES, format, arguments);
    va_end(arguments);
    return false;
}

static bool words_split(struct words *words, const char *text) {
    unsigned count = 0;
    for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
        size_t length = strcspn(text, " \t");
        if (count == WORDS)
            return refuse(words, "expected at most %d words", WORDS);
        if (length >= WORD_BYTES)
            return refuse(words, "'%.20s...': expected a shorter word", text);
        memcpy(words->word[count++], text, length);
        text += length;
    }
    return true;
}

static bool is_at_end(const struct words *words) {
    return words->word[words->at][0] == '\0';
}

/* Takes the next word if it is this one. */
static bool take(struct words *words, const char *word) {
    if (strcmp(words->word[words->at], word) != 0)
        return false;
    words->at++;
    return true;
}

/* ---- reading ---- */

static bool read_action(struct words *words, enum dobos_filter_action *action) {
    if (take(words, "allow"))
        *action = DOBOS_FILTER_ALLOW;
    else if (take(words, "deny"))
        *action = DOBOS_FILTER_DENY;
    else if (take(words, "reject"))
        *action = DOBOS_FILTER_REJECT;
    else
        return refuse(words, "'%s': expected allow, deny or reject", words->word[words->at]);
    return true;
}

static uint8_t read_protocol(struct words *words) {
    if (take(words, "tcp"))
        return DOBOS_TCP;
    if (take(words, "udp"))
        return DOBOS_UDP;
    if (take(words, "igmp"))
        return PROTOCOL_IGMP;
    return take(words, "icmp") ? DOBOS_ICMP : 0;
}

/* An address is its own /32. */
static bool read_address(struct words *words, const char *word, struct dobos_prefix *prefix) {
    const char *reason = "";
    int result;
    if (strchr(word, '/')) {
        result = dobos_prefix_parse(word, prefix, &reason);
    } else {
        result = dobos_address_parse(word, &prefix->address, &reason);
        prefix->length = 32;
    }
    if (result < 0)
        return refuse(words, "'%s': expected an address or a prefix such as 192.168.0.0/24 (%s)",
                      word, reason);
    const struct dobos_prefix network = {prefix_network(prefix), prefix->length};
    if (dobos_address_is_equal(&network.address, &prefix->address))
        return true;
    char text[DOBOS_PREFIX_TEXT];
    (void)dobos_prefix_format(&network, text);
    return refuse(words, "'%s': expected a prefix without bits behind its length: %s", word, text);
}

/* Where a packet comes from or goes to; `preposition` is the word in front. */
static bool read_what(struct words *words, const char *preposition, struct dobos_prefix *prefix,
                      char interface[DOBOS_NAME_BYTES]) {
    const char *word = words->word[words->at];
    if (is_at_end(words))
        return refuse(words, "'%s': expected any, an address, a prefix or an interface behind it",
                      preposition);
    words->at++;
    if (strcmp(word, "any") == 0)
        return true;
    if (strspn(word, "0123456789./") == strlen(word) || strpbrk(word, "/:"))
        return read_address(words, word, prefix);
    if (strlen(word) >= DOBOS_NAME_BYTES)
        return refuse(words,
                      "'%.20s...': expected any, an address, a prefix or an interface of the node",
                      word);
    memcpy(interface, word, strlen(word) + 1);
    return true;
}

/* The port of a service that the protocol has; 0: none. */
static uint16_t named_port(const char *name, uint8_t protocol) {
    const struct service_name *service;
    for (unsigned nth = 0; (service = service_name_nth(nth)); nth++) {
        bool fits =
            (service->tcp && protocol != DOBOS_UDP) || (service->udp && protocol != DOBOS_TCP);
        if (fits && service_name_is(service, name))
            return service->port;
    }
    return 0;
}

static bool read_number(const char *text, uint16_t *port) {
    int64_t value = 0;
    if (!whole_parse(text, 1, UINT16_MAX, &value))
        return false;
    *port = (uint16_t)value;
    return true;
}

static bool read_range(const char *word, struct dobos_filter_side *side) {
    char first[WORD_BYTES];
    const char *dash = strchr(word, '-');
    size_t length = dash ? (size_t)(dash - word) : strlen(word);
    memcpy(first, word, length);
    first[length] = '\0';
    return read_number(first, &side->port_first) &&
           read_number(dash ? dash + 1 : first, &side->port_last) &&
           side->port_first <= side->port_last;
}

static bool may_have_ports(uint8_t protocol) {
    return protocol != DOBOS_ICMP && protocol != PROTOCOL_IGMP;
}

static bool read_port(struct words *words, uint8_t protocol, struct dobos_filter_side *side) {
    const char *word = words->word[words->at];
    if (!may_have_ports(protocol))
        return refuse(words, "'port': %s has none", protocol == DOBOS_ICMP ? "icmp" : "igmp");
    if (is_at_end(words))
        return refuse(words, "'port': expected a port behind it, such as 80, 8000-8010 or http");
    words->at++;
    if (strspn(word, "0123456789-") == strlen(word))
        return read_range(word, side) ||
               refuse(words, "'%s': expected a port from 1 to 65535, or a range such as 8000-8010",
                      word);
    side->port_first = side->port_last = named_port(word, protocol);
    return side->port_first != 0 ||
           refuse(words, "'%s': expected a port, or a name that 'dobos services' has%s", word,
                  protocol == DOBOS_TCP   ? " for tcp"
                  : protocol == DOBOS_UDP ? " for udp"
                                          : "");
}

/* What could stand where a word is that cannot. */
static bool refuse_rest(const struct words *words, const struct dobos_filter_rule *rule,
                        bool has_from, bool has_to) {
    const char *word = words->word[words->at];
    bool has_port = rule->to.port_first != 0;
    bool is_early = !has_from && !has_to && !has_port;
    if (has_port)
        return refuse(words, "'%s': expected nothing more", word);
    return refuse(words, "'%s': expected %s%s%s%s%snothing more", word,
                  is_early && !rule->established && !rule->protocol ? "established, " : "",
                  is_early && !rule->protocol ? "tcp, udp, icmp, igmp, " : "",
                  is_early ? "from, " : "", !has_to ? "to, " : "",
                  may_have_ports(rule->protocol) ? "port or " : "or ");
}

bool filter_sentence_parse(const char *text, struct filter_sentence *sentence,
                           char reason[FILTER_REASON_BYTES]) {
    struct words words = {.reason = reason};
    struct dobos_filter_rule *rule = &sentence->rule;
    *sentence = (struct filter_sentence){0};
    if (!words_split(&words, text) || !read_action(&words, &rule->action))
        return false;
    rule->established = take(&words, "established");
    rule->protocol = read_protocol(&words);
    bool has_from = take(&words, "from");
    if (has_from && !read_what(&words, "from", &rule->from.prefix, sentence->from))
        return false;
    if (has_from && take(&words, "port") && !read_port(&words, rule->protocol, &rule->from))
        return false;
    bool has_to = take(&words, "to");
    if (has_to && !read_what(&words, "to", &rule->to.prefix, sentence->to))
        return false;
    if (rule->from.port_first != 0 && !has_to && !is_at_end(&words))
        return refuse(&words, "'%s': expected to, or nothing more", words.word[words.at]);
    if (take(&words, "port") && !read_port(&words, rule->protocol, &rule->to))
        return false;
    return is_at_end(&words) || refuse_rest(&words, rule, has_from, has_to);
}

/* ---- writing ---- */

static void format_side(const struct dobos_filter_side *side, const char *interface,
                        const char *preposition, struct sink *out) {
    char text[DOBOS_PREFIX_TEXT];
    bool has_prefix = side->prefix.length != 0;
    if (!has_prefix && !interface[0] && side->port_first == 0)
        return;
    sink_format(out, " %s", preposition);
    if (interface[0])
        sink_format(out, " %s", interface);
    if (has_prefix && side->prefix.length == 32)
        (void)dobos_address_format(&side->prefix.address, text);
    else if (has_prefix)
        (void)dobos_prefix_format(&side->prefix, text);
    if (has_prefix)
        sink_format(out, " %s", text);
    if (!has_prefix && !interface[0])
        sink_put(out, " any");
    if (side->port_first != 0)
        sink_format(out, " port %u", side->port_first);
    if (side->port_last != side->port_first)
        sink_format(out, "-%u", side->port_last);
}

static const char *protocol_word(uint8_t protocol) {
    switch (protocol) {
    case DOBOS_TCP:
        return " tcp";
    case DOBOS_UDP:
        return " udp";
    case DOBOS_ICMP:
        return " icmp";
    case PROTOCOL_IGMP:
        return " igmp";
    default:
        return "";
    }
}

void filter_sentence_format(const struct filter_sentence *sentence, struct sink *out) {
    static const char *const actions[] = {"deny", "allow", "reject"};
    const struct dobos_filter_rule *rule = &sentence->rule;
    sink_put(out, actions[rule->action]);
    sink_put(out, rule->established ? " established" : "");
    sink_put(out, protocol_word(rule->protocol));
    format_side(&rule->from, sentence->from, "from", out);
    format_side(&rule->to, sentence->to, "to", out);
}
