/*
 * capture: frames of a segment in a pcapng file. What is written is a copy; nothing of the network
 * waits for it or sees it. A write that failed is remembered until the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"
#include "wire/pcapng.h"

#define SNAP_BYTES 262144
#define HEAD_BYTES 1024

struct capture {
    FILE *file;                                  /* being written */
    int error;                                   /* errno of the first failure; 0 */
    char path[256];                              /* for errors; cut */
    uint8_t bytes[DOBOS_PACKET_MAX_BYTES];       /* of the frame at hand */
    uint8_t block[DOBOS_PACKET_MAX_BYTES + 256]; /* and its block */
};

static void write_bytes(struct capture *capture, const struct writer *writer) {
    errno = EIO;
    if (!capture->error && (writer->failed || fwrite(writer->bytes, 1, writer->position,
                                                     capture->file) != writer->position))
        capture->error = errno;
}

void capture_frame(struct capture *capture, const struct dobos_packet *packet, uint64_t time_ns) {
    const size_t length = dobos_packet_read(packet, 0, capture->bytes, sizeof capture->bytes);
    const struct pcapng_packet record = {.time_ns = time_ns,
                                         .original_length = (uint32_t)dobos_packet_length(packet),
                                         .data = {capture->bytes, length}};
    struct writer writer = writer_make(capture->block, sizeof capture->block);
    pcapng_packet_emit(&writer, &record);
    write_bytes(capture, &writer);
}

bool capture_close(struct capture *capture) {
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
    capture->file = fopen(path, "wbe");
    if (!capture->file) {
        free(capture);
        return refuse(error, path, strerror(errno));
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
    return result;
}
