/* fetch_text: what fetch writes: the body, the head, a digest, or JSON with curl's names. */
#include <stdlib.h>
#include <string.h>

#include "tools/fetch.h"

/* A longer body is not in the JSON. */
#define JSON_BODY_MOST 65536

int fetch_complain(struct fetch *fetch, enum fetch_exit code, const char *format, ...) {
    struct sink text = {0};
    va_list arguments;
    va_start(arguments, format);
    sink_vformat(&text, format, arguments);
    va_end(arguments);
    task_complain(&fetch->task, "(%d) %s", (int)code, sink_text(&text));
    sink_fini(&text);
    return (int)code;
}

/* With -f the page that says what went wrong is not shown. */
static bool is_shown(const struct fetch *fetch) {
    return !fetch->fail || fetch->response.status < 400;
}

void fetch_body_take(struct fetch *fetch, const uint8_t *bytes, size_t length) {
    sha256_add(&fetch->digest, bytes, length);
    if (!is_shown(fetch) || fetch->sum)
        return;
    if (!fetch->task.json)
        sink_append(fetch->task.context.out, bytes, length);
    else if (fetch->body.length <= JSON_BODY_MOST)
        sink_append(&fetch->body, bytes, length);
}

void fetch_head_print(struct fetch *fetch) {
    if ((fetch->include || fetch->head) && !fetch->task.json && is_shown(fetch))
        sink_append(fetch->task.context.out, fetch->response.head, fetch->response.head_length);
}

static void digest_format(struct fetch *fetch, char text[2 * SHA256_BYTES + 1]) {
    uint8_t digest[SHA256_BYTES];
    sha256_finish(&fetch->digest, digest);
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        (void)snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
}

static void endpoint_put(struct fetch *fetch, json_t *object, bool is_remote) {
    struct dobos_socket_info info;
    if (dobos_socket_info_read(fetch->socket, &info) != 0)
        return;
    const struct dobos_endpoint endpoint = is_remote ? info.peer : info.local;
    task_put(&fetch->task, object, is_remote ? "remote_ip" : "local_ip",
             task_address(&endpoint.address));
    task_put(&fetch->task, object, is_remote ? "remote_port" : "local_port",
             json_integer(endpoint.port));
}

/* Seconds with six places, as curl has them. */
static void time_put(struct fetch *fetch, json_t *object, const char *key, dobos_time at) {
    int64_t microseconds = (at - fetch->began) / DOBOS_MICROSECOND;
    task_put(&fetch->task, object, key, json_real((double)microseconds / 1e6));
}

static void end_json(struct fetch *fetch, dobos_time now, const char *digest) {
    struct tool_task *task = &fetch->task;
    json_t *object = json_object();
    task_put(task, object, "url", json_string(task->operands[0]));
    task_put(task, object, "response_code", json_integer(fetch->response.status));
    task_put(task, object, "content_type", json_string(fetch->response.type));
    endpoint_put(fetch, object, true);
    endpoint_put(fetch, object, false);
    task_put(task, object, "size_header", json_integer((json_int_t)fetch->response.head_length));
    task_put(task, object, "size_download", json_integer((json_int_t)fetch->response.body_bytes));
    task_put(task, object, "size_upload",
             json_integer(fetch->upload_bytes > 0 ? fetch->upload_bytes : 0));
    time_put(fetch, object, "time_namelookup", fetch->found);
    time_put(fetch, object, "time_connect", fetch->connected);
    time_put(fetch, object, "time_starttransfer", fetch->answered);
    time_put(fetch, object, "time_total", now);
    task_put(task, object, "sha256", json_string(digest));
    if (!fetch->sum && fetch->body.length <= JSON_BODY_MOST) {
        json_t *body = json_stringn(sink_text(&fetch->body), fetch->body.length);
        if (body) /* NULL: no UTF-8 */
            task_put(task, object, "body", body);
    }
    task_print(task, object);
}

void fetch_end_print(struct fetch *fetch, dobos_time now) {
    char digest[2 * SHA256_BYTES + 1];
    digest_format(fetch, digest);
    if (fetch->task.json)
        end_json(fetch, now, digest);
    else if (fetch->sum && is_shown(fetch))
        sink_format(fetch->task.context.out, "%s  %s\n", digest, fetch->task.operands[0]);
}
