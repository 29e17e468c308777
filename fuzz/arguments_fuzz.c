/*
 * arguments_fuzz: any words as a tool's arguments: it goes on, or it ends with a text and an exit
 * code from 0 to 125; each error is one line. Tools that need no node are run. A NUL ends a word;
 * the first byte chooses the tool.
 */
#include "../tests/wire/roundtrip.h"
#include "tools/tool.h"

#define WORDS 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static unsigned tools_count(void) {
    unsigned count = 0;
    while (tool_nth(count))
        count++;
    return count;
}

static void run(const struct tool *tool, int argc, char **argv) {
    struct sink out = {0};
    struct sink error = {0};
    const struct tool_context context = {.out = &out, .error = &error};
    int code = -1;
    struct tool_task *task = tool_begin(tool, &context, argc, argv, 0, &code);
    if (!task)
        PROMISE(code >= 0 && code <= 125 && out.length + error.length > 0);
    if (task && !tool->needs_node) {
        dobos_time again;
        PROMISE(tool_step(task, 0, &again, &code));
        PROMISE(code >= 0 && code <= 125);
    }
    PROMISE(!out.failed && !error.failed);
    tool_end(task);
    sink_fini(&out);
    sink_fini(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *argv[WORDS + 1];
    int argc = 0;
    if (length < 1 || length > 4096)
        return 0;
    const struct tool *tool = tool_nth(bytes[0] % tools_count());
    char *text = malloc(length + 16);
    size_t at = text_copy(text, 16, tool->name) + 1;
    memcpy(text + at, bytes + 1, length - 1);
    text[at + length - 1] = '\0';
    argv[argc++] = text;
    for (size_t end = at + length - 1; at < end && argc < WORDS; at += strlen(text + at) + 1)
        argv[argc++] = text + at;
    argv[argc] = NULL;
    run(tool, argc, argv);
    free(text);
    return 0;
}
