/* dhcp_journal: writing, reading and compacting the store of leases, see dhcp_journal.h. */
#include "services/dhcp_journal.h"

#include "base/cursor.h"

#define MAGIC       0xd0b5
#define FIXED_BYTES 30u
#define CHECK_BYTES 8u
#define RECORD_BYTES \
    (FIXED_BYTES + DOBOS_DHCP_CLIENT_ID_BYTES + DOBOS_HOST_LABEL_BYTES + CHECK_BYTES)
#define BUFFER_BYTES 4096
#define SLACK_BYTES  65536 /* out of date before the store is written anew, beside as much again */

/* A checksum against accidents, not against people: its key is no secret. */
static const struct hash_key check_key = {{0x646f626f732d6c65, 0x6173652d7265636f}};

struct record {
    uint8_t state;              /* enum dobos_lease_state */
    uint32_t number, lease_s;   /* as in struct dhcp_lease */
    int64_t until_wall;         /* wall time */
    struct lease_client client; /* whose */
    char name[DOBOS_HOST_LABEL_BYTES];
};

static int64_t time_add(dobos_time time, int64_t offset) {
    int64_t sum;
    if (time == DOBOS_NEVER)
        return time;
    if (__builtin_add_overflow(time, offset, &sum))
        return offset > 0 ? DOBOS_NEVER - 1 : INT64_MIN;
    return sum;
}

static int64_t time_since(int64_t wall, int64_t offset) {
    int64_t rest;
    if (wall == DOBOS_NEVER)
        return wall;
    if (__builtin_sub_overflow(wall, offset, &rest))
        return offset < 0 ? DOBOS_NEVER - 1 : INT64_MIN;
    return rest;
}

static size_t record_emit(uint8_t to[RECORD_BYTES], const struct dhcp_lease *lease,
                          int64_t wall_ns) {
    struct writer w = writer_make(to, RECORD_BYTES);
    uint8_t name_length = (uint8_t)text_length(lease->name);
    size_t length = FIXED_BYTES + lease->client.id_length + name_length + CHECK_BYTES;
    writer_be16(&w, MAGIC);
    writer_be16(&w, (uint16_t)length);
    writer_u8(&w, lease->state);
    writer_u8(&w, lease->client.id_length);
    writer_u8(&w, name_length);
    writer_u8(&w, 0);
    writer_be32(&w, lease->number);
    writer_be32(&w, lease->lease_s);
    uint64_t until = (uint64_t)time_add(lease->until, wall_ns);
    writer_be32(&w, (uint32_t)(until >> 32));
    writer_be32(&w, (uint32_t)until);
    writer_bytes(&w, lease->client.mac.bytes, sizeof(lease->client.mac.bytes));
    writer_bytes(&w, lease->client.id, lease->client.id_length);
    writer_bytes(&w, lease->name, name_length);
    store_be64(to + w.position, keyed_hash(&check_key, to, w.position));
    return length;
}

/* The record at the front; its length, 0: none, −1: there may be one, but not all of it is here. */
static int record_parse(const uint8_t *bytes, size_t length, struct record *record) {
    struct reader r = reader_make(bytes, length);
    if (length >= 2 && reader_be16(&r) != MAGIC)
        return 0;
    r = reader_make(bytes, length);
    reader_skip(&r, 2);
    uint16_t whole = reader_be16(&r);
    *record = (struct record){.state = reader_u8(&r)};
    record->client.id_length = reader_u8(&r);
    uint8_t name_length = reader_u8(&r);
    reader_skip(&r, 1);
    record->number = reader_be32(&r);
    record->lease_s = reader_be32(&r);
    uint64_t until = (uint64_t)reader_be32(&r) << 32;
    record->until_wall = (int64_t)(until | reader_be32(&r));
    reader_copy(&r, record->client.mac.bytes, sizeof(record->client.mac.bytes));
    if (r.failed)
        return -1;
    if (record->client.id_length > sizeof(record->client.id) ||
        name_length >= sizeof(record->name) ||
        whole != FIXED_BYTES + record->client.id_length + name_length + CHECK_BYTES)
        return 0;
    reader_copy(&r, record->client.id, record->client.id_length);
    reader_copy(&r, record->name, name_length);
    const uint8_t *check = reader_take(&r, CHECK_BYTES);
    if (!check)
        return -1;
    return load_be64(check) == keyed_hash(&check_key, bytes, whole - CHECK_BYTES) ? whole : 0;
}

/* A binding lasts no longer from now than it was made for: the wall clock may have been set back
 * (attack H12). */
