/* address: any text is read or refused with a reason; what is read is written as it was, and read
 * again the same. */
#include <stdlib.h>
#include <string.h>

#include <dobos/address.h>
#include <dobos/errors.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal has a reason and leaves the result alone. */
static void refusal_check(int error, const char *reason, const void *result, size_t size) {
    REQUIRE(error == -DOBOS_EINVAL || error == -DOBOS_EAFNOSUPPORT);
    REQUIRE(reason && strlen(reason) > 3);
    for (size_t i = 0; i < size; i++)
        REQUIRE(((const uint8_t *)result)[i] == 0x77);
}

static void address_check(const char *text) {
    struct dobos_address address;
    const char *reason = NULL;
    memset(&address, 0x77, sizeof address);
    int error = dobos_address_parse(text, &address, &reason);
    if (error) {
        refusal_check(error, reason, &address, sizeof address);
        return;
    }
    char again[DOBOS_ADDRESS_TEXT];
    REQUIRE(dobos_address_format(&address, again) == (int)strlen(text));
    REQUIRE(strcmp(again, text) == 0);
}

static void prefix_check(const char *text) {
    struct dobos_prefix prefix;
    const char *reason = NULL;
    memset(&prefix, 0x77, sizeof prefix);
    int error = dobos_prefix_parse(text, &prefix, &reason);
    if (error) {
        refusal_check(error, reason, &prefix, sizeof prefix);
        return;
    }
    char again[DOBOS_PREFIX_TEXT];
    REQUIRE(dobos_prefix_format(&prefix, again) == (int)strlen(text));
    REQUIRE(strcmp(again, text) == 0);
}

/* Here letters may be large in what is read. */
static void mac_check(const char *text) {
    struct dobos_mac mac, parsed;
    const char *reason = NULL;
    memset(&mac, 0x77, sizeof mac);
    int error = dobos_mac_parse(text, &mac, &reason);
    if (error) {
        refusal_check(error, reason, &mac, sizeof mac);
        return;
    }
    char again[DOBOS_MAC_TEXT];
    REQUIRE(dobos_mac_format(&mac, again) == 17);
    REQUIRE(dobos_mac_parse(again, &parsed, NULL) == 0);
    REQUIRE(memcmp(&mac, &parsed, sizeof mac) == 0);
}

static void netmask_check(const char *text) {
    uint8_t length = 0x77;
    const char *reason = NULL;
    int error = dobos_netmask_parse(text, &length, &reason);
    if (error)
        refusal_check(error, reason, &length, sizeof length);
    else
        REQUIRE(length <= 32);
}

/* The bytes as an address, whatever family: its text fits its room. */
static void format_check(const uint8_t *data, size_t size) {
    struct dobos_prefix prefix = {.length = 128};
    memcpy(prefix.address.bytes, data, size < 16 ? size : 16);
    char text[DOBOS_PREFIX_TEXT];
    int length = dobos_prefix_format(&prefix, text);
    REQUIRE(length > 0 && length < DOBOS_PREFIX_TEXT && strlen(text) == (size_t)length);
    const char *reason = NULL;
    struct dobos_prefix parsed;
    REQUIRE(dobos_address_is_ipv4(&prefix.address) ||
            dobos_prefix_parse(text, &parsed, &reason) == -DOBOS_EAFNOSUPPORT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    address_check(text);
    prefix_check(text);
    mac_check(text);
    netmask_check(text);
    if (size > 0)
        format_check(data, size);
    free(text);
    return 0;
}
