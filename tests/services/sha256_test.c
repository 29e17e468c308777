/* SHA-256: FIPS 180-4's own examples, and values that sha256sum gave, however the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/sha256.h"

static void digest_is(const struct sha256 *sha256, const char *expected) {
    struct sha256 copy = *sha256;
    uint8_t digest[SHA256_BYTES];
    char text[2 * SHA256_BYTES + 1];
    sha256_finish(&copy, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    text[sizeof(text) - 1] = 0;
    assert_string_equal(text, expected);
}

/* Byte i is i * 31 + i / 251. */
static const struct {
    size_t length;
    const char *digest;
} sums[] = {
    {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {55, "27d3069ecafb8507f92fa750312a99afe0908525e67b2abe8942b51659945b1b"},
    {56, "3428ab653c0a1ac104ee80fd3bed55135da5556ca4c26da9c781ae56364a6969"},
    {57, "28c22b1d4fc34c26ca51d137ec64373fc16b38e32cef9c6759f910fc628efee1"},
    {63, "b5ec25bd1c4b7c94c9ea9d235272e43f644f561d7c8c7e58ec5fa9aefe95ef07"},
    {64, "a08f82c23e6c13629d8e33d0d2a13005fb104363eb793b5e8842044951d27764"},
    {65, "c0a0263ae1ab4e9dda9cd2ed6c44b23ee6ff75c90c640185f462fad7f24fcd6f"},
    {119, "b4639d08cdba917a7875088b4e05633a7812e14282482de937915c9799b17250"},
    {120, "e4fce14f6aa99657bdffe9f1da59ce85f0398479e9af7e9de6ccf53e174447ab"},
    {127, "c3328af00588e4c0de651212baf4babe06a69afd3a41320daf2508bd5290fc9e"},
    {128, "8bb5dfd6ac2a606ce25701c19ed1fe8fa3a1a7355cd7fe3445ac3e2cc7a45359"},
    {1000, "25c0255c95492da1d54199518bcb49c2f6654df91d5cfbaea2edc3e867ce057e"},
};

static void lengths_around_blocks_match_sha256sum(void **state) {
    (void)state;
    uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    for (size_t i = 0; i < array_length(sums); i++) {
        struct sha256 sha256;
        sha256_init(&sha256);
        sha256_add(&sha256, bytes, sums[i].length);
        digest_is(&sha256, sums[i].digest);
    }
}

static void bytes_cut_anywhere_give_the_same(void **state) {
    (void)state;
    uint8_t bytes[1000];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    for (size_t piece = 1; piece < 200; piece++) {
        struct sha256 sha256;
        sha256_init(&sha256);
        for (size_t at = 0; at < sizeof(bytes); at += piece)
            sha256_add(&sha256, bytes + at, min_size(piece, sizeof(bytes) - at));
        digest_is(&sha256, sums[array_length(sums) - 1].digest);
    }
}

static void examples_of_the_standard_hold(void **state) {
    (void)state;
    static uint8_t million[1000000];
    struct sha256 sha256;
    sha256_init(&sha256);
    sha256_add(&sha256, "abc", 3);
    digest_is(&sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    memset(million, 'a', sizeof(million));
    sha256_init(&sha256);
    sha256_add(&sha256, million, sizeof(million));
    digest_is(&sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_around_blocks_match_sha256sum),
        cmocka_unit_test(bytes_cut_anywhere_give_the_same),
        cmocka_unit_test(examples_of_the_standard_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
