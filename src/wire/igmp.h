/* igmp: messages of IGMP, all three versions (RFC 1112 appendix I, 2236 §2, 3376 §4). */
#ifndef WIRE_IGMP_H
#define WIRE_IGMP_H

#include <dobos/address.h>

#include "base/cursor.h"

#define IGMP_BYTES          8    /* the shortest message: versions 1 and 2 */
#define IGMP_V3_QUERY_BYTES 12   /* without sources */
#define IGMP_RECORD_BYTES   8    /* without sources */
#define IGMP_MOST_BYTES     1480 /* one that is longer did not fit a frame, and is nobody's */

enum igmp_type {
    IGMP_QUERY = 0x11,
    IGMP_V1_REPORT = 0x12,
    IGMP_V2_REPORT = 0x16,
    IGMP_V2_LEAVE = 0x17,
    IGMP_V3_REPORT = 0x22,
};

enum igmp_record_type {
    IGMP_IS_INCLUDE = 1, /* the filter as it is */
    IGMP_IS_EXCLUDE = 2,
    IGMP_TO_INCLUDE = 3, /* the filter has become */
    IGMP_TO_EXCLUDE = 4,
    IGMP_ALLOW_NEW = 5, /* sources that are wanted now and were not */
    IGMP_BLOCK_OLD = 6, /* and the other way round */
};

struct igmp_message {
    uint8_t type;               /* enum igmp_type, or others (the caller ignores them) */
    uint8_t version;            /* of a query: 1 to 3; of others 0 */
    uint8_t response_code;      /* of a query: igmp_code_decode tells tenths of a second; 0 in
                                   version 1 */
    struct dobos_address group; /* 0.0.0.0: a general query; unset in a version 3 report */
    bool suppress;              /* version 3 query: routers are not to restart their timers */
    uint8_t robustness;         /* version 3 query: 0–7; 0: not said */
    uint8_t interval_code;      /* version 3 query: igmp_code_decode tells seconds */
    struct slice sources;       /* version 3 query: borrowed; 4 bytes each */
    uint16_t record_count;      /* version 3 report */
    struct slice records;       /* likewise: borrowed; to be read by igmp_record_parse */
};

struct igmp_record {
    uint8_t type;               /* enum igmp_record_type, or others (to be passed over) */
    struct dobos_address group; /* which */
    struct slice sources;       /* borrowed; 4 bytes each */
};

/* A whole message (borrowed). False: too short for its kind, sources or records beyond its end, or
 * a wrong checksum. What stands behind is ignored, but counts in the checksum. */
bool igmp_parse(struct slice message, struct igmp_message *igmp);
/* The next record of a report that was parsed; false behind the last. */
bool igmp_record_parse(struct reader *r, struct igmp_record *record);
/* The nth source of a slice of them, from 0; it is there. */
struct dobos_address igmp_source(struct slice sources, size_t nth);

/* Writes a whole message with its checksum; `records` as igmp_record_emit wrote them. */
void igmp_emit(struct writer *w, const struct igmp_message *igmp);
void igmp_record_emit(struct writer *w, const struct igmp_record *record);

/* What a code of one byte stands for: itself below 128, else four bits and an exponent of three. */
uint32_t igmp_code_decode(uint8_t code);

#endif
