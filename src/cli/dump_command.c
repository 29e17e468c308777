/*
 * dump_command: `dobos dump FILE`: a capture, pcapng or pcap, layer by layer (tools/dump.h shows
 * each packet). The file is read whole; "-" is standard input. Exit codes: 0; 1 when the file is
 * damaged, behind what was good of it; 2 when it cannot be read or is none.
 */
#include <argp.h>
#include <errno.h>
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
    const char *path;      /* the capture */
    uint64_t packets_most; /* stop behind so many; 0: all */
    bool json;             /* --json */
};

static error_t parse_option(int key, char *value, struct argp_state *state) {
    struct dump_arguments *arguments = state->input;
    char *end;
    switch (key) {
    case 'c':
        errno = 0;
        arguments->packets_most = strtoull(value, &end, 10);
        if (errno != 0 || *end != '\0' || value[0] < '1' || value[0] > '9')
            argp_error(state, "-c: '%s': expected a whole number from 1", value);
        return 0;
    case KEY_JSON:
        arguments->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "'%s': expected one file only", value);
        arguments->path = value;
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

/* Shows packet by packet, and how far it is where nobody sees them. */
static int capture_print(const struct dump_arguments *arguments, const struct sink *file) {
    struct capture_reader reader = capture_reader_make(sink_text(file), file->length);
    struct pcapng_packet packet;
    struct sink out = {0};
    uint16_t link_type;
    uint64_t number = 0;
    int found = 1;
    while (found > 0 && (arguments->packets_most == 0 || number < arguments->packets_most)) {
        found = capture_next(&reader, &packet, &link_type);
        if (found > 0) {
            const struct slice name = capture_interface_name(&reader, &packet);
            if (arguments->json)
                dump_captured_json(&out, ++number, name, &packet, link_type);
            else
                dump_captured(&out, ++number, name, &packet, link_type);
        }
        if (out.failed) {
            (void)complain("dump", "no memory");
            found = -1;
            break;
        }
        if (out.length >= FLUSH_AT || found <= 0)
            sink_flush(&out, stdout);
        progress_step(capture_position(&reader));
        if (found < 0) {
            size_t offset;
            const char *error = capture_error(&reader, &offset);
            progress_wipe();
            (void)complain("dump", "%s: byte %zu: %s", arguments->path, offset, error);
        }
    }
    sink_flush(&out, stdout);
    sink_fini(&out);
    if (found < 0)
        return number == 0 ? EXIT_USAGE : 1;
    return 0;
}

int command_dump(const struct node_options *options, int argc, char **argv) {
    static const struct argp_option known[] = {
        {"count", 'c', "N", 0, "stop behind the first N packets", 0},
        {"json", KEY_JSON, NULL, 0, "write JSON, a packet a line", 0},
        {0}};
    static const struct argp argp = {
        .options = known,
        .parser = parse_option,
        .args_doc = "FILE",
        .doc = "Shows the packets of a capture (pcapng or pcap), layer by layer."
               "\vExits with 1 when the file is damaged behind what was shown, 2 when it is no "
               "capture."};
    static char name[] = "dobos dump";
    struct dump_arguments arguments = {.json = options->json};
    struct sink file = {0};
    int code;
    argv[0] = name;
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!file_read(arguments.path, &file)) {
        code = complain("dump", "%s: %s", arguments.path, strerror(errno));
    } else {
        progress_begin_bytes(file.length);
        code = capture_print(&arguments, &file);
        progress_end();
    }
    sink_fini(&file);
    return code;
}
