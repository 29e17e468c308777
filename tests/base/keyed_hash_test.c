/* keyed_hash: SipHash-2-4 gives the published numbers; purposes have keys that say nothing of each
 * other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/keyed_hash.h"
#include "base/memory.h"
#include "base/random.h"

/* The hashes of 0, 1, … n − 1 under the key 0, 1, … 15, for n from 0 on, as their eight bytes stand
 * in the reference vectors. */
static const char *const vectors[] = {
    "310e0edd47db6f72", "fd67dc93c539f874", "5a4fa9d909806c0d", "2d7efbd796666785",
    "b7877127e09427cf", "8da699cd64557618", "cee3fe586e46c9cb", "37d1018bf50002ab",
    "6224939a79f5f593", "b0e4a90bdf82009e", "f3b9dd94c5bb5d7a", "a7ad6b22462fb3f4",
    "fbe50e86bc8f1e75", "903d84c02756ea14", "eef27a8e90ca23f7", "e545be4961ca29a1",
    "db9bc2577fcc2a3f", "9447be2cf5e99a69", "9cd38d96f0b3c14b", "bd6179a71dc96dbb",
    "98eea21af25cd6be", "c7673b2eb0cbf2d0", "883ea3e395675393", "c8ce5ccd8c030ca8",
    "94af49f6c650adb8", "eab8858ade92e1bc", "f315bb5bb835d817", "adcf6b0763612e2f",
    "a5c91da7acaa4dde", "716595876650a2a6", "28ef495c53a387ad", "42c341d8fa92d832",
    "ce7cf2722f512771", "e37859f94623f3a7", "381205bb1ab0e012", "ae97a10fd434e015",
    "b4a31508beff4d31", "81396229f0907902", "4d0cf49ee5d4dcca", "5c73336a76d8bf9a",
    "d0a704536ba93e0e", "925958fcd6420cad", "a915c29bc8067318", "952b79f3bc0aa6d4",
    "f21df2e41d4535f9", "87577519048f53a9", "10a56cf5dfcd9adb", "eb75095ccd986cd0",
    "51a9cb9ecba312e6", "96afadfc2ce666c7", "72fe52975a4364ee", "5a1645b276d592a1",
    "b274cb8ebf87870a", "6f9bb4203de7b381", "eaecb2a30b22a87f", "9924a43cc1315724",
    "bd838d3aafbf8db7", "0b1a2a3265d51aea", "135079a3231ce660", "932b2846e4d70666",
    "e1915f5cb1eca46c", "f325965ca16d629f", "575ff28e60381be5", "724506eb4c328a95",
};

static void reference_vectors_come_out(void **state) {
    (void)state;
    struct hash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    uint8_t message[64];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    for (size_t length = 0; length < array_length(vectors); length++) {
        uint64_t hash = keyed_hash(&key, message, length);
        char text[17];
        for (int i = 0; i < 8; i++) {
            text[2 * i] = "0123456789abcdef"[hash >> (8 * i + 4) & 15];
            text[2 * i + 1] = "0123456789abcdef"[hash >> (8 * i) & 15];
        }
        text[16] = '\0';
        assert_string_equal(text, vectors[length]);
    }
}

static void unaligned_message_hashes_alike(void **state) {
    (void)state;
    struct hash_key key = {{1, 2}};
    uint8_t room[40 + 8];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = (uint8_t)(i * 7);
    uint8_t first[40];
    memcpy(first, room, sizeof first);
    uint64_t hash = keyed_hash(&key, first, sizeof first);
    for (size_t shift = 0; shift <= 8; shift++) {
        memmove(room + shift, first, sizeof first);
        assert_true(keyed_hash(&key, room + shift, sizeof first) == hash);
    }
}

static void derived_keys_differ_by_purpose_and_by_each_byte_of_the_secret(void **state) {
    (void)state;
    uint8_t secret[DOBOS_KEY_BYTES] = {0};
    struct hash_key first = hash_key_derive(secret, HASH_TCP_ISN);
    struct hash_key other = hash_key_derive(secret, HASH_PORT);
    assert_true(first.word[0] != other.word[0] && first.word[1] != other.word[1]);
    assert_true(first.word[0] != first.word[1]);
    struct hash_key again = hash_key_derive(secret, HASH_TCP_ISN);
    assert_memory_equal(&first, &again, sizeof first);
    for (size_t i = 0; i < sizeof secret; i++) {
        secret[i] = 0x40;
        struct hash_key changed = hash_key_derive(secret, HASH_TCP_ISN);
        assert_true(changed.word[0] != first.word[0] && changed.word[1] != first.word[1]);
        secret[i] = 0;
    }
}

/* A bit of the message changes about half of the hash: sums over many hashes stay near the middle.
 */
static void one_bit_of_the_message_changes_half_of_the_hash(void **state) {
    (void)state;
    struct hash_key key = {{3, 5}};
    struct random random = random_make(6);
    unsigned changed = 0;
    for (int round = 0; round < 2000; round++) {
        uint64_t message = random_next(&random);
        uint64_t before = keyed_hash(&key, &message, sizeof message);
        message ^= UINT64_C(1) << random_below(&random, 64);
        changed += (unsigned)__builtin_popcountll(before ^ keyed_hash(&key, &message, 8));
    }
    assert_in_range(changed, 2000 * 31, 2000 * 33);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_vectors_come_out),
        cmocka_unit_test(unaligned_message_hashes_alike),
        cmocka_unit_test(derived_keys_differ_by_purpose_and_by_each_byte_of_the_secret),
        cmocka_unit_test(one_bit_of_the_message_changes_half_of_the_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
