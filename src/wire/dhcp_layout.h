/* dhcp_layout: where things stand in a DHCP message (RFC 2131 figure 1), for parse and emit. */
#ifndef WIRE_DHCP_LAYOUT_H
#define WIRE_DHCP_LAYOUT_H

#define COOKIE         0x63825363u
#define SNAME_AT       44
#define SNAME_BYTES    64
#define FILE_AT        108
#define FILE_BYTES     128
#define COOKIE_AT      236
#define FLAG_BROADCAST 0x8000u

#endif
