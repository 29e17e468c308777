/*
 * The command's own rooms, lab and tools, whose memory is malloc's: every call of malloc, calloc
 * and realloc by them and by Jansson fails once (the linker puts the functions below in their
 * place), and those of the hosts of the lab too. A network cannot be made and says so; a tool ends
 * with an exit code of its own or 125, never with half of its text and a 0; nothing leaks, and the
 * network can be asked again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/random.h"
#include "lab/lab.h"

#define TRIES     150 /* of a scenario at most, unless DOBOS_ALL_ALLOCATIONS is set */
#define WORDS     12
#define NO_MEMORY 125

static const char network[] =
    "network: small\n"
    "segments: {lan: {rate: 100mbit, delay: 1ms}, home: {}}\n"
    "nodes:\n"
    "  a:\n"
    "    forwarding: true\n"
    "    nat: {masquerade: [eth0], forward: [{tcp: 8080, to: 10.0.0.2:80}]}\n"
    "    interfaces:\n"
    "      eth0:\n"
    "        segment: lan\n"
    "        addresses: [192.0.2.1/24]\n"
    "        routes: [{to: default, via: 192.0.2.2}]\n"
    "        nameservers: {addresses: [192.0.2.2], search: [example.org]}\n"
    "      eth1: {segment: home, addresses: [10.0.0.1/24]}\n"
    "    services: {dns: {forward: [192.0.2.2]}}\n"
    "  b:\n"
    "    interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}\n"
    "    services:\n"
    "      http: {pages: {/: 'hello, world'}}\n"
    "      echo: {}\n"
    "      dns: {zones: {example.org: {'@': {NS: ns.example.org, A: 192.0.2.2}, ns: {A: "
    "192.0.2.2},\n"
    "            www: {CNAME: example.org}}}}\n"
    "script:\n"
    "  - {node: a, run: ping -c 1 192.0.2.2, expect: {exit: 0, output: 1 received}}\n"
    "  - {node: a, run: addr, expect: {output: /inet 192/, exit: 0}}\n"
    "  - {at: 3s, set: {lan: {delay: 2ms}}}\n"
    "  - {node: b, expect: {counter: {IcmpInEchos: '>= 1'}}}\n";

/* ---- the allocator ---- */

static struct {
    uint64_t calls;   /* since fail_at was set */
    uint64_t fail_at; /* the call that fails, from 1; 0: none */
    bool fail_rest;   /* and all behind it */
    int64_t live;     /* pieces that are out */
} memory;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *piece, size_t bytes);
void __real_free(void *piece);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *piece, size_t bytes);
void __wrap_free(void *piece);

/* Whether this call is one that fails. */
static bool fails(void) {
    memory.calls++;
    return memory.calls == memory.fail_at ||
           (memory.fail_rest && memory.fail_at && memory.calls > memory.fail_at);
}

static void *counted(void *piece) {
    memory.live += piece != NULL;
    return piece;
}

