/* Random arguments for tests/c/fuzz.c: most are valid, some are wrong in one way or another. */
#ifndef FUZZ_ARGUMENTS_H
#define FUZZ_ARGUMENTS_H

#include <diffhep.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../numbers.h"

static uint64_t state;
static double uniform(void) { return next_number(&state); }
static size_t below(size_t count) { return (size_t)(uniform() * (double)count); }
static bool one_in(size_t count) { return below(count) == 0; }

static void fail(const char *what) {
    fprintf(stderr, "fuzz: %s; last error: %s\n", what, diffhep_last_error());
    exit(1);
}

/* The allocations of a call, and the outputs that it must leave untouched if it fails. */
enum { MOST = 32 };
static void *blocks[MOST];
static size_t n_blocks;
static double *outputs[MOST], *copies[MOST];
static size_t lengths[MOST], n_outputs;

static void *allocate(size_t bytes) {
    void *block = malloc(bytes);
    if (!block || n_blocks == MOST) fail("out of memory");
    return blocks[n_blocks++] = block;
}

static void release(void) {
    while (n_blocks > 0) free(blocks[--n_blocks]);
    n_outputs = 0;
}

/* Most arguments are valid, so that calls get past the first check. */
static bool spoiled(void) { return one_in(40); }

static double wild(void) {
    static const double numbers[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e308, -1e308, 5e-324,
                                     1e-300, 1e15};
    return numbers[below(sizeof numbers / sizeof *numbers)];
}

/* A valid number: s of any sign, p above 0, c a count, a for ascending lists. */
static double number(char kind, size_t index) {
    if (one_in(300)) return wild();
    switch (kind) {
        case 'a': return (double)index + 0.8 * uniform();
        case 'p': return 0.1 + 5.0 * uniform();
        case 'c': return floor(20.0 * uniform());
        default: return 6.0 * uniform() - 3.0;
    }
}

static size_t length_near(size_t wanted) {
    if (!spoiled()) return wanted;
    if (one_in(3)) return below(50);
    return one_in(2) || wanted == 0 ? wanted + 1 : wanted - 1;
}

static double *fresh(size_t length, char kind) {
    double *data = allocate((length + 1) * sizeof *data);
    for (size_t i = 0; i < length; i++) data[i] = number(kind, i);
    if (spoiled() && length > 0) data[below(length)] = wild();
    return data;
}

static size_t impossible(void) { return one_in(2) ? SIZE_MAX : (size_t)PTRDIFF_MAX; }

static diffhep_const_view in(size_t wanted, char kind) {
    size_t length = length_near(wanted);
    if (spoiled()) return diffhep_read(NULL, one_in(2) ? 0 : length);
    double *data = fresh(length, kind);
    if (spoiled()) return diffhep_read(data, impossible());
    if (spoiled())
        return diffhep_read((const double *)(const void *)((const char *)data + 4), length);
    return diffhep_read(data, length);
}

static diffhep_view out(size_t wanted) {
    size_t length = length_near(wanted);
    if (spoiled()) return diffhep_write(NULL, one_in(2) ? 0 : length);
    if (spoiled() && n_outputs > 0) return diffhep_write(outputs[0], lengths[0]);
    double *data = fresh(length, 's');
    if (spoiled()) return diffhep_write(data, impossible());
    double *copy = allocate((length + 1) * sizeof *copy);
    memcpy(copy, data, length * sizeof *copy);
    outputs[n_outputs] = data;
    copies[n_outputs] = copy;
    lengths[n_outputs++] = length;
    return diffhep_write(data, length);
}

static double *place(void) {
    if (spoiled()) return NULL;
    double *data = allocate(sizeof *data);
    *data = 0.0;
    return data;
}

static void check_untouched(void) {
    for (size_t i = 0; i < n_outputs; i++)
        if (memcmp(outputs[i], copies[i], lengths[i] * sizeof(double)))
            fail("a failure touched an output");
}

static diffhep_counts counts(const size_t *wanted, size_t length) {
    length = length_near(length) % 4;
    if (spoiled()) return diffhep_read_counts(NULL, length);
    size_t *data = allocate((length + 1) * sizeof *data);
    for (size_t i = 0; i < length; i++)
        data[i] = spoiled() ? (one_in(2) ? SIZE_MAX / 3 : 0) : wanted[i % 3];
    return diffhep_read_counts(data, length);
}

static int32_t choice(int32_t count) {
    return spoiled() ? (int32_t)below(1000) - 500 : (int32_t)below((size_t)count);
}

#endif
