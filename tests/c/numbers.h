/* Code shared by the programs of this folder: events that any language can reproduce, and output of
 * every bit. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The next number between 0 and 1 of a linear congruential generator. */
static inline double next_number(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * (1.0 / 9007199254740992.0);
}

static inline void fill_numbers(double *out, size_t count, double low, double high,
                                uint64_t *state) {
    for (size_t i = 0; i < count; i++) out[i] = low + (high - low) * next_number(state);
}

static inline void print_number(FILE *out, const char *label, size_t index, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    fprintf(out, "%s %zu %016" PRIx64 "\n", label, index, bits);
}

static inline void print_numbers(FILE *out, const char *label, const double *numbers,
                                 size_t count) {
    for (size_t i = 0; i < count; i++) print_number(out, label, i, numbers[i]);
}

#endif
