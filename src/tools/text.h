/*
 * text: bytes from outside as text: what a terminal could misunderstand, or a format could not
 * hold, is shown as \xHH, byte by byte; all else stays as it is. Text is UTF-8.
 */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/sink.h"

/* The bytes of the character that begins here, *code is its number; 0: none begins here. `length`
 * is at least 1. */
size_t text_character(const uint8_t *bytes, size_t length, uint32_t *code);

/* For a terminal, on one line: control characters are shown as \xHH too. */
void text_put(struct sink *out, const void *bytes, size_t length);
/* For XML 1.0, where markup is escaped. `in_attribute`: quotes, tabs and newlines too. */
void text_put_xml(struct sink *out, const void *bytes, size_t length, bool in_attribute);
/* For JSON (give), which can hold any character; NULL: no memory. */
json_t *text_json(const void *bytes, size_t length);

#endif
