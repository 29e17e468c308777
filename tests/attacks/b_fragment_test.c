/* The attacks by fragments: rows B1, B2, B4 to B6, B10, B14 and B15 of
 * docs/requirements/attacks.tsv, each against a running host while a witness connection moves
 * bytes (witness.h). */
#include "forge.h"

#include "base/bytes.h"
#include "network/reassembly.h"

#define PORT 4000 /* where the victim's program listens */

/* A fragment of an attacker's datagram, in blocks of 8 bytes. */
struct piece {
    unsigned from, to; /* blocks */
    bool more;         /* not the last */
};

static void fragment_send(struct witness *w, uint32_t source, uint16_t identification,
                          unsigned offset, bool more, const void *bytes, size_t length) {
    struct ipv4 ip = forge_header(source, VICTIM_ADDRESS, PROTOCOL_UDP);
    ip.identification = identification;
    ip.fragment_offset = (uint16_t)offset;
    ip.more_fragments = more;
    forge_ipv4(w, &ip, bytes, length);
}

/* A UDP header without a checksum: what is joined wrongly would be delivered. */
static void udp_header(uint8_t *to, uint16_t length) {
    store_be16(to, 9);
    store_be16(to + 2, PORT);
    store_be16(to + 4, length);
    store_be16(to + 6, 0);
}

/* The friend sends the victim's program a datagram that must be fragmented, and it arrives whole:
 * whatever the attacker sends, others are served. */
static void check_others_are_served(struct witness *w, struct dobos_socket *from,
                                    struct dobos_socket *to) {
    static uint8_t sent[4000], got[4000];
    struct dobos_message message = {.peer = witness_endpoint(VICTIM_ADDRESS, PORT)};
    while (dobos_receive(to, got, sizeof(got)) >= 0)
        continue;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 7 + w->injected);
    assert_int_equal(dobos_send_message(from, sent, sizeof(sent), &message), sizeof(sent));
    witness_settle(w);
    assert_int_equal(dobos_receive(to, got, sizeof(got)), sizeof(got));
    assert_memory_equal(sent, got, sizeof(got));
}

/* [attack:B1] */
static void attack_b1_fragments_that_end_past_the_largest_datagram_are_dropped(void **state) {
    struct witness *w = *state;
    static uint8_t bytes[1480], got[65536];
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint64_t malformed = witness_counter(w, "DropFragmentMalformed"), sent = 0;
    uint16_t identification = 1;
    for (unsigned offset = 65528 - 1472; offset <= 65528; offset += 8) {
        for (size_t length = 8; length <= 1480; length += 8, identification++) {
            if (offset + length + IPV4_HEADER_BYTES <= 65535 || (length > 64 && length % 96))
                continue;
            bool more = identification % 2;
            fragment_send(w, ATTACKER_ADDRESS, identification, 0, true, bytes, 1480);
            fragment_send(w, ATTACKER_ADDRESS, identification, offset, more, bytes, length);
            fragment_send(w, ATTACKER_ADDRESS, identification, 1480, true, bytes, 1480);
            sent++;
        }
    }
    assert_int_equal(dobos_receive(udp, got, sizeof(got)), -DOBOS_EAGAIN);
    assert_int_equal(witness_counter(w, "DropFragmentMalformed") - malformed, sent);
    assert_int_equal(witness_counter(w, "IpReasmOKs"), 0);
    /* The largest there is comes through. */
    udp_header(bytes, 65515);
    for (unsigned offset = 0; offset < 65515; offset += 1480) {
        size_t length = 65515 - offset < 1480 ? 65515 - offset : 1480;
        fragment_send(w, ATTACKER_ADDRESS, 7, offset, offset + length < 65515, bytes, length);
    }
    assert_int_equal(dobos_receive(udp, got, sizeof(got)), 65507);
    dobos_close(udp);
}

/* ---- B2: every overlap ---- */

#define BLOCKS 5
#define PIECES (BLOCKS * (BLOCKS + 1)) /* intervals, the last or not */

/* What should become of pieces, told without looking at the stack: they make a datagram when no two
 * contradict each other and nothing is missing. */
