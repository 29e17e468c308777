/* settings: what --so_flags say. */
#ifndef DOBOS_PACKETDRILL_SETTINGS_H
#define DOBOS_PACKETDRILL_SETTINGS_H

#include <dobos/address.h>
#include <dobos/host.h>

struct settings {
    struct dobos_prefix local;   /* the host's address and its subnet */
    uint32_t mtu;                /* of its interface, bytes */
    uint64_t seed;               /* of its key */
    bool opens_fast;             /* all listeners take data of SYNs (0x400 of tcp_fastopen) */
    uint32_t low_water;          /* tcp_notsent_lowat of new sockets, bytes; 0: none */
    uint32_t send_buffer;        /* of new sockets, bytes; 0: dobos's own */
    uint32_t receive_buffer;     /* likewise */
    struct dobos_tcp_config tcp; /* of the host */
};

#define SETTINGS_FAULT_BYTES 160

/* Reads flags over the defaults, which are those of a Linux host. False: they are wrong, and why is
 * written to `fault`. */
bool settings_parse(struct settings *settings, const char *flags, char fault[SETTINGS_FAULT_BYTES]);

#endif
