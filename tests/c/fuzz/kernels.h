/* Random calls of every kernel, for tests/c/fuzz.c. */
#ifndef FUZZ_KERNELS_H
#define FUZZ_KERNELS_H

#include "arguments.h"

static diffhep_status soft_yield(void) {
    size_t events = below(40), cuts = below(4);
    return diffhep_soft_yield(in(events * cuts, 's'), in(events, 'p'), in(cuts, 's'), in(cuts, 's'),
                              place(), place());
}

static diffhep_status soft_yield_vjp(void) {
    size_t events = below(40), cuts = below(4);
    return diffhep_soft_yield_vjp(in(events * cuts, 's'), in(events, 'p'), in(cuts, 's'),
                                  in(cuts, 's'), number('s', 0), number('s', 0), place(), place(),
                                  out(cuts));
}

static diffhep_status asimov(void) {
    size_t bins = below(5);
    return diffhep_asimov_significance(in(bins, 'p'), in(bins, 'p'), in(bins, 'p'), place());
}

static diffhep_status asimov_vjp(void) {
    size_t bins = below(5);
    return diffhep_asimov_significance_vjp(in(bins, 'p'), in(bins, 'p'), in(bins, 'p'),
                                           number('s', 0), place(), out(bins), out(bins),
                                           out(bins));
}

static diffhep_status kernel_histogram(void) {
    size_t events = below(40), edges = 2 + below(6);
    return diffhep_kernel_histogram(in(events, 's'), in(events, 's'), in(edges, 'a'), choice(2),
                                    number('p', 0), choice(3), out(edges - 1));
}

static diffhep_status kernel_histogram_vjp(void) {
    size_t events = below(40), edges = 2 + below(6);
    return diffhep_kernel_histogram_vjp(in(events, 's'), in(events, 's'), in(edges, 'a'), choice(2),
                                        number('p', 0), choice(3), in(edges - 1, 's'), out(events),
                                        out(events), out(edges), place());
}

static const size_t boundary_counts[] = {2, 1, 3};

static size_t sum_of_counts(size_t columns, size_t *bins) {
    size_t sum = 0;
    *bins = 1;
    for (size_t i = 0; i < columns; i++) {
        sum += boundary_counts[i];
        *bins *= boundary_counts[i] + 1;
    }
    return sum;
}

static diffhep_status soft_bins(void) {
    size_t events = below(40), columns = below(4), bins, sum = sum_of_counts(columns, &bins);
    return diffhep_soft_bins(in(events * columns, 's'), in(events, 's'), in(sum, 'a'),
                             counts(boundary_counts, columns), in(columns, 'p'), out(bins),
                             out(bins));
}

static diffhep_status soft_bins_vjp(void) {
    size_t events = below(40), columns = below(4), bins, sum = sum_of_counts(columns, &bins);
    return diffhep_soft_bins_vjp(in(events * columns, 's'), in(events, 's'), in(sum, 'a'),
                                 counts(boundary_counts, columns), in(columns, 'p'), in(bins, 's'),
                                 in(bins, 's'), out(sum));
}

static const diffhep_mixture_settings *mixture_settings(size_t categories, size_t columns) {
    bool on_simplex = one_in(3);
    diffhep_const_view none = diffhep_no_input();
    diffhep_mixture_settings settings = {spoiled() ? SIZE_MAX / 2 : categories,
                                         in(columns, 'p'),
                                         on_simplex ? none : in(columns, 's'),
                                         on_simplex ? none : in(columns, 's'),
                                         number('p', 0),
                                         number('p', 0)};
    if (spoiled()) return NULL;
    diffhep_mixture_settings *given = allocate(sizeof settings);
    *given = settings;
    return given;
}

static diffhep_status mixture(void) {
    size_t events = below(20), columns = 1 + below(3), k = 1 + below(3);
    size_t parameters = k * (1 + columns + columns * (columns + 1) / 2);
    return diffhep_mixture(in(events * columns, 's'), in(events, 's'), in(parameters, 's'),
                           mixture_settings(k, columns), out(k), out(k));
}

static diffhep_status mixture_vjp(void) {
    size_t events = below(20), columns = 1 + below(3), k = 1 + below(3);
    size_t parameters = k * (1 + columns + columns * (columns + 1) / 2);
    return diffhep_mixture_vjp(in(events * columns, 's'), in(events, 's'), in(parameters, 's'),
                               mixture_settings(k, columns), in(k, 's'), in(k, 's'),
                               out(parameters));
}

static diffhep_status softmax(void) {
    size_t events = below(40), bins = 1 + below(4);
    return diffhep_softmax_histogram(in(events * bins, 's'), in(events, 's'), number('p', 0),
                                     out(bins), out(bins));
}

static diffhep_status softmax_vjp(void) {
    size_t events = below(40), bins = 1 + below(4);
    return diffhep_softmax_histogram_vjp(in(events * bins, 's'), in(events, 's'), number('p', 0),
                                         in(bins, 's'), in(bins, 's'), out(events * bins),
                                         out(events));
}

static diffhep_status poisson(void) {
    size_t n = below(20);
    return diffhep_poisson_log_density(in(n, 'c'), in(n, 'p'), place());
}

static diffhep_status poisson_vjp(void) {
    size_t n = below(20);
    return diffhep_poisson_log_density_vjp(in(n, 'c'), in(n, 'p'), number('s', 0), out(n), out(n));
}

static diffhep_status normal(void) {
    size_t n = below(20);
    return diffhep_normal_log_density(in(n, 's'), in(n, 's'), in(n, 'p'), place());
}

static diffhep_status normal_vjp(void) {
    size_t n = below(20);
    return diffhep_normal_log_density_vjp(in(n, 's'), in(n, 's'), in(n, 'p'), number('s', 0),
                                          out(n), out(n), out(n));
}

static const size_t hidden_units[] = {3, 5, 2};

static size_t network_parameters(size_t inputs, size_t layers) {
    size_t sum = 0;
    for (size_t i = 0; i < layers; i++) {
        sum += (inputs + 1) * hidden_units[i];
        inputs = hidden_units[i];
    }
    return sum + inputs + 1;
}

static diffhep_status network_size(void) {
    size_t size, *given = spoiled() ? NULL : &size;
    return diffhep_network_size(spoiled() ? 0 : 1 + below(3), counts(hidden_units, below(4)),
                                given);
}

static diffhep_status network(void) {
    size_t events = below(20), inputs = 1 + below(3), layers = below(4);
    return diffhep_network_logits(spoiled() ? SIZE_MAX : inputs, counts(hidden_units, layers),
                                  choice(3), in(network_parameters(inputs, layers), 's'),
                                  in(events * inputs, 's'), out(events));
}

static diffhep_status network_vjp(void) {
    size_t events = below(20), inputs = 1 + below(3), layers = below(4);
    size_t parameters = network_parameters(inputs, layers);
    return diffhep_network_logits_vjp(spoiled() ? 0 : inputs, counts(hidden_units, layers),
                                      choice(3), in(parameters, 's'), in(events * inputs, 's'),
                                      in(events, 's'), out(events), out(parameters));
}

#endif