static void record_apply(const struct dhcp_journal *journal, struct dhcp_leases *leases,
                         const struct record *record, dobos_time now) {
    struct dhcp_lease *lease = leases_touch(leases, record->number);
    int64_t longest =
        record->state == DOBOS_LEASE_BOUND ? record->lease_s * DOBOS_SECOND : LEASE_QUARANTINE_NS;
    dobos_time until =
        min_i64(time_since(record->until_wall, journal->wall_ns), time_add(now, longest));
    if (!lease)
        return;
    lease->lease_s = record->lease_s;
    if (record->state == DOBOS_LEASE_BOUND && until > now)
        leases_bind(leases, lease, &record->client, NULL, record->name, now, until);
    else if (record->state == DOBOS_LEASE_QUARANTINED && until > now)
        leases_quarantine(leases, lease, NULL, now, until);
    else if (record->state == DOBOS_LEASE_QUARANTINED)
        leases_free(leases, lease, now);
    else
        leases_keep(leases, lease,
                    record->state == DOBOS_LEASE_RELEASED ? DOBOS_LEASE_RELEASED
                                                          : DOBOS_LEASE_EXPIRED,
                    &record->client, now);
}

/* All records in the buffer; what is left of it is moved to its front. At the end of the store
 * nothing is waited for. */
static void buffer_apply(struct dhcp_journal *journal, struct dhcp_leases *leases, uint8_t *buffer,
                         size_t *length, bool is_end, dobos_time now) {
    size_t at = 0;
    while (at < *length) {
        struct record record;
        int got = record_parse(buffer + at, *length - at, &record);
        if (got < 0 && !is_end)
            break;
        if (got > 0)
            record_apply(journal, leases, &record, now);
        else
            journal->skipped_bytes++;
        at += got > 0 ? (size_t)got : 1;
    }
    *length -= at;
    memmove(buffer, buffer + at, *length);
}

static int journal_read(struct dhcp_journal *journal, struct dhcp_leases *leases, dobos_time now) {
    uint8_t buffer[BUFFER_BYTES];
    uint64_t offset = 0;
    size_t length = 0;
    for (;;) {
        int64_t got = journal->store.read(journal->store.context, offset, buffer + length,
                                          sizeof(buffer) - length);
        if (got < 0 || (uint64_t)got > sizeof(buffer) - length)
            return -DOBOS_EIO;
        offset += (uint64_t)got;
        length += (size_t)got;
        buffer_apply(journal, leases, buffer, &length, got == 0, now);
        if (got == 0)
            return 0;
    }
}

static int append(struct dhcp_journal *journal, const uint8_t *bytes, size_t length) {
    int result = journal->store.append(journal->store.context, bytes, length);
    journal->bytes += length;
    journal->is_broken = result < 0;
    return result < 0 ? -DOBOS_EIO : 0;
}

/* What is worth keeping: all but offers and what is free. */
static bool is_kept(const struct dhcp_lease *lease) {
    return lease->state != DOBOS_LEASE_OFFERED;
}

/* The store anew, many records an append; between begin and commit nothing is durable, nor need it
 * be. */
static int journal_write(struct dhcp_journal *journal, const struct dhcp_leases *leases) {
    uint8_t buffer[BUFFER_BYTES];
    size_t length = 0;
    const struct dhcp_lease *lease;
    struct lease_cursor cursor = {0};
    int result = journal->store.begin(journal->store.context);
    journal->bytes = 0;
    while (result == 0 && (lease = leases_next_shown(leases, &cursor))) {
        if (!is_kept(lease))
            continue;
        length += record_emit(buffer + length, lease, journal->wall_ns);
        if (length + RECORD_BYTES > sizeof(buffer)) {
            result = append(journal, buffer, length);
            length = 0;
        }
    }
    if (result == 0 && length > 0)
        result = append(journal, buffer, length);
    if (result == 0)
        result = journal->store.commit(journal->store.context);
    journal->is_broken = result < 0;
    journal->live_bytes = journal->bytes;
    return result < 0 ? -DOBOS_EIO : 0;
}

int journal_load(struct dhcp_journal *journal, struct dhcp_leases *leases, dobos_time now) {
    if (!journal->store.append)
        return 0;
    int result = journal_read(journal, leases, now);
    return result < 0 ? result : journal_write(journal, leases);
}

/* Behind an append that failed nothing is appended: first the store is written anew. The lease is
 * in the table already as it is to be [rfc2131#30]. */
int journal_append(struct dhcp_journal *journal, const struct dhcp_leases *leases,
                   const struct dhcp_lease *lease) {
    uint8_t bytes[RECORD_BYTES];
    if (!journal->store.append)
        return 0;
    if (journal->is_broken || journal->bytes > 2 * journal->live_bytes + SLACK_BYTES)
        return journal_write(journal, leases);
    return append(journal, bytes, record_emit(bytes, lease, journal->wall_ns));
}
