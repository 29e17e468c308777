/*
 * server: a name server that a scenario plays: zones, answered as RFC 1034 §4.3.2 says, and
 * behaviours that change what comes of a query. What it sends is a list of messages with delays.
 */
#ifndef TESTS_SCENARIOS_SERVER_H
#define TESTS_SCENARIOS_SERVER_H

#include "message.h"

#define SERVER_ADDRESSES 4
#define SEND_MOST        8

typedef int64_t nanoseconds;

struct played_zone {
    struct played_zone *next;
    struct label_name apex;
    struct record *records; /* all, in the order given */
};

enum behaviour {
    DROPS,    /* no answer */
    FAILS,    /* the query cannot be sent, or the connection is refused */
    ANSWERS,  /* with an RCODE and nothing else */
    LAME,     /* refers to the root */
    DESCENDS, /* refers to itself as server of the very name asked, for ever */
    SAYS,     /* what stands in .message */
    FORGES,   /* sends .message a moment before the true answer */
    LAST_DECIDING = FORGES,
    SLOW,        /* answers later by .time */
    TRUNCATES,   /* TC and no records, by UDP */
    CUTS,        /* only .number bytes */
    TRAILS,      /* .number bytes more */
    LOWERS,      /* the question's letters are small */
    WRONG_ID,    /* another id */
    WRONG_NAME,  /* another question, .name */
    WRONG_TYPE,  /* type .number in the question */
    NO_QUESTION, /* leaves it out */
    QUERIES,     /* QR is 0 */
    OPCODE,      /* .number */
    NO_AA,       /* claims no authority */
    NO_EDNS,     /* no OPT in answers */
    EDNS_BYTES,  /* sends no more than .number bytes by UDP */
    LIES,        /* counts .number answers more */
    TWICE,       /* sends it twice */
    DOUBTS_EDNS, /* answers RCODE .number to queries with EDNS */
    BEHAVIOURS,
};

/* A line of a literal message: a record, whose words may have {} in them, .repeat times. */
struct literal {
    struct literal *next;
    enum section section;
    char **words;
    unsigned count, repeat;
};

/* What happens to some queries. */
struct rule {
    struct rule *next;
    enum behaviour behaviour;
    bool has_name, is_below, is_only_below, by_udp, by_tcp, with_edns, without_edns;
    struct label_name name; /* of the question; with .is_below also below it */
    unsigned type;          /* of the question; 0: any */
    long first, after;      /* only the first so many; only behind so many; −1: no such bound */
    long met;               /* so far */
    nanoseconds time;
    unsigned number;
    struct label_name other;
    struct message message;   /* head of a literal one */
    struct literal *literals; /* its records */
    struct rule *modifiers;   /* of it */
};

struct server {
    struct server *next;
    const char *name;
    uint32_t addresses[SERVER_ADDRESSES]; /* IPv4, host order */
    unsigned address_count;
    struct played_zone *zones;
    struct rule *rules; /* the last given first */
    nanoseconds delay;  /* there and back */
};

/* A message on its way back. */
struct sent {
    nanoseconds after;
    bool fails; /* no message: a failure that is told */
    size_t length;
    uint8_t *bytes;
};

/* What comes of a query: how many; sent[] filled in. */
unsigned server_answer(struct server *server, const struct message *query, bool tcp,
                       struct sent sent[SEND_MOST]);

#endif
