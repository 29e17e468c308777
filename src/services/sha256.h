/* sha256: SHA-256 (FIPS 180-4), with which the web server says what it was sent. */
#ifndef SERVICES_SHA256_H
#define SERVICES_SHA256_H

#include "base/bytes.h"

#define SHA256_BYTES 32

struct sha256 {
    uint32_t state[8]; /* the running hash */
    uint64_t length;   /* bytes so far */
    uint8_t block[64]; /* the unfinished block: length % 64 bytes */
};

void sha256_init(struct sha256 *sha256);
void sha256_add(struct sha256 *sha256, const void *bytes, size_t length);
void sha256_finish(struct sha256 *sha256, uint8_t digest[SHA256_BYTES]);

#endif
