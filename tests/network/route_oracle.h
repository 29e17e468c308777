/* route_oracle: routes by longest prefix without any cleverness: a hash of (prefix, length), asked
 * for 32 bits, then 31, and so on. One gateway a prefix. */
#ifndef TESTS_NETWORK_ROUTE_ORACLE_H
#define TESTS_NETWORK_ROUTE_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct oracle_place {
    uint32_t number;  /* the prefix */
    uint32_t gateway; /* 0: no route any more */
    uint8_t length;   /* of the prefix */
    bool used;        /* by this prefix, whether it has a route or not */
};

struct oracle {
    struct oracle_place *places; /* size of them */
    size_t size;                 /* a power of two, at least twice the prefixes */
    size_t used;                 /* places */
};

static inline uint32_t oracle_mask(uint8_t length) {
    return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

/* `most`: prefixes that it will ever see. */
static inline struct oracle oracle_make(size_t most) {
    struct oracle oracle = {.size = 16};
    while (oracle.size < 2 * most)
        oracle.size *= 2;
    oracle.places = calloc(oracle.size, sizeof *oracle.places);
    if (!oracle.places)
        abort();
    return oracle;
}

static inline struct oracle_place *oracle_place(const struct oracle *oracle, uint32_t number,
                                                uint8_t length) {
    size_t at = (size_t)((number + length) * UINT64_C(0x9e3779b97f4a7c15) >> 20);
    for (;; at++) {
        struct oracle_place *place = &oracle->places[at & (oracle->size - 1)];
        if (!place->used || (place->number == number && place->length == length))
            return place;
    }
}

/* 0 for the gateway: the route goes. */
static inline void oracle_set(struct oracle *oracle, uint32_t number, uint8_t length,
                              uint32_t gateway) {
    struct oracle_place *place = oracle_place(oracle, number, length);
    if (!place->used && ++oracle->used * 2 > oracle->size)
        abort();
    *place = (struct oracle_place){number, gateway, length, true};
}

/* The gateway; 0: no route. */
static inline uint32_t oracle_find(const struct oracle *oracle, uint32_t number) {
    for (int length = 32; length >= 0; length--) {
        const struct oracle_place *place =
            oracle_place(oracle, number & oracle_mask((uint8_t)length), (uint8_t)length);
        if (place->used && place->gateway)
            return place->gateway;
    }
    return 0;
}

#endif
