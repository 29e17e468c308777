/*
 * assert: two words for two beliefs, both without libc.
 *
 *     ASSERT(x)  x is proved. It traps when it is not; nothing a peer sends can get there.
 *     NEVER(x)   x is believed impossible and is handled anyway: `if (NEVER(x)) return …;`. In
 * checked builds (with sanitizers) it traps, so that a test shows that the belief was wrong; in all
 * others it is x.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#include <stdbool.h>

#define ASSERT(x) ((x) ? (void)0 : __builtin_trap())

#ifdef DOBOS_CHECKED
static inline bool never(bool believed_impossible) {
    if (believed_impossible)
        __builtin_trap();
    return false;
}
#else
static inline bool never(bool believed_impossible) {
    return __builtin_expect(believed_impossible, 0);
}
#endif
#define NEVER(x) never(x)

#endif
