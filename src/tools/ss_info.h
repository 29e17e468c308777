/* ss_info: what TCP knows of a connection, in the words and the order of `ss -ti` of iproute2. */
#ifndef TOOLS_SS_INFO_H
#define TOOLS_SS_INFO_H

#include <dobos/socket.h>

#include "tools/task.h"

/* Its line. `with_options`: what was agreed on, too, as with -o or -e; `numeric`: rates to the bit,
 * as with -n. */
void ss_info_print(struct sink *out, const struct dobos_socket_info *socket, bool with_options,
                   bool numeric, dobos_time now);
/* The same and more as an object (give). */
json_t *ss_info_json(struct tool_task *task, const struct dobos_tcp_info *info, dobos_time now);

#endif
