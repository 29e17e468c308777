/*
 * seeds FOLDER: writes the golden packets of tests/wire/golden.h as first inputs of the fuzz
 * targets, FOLDER/FORMAT/NAME. Run it with fuzz/corpus when a golden packet has changed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../tests/wire/golden.h"
#include "../tests/wire/golden_dhcp.h"

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define TEXT(name, text) {"dns_text", name, (const uint8_t *)text, sizeof(text) - 1}

/* What the target dns_text reads behind two bytes that choose a type. */
static const struct golden texts[] = {
    TEXT("text-name", "\0\014"
                      "www.a\\.b\\032\\255\\\\.example.org."),
    TEXT("text-root", "\0\014"
                      "."),
    TEXT("text-empty-label", "\0\014"
                             "a..b"),
    TEXT("text-escape", "\0\014"
                        "a\\256"),
    TEXT("text-type", "\0\014"
                      "cname"),
    TEXT("text-type-number", "\0\014"
                             "TYPE65535"),
    TEXT("text-type-large", "\0\014"
                            "type65536"),
    TEXT("text-type-letters", "\0\014"
                              "TYPE1x"),
};

static int seed_write(const char *folder, const struct golden *golden) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, golden->format);
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return -1;
    snprintf(path, sizeof(path), "%s/%s/%s", folder, golden->format, golden->name);
    FILE *file = fopen(path, "wb");
    if (!file)
        return -1;
    size_t written = fwrite(golden->bytes, 1, golden->length, file);
    return fclose(file) == 0 && written == golden->length ? 0 : -1;
}

static int seeds_write(const char *folder, const struct golden *golden, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (seed_write(folder, &golden[i]) != 0) {
            fprintf(stderr, "seeds: %s/%s: %s\n", golden[i].format, golden[i].name,
                    strerror(errno));
            return 1;
        }
    }
    return 0;
}

/* The messages that golden_dhcp.h puts together. */
static int dhcp_seeds_write(const char *folder) {
    static const struct {
        const char *name;
        size_t (*make)(uint8_t to[GOLDEN_DHCP_ROOM]);
    } messages[] = {
        {"discover", golden_dhcp_discover},
        {"ack", golden_dhcp_ack},
        {"overload", golden_dhcp_overload},
    };
    uint8_t bytes[GOLDEN_DHCP_ROOM];
    int status = 0;
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct golden golden = {"dhcp", messages[i].name, bytes, messages[i].make(bytes)};
        status |= seeds_write(folder, &golden, 1);
    }
    return status;
}

int main(int argc, char *argv[]) {
    if (argc != 2) {
        fprintf(stderr, "usage: seeds FOLDER\n");
        return 2;
    }
    int status = seeds_write(argv[1], golden_packets, COUNT(golden_packets));
    status = status != 0 ? status : dhcp_seeds_write(argv[1]);
    return status != 0 ? status : seeds_write(argv[1], texts, COUNT(texts));
}
