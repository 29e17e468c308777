/* The version of dobos, when compiled and when linked.
 *
 *     printf("compiled with %s, linked with %s\n", DOBOS_VERSION, dobos_version());
 */
#ifndef DOBOS_VERSION_H
#define DOBOS_VERSION_H

#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers: MAJOR.MINOR.PATCH. While MAJOR is 0, no ABI is promised. */
#define DOBOS_VERSION "0.1.0"

/* Returns the version of the library that the program is linked with, in the form of DOBOS_VERSION:
 * a string that lives as long as the program. Cannot fail. */
DOBOS_API const char *dobos_version(void);

#ifdef __cplusplus
}
#endif

#endif
