/* dump_fuzz: any bytes as a frame, as an IP packet and as a capture; what is shown is lines of text
 * that a terminal takes as they are. */
#include "../tests/wire/roundtrip.h"
#include "tools/dump.h"
#include "wire/pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void promise_text(struct sink *sink) {
    const char *text = sink_text(sink);
    PROMISE(!sink->failed);
    PROMISE(sink->length == 0 || text[sink->length - 1] == '\n');
    for (size_t i = 0; i < sink->length; i++)
        PROMISE(text[i] == '\n' || ((uint8_t)text[i] >= ' ' && text[i] != 0x7f));
    sink_fini(sink);
}

static void promise_json(uint16_t link_type, const uint8_t *bytes, size_t length) {
    json_t *layers = dump_packet_json(link_type, bytes, length, length);
    PROMISE(json_is_array(layers));
    for (size_t i = 0; i < json_array_size(layers); i++)
        PROMISE(json_is_string(json_object_get(json_array_get(layers, i), "layer")));
    json_decref(layers);
}

static void dump_capture(const uint8_t *bytes, size_t length) {
    struct capture_reader reader = capture_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type;
    struct sink text = {0}, json = {0};
    struct dump_hop before = {0};
    for (uint64_t n = 1; capture_next(&reader, &packet, &link_type) == 1; n++) {
        const struct slice name = capture_interface_name(&reader, &packet);
        dump_captured(&text, n, name, &packet, link_type);
        dump_captured_json(&json, n, name, &packet, link_type);
        const struct dump_hop hop = {
            .number = n, .name = name, .packet = packet, .link_type = link_type};
        dump_hop(&text, n > 1 ? &before : NULL, &hop);
        dump_hop_json(&json, n > 1 ? &before : NULL, &hop);
        PROMISE(dump_hop_compare(&hop, &hop) == 0);
        before = hop;
    }
    promise_text(&text);
    promise_text(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct sink sink = {0};
    dump_packet(&sink, PCAPNG_LINKTYPE_ETHERNET, bytes, length, length);
    promise_text(&sink);
    dump_packet(&sink, PCAPNG_LINKTYPE_RAW, bytes, length, length + 1);
    promise_text(&sink);
    promise_json(PCAPNG_LINKTYPE_ETHERNET, bytes, length);
    promise_json(PCAPNG_LINKTYPE_IPV4, bytes, length);
    dump_capture(bytes, length);
    return 0;
}
