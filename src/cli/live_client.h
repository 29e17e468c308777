/* live_client: a connection to a live network's control socket (docs/control-socket.md). */
#ifndef CLI_LIVE_CLIENT_H
#define CLI_LIVE_CLIENT_H

#include <jansson.h>

#include "os/control_folder.h"

struct live_client {
    int socket;                        /* −1: none */
    char name[CONTROL_NAME_BYTES + 1]; /* of the network */
    struct sink lines;                 /* what came and was not taken yet */
    size_t taken;                      /* bytes of it */
};

enum live_answer {
    LIVE_LINE,        /* *object (give) is the next line; NULL: there is none yet */
    LIVE_INTERRUPTED, /* a signal came in between */
    LIVE_GONE,        /* the network has ended */
};

/* Opens the folder of control sockets; −1: an error has been printed. */
int live_folder_open(struct control_folder *folder, const char *command);
/* Connects to the network of that name, or with NULL to the only one that is live. 0, or the exit
 * code: an error has been printed. */
int live_client_open(struct live_client *client, const char *command, const char *name);
void live_client_close(struct live_client *client);
/* Sends an object (take) as a line. False: the network has ended. */
bool live_client_send(struct live_client *client, json_t *object);
/* Sends a line with a descriptor (borrow). False: the network has ended. */
bool live_client_hand(struct live_client *client, const char *line, int descriptor);
/* Takes the next line, if it has come, and what has come to the socket without waiting for it;
 * *object is NULL then. */
enum live_answer live_client_take(struct live_client *client, json_t **object);
/* Waits for the next line; SIGINT, if it is blocked, comes in while it waits and at no other time.
 */
enum live_answer live_client_receive(struct live_client *client, json_t **object);

#endif
