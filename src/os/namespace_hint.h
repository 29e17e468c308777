/* namespace_hint: what to do when the kernel gives no namespace. */
#ifndef OS_NAMESPACE_HINT_H
#define OS_NAMESPACE_HINT_H

#include <stddef.h>

/* Writes ": and what to do" to `text`, from the errno of the refusal and the switches found under
 * `sysctls` (/proc/sys). */
void namespace_hint(const char *sysctls, int error, char *text, size_t room);

#endif
