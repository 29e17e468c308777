/* dig_fuzz: any bytes as an answer that dig is to show, in every way it shows them. The first two
 * bytes say how. */
#include <stdlib.h>

#include "tools/dig.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct dig_shown shown_of(uint16_t bits) {
    return (struct dig_shown){
        .comments = bits & 1,
        .question = bits & 2,
        .answer = true,
        .authority = true,
        .additional = true,
        .stats = bits & 4,
        .identify = bits & 8,
        .no_ttl = bits & 16,
        .no_class = bits & 32,
        .units = bits & 64,
        .multiline = bits & 128,
        .unknown = bits & 256,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct sink out = {0};
    struct sink error = {0};
    struct dig_lookup lookup = {.cookie = true};
    struct dig dig = {.lookups = &lookup, .lookup_count = 1};
    struct asking *asking = &dig.asking;
    if (length < 2)
        return 0;
    lookup.shown = shown_of(load_be16(bytes));
    lookup.trace = bytes[0] & 2;
    dig.task.context.out = &out;
    dig.task.context.error = &error;
    dig.task.json = bytes[0] & 4;
    dig.is_short = bytes[0] & 8;
    dig.answers = json_array();
    asking->out = &out;
    asking->error = &error;
    asking->server_count = 1;
    asking->servers[0].address = dobos_address_ipv4(0xc0000235);
    asking->inquiry.question.name.length = 1;
    asking->message = bytes + 2;
    asking->message_length = length - 2;
    asking->body = reader_make(bytes + 2, length - 2);
    dig_message_print(&dig, bytes + 2, length - 2, false);
    if (dns_header_parse(&asking->body, &asking->header) && asking->header.questions == 0) {
        dig_stats_print(&dig);
        dig_short_print(&dig);
        dig_answer_json(&dig);
        if (lookup.trace)
            (void)dig_trace_goes_on(&dig);
    }
    PROMISE(!out.failed);
    json_decref(dig.answers);
    sink_fini(&out);
    sink_fini(&error);
    return 0;
}
