/*
 * private_folder: a folder of the machine that CMD has a copy of for itself: programs that
 * configure a network (DHCP clients above all) write to /etc and /run, where an ordinary user may
 * not, and where root should not, for it is another network that they configure.
 */
#ifndef OS_PRIVATE_FOLDER_H
#define OS_PRIVATE_FOLDER_H

#include <stdbool.h>

#include "os/failure.h"

/*
 * Copies `path` into memory and mounts the copy over it, in the mount namespace of the calling
 * process. Folders, files and symbolic links are copied, with their owners where `with_owners`,
 * else as the caller's own; what the caller may not read is left out, and so is what stands for
 * something else: sockets, pipes, devices, other file systems. 0, or −1 with *failure.
 */
int private_folder_mount(const char *path, bool with_owners, struct failure *failure);

#endif
