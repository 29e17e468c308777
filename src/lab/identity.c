/* identity: see identity.h. Keyed hashes, one purpose each, of names with their lengths before
 * them. */
#include "lab/identity.h"

#include <string.h>

#define NAMES_BYTES 256 /* three names of at most 63 bytes, their lengths, a number */

void identity_init(struct identity *identity, uint64_t seed, const uint8_t *entropy) {
    *identity = (struct identity){0};
    store_be64(identity->secret, seed);
    memcpy(identity->secret + 8, "dobos: one seed, one run", 24);
    memcpy(identity->keys, entropy ? entropy : identity->secret, sizeof identity->keys);
}

static uint64_t hash_names(const uint8_t secret[DOBOS_KEY_BYTES], enum hash_purpose purpose,
                           const char *const names[], size_t count, uint8_t number) {
    uint8_t message[NAMES_BYTES];
    size_t length = 0;
    message[length++] = number;
    for (size_t i = 0; i < count; i++) {
        const size_t bytes = strnlen(names[i], 63);
        message[length++] = (uint8_t)bytes;
        memcpy(message + length, names[i], bytes);
        length += bytes;
    }
    const struct hash_key key = hash_key_derive(secret, purpose);
    return keyed_hash(&key, message, length);
}

void identity_key(const struct identity *identity, const char *node, uint32_t boot,
                  uint8_t key[DOBOS_KEY_BYTES]) {
    char number[4] = {0};
    const char *const names[] = {node, number};
    /* Bytes of which none is NUL, so that the number is a name. */
    for (unsigned i = 0; i < sizeof number - 1; i++)
        number[i] = (char)(0x80 | (boot >> 7 * i & 0x7f));
    for (uint8_t i = 0; i < 4; i++)
        store_be64(key + 8 * i,
                   hash_names(identity->keys, HASH_LAB_KEY, names, boot > 0 ? 2 : 1, i));
}

struct dobos_mac identity_mac(const struct identity *identity, const char *node,
                              const char *interface) {
    const char *const names[] = {node, interface};
    uint8_t hash[8];
    struct dobos_mac mac = {{0x02}};
    store_be64(hash, hash_names(identity->secret, HASH_LAB_MAC, names, 2, 0));
    memcpy(mac.bytes + 1, hash, sizeof mac.bytes - 1);
    return mac;
}

uint64_t identity_cable(const struct identity *identity, const char *segment, const char *node,
                        const char *interface) {
    const char *const names[] = {segment, node, interface};
    return hash_names(identity->secret, HASH_LAB_CABLE, names, 3, 0);
}

struct hash_key identity_bridge(const struct identity *identity) {
    return hash_key_derive(identity->secret, HASH_BRIDGE_TABLE);
}
