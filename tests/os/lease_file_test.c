/* lease_file: leases on disk: whole when they are read again, whatever killed their server. */
#include "../services/dhcp_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dobos/os.h>

struct place {
    char folder[64]; /* made for the test */
    char path[96];   /* of the leases in it */
};

static struct place place_make(void) {
    struct place place = {.folder = "/tmp/lease_file_test.XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    (void)snprintf(place.path, sizeof place.path, "%s/leases", place.folder);
    return place;
}

static void place_remove(const struct place *place) {
    static const char *const ends[] = {"", ".lock", ".new"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", place->path, ends[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(place->folder), 0);
}

static struct dobos_lease_file *file_open(const struct place *place) {
    struct dobos_lease_file *file = NULL;
    assert_int_equal(dobos_lease_file_open(place->path, &file), 0);
    return file;
}

static void assert_holds(const struct dobos_lease_store *store, const char *expected) {
    char bytes[64] = "";
    int64_t got = store->read(store->context, 0, bytes, sizeof bytes - 1);
    assert_int_equal(got, strlen(expected));
    assert_string_equal(bytes, expected);
}

static void what_was_appended_and_committed_is_read_again(void **state) {
    (void)state;
    struct place place = place_make();
    struct dobos_lease_file *file = file_open(&place);
    struct dobos_lease_store store = dobos_lease_file_store(file);
    struct stat status;
    assert_holds(&store, "");
    assert_int_equal(store.append(store.context, "one", 3), 0);
    assert_int_equal(store.append(store.context, "two", 3), 0);
    assert_holds(&store, "onetwo");
    assert_int_equal(store.begin(store.context), 0);
    assert_int_equal(store.append(store.context, "three", 5), 0);
    assert_holds(&store, "onetwo");
    dobos_lease_file_close(file);
    file = file_open(&place);
    store = dobos_lease_file_store(file);
    assert_holds(&store, "onetwo");
    assert_int_equal(store.begin(store.context), 0);
    assert_int_equal(store.append(store.context, "four", 4), 0);
    assert_int_equal(store.commit(store.context), 0);
    assert_int_equal(store.append(store.context, "five", 4), 0);
    assert_holds(&store, "fourfive");
    assert_int_equal(stat(place.path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(store.commit(store.context), -DOBOS_EIO);
    dobos_lease_file_close(file);
    dobos_lease_file_close(NULL);
    place_remove(&place);
}

static void second_server_is_kept_out(void **state) {
    (void)state;
    struct place place = place_make();
    struct dobos_lease_file *file = file_open(&place), *second = NULL;
    assert_int_equal(dobos_lease_file_open(place.path, &second), -DOBOS_EAGAIN);
    dobos_lease_file_close(file);
    second = file_open(&place);
    dobos_lease_file_close(second);
    place_remove(&place);
    assert_int_equal(dobos_lease_file_open("/nowhere/at/all", &file), -DOBOS_EIO);
    assert_int_equal(dobos_lease_file_open("", &file), -DOBOS_EINVAL);
}

static void engine_begin(struct dhcp_fixture *f, struct dobos_lease_store *store) {
    fixture_begin(f);
    f->config.lease_s = 3600;
    f->config.last = host_of(250);
    f->config.store = store;
    assert_int_equal(fixture_start(f), 0);
}

/* A server that leases and renews until it is killed, and writes down what it has acknowledged. */
static void serve_until_killed(const struct place *place, int told) {
    struct dobos_lease_file *file = file_open(place);
    struct dobos_lease_store store = dobos_lease_file_store(file);
    static struct dhcp_fixture f;
    engine_begin(&f, &store);
    for (uint16_t turn = 0;; turn++) {
        uint8_t line[2] = {(uint8_t)(1 + turn % 60), 0};
        line[1] = lease_take(&f, line[0], NULL);
        if (write(told, line, sizeof line) != sizeof line)
            _exit(1);
    }
}

/* Killed at any moment, also while the file is written anew [attack:H13]. */
static void lease_that_was_acknowledged_outlasts_a_kill(void **state) {
    (void)state;
    struct place place = place_make();
    uint8_t holder[256] = {0};
    for (unsigned turn = 0; turn < 20; turn++) {
        int told[2];
        assert_int_equal(pipe(told), 0);
        pid_t server = fork();
        assert_true(server >= 0);
        if (server == 0)
            serve_until_killed(&place, told[1]);
        (void)close(told[1]);
        uint8_t line[2];
        for (unsigned lines = 0; read(told[0], line, sizeof line) == sizeof line; lines++) {
            assert_true(holder[line[1]] == 0 || holder[line[1]] == line[0]);
            holder[line[1]] = line[0];
            if (lines == turn * 7)
                assert_int_equal(kill(server, SIGKILL), 0);
        }
        (void)close(told[0]);
        assert_int_equal(waitpid(server, NULL, 0), server);
        struct dobos_lease_file *file = file_open(&place);
        struct dobos_lease_store store = dobos_lease_file_store(file);
        static struct dhcp_fixture f;
        engine_begin(&f, &store);
        for (unsigned last = 0; last < 256; last++) {
            if (holder[last] == 0)
                continue;
            assert_int_equal(state_at(&f, (uint8_t)last), DOBOS_LEASE_BOUND);
            assert_int_equal(lease_at(&f, (uint8_t)last)->client.mac.bytes[5], holder[last]);
        }
        fixture_end(&f);
        dobos_lease_file_close(file);
    }
    place_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_appended_and_committed_is_read_again),
        cmocka_unit_test(second_server_is_kept_out),
        cmocka_unit_test(lease_that_was_acknowledged_outlasts_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
