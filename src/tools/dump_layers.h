/* dump_layers: what the files of dump share: the packet on its way through the layers. */
#ifndef TOOLS_DUMP_LAYERS_H
#define TOOLS_DUMP_LAYERS_H

#include <dobos/address.h>

#include <jansson.h>

#include "base/cursor.h"
#include "tools/sink.h"

/* What comes next. Each layer prints its line, takes its bytes, and names the next. */
enum dump_layer {
    DUMP_END,
    DUMP_DATA, /* nobody's bytes: their number, and the first line when it is text */
    DUMP_ETHERNET,
    DUMP_ARP,
    DUMP_IPV4,
    DUMP_ICMP,
    DUMP_UDP,
    DUMP_TCP,
    DUMP_DNS,
    DUMP_DHCP,
};

struct dump {
    struct sink *out;     /* the text; borrowed */
    json_t *layers;       /* the same as objects; borrowed; NULL: only text is wanted */
    json_t *layer;        /* the one at hand, in layers */
    const uint8_t *bytes; /* what is left of the packet; borrowed */
    size_t length;        /* how many of them there are */
    size_t real_length;   /* how many there were on the wire, ≥ length */
    unsigned depth;       /* layers above: the indentation */
    bool is_quoted;       /* inside an ICMP error, which quotes only the beginning of a packet */
    bool is_fragment;     /* of a datagram whose rest is elsewhere */
    /* Of the IPv4 header around it, for the pseudo-header. */
    struct dobos_address source, destination;
    uint8_t protocol; /* IPv4's */
};

/* Begins a layer: its object, and its line at its indentation. */
void dump_layer_begin(struct dump *dump, const char *name);
/* Begins a line at its indentation; the line's end. */
void dump_line(const struct dump *dump);
void dump_line_end(const struct dump *dump);
/* Passes over the first n bytes, at most those there are. */
void dump_skip(struct dump *dump, size_t n);
/* Forgets bytes behind the first n: they are padding. */
void dump_trim(struct dump *dump, size_t n);
/*
 * " checksum ok", " checksum wrong (…)" or " checksum not checked", for a layer whose checksum
 * field stands at `field` and spans `length` real bytes; `sum` is that of the pseudo-header.
 */
void dump_checksum(const struct dump *dump, uint32_t sum, size_t field, size_t length);

/*
 * Fields of the layer's object; nothing when only text is wanted. `object` NULL: the layer itself.
 * Values are taken.
 */
void dump_set(const struct dump *dump, json_t *object, const char *key, json_t *value);
void dump_set_number(const struct dump *dump, const char *key, uint64_t value);
void dump_set_flag(const struct dump *dump, const char *key, bool value);
/* NULL: no field. */
void dump_set_text(const struct dump *dump, const char *key, const char *text);
void dump_set_bytes(const struct dump *dump, const char *key, const void *bytes, size_t length);
void dump_set_address(const struct dump *dump, const char *key,
                      const struct dobos_address *address);
void dump_set_mac(const struct dump *dump, const char *key, const struct dobos_mac *mac);
/* An empty list in the layer (borrow), to be filled with dump_add; NULL when only text is wanted.
 */
json_t *dump_set_list(const struct dump *dump, const char *key);
void dump_add(const struct dump *dump, json_t *list, json_t *value);
/* What is wrong with the layer; the text says it by itself. */
void dump_set_malformed(const struct dump *dump, const char *reason);

/* All layers of a packet, the outermost `depth` steps in; `layers` as in struct dump. */
void dump_at(struct sink *out, json_t *layers, uint16_t link_type, struct slice packet,
             size_t original_length, unsigned depth);

enum dump_layer dump_ipv4(struct dump *dump);
enum dump_layer dump_icmp(struct dump *dump);
enum dump_layer dump_udp(struct dump *dump);
enum dump_layer dump_tcp(struct dump *dump);
enum dump_layer dump_dns(struct dump *dump);
enum dump_layer dump_dhcp(struct dump *dump);

#endif