struct oracle {
    struct piece held[3];  /* of the present datagram */
    unsigned owners[3];    /* which of the pieces they are */
    unsigned count, total; /* of held; blocks, 0: not known */
    bool dead;             /* a contradiction was seen */
};

static bool contradicts(const struct piece *a, const struct piece *b) {
    bool overlap = a->from < b->to && b->from < a->to;
    bool ends = (!a->more && b->to > a->to) || (!b->more && a->to > b->to);
    return overlap || ends || (!a->more && !b->more);
}

/* Whether the piece makes the datagram whole. */
static bool oracle_take(struct oracle *o, const struct piece *piece, unsigned owner, bool same) {
    unsigned blocks = 0;
    if (o->dead)
        return false;
    for (unsigned i = 0; i < o->count; i++) {
        bool copy = o->held[i].from == piece->from && o->held[i].to == piece->to &&
                    o->held[i].more == piece->more;
        if (copy && (same || piece->to == 1)) /* the first block is the same header in all */
            return false;
        if (contradicts(&o->held[i], piece))
            o->dead = true;
    }
    if (o->dead)
        return false;
    o->owners[o->count] = owner;
    o->held[o->count++] = *piece;
    o->total = piece->more ? o->total : piece->to;
    for (unsigned i = 0; i < o->count; i++)
        blocks += o->held[i].to - o->held[i].from;
    return o->total != 0 && blocks == o->total;
}

/* Block `block` of piece `owner`: another one for each owner, unless all are of one text. */
static uint8_t block_byte(unsigned block, unsigned owner, bool same) {
    return (uint8_t)(block + 16 * (same ? 1 : owner + 1));
}

static void piece_send(struct witness *w, const struct piece *piece, unsigned owner, bool same,
                       unsigned end, uint16_t identification) {
    uint8_t bytes[8 * BLOCKS];
    for (unsigned block = piece->from; block < piece->to; block++)
        memset(bytes + (size_t)(block - piece->from) * 8, block_byte(block, owner, same), 8);
    if (piece->from == 0)
        udp_header(bytes, (uint16_t)(8 * (piece->more ? end : piece->to)));
    fragment_send(w, ATTACKER_ADDRESS, identification, 8 * piece->from, piece->more, bytes,
                  (size_t)(piece->to - piece->from) * 8);
}

static void whole_check(struct dobos_socket *udp, const struct oracle *o, bool same) {
    uint8_t got[8 * BLOCKS];
    assert_int_equal(dobos_receive(udp, got, sizeof(got)), 8 * (o->total - 1));
    for (unsigned i = 0; i < o->count; i++)
        for (unsigned block = o->held[i].from; block < o->held[i].to; block++)
            if (block > 0)
                assert_int_equal(got[8 * (block - 1)], block_byte(block, o->owners[i], same));
}

static struct piece piece_of(unsigned number) {
    struct piece piece = {.more = number % 2};
    number /= 2;
    while (number >= BLOCKS - piece.from)
        number -= BLOCKS - piece.from++;
    piece.to = piece.from + 1 + number;
    return piece;
}

/* The pieces with these numbers, one after another; a number of PIECES: none. */
static void overlap_try(struct witness *w, struct dobos_socket *udp, const unsigned numbers[3],
                        bool same, uint16_t identification) {
    struct oracle o = {.count = 0};
    struct piece pieces[3];
    unsigned count = 0, end = BLOCKS;
    while (count < 3 && numbers[count] < PIECES) {
        pieces[count] = piece_of(numbers[count]);
        count++;
    }
    for (unsigned i = count; i-- > 0;)
        end = !pieces[i].more && pieces[i].from > 0 ? pieces[i].to : end;
    for (unsigned i = 0; i < count; i++) {
        uint8_t got[8];
        piece_send(w, &pieces[i], i, same, end, identification);
        if (pieces[i].from == 0 && !pieces[i].more) { /* no fragment at all */
            struct oracle whole = {.held = {pieces[i]}, .owners = {i}, .count = 1};
            whole.total = pieces[i].to;
            whole_check(udp, &whole, same);
        } else if (oracle_take(&o, &pieces[i], i, same)) {
            whole_check(udp, &o, same);
            o = (struct oracle){.count = 0};
        }
        assert_int_equal(dobos_receive(udp, got, sizeof(got)), -DOBOS_EAGAIN);
    }
}

