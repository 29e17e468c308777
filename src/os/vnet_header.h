/*
 * vnet_header: struct dobos_offload as the kernel writes it in front of each frame of a TAP device
 * with IFF_VNET_HDR (virtio 1.2 §5.1.6, legacy layout: 10 bytes, the machine's byte order).
 */
#ifndef OS_VNET_HEADER_H
#define OS_VNET_HEADER_H

#include <dobos/packet.h>

#define VNET_HEADER_BYTES 10

/* False: something that was never asked for (a segmentation other than TCP over IPv4) or that
 * points outside `frame_bytes`. */
bool vnet_header_parse(const uint8_t header[VNET_HEADER_BYTES], size_t frame_bytes,
                       struct dobos_offload *offload);
void vnet_header_emit(const struct dobos_offload *offload, uint8_t header[VNET_HEADER_BYTES]);

#endif
