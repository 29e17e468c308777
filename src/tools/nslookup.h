/*
 * nslookup: what its files share: the options, the question that is being asked, and how an answer
 * is written. Layout, texts, exit codes and the order of questions are those of BIND 9.18.
 */
#ifndef TOOLS_NSLOOKUP_H
#define TOOLS_NSLOOKUP_H

#include "services/dns_channel.h"
#include "tools/task.h"

#define NSLOOKUP_SERVERS 16 /* that a server's name may stand for */
#define NSLOOKUP_SEARCH  8  /* search domains used */

enum nslookup_exit {
    NSLOOKUP_FAILED = 1,    /* no server answered, or a name was not found */
    NSLOOKUP_BAD_NAME = 10, /* what was asked for is no domain name */
};

struct nslookup_options {
    uint16_t type, class_;     /* asked for */
    bool is_default;           /* no type was given: addresses of both kinds */
    uint16_t port;             /* of the servers */
    uint32_t timeout_s;        /* for one answer */
    uint32_t tries;            /* of each question */
    uint32_t ndots;            /* a name of fewer dots is sought in the search list first */
    bool recurse, search;      /* ask for recursion; use the search list */
    bool tcp, has_tcp;         /* ask by TCP; that was given */
    bool debug;                /* show all sections */
    bool nofail;               /* a server that fails is passed over for the next */
    bool checks_recursion;     /* so is one that offers no recursion */
    const char *domain;        /* in place of the search list; NULL: none */
    const char *name, *server; /* the operands; NULL: not given */
};

/* A question: one name and type, at all servers. */
struct nslookup_question {
    char name[DNS_NAME_TEXT];       /* as text */
    uint16_t type;                  /* asked for */
    int origin;                     /* the search domain behind it; −1: none */
    bool is_new;                    /* where to search is still to be seen */
    bool needs_search, done_as_is;  /* the search list comes afterwards; the name alone was tried */
    bool tcp, recurse, skips_fails; /* as the options said when it was read */
    uint32_t tries;                 /* left */
};

struct nslookup_server {
    struct dobos_address address; /* where */
    const char *name;             /* as it was given; NULL: its address */
};

struct nslookup {
    struct tool_task task;
    struct nslookup_options options; /* as given */
    struct sink notes;               /* what is to be said of them before all else; owned */
    struct nslookup_server servers[NSLOOKUP_SERVERS]; /* asked in turn */
    unsigned server_count;                            /* of them */
    char search[NSLOOKUP_SEARCH][DOBOS_DOMAIN_BYTES]; /* domains */
    unsigned search_count;                            /* of them */
    struct nslookup_question question;                /* being asked */
    struct nslookup_question next;                    /* to be asked then */
    bool has_next;                                    /* there is one */
    unsigned server;                                  /* which is being asked */
    struct dns_inquiry inquiry;                       /* as sent */
    struct dns_channel channel;                       /* to that server */
    struct dobos_poller *poller;                      /* owned; NULL before the first step */
    struct dobos_lookup *lookup;                      /* of the server's name; owned; or NULL */
    dobos_time deadline;                              /* of the answer */
    int send_error;                                   /* the question could not be sent; 0 */
    bool has_answer, has_failed; /* a server answered; something was not found */
    bool lacks_address;          /* there was no A record: say so when there is no AAAA either */
    json_t *answers;             /* owned, with --json */
};

static inline struct nslookup *nslookup_of(struct tool_task *task) {
    return (struct nslookup *)(void *)task;
}

/* Reads the arguments, which are not like other tools'. An exit code, or TOOL_GOES_ON. */
int nslookup_options_read(struct nslookup *nslookup);
/* The question of the operand as the options stand now. */
void nslookup_question_read(struct nslookup *nslookup, const char *operand);
/* Writes an answer, `message` behind its question; and says what is to be asked next. */
void nslookup_answer_print(struct nslookup *nslookup, const struct reader *message,
                           const struct dns_header *header);
/* An answer that cannot be read. */
void nslookup_bad_packet_print(struct nslookup *nslookup, const uint8_t *bytes, size_t length);
/* A line ";; …" on the output; with --json nothing. */
__attribute__((format(printf, 2, 3))) void nslookup_remark(struct nslookup *nslookup,
                                                           const char *format, ...);
/* Whether all sections can be read. */
bool nslookup_is_sound(const struct reader *message, const struct dns_header *header);
/* "192.0.2.1#53". */
const char *nslookup_server_text(const struct nslookup *nslookup, char text[64]);

#endif
