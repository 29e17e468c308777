/* packet_socket: the frames of an interface that the machine has: a veth, an Ethernet card. */
#ifndef OS_PACKET_SOCKET_H
#define OS_PACKET_SOCKET_H

#include <stdint.h>

/*
 * A non-blocking descriptor (give) that reads every frame the interface receives, whoever it is
 * for, and sends what is written, each with a vnet header in front, as a TAP device does; or the
 * negative of an errno: EPERM (no CAP_NET_RAW), ENODEV (no such interface), EMEDIUMTYPE (no
 * Ethernet). The interface itself is left as it is.
 */
int packet_socket_open(const char *interface);
/* Sets an interface up, and with `mtu` > 0 its MTU. 0 or the errno. */
int interface_up(const char *interface, uint32_t mtu);

#endif