/* [attack:B2] */
static void attack_b2_every_overlap_of_two_and_three_fragments_kills_the_datagram(void **state) {
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint16_t identification = 0;
    w->pace = 1000;
    for (unsigned same = 0; same < 2; same++) {
        for (unsigned i = 0; i < PIECES * PIECES * (PIECES + 1); i++) {
            unsigned numbers[3] = {i % PIECES, i / PIECES % PIECES, i / (PIECES * PIECES)};
            overlap_try(w, udp, numbers, same, ++identification);
        }
    }
    assert_true(witness_counter(w, "IpReasmOKs") > 100);
    assert_true(witness_counter(w, "DropFragmentOverlap") > 10000);
    dobos_close(udp);
}

/* ---- floods ---- */

/* [attack:B4] */
static void attack_b4_one_fragment_for_ever_or_first_and_last_only_cost_little(void **state) {
    struct witness *w = *state;
    static uint8_t bytes[1480];
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    struct dobos_socket *friend = witness_udp(w->friend, 0);
    size_t before = witness_memory(w);
    w->pace = 4096;
    udp_header(bytes, 1480 * 2);
    for (unsigned i = 0; i < 100000; i++)
        fragment_send(w, ATTACKER_ADDRESS, 1, 1480, true, bytes, 1480);
    assert_true(witness_memory(w) <= before + 65536);
    assert_true(witness_counter(w, "FramesHeld") <= 1);
    check_others_are_served(w, friend, udp);
    for (unsigned i = 0; i < 60000; i++) { /* with a hole between, from his neighbours too */
        uint32_t source = ATTACKER_ADDRESS + i / 256 % 60;
        fragment_send(w, source, (uint16_t)(i / 2), i % 2 ? 2960 : 0, i % 2 == 0, bytes, 1480);
        assert_true(witness_memory(w) <= before + REASSEMBLY_BYTES + ((size_t)1 << 20));
        if (i % 10000 == 0)
            check_others_are_served(w, friend, udp);
    }
    assert_true(witness_counter(w, "FramesHeld") <= 2 * REASSEMBLY_DATAGRAMS);
    dobos_close(udp);
    dobos_close(friend);
    witness_run_moving(w, 31 * DOBOS_SECOND);
    assert_int_equal(witness_counter(w, "FramesHeld"), 0);
}

/* [attack:B5] */
static void attack_b5_random_offsets_of_many_datagrams_stay_bounded(void **state) {
    struct witness *w = *state;
    static uint8_t bytes[1480];
    struct random random = random_make(5);
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    struct dobos_socket *friend = witness_udp(w->friend, 0);
    size_t before = witness_memory(w);
    w->pace = 4096;
    for (unsigned i = 0; i < 200000; i++) {
        bool alone = i < 100000; /* from one address; then from all of his */
        uint32_t source = ATTACKER_ADDRESS + (alone ? 0 : i / 40 % 60);
        uint16_t identification = (uint16_t)random_below(&random, i % 50000 < 25000 ? 16 : 65536);
        unsigned offset = 8 * (unsigned)random_below(&random, 8000);
        size_t length = 8 * (1 + (size_t)random_below(&random, 3));
        if (i % 50000 >= 40000) { /* as many large ones as fit, only the first is missing */
            identification = (uint16_t)(i / 40);
            offset = 1480 * (1 + i % 40);
            length = 1480;
        }
        fragment_send(w, source, identification, offset, true, bytes, length);
        assert_true(witness_memory(w) <= before +
                                             (alone ? REASSEMBLY_SOURCE_BYTES : REASSEMBLY_BYTES) +
                                             ((size_t)1 << 19));
        if (i % 10000 == 0)
            check_others_are_served(w, friend, udp);
    }
    assert_true(witness_counter(w, "FramesHeld") <=
                (uint64_t)REASSEMBLY_DATAGRAMS * REASSEMBLY_FRAGMENTS);
    dobos_close(udp);
    dobos_close(friend);
    witness_run_moving(w, 31 * DOBOS_SECOND);
    assert_int_equal(witness_counter(w, "FramesHeld"), 0);
}

