/*
 * dump_command: `dobos dump FILE.pcapng`: a capture, layer by layer (tools/dump.h shows each
 * packet). The file is read whole; "-" is standard input. Exit codes: 0; 1 when the file is
 * damaged, behind what was good of it; 2 when it cannot be read or is none.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/bytes.h"
#include "cli/command.h"
#include "tools/dump.h"

#define FILE_MOST (UINT64_C(4) << 30) /* bytes of a capture */
#define FLUSH_AT  65536

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
    case 'j':
        arguments->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            argp_error(state, "'%s': expected one file only", value);
        arguments->path = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected a capture: dobos dump FILE.pcapng");
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

/* The other format that captures come in. */
static bool is_classic(const struct sink *file) {
    static const uint32_t magics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1};
    if (file->length < 4)
        return false;
    for (size_t i = 0; i < array_length(magics); i++) {
        if (load_be32(file->text) == magics[i])
            return true;
    }
    return false;
}

/* One packet a line: what the capture says of it, and its layers as lines of text. */
static void json_append(struct sink *out, uint64_t number, const struct pcapng_reader *reader,
                        const struct pcapng_packet *packet, uint16_t link_type) {
    struct sink text = {0};
    json_t *object = json_object();
    json_t *layers = json_array();
    const struct slice name = reader->interfaces[packet->interface].name;
    dump_packet(&text, link_type, packet->data.bytes, packet->data.length, packet->original_length);
    for (const char *at = sink_text(&text); *at != '\0';) {
        size_t length = strcspn(at, "\n");
        size_t indent = strspn(at, " ");
        (void)json_array_append_new(layers, json_stringn(at + indent, length - indent));
        at += at[length] == '\n' ? length + 1 : length;
    }
    (void)json_object_set_new(object, "number", json_integer((json_int_t)number));
    (void)json_object_set_new(object, "time_ns", json_integer((json_int_t)packet->time_ns));
    (void)json_object_set_new(object, "interface",
                              json_stringn((const char *)name.bytes, name.length));
    (void)json_object_set_new(object, "length", json_integer(packet->original_length));
    if (packet->comment.length > 0)
        (void)json_object_set_new(
            object, "comment",
            json_stringn((const char *)packet->comment.bytes, packet->comment.length));
    (void)json_object_set_new(object, "layers", layers);
    char *line = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (line)
        sink_format(out, "%s\n", line);
    else
        out->failed = true;
    free(line);
    json_decref(object);
    sink_fini(&text);
}

static int capture_print(const struct dump_arguments *arguments, const struct sink *file) {
    struct pcapng_reader reader = pcapng_reader_make(file->text, file->length);
    struct pcapng_packet packet;
    struct sink out = {0};
    uint16_t link_type;
    uint64_t number = 0;
    int found = 1;
    while (found > 0 && (arguments->packets_most == 0 || number < arguments->packets_most)) {
        found = pcapng_next(&reader, &packet, &link_type);
        if (found > 0 && arguments->json)
            json_append(&out, ++number, &reader, &packet, link_type);
        else if (found > 0)
            dump_captured(&out, ++number, &reader, &packet, link_type);
        if (out.failed) {
            (void)complain("dump", "no memory");
            found = -1;
            break;
        }
        if (out.length >= FLUSH_AT || found <= 0)
            sink_flush(&out, stdout);
        if (found < 0)
            (void)complain("dump", "%s: byte %zu: %s", arguments->path, reader.error_offset,
                           reader.error);
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
        {"json", 'j', NULL, 0, "write JSON, a packet a line", 0},
        {0}};
    static const struct argp argp = {
        .options = known,
        .parser = parse_option,
        .args_doc = "FILE.pcapng",
        .doc = "Shows the packets of a capture, layer by layer."
               "\vExits with 1 when the file is damaged behind what was shown, 2 when it is no "
               "capture."};
    static char name[] = "dobos dump";
    struct dump_arguments arguments = {.json = options->json};
    struct sink file = {0};
    int code;
    argv[0] = name;
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (!file_read(arguments.path, &file))
        code = complain("dump", "%s: %s", arguments.path, strerror(errno));
    else if (is_classic(&file))
        code = complain("dump",
                        "%s: a capture in the old pcap format, which is not supported yet; "
                        "editcap -F pcapng turns it into pcapng",
                        arguments.path);
    else
        code = capture_print(&arguments, &file);
    sink_fini(&file);
    return code;
}
