/*
 * control_folder: where live networks have their control sockets, so that who asks finds them by
 * name: NAME.sock in a folder that is this user's alone. A socket is live as long as somebody
 * listens on it; one whose process is no more is taken away by whoever meets it.
 */
#ifndef OS_CONTROL_FOLDER_H
#define OS_CONTROL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "os/failure.h"
#include "tools/sink.h"

#define CONTROL_NAME_BYTES 63 /* of a network's name, at most */

struct control_folder {
    int descriptor; /* of the folder */
    char path[512]; /* for messages; cut when longer */
};

/* Letters, digits, and . _ - within, as in a network file. */
bool control_name_is_good(const char *name);
/*
 * $XDG_RUNTIME_DIR/dobos, if that is the caller's; else /run/user/UID/dobos, if that is; else
 * /tmp/dobos-UID. When it is not there, `makes` has it made; else folder->descriptor is −1, and the
 * folder holds nothing. 0, or −1 with *failure: it cannot be made, or is somebody else's, or open
 * to others.
 */
int control_folder_open(struct control_folder *folder, bool makes, struct failure *failure);
void control_folder_close(struct control_folder *folder);

/* Whether there may be a network of that name: 0; or −1 with *failure, as control_listen has it. */
int control_name_check(const struct control_folder *folder, const char *name,
                       struct failure *failure);
/* A non-blocking socket (give) that listens at NAME.sock, 0600, in the place of one left behind;
 * −1 with *failure: such a network is live, or the place is taken by something else. */
int control_listen(const struct control_folder *folder, const char *name, struct failure *failure);
/* Takes NAME.sock away if nobody listens there. */
void control_clear(const struct control_folder *folder, const char *name);
/* A connection (give, blocking) to a live network; or the negative of an errno: ENOENT and
 * ECONNREFUSED: there is none of that name. */
int control_connect(const struct control_folder *folder, const char *name);
/* Whether the process at the other end of a connection is this user's, or root's. */
bool control_peer_is_ours(int connection);
/* The names of the networks that are live, sorted, each with a NUL behind it. Returns how many. */
unsigned control_names(const struct control_folder *folder, struct sink *names);

#endif
