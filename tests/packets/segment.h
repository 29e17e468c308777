/*
 * segment: IPv4 frames with TCP segments and ICMP errors in them, built and taken apart by the
 * scripts' own code, so that a mistake of src/wire cannot hide itself. Numbers are the wire's.
 */
#ifndef TESTS_PACKETS_SEGMENT_H
#define TESTS_PACKETS_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_ADDRESS UINT32_C(0xc0000201) /* 192.0.2.1 */
#define PEER_ADDRESS UINT32_C(0xc0000209) /* 192.0.2.9 */
#define FRAME_BYTES  65600
#define OPTIONS_MOST 16

enum {
    FIN = 1,
    SYN = 2,
    RST = 4,
    PSH = 8,
    ACK = 16,
    URG = 32,
    ECE = 64,
    CWR = 128,
    AE = 256
};

enum option_kind {
    OPTION_EOL = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_WSCALE = 3,
    OPTION_SACK_OK = 4,
    OPTION_SACK = 5,
    OPTION_TS = 8,
    OPTION_FO = 34,
    OPTION_ACCECN0 = 172,
    OPTION_ACCECN1 = 174,
    OPTION_BYTES = 999, /* of a script: bytes as they are */
};

struct option {
    unsigned kind;     /* enum option_kind, or any other */
    unsigned count;    /* of values */
    uint32_t value[8]; /* mss; wscale; TS val and ecr; edges of SACK blocks; counters of AccECN */
    unsigned any;      /* of a script: bit i: value i may be any; bit 0 of an option with raw: it */
    unsigned length;   /* of raw */
    uint8_t raw[40];   /* what stands behind kind and length, of kinds that have no values */
};

struct segment {
    uint16_t source, destination; /* ports */
    uint32_t seq, ack;
    unsigned flags;
    uint16_t window, urgent;
    uint8_t tos, ttl;
    bool dont_fragment, is_broken; /* broken: with a wrong checksum */
    unsigned header_words;         /* to be sent: what the data offset says; 0: what is right */
    struct option options[OPTIONS_MOST];
    unsigned option_count;
    const uint8_t *data; /* in the frame, or where it is to be taken from */
    uint32_t length;     /* of it */
};

/* Makes a frame from the peer to the host; returns its length. */
size_t frame_segment(uint8_t frame[FRAME_BYTES], const struct segment *segment);
/* An ICMP error from the peer's network about a segment of the host's, of which ports and number
 * are quoted. */
size_t frame_icmp(uint8_t frame[FRAME_BYTES], uint8_t type, uint8_t code, uint16_t mtu,
                  const struct segment *about);
/* The answer to an ARP request; 0: it is none. */
size_t frame_arp(uint8_t answer[FRAME_BYTES], const uint8_t *frame, size_t length);
/* Takes a frame of the host's apart. NULL, or what is wrong with it: "" when it holds no TCP. */
const char *frame_parse(const uint8_t *frame, size_t length, struct segment *segment);

#endif
