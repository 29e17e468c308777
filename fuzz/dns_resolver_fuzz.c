/*
 * dns_resolver_fuzz: any bytes as what servers say, one message after the other, to a resolution
 * under way: from the root down, or by a forwarder. Whatever they say, few of them are asked, the
 * client has an answer that can be read, in time, and the cache keeps its bounds. The first byte
 * chooses the mode, the next two the type that is asked for, so that every kind of data is.
 */
#include <stdlib.h>

#include "services/dns_engine.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)
#define CACHE_BYTES   65536
#define MESSAGE_BYTES 2048
#define ID            0x1234
#define BEGIN         1

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static size_t live; /* bytes that are out */

static void *allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    live += bytes;
    return malloc(bytes);
}

static void release(void *context, void *memory, size_t bytes) {
    (void)context;
    live -= bytes;
    free(memory);
}

/* The whole answer can be read. */
static void examine(const uint8_t *answer, size_t length, uint16_t id) {
    struct reader message = reader_make(answer, length);
    struct dns_header header;
    struct dns_question question;
    struct dns_record record;
    PROMISE(dns_header_parse(&message, &header) && header.response && header.id == id);
    PROMISE(header.questions == 1 && dns_question_parse(&message, &question));
    PROMISE(!header.authoritative && header.recursion_available);
    unsigned count = (unsigned)header.answers + header.authorities + header.additionals;
    for (unsigned i = 0; i < count; i++)
        PROMISE(dns_record_parse(&message, &record));
    PROMISE(message.position == length);
}

/* Answers everybody whose question is over; how many. */
static unsigned serve(struct dns_engine *engine, dobos_time now) {
    static uint8_t answer[DNS_TCP_BYTES];
    struct dns_client client;
    struct dns_exchange *exchange;
    size_t length;
    unsigned served = 0;
    while (dns_engine_take_answer(engine, &client, answer, &length, now)) {
        PROMISE(length > 0 && length <= DNS_UDP_BYTES);
        examine(answer, length, ID);
        served++;
    }
    while ((exchange = dns_engine_take_ended(engine)))
        dns_engine_release(engine, exchange);
    return served;
}

/* The next message of the input: two bytes of length, a byte that says whether id and question are
 * put right, and the message. False: there is none. */
static bool message_take(struct reader *input, const struct dns_inquiry *inquiry,
                         uint8_t message[MESSAGE_BYTES], size_t *length) {
    size_t want = reader_be16(input);
    bool is_put_right = reader_u8(input) % 16 != 0;
    size_t head = 0;
    if (input->failed)
        return false;
    if (is_put_right) {
        struct dns_writer w = dns_writer_make(message, MESSAGE_BYTES);
        struct dns_header header = {.id = inquiry->id, .response = true, .questions = 1};
        dns_header_emit(&w, &header);
        dns_question_emit(&w, &inquiry->question);
        head = w.writer.position;
        /* Flags and counts are the input's. */
        reader_copy(input, message + 2, 2);
        message[2] |= 0x80;
        message[2] &= 0x87;
        reader_copy(input, message + 6, 6);
        message[6] = message[8] = message[10] = 0;
    }
    *length = min_size(min_size(want, reader_rest(input)), MESSAGE_BYTES - head);
    reader_copy(input, message + head, *length);
    *length += head;
    return true;
}

/* Every inquiry is answered by what the input has next, then by silence. */
static unsigned play(struct dns_engine *engine, struct reader *input) {
    uint8_t message[MESSAGE_BYTES];
    struct dns_exchange *exchange;
    unsigned served = 0, sent = 0;
    dobos_time now = 1;
    while (served == 0) {
        PROMISE(now <= BEGIN + DNS_WAIT);
        while ((exchange = dns_engine_take_asking(engine))) {
            size_t length;
            PROMISE(++sent <= DNS_WAIT_QUERIES);
            while (message_take(input, &exchange->inquiry, message, &length)) {
                uint8_t *copy = malloc(length);
                memcpy(copy, message, length);
                bool taken = dns_engine_on_message(engine, exchange, copy, length, now);
                free(copy);
                if (taken)
                    break;
            }
        }
        served += serve(engine, now);
        const dobos_time next = dns_engine_advance(engine, now);
        if (next != DOBOS_NEVER)
            now = max_i64(now, next);
        served += serve(engine, now);
        PROMISE(served > 0 || next != DOBOS_NEVER);
    }
    return served;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    const struct dobos_address server = dobos_address_ipv4(0xc0000235);
    const struct dns_client client = {.peer = {.port = 1024}};
    struct allocator allocator = {.hook = {NULL, allocate, release}};
    struct reader input = reader_make(bytes, length);
    static struct dns_engine engine;
    uint8_t asked[DNS_INQUIRY_BYTES], answer[DNS_UDP_BYTES];
    bool waits;
    uint8_t mode = reader_u8(&input);
    struct dns_inquiry inquiry = {
        .question = {.type = reader_be16(&input), .class_ = DNS_IN},
        .id = ID,
        .recursion_desired = true,
    };
    const struct dns_engine_config config = {.cache_limit_bytes = CACHE_BYTES,
                                             .forward = &server,
                                             .forward_count = mode & 1,
                                             .roots = &server,
                                             .root_count = !(mode & 1)};
    PROMISE(dns_name_from_text("www.a.example.org", &inquiry.question.name));
    memset(&engine, 0, sizeof(engine));
    PROMISE(dns_engine_init(&engine, &allocator, &config) == 0);
    size_t asked_length = dns_inquiry_emit(&inquiry, asked);
    (void)dns_engine_ask(&engine, &client, asked, asked_length, answer, BEGIN, &waits);
    if (waits)
        PROMISE(play(&engine, &input) == 1);
    PROMISE(engine.cache.bytes[0] + engine.cache.bytes[1] + engine.cache.bytes[2] <= CACHE_BYTES);
    PROMISE(engine.resolver.counts[0] == 0 && engine.resolver.waiters.count == 0);
    dns_engine_fini(&engine);
    PROMISE(allocator.bytes == 0 && live == 0);
    return 0;
}
