/*
 * capture: frames of a segment in a pcapng file, with comments that say where each came from and
 * what became of it there. What is written is a copy; nothing of the network waits for it or sees
 * it. A write that failed is remembered until the end.
 *
 * What becomes of a frame is known only when it has been delivered, in the same moment; so it is
 * kept as a record until then, and records are written in the order in which frames came.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"
#include "wire/pcapng.h"

#define SNAP_BYTES    262144
#define HEAD_BYTES    1024
#define RECORDS       (DOBOS_BURST_PACKETS + 1) /* a flood's frames, and one that is not flooded */
#define COMMENT_BYTES 500                       /* a longer one is cut */

/* A frame that waits for what becomes of it. */
struct record {
    struct dobos_packet *packet; /* a copy; owned */
    uint64_t time_ns;            /* since 1970 */
    struct sink comments;        /* each ended by a NUL */
    unsigned comment_count;      /* of them */
    unsigned left_out;           /* that there was no more room for */
    const struct lab_node *last; /* whose comment was the last; NULL: nobody's */
};

struct capture {
    FILE *file;                                   /* being written */
    int error;                                    /* errno of the first failure; 0 */
    char path[256];                               /* for errors; cut */
    struct record records[RECORDS];               /* frames just being delivered */
    unsigned record_count;                        /* of them */
    uint8_t bytes[DOBOS_PACKET_MAX_BYTES];        /* of the frame at hand */
    uint8_t block[DOBOS_PACKET_MAX_BYTES + 8192]; /* and its block */
};

static void write_bytes(struct capture *capture, const struct writer *writer) {
    errno = EIO;
    if (!capture->error && (writer->failed || fwrite(writer->bytes, 1, writer->position,
                                                     capture->file) != writer->position))
        capture->error = errno;
}

static void write_record(struct capture *capture, struct record *record) {
    const size_t length =
        dobos_packet_read(record->packet, 0, capture->bytes, sizeof capture->bytes);
    struct pcapng_packet packet = {.time_ns = record->time_ns,
                                   .original_length = (uint32_t)dobos_packet_length(record->packet),
                                   .data = {capture->bytes, length},
                                   .comment_count = record->comment_count};
    const char *text = sink_text(&record->comments);
    for (unsigned i = 0; i < record->comment_count; i++) {
        const size_t bytes = strlen(text);
        packet.comments[i] = (struct slice){(const uint8_t *)text, min_size(bytes, COMMENT_BYTES)};
        text += bytes + 1;
    }
    struct writer writer = writer_make(capture->block, sizeof capture->block);
    pcapng_packet_emit(&writer, &packet);
    write_bytes(capture, &writer);
}

void capture_flush(struct capture *capture) {
    for (unsigned i = 0; i < capture->record_count; i++) {
        struct record *record = &capture->records[i];
        if (record->left_out > 0) {
            sink_format(&record->comments, "and so for %u more", record->left_out);
            record->comment_count++;
        }
        write_record(capture, record);
        dobos_packet_release(record->packet);
        record->packet = NULL;
    }
    capture->record_count = 0;
}

/* Counts the comments in it. */
static void count_comments(struct record *record) {
    const char *text = sink_text(&record->comments);
    record->comment_count = 0;
    for (size_t i = 0; i < record->comments.length; i++)
        record->comment_count += text[i] == '\0';
}

void capture_frame(struct capture *capture, const struct lab_node *from,
                   const struct dobos_packet *packet, uint64_t time_ns) {
    if (capture->record_count == RECORDS)
        capture_flush(capture);
    struct record *record = &capture->records[capture->record_count];
    struct sink comments = record->comments;
    sink_clear(&comments);
    *record = (struct record){
        .packet = dobos_packet_clone(packet), .time_ns = time_ns, .comments = comments};
    if (!record->packet) {
        capture->error = capture->error ? capture->error : ENOMEM;
        return;
    }
    capture->record_count++;
    explain_way(from, packet, &record->comments);
    count_comments(record);
}

/* The record of that packet to which the node has not said anything last; the cable may have
 * doubled it. NULL: there is none. */
static struct record *find_record(struct capture *capture, const struct lab_node *node,
                                  uint64_t number) {
    struct record *found = NULL;
    for (unsigned i = 0; i < capture->record_count; i++) {
        struct record *record = &capture->records[i];
        if (dobos_packet_number(record->packet) != number)
            continue;
        found = record;
        if (record->last != node)
            break;
    }
    return found;
}

void capture_fate(struct capture *capture, const struct lab_node *node,
                  const struct dobos_fate *fate) {
    struct record *record = find_record(capture, node, fate->number);
    if (!record)
        return;
    record->last = node;
    if (record->comment_count >= PCAPNG_COMMENTS - 1) {
        record->left_out++;
        return;
    }
    explain_fate(node, fate, &record->comments);
    sink_append(&record->comments, "", 1);
    record->comment_count++;
}

bool capture_close(struct capture *capture) {
    capture_flush(capture);
    for (unsigned i = 0; i < RECORDS; i++)
        sink_fini(&capture->records[i].comments);
    if (fclose(capture->file) != 0 && !capture->error)
        capture->error = errno;
    const int error = capture->error;
    free(capture);
    errno = error;
    return error == 0;
}

static int refuse(struct lab_error *error, const char *path, const char *what) {
    (void)snprintf(error->text, sizeof error->text, "%.200s: %s", path, what);
    return -1;
}

int lab_segment_check(const struct lab *lab, const char *segment, struct lab_error *error) {
    if (network_segment_find(&lab->network, segment) != UINT32_MAX)
        return 0;
    (void)snprintf(error->text, sizeof error->text, "%.60s: no such segment in the network %s",
                   segment, lab->network.name);
    return -1;
}

int lab_capture(struct lab *lab, const char *segment, const char *path, struct lab_error *error) {
    if (lab_segment_check(lab, segment, error) != 0)
        return -1;
    struct lab_segment *place = &lab->segments[network_segment_find(&lab->network, segment)];
    if (place->capture)
        return refuse(error, path, "this segment is being captured already");
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return refuse(error, path, "no memory");
    if (!explain_begin(lab)) {
        free(capture);
        return refuse(error, path, "no memory");
    }
    capture->file = fopen(path, "wbe");
    if (!capture->file) {
        const int fault = errno;
        free(capture);
        return refuse(error, path, strerror(fault));
    }
    (void)snprintf(capture->path, sizeof capture->path, "%s", path);
    uint8_t head[HEAD_BYTES];
    struct writer writer = writer_make(head, sizeof head);
    pcapng_section_emit(&writer);
    pcapng_interface_emit(&writer, PCAPNG_LINKTYPE_ETHERNET, SNAP_BYTES, place->file->name);
    write_bytes(capture, &writer);
    place->capture = capture;
    return 0;
}

void lab_captures_flush(struct lab *lab) {
    for (unsigned i = 0; i < lab->network.segment_count; i++) {
        struct capture *capture = lab->segments[i].capture;
        if (capture && fflush(capture->file) != 0 && !capture->error)
            capture->error = errno;
    }
}

int lab_captures_finish(struct lab *lab, struct lab_error *error) {
    int result = 0;
    for (unsigned i = 0; i < lab->network.segment_count; i++) {
        struct capture *capture = lab->segments[i].capture;
        if (!capture)
            continue;
        lab->segments[i].capture = NULL;
        char path[sizeof capture->path];
        memcpy(path, capture->path, sizeof path);
        if (!capture_close(capture) && result == 0)
            result = refuse(error, path, strerror(errno));
    }
    explain_end(lab);
    return result;
}
