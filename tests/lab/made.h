/* made: a lab from the text of a network, and what tests do with one; a test fails where the text
 * is refused. */
#ifndef TESTS_LAB_MADE_H
#define TESTS_LAB_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/socket.h>

#include "lab/lab.h"

static inline struct lab *lab_of_seed(const char *text, uint64_t seed) {
    const struct lab_options options = {.seed = seed};
    struct lab_error error = {""};
    struct lab *lab = NULL;
    if (lab_create_from_text(text, strlen(text), "n.yaml", &options, &lab, &error) != 0)
        fail_msg("%s", error.text);
    return lab;
}

static inline struct lab *lab_of(const char *text) {
    return lab_of_seed(text, 1);
}

/* A UDP socket at a port of the host's, of all its addresses. */
static inline struct dobos_socket *udp_open(struct dobos_host *host, uint16_t port) {
    const struct dobos_endpoint at = {.address = dobos_address_ipv4(0), .port = port};
    struct dobos_socket *socket = NULL;
    assert_int_equal(dobos_socket_create(host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &at), 0);
    return socket;
}

/* The text (give) of a file of the project's. */
static inline char *source_read(const char *name) {
    char path[512];
    const char *root = getenv("DOBOS_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/%s", root ? root : ".", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, file) > 0);
    (void)fclose(file);
    return text;
}

#endif
