/* The version of the library, as text: it lets a program notice that it was compiled with other
 * headers than it is linked with. It promises nothing about the ABI while the version is 0.x. */
#include <dobos/version.h>

const char *dobos_version(void) {
    return DOBOS_VERSION;
}
