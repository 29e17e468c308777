/*
 * keyed_hash: SipHash-2-4 (Aumasson and Bernstein, 2012), a hash of short inputs that nobody can
 * steer without the key. It is fast enough for every lookup of a flow and strong enough for what a
 * peer must not guess.
 */
#include "base/keyed_hash.h"

struct sip_state {
    uint64_t v0, v1, v2, v3; /* the four words of SipHash's state */
};

static inline uint64_t rotate_left(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

static inline void sip_round(struct sip_state *s) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 = rotate_left(s->v2, 32);
}

static inline void sip_absorb(struct sip_state *s, uint64_t word) {
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

uint64_t keyed_hash(const struct hash_key *key, const void *bytes, size_t length) {
    struct sip_state s = {
        .v0 = key->word[0] ^
              UINT64_C(0x736f6d6570736575), /* the text "somepseudorandomlygeneratedbytes" */
        .v1 = key->word[1] ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->word[0] ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->word[1] ^ UINT64_C(0x7465646279746573),
    };
    const uint8_t *at = bytes;
    size_t rest = length;
    for (; rest >= 8; rest -= 8, at += 8)
        sip_absorb(&s, load_le64(at));
    uint64_t last = (uint64_t)(length & 0xff) << 56;
    for (size_t i = 0; i < rest; i++)
        last |= (uint64_t)at[i] << (8 * i);
    sip_absorb(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* Each word of the new key is a hash under the one half of the secret of a hash under the other, so
 * that all 32 bytes count. */
struct hash_key hash_key_derive(const uint8_t secret[DOBOS_KEY_BYTES], enum hash_purpose purpose) {
    struct hash_key inner = {{load_le64(secret), load_le64(secret + 8)}};
    struct hash_key outer = {{load_le64(secret + 16), load_le64(secret + 24)}};
    struct hash_key derived;
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t message[16];
        store_le32(message, (uint32_t)purpose);
        store_le32(message + 4, i);
        store_be64(message + 8, keyed_hash(&inner, message, 8));
        derived.word[i] = keyed_hash(&outer, message, sizeof message);
    }
    return derived;
}
