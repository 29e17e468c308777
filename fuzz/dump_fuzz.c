/* dump_fuzz: any bytes as a frame, as an IP packet and as a capture; what is shown is lines of text
 * that a terminal takes as they are. */
#include "../tests/wire/roundtrip.h"
#include "tools/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void promise_text(struct sink *sink) {
    const char *text = sink_text(sink);
    PROMISE(!sink->failed);
    PROMISE(sink->length == 0 || text[sink->length - 1] == '\n');
    for (size_t i = 0; i < sink->length; i++)
        PROMISE(text[i] == '\n' || ((uint8_t)text[i] >= ' ' && text[i] != 0x7f));
    sink_fini(sink);
}

static void dump_capture(const uint8_t *bytes, size_t length) {
    struct pcapng_reader reader = pcapng_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type;
    struct sink sink = {0};
    for (uint64_t n = 1; pcapng_next(&reader, &packet, &link_type) == 1; n++)
        dump_captured(&sink, n, &reader, &packet, link_type);
    promise_text(&sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct sink sink = {0};
    dump_packet(&sink, PCAPNG_LINKTYPE_ETHERNET, bytes, length, length);
    promise_text(&sink);
    dump_packet(&sink, PCAPNG_LINKTYPE_RAW, bytes, length, length + 1);
    promise_text(&sink);
    dump_capture(bytes, length);
    return 0;
}
