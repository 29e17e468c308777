/*
 * dig: what its files share: the lookups of a command line, and the one under way. Layout, texts,
 * the meaning of arguments and exit codes are those of dig of BIND 9.18.
 */
#ifndef TOOLS_DIG_H
#define TOOLS_DIG_H

#include "tools/asking.h"
#include "tools/dns_explain.h"
#include "tools/dns_sections.h"
#include "tools/task.h"

#define DIG_COOKIE 8  /* bytes of a client's cookie (RFC 7873 §4.1) */
#define DIG_EXTRA  64 /* bytes of a server's cookie, and of options that were given */

enum dig_exit {
    DIG_USAGE = 1,    /* wrong arguments, as BIND's has it */
    DIG_NO_FILE = 8,  /* a file could not be opened */
    DIG_NO_REPLY = 9, /* no server answered */
    DIG_BAD = 10,     /* a value or a name cannot be */
};

/* What of an answer is shown. */
struct dig_shown {
    bool comments, question, answer, authority, additional, stats;
    bool identify, query;         /* who answered, in short; the query as it is sent */
    bool no_ttl, no_class, units; /* of records */
    bool multiline, unknown;      /* records over several lines; data as hex digits */
};

struct dig_lookup {
    char name[DNS_NAME_TEXT];             /* as text */
    const char *server;                   /* asked; NULL: the node's own */
    uint16_t type, class_;                /* asked for */
    bool has_type, has_class;             /* they were given */
    bool is_reverse;                      /* by -x */
    bool has_tcp, tcp;                    /* by TCP; that was given */
    bool fails;                           /* a server that fails is not passed over */
    bool trace;                           /* from the root down */
    bool negotiates;                      /* EDNS versions */
    bool retries_cookie;                  /* when a server says that the cookie was bad */
    bool cookie, nsid, expire, keepalive; /* options of EDNS */
    bool has_subnet;                      /* and that one */
    bool subnet_is_ipv6;
    uint8_t subnet_length;           /* in bits */
    uint8_t subnet[16];              /* RFC 7871 */
    uint8_t cookie_bytes[DIG_EXTRA]; /* that were given */
    size_t cookie_length;            /* of them */
    bool has_id;                     /* +qid */
    uint16_t id;                     /* its value */
    uint32_t tries;                  /* of each question */
    struct asking_rules rules;       /* of the search, time-outs and so on */
    struct dns_query form;           /* flags, EDNS, options that were given by number */
    struct dig_shown shown;          /* what is shown */
};

struct dig {
    struct tool_task task;
    struct dig_lookup *lookups;    /* owned */
    size_t lookup_count;           /* of them */
    bool prints_command, is_short; /* of the whole: the first lines; only the data */
    bool has_banner;               /* the first lines are to be shown yet */
    bool names_server;             /* a server was named */
    bool microseconds;             /* of times */
    bool explains;                 /* --explain */
    bool has_only_ipv4;            /* -4 */
    uint16_t port;                 /* of all servers */
    struct dobos_endpoint local;   /* -b */
    struct sink notes;             /* what is to be said of the arguments before all else; owned */

    struct asking asking;                           /* the question under way */
    size_t at;                                      /* number of the lookup under way */
    bool has_begun;                                 /* it has */
    uint8_t cookie[DIG_COOKIE];                     /* as sent */
    bool is_cookie_new;                             /* a server's was sent once already */
    bool asks_root;                                 /* +trace: who serves the root is asked first */
    struct dns_name zone;                           /* +trace: whose servers are asked */
    char hosts[ASKING_SERVERS][DOBOS_DOMAIN_BYTES]; /* +trace: their names */
    struct dobos_address glue[ASKING_SERVERS];      /* and addresses; 0.0.0.0: not told */
    unsigned host_count, host;                      /* of them; the next to be asked */
    struct dns_explain explain;                     /* --explain: begun with the first step */
    int exit_code;                                  /* in the end */
    json_t *answers;                                /* owned, with --json */
};

static inline struct dig *dig_of(struct tool_task *task) {
    return (struct dig *)(void *)task;
}
static inline struct dig_lookup *dig_lookup_of(struct dig *dig) {
    return &dig->lookups[dig->at];
}

/* Reads the arguments, which are not like other tools'. An exit code, or TOOL_GOES_ON. */
int dig_arguments_read(struct dig *dig);
/* Reads an option behind its '+' into a lookup; the same, and *text what is wrong with it. */
int dig_plus_read(struct dig *dig, struct dig_lookup *lookup, const char *option);
/* "invalid port number 'x': out of range": a whole number from 0 to `most`; false: that is in the
 * notes. */
bool dig_number_read(struct dig *dig, const char *text, const char *what, uint32_t most,
                     uint32_t *number);
/* A line "dobos dig: …" on the error sink; returns the code. */
__attribute__((format(printf, 3, 4))) int dig_refuse(struct dig *dig, int code, const char *format,
                                                     ...);
void dig_help_print(struct sink *out);

/* The options of EDNS of a lookup, with its cookie. */
void dig_form_read(struct dig *dig);

#define DIG_RCODE_TEXT 16
/* "NXDOMAIN", "RESERVED11", "99". */
const char *dig_rcode_format(unsigned rcode, char text[DIG_RCODE_TEXT]);
/* The first lines, where they were not shown yet. */
void dig_banner_print(struct dig *dig);
/* A message: an answer, or with `is_query` what is sent. */
void dig_message_print(struct dig *dig, const uint8_t *bytes, size_t length, bool is_query);
/* What came, how long it took, from whom. */
void dig_stats_print(struct dig *dig);
/* The answer's data alone. */
void dig_short_print(struct dig *dig);
/* An answer that cannot be read. */
void dig_bad_packet_print(struct dig *dig);
/* An OPT record (RFC 6891). */
void dig_edns_print(struct dig *dig, const struct dns_record *opt, bool is_query);
/* The answer as an object of `answers`. */
void dig_answer_json(struct dig *dig);

/* The lookup is over; the exit code after the last one, or TOOL_GOES_ON. */
int dig_lookup_end(struct dig *dig);

/* ---- +trace ---- */

/* Begins: the lookup asks for the root's servers first. */
void dig_trace_begin(struct dig *dig);
/* An answer has been shown. True: the servers it names are asked then, by dig_trace_step. */
bool dig_trace_goes_on(struct dig *dig);
/* Finds the address of one of them and asks it; or *waits. */
int dig_trace_step(struct dig *dig, dobos_time now, dobos_time *again, bool *waits);

#endif
