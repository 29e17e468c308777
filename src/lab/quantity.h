/*
 * quantity: numbers with units as people write them in a network file, read exactly: whole numbers
 * only inside, so a file means the same on every machine. Each reader takes all of the text or
 * refuses it.
 */
#ifndef LAB_QUANTITY_H
#define LAB_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* "0", "17": digits only, no sign, no leading zero. False also above `most`. */
bool quantity_whole(const char *text, uint64_t most, uint64_t *value);
/* "5ms", "1.5s", "250us", "1h": units ns us ms s min h; "0" needs none. In nanoseconds, exactly; at
 * most 100 h. */
bool quantity_duration(const char *text, int64_t *ns);
/* A time in whole seconds, "10s", "1h" and days too: "7d". False also above `most`. */
bool quantity_seconds(const char *text, uint64_t most, uint64_t *seconds);
/* "100mbit", "1.5mbit", "64kbit", "1gibit", as tc writes; any case. In bits a second, exactly; at
 * most 1 tbit. */
bool quantity_rate(const char *text, uint64_t *bits_per_second);
/* "1%", "0.1%": at most six digits behind the point, at most 100 %. In parts of 2^32, rounded to
 * the nearest. */
bool quantity_percent(const char *text, uint64_t *parts);
/* "512", "64KiB", "100MiB", "1GB": in bytes, exactly; at most 1 TiB. */
bool quantity_size(const char *text, uint64_t *bytes);

#endif
