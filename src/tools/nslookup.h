/*
 * nslookup: what its files share: the options, the question that is being asked, and how an answer
 * is written. Layout, texts, exit codes and the order of questions are those of BIND 9.18.
 */
#ifndef TOOLS_NSLOOKUP_H
#define TOOLS_NSLOOKUP_H

#include "tools/asking.h"
#include "tools/dns_explain.h"
#include "tools/task.h"

enum nslookup_exit {
    NSLOOKUP_FAILED = 1, /* no server answered, or a name was not found */
};

struct nslookup_options {
    uint16_t type, class_;     /* asked for */
    bool is_default;           /* no type was given: addresses of both kinds */
    uint32_t tries;            /* of each question */
    bool recurse;              /* ask for recursion */
    bool tcp, has_tcp;         /* ask by TCP; that was given */
    bool debug;                /* show all sections */
    bool explains;             /* --explain */
    bool nofail;               /* a server that fails is passed over for the next */
    const char *name, *server; /* the operands; NULL: not given */
};

struct nslookup {
    struct tool_task task;
    struct nslookup_options options; /* as given */
    struct sink notes;               /* what is to be said of them before all else; owned */
    struct asking asking;            /* the question being asked */
    struct asking_question next;     /* to be asked then */
    bool has_next;                   /* there is one */
    bool has_answer, has_failed;     /* a server answered; something was not found */
    bool lacks_address;         /* there was no A record: say so when there is no AAAA either */
    struct dns_explain explain; /* --explain: begun with the first step */
    json_t *answers;            /* owned, with --json */
};

static inline struct nslookup *nslookup_of(struct tool_task *task) {
    return (struct nslookup *)(void *)task;
}

/* Reads the arguments, which are not like other tools'. An exit code, or TOOL_GOES_ON. */
int nslookup_options_read(struct nslookup *nslookup);
/* The question of the operand as the options stand now. */
void nslookup_question_read(struct nslookup *nslookup, const char *operand);
/* Writes the answer that came; and says what is to be asked next. */
void nslookup_answer_print(struct nslookup *nslookup);

#endif
