/* pattern: the finaliser of splitmix64 over the number of the eight bytes. */
#include "services/pattern.h"

static uint64_t pattern_word(uint64_t number) {
    uint64_t x = number + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void pattern_fill(uint64_t offset, uint8_t *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        uint64_t word = pattern_word((offset + done) / 8);
        for (unsigned i = (unsigned)((offset + done) % 8); i < 8 && done < length; i++)
            bytes[done++] = (uint8_t)(word >> 8 * i);
    }
}
