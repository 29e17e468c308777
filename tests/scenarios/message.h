/*
 * message: DNS messages as the scenarios' played servers and clients read and write them, written
 * apart from src/wire so that one mistake cannot hide another. Memory comes from an arena that is
 * given back with the scenario.
 */
#ifndef TESTS_SCENARIOS_MESSAGE_H
#define TESTS_SCENARIOS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_BYTES 65535
#define TEXT_BYTES    2048

enum type {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_DNAME = 39,
    TYPE_OPT = 41,
    TYPE_ANY = 255,
};

/* In wire form, with its closing zero; letters as they came. */
struct label_name {
    unsigned length;    /* bytes */
    uint8_t bytes[256]; /* labels */
};

struct record {
    struct record *next;     /* of a list */
    struct label_name owner; /* whose it is */
    unsigned type;           /* of the data */
    uint32_t ttl;            /* seconds */
    size_t length;           /* bytes of data */
    const uint8_t *data;     /* names in it not compressed */
};

enum section {
    ANSWER,
    AUTHORITY,
    ADDITIONAL,
    SECTIONS,
};

/* A message, apart. */
struct message {
    unsigned id, opcode, rcode;       /* rcode with EDNS's upper bits */
    bool qr, aa, tc, rd, ra, cd, ad;  /* flags */
    bool has_question;                /* there is one */
    struct label_name name;           /* asked */
    unsigned type, class_;            /* asked */
    struct record *records[SECTIONS]; /* without OPT */
    bool has_edns, wants_dnssec;      /* an OPT record; its DO */
    unsigned edns_bytes;              /* its size */
    unsigned edns_version;            /* its version */
    int error;                        /* extended (RFC 8914); −1: none */
    unsigned count_lie;               /* added to the count of answers; for liars */
};

/* Zeroed memory that lives until arena_clear. */
void *arena_take(size_t bytes);
void arena_clear(void);

bool name_is_equal(const struct label_name *a, const struct label_name *b);
/* `name` is `zone` or below it. */
bool name_is_within(const struct label_name *name, const struct label_name *zone);
/* Without its first label; false: the root. */
bool name_parent(struct label_name *name);
/* Text to a name: without a last dot, `origin` is behind it (NULL: the root); @ is the origin.
 * False: no name. */
bool name_read(const char *text, const struct label_name *origin, struct label_name *name);
/* With its last dot. */
const char *name_show(const struct label_name *name, char text[TEXT_BYTES]);

/* 0: unknown. */
unsigned type_read(const char *text);
const char *type_show(unsigned type, char text[16]);
/* −1: unknown. */
int rcode_read(const char *text);
const char *rcode_show(unsigned rcode, char text[16]);

/* A record's data from words as a zone file has them; NULL or why not. */
const char *data_read(unsigned type, char **words, unsigned count, const struct label_name *origin,
                      struct record *record);
const char *data_show(const struct record *record, char text[TEXT_BYTES]);
struct record *record_make(const struct label_name *owner, unsigned type, uint32_t ttl,
                           const uint8_t *data, size_t length);
/* Behind the last. */
void record_append(struct record **list, struct record *record);

/* Names compressed. Returns the length; what does not fit in `room` is left out and TC set. */
size_t message_write(const struct message *message, uint8_t *bytes, size_t room);
/* False: malformed. */
bool message_read(const uint8_t *bytes, size_t length, struct message *message);

#endif
