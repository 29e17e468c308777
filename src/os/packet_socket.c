/*
 * packet_socket: see packet_socket.h. What the machine itself sends by the interface is not read,
 * so nothing that is written comes back. The kernel takes VLAN tags off frames before they are
 * read; a filter drops those, which without their tag would be somebody else's.
 */
#include "os/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BYTES (4 * 1024 * 1024) /* of frames that wait to be read */
#define SEND_BYTES    (4 * 1024 * 1024) /* of frames that the interface has not sent yet */

/* The request of an interface; false: its name is too long. */
static int request_make(const char *interface, struct ifreq *request) {
    *request = (struct ifreq){0};
    if (strlen(interface) >= sizeof request->ifr_name)
        return ENODEV;
    memcpy(request->ifr_name, interface, strlen(interface) + 1);
    return 0;
}

static int option_set(int made, int level, int option, const void *value, size_t bytes) {
    return setsockopt(made, level, option, value, (socklen_t)bytes) == 0 ? 0 : errno;
}

/* Before it is bound, so that no frame comes in otherwise. 0 or the errno. */
static int options_set(int made, int index) {
    struct sock_filter untagged[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog filter = {sizeof untagged / sizeof untagged[0], untagged};
    const struct packet_mreq everything = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    const int on = 1, room = RECEIVE_BYTES, send_room = SEND_BYTES;
    int error = option_set(made, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on);
    if (error == 0)
        error = option_set(made, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
    if (error == 0)
        error = option_set(made, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
    if (error == 0)
        error = option_set(made, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything);
    if (option_set(made, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        (void)option_set(made, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (option_set(made, SOL_SOCKET, SO_SNDBUFFORCE, &send_room, sizeof send_room) != 0)
        (void)option_set(made, SOL_SOCKET, SO_SNDBUF, &send_room, sizeof send_room);
    return error;
}

static int socket_bind(int made, const char *interface) {
    struct ifreq request;
    int error = request_make(interface, &request);
    if (error == 0 && ioctl(made, SIOCGIFINDEX, &request) != 0)
        error = errno;
    if (error != 0)
        return error;
    const int index = request.ifr_ifindex;
    if (ioctl(made, SIOCGIFHWADDR, &request) != 0)
        return errno;
    if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return EMEDIUMTYPE;
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
    error = options_set(made, index);
    if (error == 0 && bind(made, (const struct sockaddr *)&address, sizeof address) != 0)
        error = errno;
    return error;
}

int packet_socket_open(const char *interface) {
    int made = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0)
        return -errno;
    int error = socket_bind(made, interface);
    if (error == 0)
        return made;
    (void)close(made);
    return -error;
}

int interface_up(const char *interface, uint32_t mtu) {
    struct ifreq request;
    int error = request_make(interface, &request);
    int made = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (made < 0)
        return errno;
    request.ifr_mtu = (int)mtu;
    if (error == 0 && mtu > 0 && ioctl(made, SIOCSIFMTU, &request) != 0)
        error = errno;
    if (error == 0 && ioctl(made, SIOCGIFFLAGS, &request) != 0)
        error = errno;
    if (error == 0 && (request.ifr_flags & IFF_UP) == 0) {
        request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
        error = ioctl(made, SIOCSIFFLAGS, &request) != 0 ? errno : 0;
    }
    (void)close(made);
    return error;
}
