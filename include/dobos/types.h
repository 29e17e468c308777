/*
 * dobos/types.h: the words that every other public header uses.
 *
 * Time. dobos has no clock. Every call that needs the time takes `now`, nanoseconds on a clock of
 * the caller's choice that does not run back (a step back is taken as "no time has passed").
 * DOBOS_NEVER means "no deadline".
 */
#ifndef DOBOS_TYPES_H
#define DOBOS_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what leaves the library; all else is hidden. */
#define DOBOS_API __attribute__((visibility("default")))

/* A point in time or a deadline, in nanoseconds. */
typedef int64_t dobos_time;

/* A deadline that never comes. */
#define DOBOS_NEVER INT64_MAX

#define DOBOS_MICROSECOND INT64_C(1000)
#define DOBOS_MILLISECOND INT64_C(1000000)
#define DOBOS_SECOND      INT64_C(1000000000)

/* A host's secret: 32 bytes that nobody else knows. Everything a peer can see and should not guess
   (initial sequence numbers, source ports, IP ids, DNS ids) is a keyed hash of it. */
#define DOBOS_KEY_BYTES 32

/*
 * Where memory comes from. Both functions must be given. `allocate` returns memory aligned for any
 * object, or NULL; `site` names the place in dobos that asks (a constant string: a test can fail
 * each site once). `release` gets back the size that was asked for. Neither may call back into
 * dobos.
 */
struct dobos_allocator {
    void *context;                                                    /* passed to both; borrowed */
    void *(*allocate)(void *context, size_t bytes, const char *site); /* NULL when there is none */
    void (*release)(void *context, void *memory, size_t bytes);       /* memory is never NULL */
};

#ifdef __cplusplus
}
#endif

#endif
