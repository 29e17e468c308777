/*
 * dns_exchange: one inquiry on its way to one name server, as the engine hands it to whoever has
 * sockets: each time that it is handed out it goes from a new socket, and so from an unpredictable
 * port (RFC 5452 §9.2).
 */
#ifndef SERVICES_DNS_EXCHANGE_H
#define SERVICES_DNS_EXCHANGE_H

#include <dobos/socket.h>

#include "services/dns_inquiry.h"

struct dns_exchange {
    struct dns_inquiry inquiry;  /* as it is sent now */
    struct dobos_address server; /* to whom, port 53 */
    bool tcp;                    /* by TCP */
    void *carrier;               /* of whoever sends it; NULL: none yet */
};

/* Who asked, by UDP from an endpoint to a local address, or by a TCP connection. */
struct dns_client {
    struct dobos_endpoint peer; /* where the answer goes */
    struct dobos_address local; /* where it comes from */
    uint64_t stream;            /* number of the connection; 0: UDP */
};

#endif
