/*
 * dump_command: `dobos dump FILE…`: captures, pcapng or pcap, layer by layer (tools/dump.h shows
 * each packet), one file after the other; with --packet one packet at each place where it was
 * captured, in the order of time. Files are read whole; "-" is standard input. Exit codes: 0; 1
 * when a file is damaged, behind what was good of it, or nothing is found; 2 when one cannot be
 * read or is no capture.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "tools/dump.h"
#include "wire/pcap.h"

#define FILE_MOST (UINT64_C(4) << 30) /* bytes of a capture */
#define FLUSH_AT  65536
#define KEY_JSON  256

struct dump_arguments {
    char **paths;          /* the captures */
    unsigned path_count;   /* of them */
    uint64_t packets_most; /* stop behind so many; 0: all */
    uint64_t packet;       /* follow that one; 0: show all */
    bool json;             /* --json */
};

static uint64_t parse_number(const char *option, const char *value, struct argp_state *state) {
    char *end;
    errno = 0;
    const uint64_t number = strtoull(value, &end, 10);
    if (errno != 0 || *end != '\0' || value[0] < '1' || value[0] > '9')
        argp_error(state, "%s: '%s': expected a whole number from 1", option, value);
    return number;
}

static error_t parse_option(int key, char *value, struct argp_state *state) {
    struct dump_arguments *arguments = state->input;
    switch (key) {
    case 'c':
        arguments->packets_most = parse_number("-c", value, state);
        return 0;
    case 'p':
        arguments->packet = parse_number("--packet", value, state);
        return 0;
    case KEY_JSON:
        arguments->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        arguments->paths = state->argv + state->next;
        arguments->path_count = (unsigned)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a capture: dobos dump FILE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Grows the sink by the file. */
static bool file_read(const char *path, struct sink *sink) {
    char bytes[FLUSH_AT];
    size_t length = sizeof(bytes);
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rb");
    if (!file)
        return false;
    errno = 0;
    while (length == sizeof(bytes) && !sink->failed) {
        length = fread(bytes, 1, sizeof(bytes), file);
        sink_append(sink, bytes, length);
        if (sink->length > FILE_MOST) {
            errno = EFBIG;
            break;
        }
    }
    if (sink->failed)
        errno = ENOMEM;
    int error = ferror(file) != 0 && errno == 0 ? EIO : errno;
    if (!standard)
        (void)fclose(file);
    errno = error;
    return error == 0;
}

/* What is being shown. */
struct showing {
    const struct dump_arguments *arguments;
    struct sink out;       /* to be flushed to standard output */
    uint64_t shown;        /* packets so far */
    struct dump_hop *hops; /* of the packet that is followed; owned */
    size_t hop_count;      /* of them */
    uint64_t numbered;     /* the largest packet number seen; 0: none */
};

/* A frame of a file: it is shown, or kept where it is the packet that is followed. False: no
 * memory. */
static bool frame_take(struct showing *showing, const struct dump_hop *hop) {
    const uint64_t number = dump_packet_number(&hop->packet);
    if (showing->arguments->packet == 0) {
        showing->shown++;
        if (showing->arguments->json)
            dump_captured_json(&showing->out, hop->number, hop->name, &hop->packet, hop->link_type);
        else
            dump_captured(&showing->out, hop->number, hop->name, &hop->packet, hop->link_type);
        return !showing->out.failed;
    }
    if (number > showing->numbered)
        showing->numbered = number;
    if (number != showing->arguments->packet)
        return true;
    struct dump_hop *grown =
        reallocarray(showing->hops, showing->hop_count + 1, sizeof(struct dump_hop));
    if (!grown)
        return false;
    showing->hops = grown;
    showing->hops[showing->hop_count++] = *hop;
    return true;
}

/* Reads packet by packet, and shows how far it is where nobody sees them. */
static int capture_read(struct showing *showing, unsigned number, const struct sink *file) {
    const struct dump_arguments *arguments = showing->arguments;
    struct capture_reader reader = capture_reader_make(sink_text(file), file->length);
    struct dump_hop hop = {.file = number};
    int found = 1;
    while (found > 0 &&
           (arguments->packets_most == 0 || showing->shown < arguments->packets_most)) {
        found = capture_next(&reader, &hop.packet, &hop.link_type);
        hop.number += found > 0;
        hop.name = found > 0 ? capture_interface_name(&reader, &hop.packet) : (struct slice){0};
        if (found > 0 && !frame_take(showing, &hop)) {
            (void)complain("dump", "no memory");
            return EXIT_USAGE;
        }
        if (showing->out.length >= FLUSH_AT)
            sink_flush(&showing->out, stdout);
        progress_step(capture_position(&reader));
    }
    sink_flush(&showing->out, stdout);
    if (found >= 0)
        return 0;
    size_t offset;
    const char *error = capture_error(&reader, &offset);
    progress_wipe();
    (void)complain("dump", "%s: byte %zu: %s", arguments->paths[number], offset, error);
    return hop.number == 0 ? EXIT_USAGE : 1;
}

/* Shows the packet that was followed, hop by hop. */
static int hops_print(struct showing *showing) {
    const struct dump_arguments *arguments = showing->arguments;
    if (showing->numbered == 0)
        return complain("dump", "--packet: no frame has a comment with a packet's number, as those "
                                "of dobos lab --capture have");
    if (showing->hop_count == 0) {
        (void)complain("dump", "packet %" PRIu64 " is not there; the largest number is %" PRIu64,
                       arguments->packet, showing->numbered);
        return 1;
    }
    qsort(showing->hops, showing->hop_count, sizeof *showing->hops, dump_hop_compare);
    for (size_t i = 0; i < showing->hop_count; i++) {
        const struct dump_hop *before = dump_hop_before(showing->hops, i);
        if (arguments->packets_most > 0 && i >= arguments->packets_most)
            break;
        if (arguments->json)
            dump_hop_json(&showing->out, before, &showing->hops[i]);
        else
            dump_hop(&showing->out, before, &showing->hops[i]);
    }
    if (showing->out.failed)
        return complain("dump", "no memory");
    sink_flush(&showing->out, stdout);
    return 0;
}

/* Reads all files into sinks, which are shown and stay until nothing borrows from them. */
static int captures_show(struct showing *showing, struct sink *files) {
    const struct dump_arguments *arguments = showing->arguments;
    int code = 0;
    for (unsigned i = 0; i < arguments->path_count; i++) {
        if (!file_read(arguments->paths[i], &files[i]))
            return complain("dump", "%s: %s", arguments->paths[i], strerror(errno));
        progress_begin_bytes(files[i].length);
        const int result = capture_read(showing, i, &files[i]);
        progress_end();
        if (result == EXIT_USAGE)
            return result;
        code = result ? result : code;
        if (arguments->packet == 0)
            sink_fini(&files[i]);
    }
    if (arguments->packet == 0)
        return code;
    const int result = hops_print(showing);
    return result ? result : code;
}

int command_dump(const struct node_options *options, int argc, char **argv) {
    static const struct argp_option known[] = {
        {"count", 'c', "N", 0, "stop behind the first N packets", 0},
        {"packet", 'p', "N", 0,
         "follow packet N of the network, as the comments of captures by dobos number it: show it "
         "at each hop, with what has changed",
         0},
        {"json", KEY_JSON, NULL, 0, "write JSON, a packet a line", 0},
        {0}};
    static const struct argp argp = {
        .options = known,
        .parser = parse_option,
        .args_doc = "FILE...",
        .doc = "Shows the packets of captures (pcapng or pcap), layer by layer."
               "\vExits with 1 when a file is damaged behind what was shown or the packet is not "
               "there, 2 when one is no capture."};
    static char name[] = "dobos dump";
    struct dump_arguments arguments = {.json = options->json};
    argv[0] = name;
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    struct showing showing = {.arguments = &arguments};
    struct sink *files = calloc(arguments.path_count, sizeof *files);
    const int code = files ? captures_show(&showing, files) : complain("dump", "no memory");
    for (unsigned i = 0; files && i < arguments.path_count; i++)
        sink_fini(&files[i]);
    free(files);
    free(showing.hops);
    sink_fini(&showing.out);
    return code;
}