/* ---- B6 ---- */

#define TAIL_AT 1480 /* where the friend's second fragment begins */

/* The end of the friend's datagram with two words changed over: its sum stays the same. */
static void tail_plant(struct witness *w, const uint8_t *datagram, size_t length,
                       uint16_t identification) {
    uint8_t tail[1480];
    size_t at = TAIL_AT - UDP_HEADER_BYTES;
    memcpy(tail, datagram + at, length - at);
    memcpy(tail, datagram + at + 2, 2);
    memcpy(tail + 2, datagram + at, 2);
    fragment_send(w, FRIEND_ADDRESS, identification, TAIL_AT, false, tail, length - at);
}

/* [attack:B6] */
static void attack_b6_planted_tails_hit_a_datagram_no_oftener_than_guesses_do(void **state) {
    struct witness *w = *state;
    static uint8_t sent[2000], got[2000];
    struct random random = random_make(6);
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    struct dobos_socket *friend = witness_udp(w->friend, 0);
    struct dobos_message message = {.peer = witness_endpoint(VICTIM_ADDRESS, PORT)};
    unsigned forged = 0, lost = 0;
    uint16_t guess = 0;
    w->pace = 4096;
    for (unsigned i = 0; i < 1000; i++) {
        for (size_t k = 0; k < sizeof(sent); k++)
            sent[k] = (uint8_t)(k * 13 + k / 256 + i);
        /* He tries what a plain count would have reached, numbers at random, or on from there. */
        for (unsigned k = 0; k < 32; k++) {
            if (i % 3 == 0)
                guess = (uint16_t)(i + k);
            else
                guess = (uint16_t)(i % 3 == 1 ? random_below(&random, 65536) : guess + 1u);
            tail_plant(w, sent, sizeof(sent), guess);
        }
        assert_int_equal(dobos_send_message(friend, sent, sizeof(sent), &message), sizeof(sent));
        witness_settle(w);
        int64_t result = dobos_receive(udp, got, sizeof(got));
        if (result != sizeof(got))
            lost++;
        else if (memcmp(sent, got, sizeof(got)) != 0)
            forged++;
    }
    /* The table holds at most 256 of them, so that about 4 of 1,000 meet one by chance. */
    assert_true(forged <= 16);
    assert_true(lost <= 16);
    dobos_close(udp);
    dobos_close(friend);
    /* And they lie in wait for half a minute at most. */
    witness_run_moving(w, 31 * DOBOS_SECOND);
    assert_int_equal(witness_counter(w, "FramesHeld"), 0);
}

/* ---- contradictions ---- */

/* [attack:B10] */
static void attack_b10_options_that_differ_between_fragments_do_no_harm(void **state) {
    static const uint8_t lists[][8] = {
        {0},                           /* none */
        {1, 1, 1, 0},                  /* no operation */
        {7, 7, 4, 0, 0, 0, 0, 0},      /* record route */
        {0x83, 7, 4, 192, 0, 2, 9, 0}, /* loose source route */
        {0x89, 7, 4, 192, 0, 2, 9, 0}, /* strict source route */
        {0x83, 3, 4, 0},               /* a route without places */
        {68, 8, 5, 1, 0, 0, 0, 0},     /* timestamp */
        {0x94, 4, 0, 0},               /* router alert */
        {7, 200, 4, 0},                /* longer than the header */
    };
    enum {
        LISTS = sizeof(lists) / sizeof(lists[0])
    };
    struct witness *w = *state;
    uint8_t bytes[64] = {0}, got[64];
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    unsigned whole = 0;
    udp_header(bytes, 48);
    for (unsigned i = 0; i < LISTS * LISTS * LISTS; i++) {
        unsigned which[3] = {i % LISTS, i / LISTS % LISTS, i / (LISTS * LISTS)};
        bool good = true;
        for (unsigned k = 0; k < 3; k++) {
            struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
            size_t length = lists[which[k]][0] == 0 ? 0 : lists[which[k]][3] == 0 ? 4 : 8;
            ip.identification = (uint16_t)i;
            ip.fragment_offset = (uint16_t)(16 * k);
            ip.more_fragments = k < 2;
            ip.options = (struct slice){lists[which[k]], which[k] == 2 ? 8 : length};
            forge_ipv4(w, &ip, bytes + 16 * (size_t)k, 16);
            good = good && which[k] != 3 && which[k] != 4 && which[k] != 5 && which[k] != 8;
        }
        int64_t result = dobos_receive(udp, got, sizeof(got));
        assert_int_equal(result, good ? 40 : -DOBOS_EAGAIN);
        whole += good;
        w->now += 10 * DOBOS_MILLISECOND;
    }
    assert_int_equal(whole, 5 * 5 * 5);
    assert_true(witness_counter(w, "DropIpSourceRoute") > 0);
    assert_true(witness_counter(w, "DropIpOptions") > 0);
    dobos_close(udp);
}

