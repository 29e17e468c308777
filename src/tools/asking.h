/*
 * asking: how nslookup and dig ask: one question at all servers in turn, with the search list,
 * tries, time-outs, truncation and what is said meanwhile, all as BIND 9.18 has it. The tool says
 * what is asked and shows what comes; asking_step tells it which of these is next.
 */
#ifndef TOOLS_ASKING_H
#define TOOLS_ASKING_H

#include <dobos/dns.h>

#include "services/dns_channel.h"
#include "tools/dns_query.h"
#include "tools/sink.h"

#define ASKING_SERVERS   16    /* that a server's name may stand for */
#define ASKING_SEARCH    8     /* search domains used */
#define ASKING_SENT_MOST 32    /* queries remembered */
#define ASKING_ROOM      65535 /* of an answer */

/* What asking_step comes back with. */
enum asking_event {
    ASKING_PENDING,    /* nothing yet */
    ASKING_SENT,       /* the question is on its way, as in `query` */
    ASKING_ANSWERED,   /* `message` is an answer, whose question was read */
    ASKING_SOUGHT,     /* the same, and the search list goes on */
    ASKING_UNREADABLE, /* `message` has the right id and is malformed */
    ASKING_NOBODY,     /* no server answered */
    ASKING_NO_NAME,    /* the name cannot be one; that was said; `exit_code` */
};

/* The same for all questions. */
struct asking_rules {
    uint16_t port;           /* of the servers */
    uint32_t timeout_s;      /* for one answer; 0: as BIND has it */
    uint32_t ndots;          /* a name of fewer dots is sought in the search list first */
    bool search;             /* use the search list */
    bool shows_search;       /* answers that the search goes on behind are events too */
    bool checks_recursion;   /* a server that offers none is passed over */
    bool ignores_truncation; /* no second question by TCP */
    const char *domain;      /* in place of the search list; NULL: none */
};

struct asking_question {
    char name[DNS_NAME_TEXT];      /* as text */
    uint16_t type, class_;         /* asked for */
    int origin;                    /* the search domain behind it; −1: none */
    bool is_new;                   /* where to search is still to be seen */
    bool needs_search, done_as_is; /* the search list comes afterwards; the name alone was tried */
    bool tcp, skips_fails;         /* by TCP; a server that fails is passed over for the next */
    bool has_id;                   /* `id` was given */
    uint16_t id;                   /* of the query */
    uint32_t tries;                /* left */
};

struct asking_server {
    struct dobos_address address; /* where */
    const char *name;             /* as it was given; NULL: its address */
};

/* A query that was sent. */
struct asking_sent {
    dobos_time at;                 /* when */
    struct dobos_address server;   /* to whom */
    bool tcp;                      /* by TCP */
    uint16_t type;                 /* of the question */
    char name[DOBOS_DOMAIN_BYTES]; /* of it, cut when longer */
};

struct asking {
    const char *tool;                               /* "dig" */
    struct dobos_host *host;                        /* where it asks; borrowed */
    struct sink *out, *error;                       /* remarks go to out; NULL: they are left out */
    bool hides_comments;                            /* of remarks, those that tell of no failure */
    struct asking_rules rules;                      /* the tool's */
    struct dns_query form;                          /* the tool's */
    struct asking_question question;                /* the tool's, at first */
    struct asking_server servers[ASKING_SERVERS];   /* asked in turn */
    unsigned server_count;                          /* of them */
    char search[ASKING_SEARCH][DOBOS_DOMAIN_BYTES]; /* domains */
    unsigned search_count;                          /* of them */
    bool has_search;                                /* they were read */
    unsigned server;                                /* which is being asked */
    struct dns_inquiry inquiry;                     /* what an answer is held against */
    uint8_t query[DNS_CHANNEL_QUERY];               /* as sent */
    size_t query_length;                            /* of it */
    struct dns_channel channel;                     /* to that server */
    struct dobos_poller *poller;                    /* owned; NULL before asking_open */
    struct dobos_lookup *lookup;                    /* of a server's name; owned; or NULL */
    uint8_t *room;                                  /* ASKING_ROOM; owned */
    dobos_time sent_at, answered_at;                /* the last query, and its answer */
    dobos_time deadline;                            /* of the answer */
    int send_error;                                 /* the question could not be sent; 0 */
    struct asking_sent
        sent[ASKING_SENT_MOST]; /* since somebody emptied it; what is more is left out */
    unsigned sent_count;        /* of them */
    int exit_code;              /* with ASKING_NO_NAME */
    bool has_news, goes_on;     /* ASKING_SENT is due; the search goes on behind what was shown */
    bool had_connection;        /* the last server was reached and then was silent */
    const uint8_t *message;     /* of an event; borrowed until the next step */
    size_t message_length;      /* of it */
    struct reader body;         /* over it, behind its question */
    struct dns_header header;   /* of it */
};

/* Takes what it needs of the host; false: no memory. asking_fini is due either way. */
bool asking_open(struct asking *asking);
void asking_fini(struct asking *asking);

/* The node's name servers; without any, the node itself. */
void asking_servers_read(struct asking *asking);
/* The servers that a name or an address stands for, behind those there are. 1: found, 0: not yet,
 * *again says when to look, −1: not to be found. */
int asking_server_find(struct asking *asking, const char *name, dobos_time now, dobos_time *again);

/* Asks the question from the first server on. */
void asking_begin(struct asking *asking, dobos_time now);
/* What is next; *again: when to step at the latest. */
enum asking_event asking_step(struct asking *asking, dobos_time now, dobos_time *again);

/* A line ";; …" on the output. */
__attribute__((format(printf, 2, 3))) void asking_remark(struct asking *asking, const char *format,
                                                         ...);
/* The same, unless comments are hidden. */
__attribute__((format(printf, 2, 3))) void asking_comment(struct asking *asking, const char *format,
                                                          ...);
/* The bytes of an answer that cannot be read. */
void asking_bad_packet_print(struct asking *asking);
/* "192.0.2.1#53". */
const char *asking_server_text(const struct asking *asking, char text[64]);

/* The question's name in full, by the search list; an exit code, when there can be none, or −1. */
int asking_name_read(struct asking *asking, struct dns_name *name);
/* Where a new question is sought first, and next when it does not exist there; false: nowhere. */
void asking_origin_choose(struct asking *asking);
bool asking_origin_next(const struct asking *asking, struct asking_question *question);
/* The labels of an IPv6 address's reverse name, without a last dot (RFC 3596 §2.5). */
void asking_reverse_ipv6(const uint8_t bytes[16], char name[DNS_NAME_TEXT]);

#endif