void *__wrap_malloc(size_t bytes) {
    return fails() ? NULL : counted(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes) {
    return fails() ? NULL : counted(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *piece, size_t bytes) {
    if (fails())
        return NULL;
    void *larger = __real_realloc(piece, bytes);
    return piece ? larger : counted(larger);
}

void __wrap_free(void *piece) {
    memory.live -= piece != NULL;
    __real_free(piece);
}

static void memory_fail(uint64_t at) {
    memory.calls = 0;
    memory.fail_at = at;
}

/* ---- trying ---- */

/* What is tried: false when there was no memory for it, as it said itself. */
typedef bool (*attempt_function)(const char *what);

/* With the call of allocation `at` failing; returns how many there were. */
static uint64_t once(attempt_function attempt, const char *what, uint64_t at) {
    int64_t live = memory.live;
    memory_fail(at);
    bool done = attempt(what);
    uint64_t calls = memory.calls;
    memory_fail(0);
    assert_true(done || at != 0);
    assert_int_equal(memory.live, live);
    return calls;
}

static void try(attempt_function attempt, const char *what) {
    uint64_t calls = once(attempt, what, 0), tries = 0;
    bool all = getenv("DOBOS_ALL_ALLOCATIONS") != NULL;
    uint64_t stride = all || calls <= TRIES ? 1 : calls / TRIES;
    struct random random = random_make(20261122);
    assert_true(calls > 0);
    for (uint64_t n = 1; n <= calls; n += 1 + random_below(&random, 2 * stride - 1), tries++) {
        (void)once(attempt, what, n);
        memory.fail_rest = all || n % 4 == 1;
        if (memory.fail_rest)
            (void)once(attempt, what, n);
        memory.fail_rest = false;
    }
    printf("# %s: %llu allocations, %llu of them failed once\n", what, (unsigned long long)calls,
           (unsigned long long)tries);
}

static struct lab *lab_make(struct lab_error *error) {
    const struct lab_options options = {.seed = 7};
    struct lab *lab = NULL;
    if (lab_create_from_text(network, sizeof(network) - 1, "small.yaml", &options, &lab, error) < 0)
        return NULL;
    return lab;
}

static bool lab_is_made(const char *what) {
    struct lab_error error = {.text = ""};
    char missing[512];
    struct lab *lab = lab_make(&error);
    (void)what;
    if (!lab) {
        assert_non_null(strstr(error.text, "memory"));
        return false;
    }
    bool settled = lab_settle(lab, missing, sizeof(missing));
    lab_destroy(lab);
    return settled || memory.fail_at;
}

/* A tool's words, and what it should say, once known. */
static struct asked {
    char expected[16384]; /* its output with memory enough */
    int exit_code;        /* likewise */
} asked;

static int ask(struct lab *lab, const char *words, struct sink *out) {
    char copy[200], *argv[WORDS + 1] = {NULL}, *rest = copy;
    int argc = 0;
    struct sink error;
    sink_init(&error);
    assert_true(strlen(words) < sizeof(copy));
    memcpy(copy, words, strlen(words) + 1);
    for (char *word; argc < WORDS && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    int code = lab_tool(lab, "a", argc, argv, false, out, &error, 60 * DOBOS_SECOND);
    sink_fini(&error);
    return code;
}

/* In a network that was made with memory enough; afterwards another tool is asked there. */
static bool tool_is_asked(const char *words) {
    struct lab_error error;
    struct sink out, after;
    uint64_t at = memory.fail_at;
    memory_fail(0);
    struct lab *lab = lab_make(&error);
    assert_non_null(lab);
    sink_init(&out);
    sink_init(&after);
    memory_fail(at);
    char name[20] = "";
    memcpy(name, words, strcspn(words, " "));
    int code = ask(lab, words, &out);
    uint64_t calls = memory.calls;
    memory_fail(0);
    if (at == 0) {
        assert_true(out.length < sizeof(asked.expected));
        memcpy(asked.expected, sink_text(&out), out.length + 1);
        asked.exit_code = code;
    } else if (code == asked.exit_code && !out.failed) {
        /* Who talks may say so, or say it with other times and ports, where a packet was lost. */
        bool talks = strstr("ping trace fetch nslookup dig", name) != NULL;
        if (talks)
            assert_true(out.length * 2 >= strlen(asked.expected));
        else
            assert_string_equal(sink_text(&out), asked.expected);
    }
    bool is_fetch = strcmp(name, "fetch") == 0; /* which has curl's codes */
    assert_true(code >= 0 && (code <= (is_fetch ? 96 : 6) || code == NO_MEMORY));
    assert_int_equal(ask(lab, "addr show dev eth0", &after), 0);
    assert_non_null(strstr(sink_text(&after), "inet 192.0.2.1/24 brd 192.0.2.255"));
    sink_fini(&out);
    sink_fini(&after);
    lab_destroy(lab);
    memory.calls = calls;
    return true;
}

static bool script_is_played(const char *what) {
    struct lab_error error;
    struct sink out;
    (void)what;
    sink_init(&out);
    struct lab *lab = lab_make(&error);
    if (!lab)
        return false;
    struct lab_verdict verdict = lab_script_run(lab, 60 * DOBOS_SECOND, &out);
    bool good = verdict.failed == 0 && verdict.passed > 0 && !out.failed;
    sink_fini(&out);
    lab_destroy(lab);
    return good || memory.fail_at;
}

static bool capture_is_written(const char *what) {
    struct lab_error error;
    struct sink out;
    char path[] = "captureXXXXXX";
    (void)what;
    sink_init(&out);
    struct lab *lab = lab_make(&error);
    if (!lab)
        return false;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    bool good = lab_capture(lab, "lan", path, &error) == 0;
    if (good)
        good = ask(lab, "ping -c 1 192.0.2.2", &out) == 0;
    good = lab_captures_finish(lab, &error) == 0 && good;
    sink_fini(&out);
    lab_destroy(lab);
    assert_int_equal(unlink(path), 0);
    return good || memory.fail_at;
}

static bool node_is_restarted(const char *what) {
    struct lab_error error;
    struct sink out;
    (void)what;
    sink_init(&out);
    struct lab *lab = lab_make(&error);
    if (!lab)
        return false;
    bool good = lab_node_restart(lab, "b", &error) == 0;
    int code = ask(lab, "ping -c 1 192.0.2.2", &out); /* where it stays off, nobody answers */
    good = good && code == 0;
    sink_fini(&out);
    lab_destroy(lab);
    return good || memory.fail_at;
}

static void network_is_made_or_refused_whatever_fails(void **state) {
    (void)state;
    try(lab_is_made, "network");
}

static void tools_end_cleanly_whatever_fails(void **state) {
    static const char *const words[] = {"addr",
                                        "addr show --json",
                                        "route",
                                        "route get 198.51.100.1 --json",
                                        "ss -t -u -l -i -n",
                                        "stat",
                                        "stat IcmpInMsgs --json",
                                        "neigh",
                                        "maddr",
                                        "maddr --json",
                                        "nat",
                                        "nat --json",
                                        "nat explain tcp 192.0.2.1:8080",
                                        "nat explain udp 10.0.0.2:5 192.0.2.2:53 --json",
                                        "ping -c 2 192.0.2.2",
                                        "ping -c 1 www.example.org --json",
                                        "ping -c 1 -W 1 192.0.2.77",
                                        "trace 192.0.2.2",
                                        "fetch http://192.0.2.2/",
                                        "fetch http://www.example.org/none --json",
                                        "nslookup www.example.org",
                                        "nslookup none.example.org",
                                        "dns cache",
                                        "dns cache --json",
                                        "dns servers",
                                        "dns servers --json",
                                        "dns stat --json",
                                        "dns flush example.org --json",
                                        "dig www.example.org +short --explain",
                                        "calc 192.0.2.1/26",
                                        "services http",
                                        "addr show dev none",
                                        "ping"};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        try(tool_is_asked, words[i]);
}

static void script_ends_cleanly_whatever_fails(void **state) {
    (void)state;
    try(script_is_played, "script");
}

static void capture_ends_cleanly_whatever_fails(void **state) {
    (void)state;
    try(capture_is_written, "capture");
}

static void node_comes_back_whatever_fails(void **state) {
    (void)state;
    try(node_is_restarted, "restart");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(network_is_made_or_refused_whatever_fails),
        cmocka_unit_test(tools_end_cleanly_whatever_fails),
        cmocka_unit_test(script_ends_cleanly_whatever_fails),
        cmocka_unit_test(capture_ends_cleanly_whatever_fails),
        cmocka_unit_test(node_comes_back_whatever_fails),
    };
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
