/* filter_words: any text is a rule that is written and read again the same, or is refused with a
 * reason. */
#include <stdlib.h>
#include <string.h>

#include "tools/filter_words.h"

#define REQUIRE(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct filter_sentence sentence, again;
    char reason[FILTER_REASON_BYTES] = "";
    struct sink first = {0}, second = {0};
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (filter_sentence_parse(text, &sentence, reason)) {
        filter_sentence_format(&sentence, &first);
        REQUIRE(filter_sentence_parse(sink_text(&first), &again, reason));
        filter_sentence_format(&again, &second);
        REQUIRE(strcmp(sink_text(&first), sink_text(&second)) == 0);
    } else {
        REQUIRE(strlen(reason) > 3 && strlen(reason) < FILTER_REASON_BYTES);
    }
    sink_fini(&first);
    sink_fini(&second);
    free(text);
    return 0;
}
