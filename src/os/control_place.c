/* control_place: see control_place.h. */
#include "os/control_place.h"

#include <unistd.h>

#include "os/control_request.h"
#include "os/lab_clock.h"
#include "os/outside_json.h"

bool control_place_take(struct control_place *place, struct lab *lab, const char *node, bool bare,
                        struct sink *reason) {
    struct lab_error error = {"no node that a program can take the place of"};
    bool is_taken = false;
    if (place->port) {
        sink_put(reason, "this connection has taken a place already");
        return false;
    }
    if (node)
        is_taken = lab_outside_take(lab, node, bare, &place->port, &error) == 0;
    for (unsigned nth = 0; !node && !is_taken && lab_node_nth(lab, nth); nth++) {
        struct lab_error unsaid;
        is_taken = lab_outside_take(lab, lab_node_nth(lab, nth), bare, &place->port, &unsaid) == 0;
    }
    if (!is_taken) {
        place->port = NULL;
        sink_put(reason, error.text);
    }
    place->generation = UINT64_MAX;
    return is_taken;
}

bool control_place_attach(struct control_place *place, struct lab_loop *loop, int descriptor,
                          struct sink *reason) {
    if (!place->port || place->tap) {
        sink_put(reason, place->port ? "it has its device already" : "no place is taken");
    } else if (descriptor < 0 ||
               dobos_tap_adopt(descriptor, lab_pool(loop->lab), &place->tap) != 0) {
        sink_put(reason, "expected the descriptor of a TAP device with virtio-net headers");
    } else if (port_device_add(&place->device, loop, place->port, place->tap) != 0) {
        sink_put(reason, "too many devices");
        dobos_tap_close(place->tap);
        place->tap = NULL;
        return false;
    } else {
        return true;
    }
    if (descriptor >= 0)
        (void)close(descriptor);
    return false;
}

void control_place_tell(struct control_place *place, struct sink *lines) {
    struct lab_outside outside;
    if (!place->port || lab_outside_generation(place->port) == place->generation)
        return;
    place->generation = lab_outside_generation(place->port);
    lab_outside_read(place->port, &outside);
    control_line_put(lines,
                     json_pack("{s:o}", "configure", outside_to_json(&outside, lab_clock_now())));
}

void control_place_end(struct control_place *place, struct lab *lab) {
    struct lab_error error;
    if (!place->port)
        return;
    if (place->tap) {
        port_device_drain(&place->device);
        port_device_remove(&place->device);
        dobos_tap_close(place->tap);
    }
    /* What cannot be made again stays off, and whoever asks there is told so. */
    (void)lab_outside_return(lab, place->port, &error);
    *place = (struct control_place){0};
}
