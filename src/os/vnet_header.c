/*
 * vnet_header: see vnet_header.h. What the kernel writes is checked like anything from outside:
 * offsets beyond the frame would make libdobos write a checksum where there is no byte.
 */
#include "os/vnet_header.h"

#include <linux/virtio_net.h>
#include <string.h>

_Static_assert(sizeof(struct virtio_net_hdr) == VNET_HEADER_BYTES, "the legacy header");

bool vnet_header_parse(const uint8_t header[VNET_HEADER_BYTES], size_t frame_bytes,
                       struct dobos_offload *offload) {
    struct virtio_net_hdr in;
    memcpy(&in, header, sizeof in);
    memset(offload, 0, sizeof *offload);
    if ((in.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
        if ((size_t)in.csum_start + in.csum_offset + 2 > frame_bytes)
            return false;
        offload->flags |= DOBOS_OFFLOAD_NEEDS_CHECKSUM;
        offload->checksum_start = in.csum_start;
        offload->checksum_offset = in.csum_offset;
    } else if ((in.flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0) {
        offload->flags |= DOBOS_OFFLOAD_DATA_VALID;
    }
    if (in.gso_type == VIRTIO_NET_HDR_GSO_NONE)
        return true;
    if ((in.gso_type & ~VIRTIO_NET_HDR_GSO_ECN) != VIRTIO_NET_HDR_GSO_TCPV4 || in.gso_size == 0 ||
        in.hdr_len > frame_bytes || (offload->flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM) == 0)
        return false;
    if ((in.gso_type & VIRTIO_NET_HDR_GSO_ECN) != 0)
        offload->flags |= DOBOS_OFFLOAD_FIRST_CWR;
    offload->gso = DOBOS_GSO_TCPV4;
    offload->header_length = in.hdr_len;
    offload->gso_bytes = in.gso_size;
    return true;
}

void vnet_header_emit(const struct dobos_offload *offload, uint8_t header[VNET_HEADER_BYTES]) {
    struct virtio_net_hdr out = {0};
    if ((offload->flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM) != 0) {
        out.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        out.csum_start = offload->checksum_start;
        out.csum_offset = offload->checksum_offset;
    } else if ((offload->flags & DOBOS_OFFLOAD_DATA_VALID) != 0) {
        out.flags = VIRTIO_NET_HDR_F_DATA_VALID;
    }
    if (offload->gso == DOBOS_GSO_TCPV4) {
        out.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
        if ((offload->flags & DOBOS_OFFLOAD_FIRST_CWR) != 0)
            out.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        out.hdr_len = offload->header_length;
        out.gso_size = offload->gso_bytes;
    }
    memcpy(header, &out, sizeof out);
}