/* [attack:B14] */
static void attack_b14_large_first_fragments_and_what_follows_use_nothing_freed(void **state) {
    struct witness *w = *state;
    static uint8_t bytes[4096];
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    struct dobos_socket *friend = witness_udp(w->friend, 0);
    w->pace = 256;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random random = random_make(seed);
        for (unsigned i = 0; i < 60; i++) {
            size_t length = 8 * (1 + (size_t)random_below(&random, 400));
            unsigned offset = 8 * (unsigned)random_below(&random, 12);
            udp_header(bytes, (uint16_t)random_below(&random, 65536));
            fragment_send(w, ATTACKER_ADDRESS + (uint32_t)random_below(&random, 2),
                          (uint16_t)random_below(&random, 3), i % 5 ? offset : 0,
                          random_below(&random, 4) != 0, bytes, length);
            if (random_below(&random, 20) == 0)
                witness_run(w, (dobos_time)random_below(&random, 31 * DOBOS_SECOND));
        }
        check_others_are_served(w, friend, udp);
    }
    dobos_close(udp);
    dobos_close(friend);
}

/* [attack:B15] */
static void attack_b15_fragments_past_the_declared_end_kill_the_datagram(void **state) {
    struct witness *w = *state;
    uint8_t bytes[64] = {0}, got[128];
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint16_t identification = 0;
    udp_header(bytes, 64);
    for (unsigned last = 1; last < 8; last++) {
        for (unsigned from = 1; from < 12; from++) {
            for (unsigned to = from + 1; to <= from + 4; to++) {
                for (unsigned more = 0; more < 2; more++) {
                    if (to <= last + 1)
                        continue;
                    /* The end, something past it, and then what was missing. */
                    identification++;
                    fragment_send(w, ATTACKER_ADDRESS, identification, 8 * last, false, bytes, 8);
                    fragment_send(w, ATTACKER_ADDRESS, identification, 8 * from, more, bytes,
                                  8 * (size_t)(to - from));
                    fragment_send(w, ATTACKER_ADDRESS, identification, 0, true, bytes,
                                  8 * (size_t)last);
                    assert_int_equal(dobos_receive(udp, got, sizeof(got)), -DOBOS_EAGAIN);
                }
            }
        }
    }
    assert_int_equal(witness_counter(w, "IpReasmOKs"), 0);
    assert_true(witness_counter(w, "DropFragmentOverlap") > 0);
    dobos_close(udp);
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_b1_fragments_that_end_past_the_largest_datagram_are_dropped),
        ATTACK(attack_b2_every_overlap_of_two_and_three_fragments_kills_the_datagram),
        ATTACK(attack_b4_one_fragment_for_ever_or_first_and_last_only_cost_little),
        ATTACK(attack_b5_random_offsets_of_many_datagrams_stay_bounded),
        ATTACK(attack_b6_planted_tails_hit_a_datagram_no_oftener_than_guesses_do),
        ATTACK(attack_b10_options_that_differ_between_fragments_do_no_harm),
        ATTACK(attack_b14_large_first_fragments_and_what_follows_use_nothing_freed),
        ATTACK(attack_b15_fragments_past_the_declared_end_kill_the_datagram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
