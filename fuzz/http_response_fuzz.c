/* http_response_fuzz: any bytes as an HTTP answer, whole and in pieces: both readings say the same,
 * and never more body than bytes. The first byte chooses how large the pieces are. */
#include "../tests/wire/roundtrip.h"
#include "tools/http_response.h"
#include "tools/sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct http_response whole, cut;

static void read_all(struct http_response *response, const uint8_t *bytes, size_t length,
                     size_t step, struct sink *body) {
    size_t used = 0;
    while (used < length && response->phase != RESPONSE_COMPLETE &&
           response->phase != RESPONSE_BAD) {
        const uint8_t *piece;
        size_t piece_length;
        size_t more = min_size(step, length - used);
        size_t taken = http_response_read(response, bytes + used, more, &piece, &piece_length);
        PROMISE(taken > 0 && taken <= more && piece_length <= taken);
        if (piece_length > 0)
            sink_append(body, piece, piece_length);
        used += taken;
    }
    PROMISE(body->length == response->body_bytes && body->length <= used);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct sink a = {0};
    struct sink b = {0};
    if (length == 0)
        return 0;
    http_response_init(&whole, bytes[0] & 1);
    http_response_init(&cut, bytes[0] & 1);
    read_all(&whole, bytes + 1, length - 1, length, &a);
    read_all(&cut, bytes + 1, length - 1, (size_t)(bytes[0] >> 1) + 1, &b);
    PROMISE(whole.phase == cut.phase && whole.status == cut.status && whole.rest == cut.rest);
    PROMISE(a.length == b.length && memcmp(sink_text(&a), sink_text(&b), a.length) == 0);
    PROMISE(http_response_end(&whole) == http_response_end(&cut));
    sink_fini(&a);
    sink_fini(&b);
    return 0;
}
