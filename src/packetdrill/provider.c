/* provider: packetdrill_interface_init, which makes a world and tells packetdrill of the calls. */
#include <stdio.h>
#include <stdlib.h>

#include "packetdrill/calls.h"

static void provider_free(void *userdata) {
    world_destroy(userdata);
}

void packetdrill_interface_init(const char *flags, struct packetdrill_interface *interface) {
    char fault[SETTINGS_FAULT_BYTES];
    struct settings settings;
    struct world *world = NULL;
    if (settings_parse(&settings, flags, fault)) {
        world = world_create(&settings);
        if (!world)
            (void)snprintf(fault, sizeof fault, "no host can be made with these");
    }
    if (!world) {
        (void)fprintf(stderr, "libdobos-packetdrill: --so_flags: %s\n", fault);
        exit(EXIT_FAILURE);
    }
    *interface = (struct packetdrill_interface){
        .userdata = world,
        .free = provider_free,
        .socket = call_socket,
        .bind = call_bind,
        .listen = call_listen,
        .accept = call_accept,
        .connect = call_connect,
        .read = call_read,
        .readv = call_readv,
        .recv = call_recv,
        .recvfrom = call_recvfrom,
        .recvmsg = call_recvmsg,
        .write = call_write,
        .writev = call_writev,
        .send = call_send,
        .sendto = call_sendto,
        .sendmsg = call_sendmsg,
        .fcntl = call_fcntl,
        .ioctl = call_ioctl,
        .close = call_close,
        .shutdown = call_shutdown,
        .getsockopt = call_getsockopt,
        .setsockopt = call_setsockopt,
        .poll = call_poll,
        .netdev_send = call_netdev_send,
        .netdev_receive = call_netdev_receive,
        .usleep = call_usleep,
        .gettimeofday = call_gettimeofday,
        .epoll_create = call_epoll_create,
        .epoll_ctl = call_epoll_ctl,
        .epoll_wait = call_epoll_wait,
        .pipe = call_pipe,
        .splice = call_splice,
    };
}
