/*
 * control_request_fuzz: any line as a request of the control socket: it is read, or refused with a
 * reason; and any bytes as what a tool writes: they travel whole.
 */
#include <string.h>

#include "../tests/wire/roundtrip.h"
#include "os/control_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_request(const char *line, size_t length) {
    struct control_request request;
    struct sink reason = {0};
    if (control_request_parse(line, length, &request, &reason)) {
        PROMISE(reason.length == 0 && request.json);
        PROMISE((request.word_count > 0) == (request.kind == CONTROL_RUN));
        PROMISE(request.word_count <= CONTROL_WORDS && !request.words[request.word_count]);
        for (int i = 0; i < request.word_count; i++)
            PROMISE(request.words[i]);
        control_request_fini(&request);
    } else {
        PROMISE(reason.length > 0 && !request.json);
    }
    sink_fini(&reason);
}

static void travel(const char *bytes, size_t length) {
    struct sink lines = {0}, back = {0};
    control_text_put(&lines, "out", bytes, length);
    for (size_t at = 0; at < lines.length;) {
        const char *end = memchr(lines.text + at, '\n', lines.length - at);
        PROMISE(end);
        json_t *object = json_loadb(lines.text + at, (size_t)(end - lines.text) - at, 0, NULL);
        PROMISE(object && control_text_read(object, "out", &back));
        json_decref(object);
        at = (size_t)(end - lines.text) + 1;
    }
    PROMISE(back.length == length && (length == 0 || memcmp(back.text, bytes, length) == 0));
    sink_fini(&lines);
    sink_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    read_request((const char *)bytes, length);
    travel((const char *)bytes, length);
    return 0;
}
