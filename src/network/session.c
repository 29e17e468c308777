/* session: see session.h. */
#include "network/session.h"

const char *session_track_name(enum session_track track) {
    static const char *const names[] = {"none", "new", "established", "related", "invalid"};
    return names[track];
}
