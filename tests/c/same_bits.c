/* Prints every bit of the results of each function of the C ABI, computed on several threads at
 * once: same_bits THREADS WORKSPACE... scripts/test-c compares them with those of
 * tests/c/same_bits, which is in Rust. */
#define _POSIX_C_SOURCE 200809L
#include <diffhep.h>
#include <pthread.h>
#include <stdlib.h>

#include "numbers.h"

enum { EVENTS = 5000, MOST = 4096 };

static void check(diffhep_status status) {
    if (status == DIFFHEP_STATUS_OK) return;
    fprintf(stderr, "same_bits: %s\n", diffhep_last_error());
    exit(1);
}

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define READ(array) diffhep_read(array, LENGTH(array))
#define WRITE(array) diffhep_write(array, LENGTH(array))
#define PRINT(out, array) print_numbers(out, #array, array, LENGTH(array))

static void print_selection(FILE *out, const double *columns, const double *weights) {
    double values[] = {0.3, -0.8}, slopes[] = {2.5, -4.0}, by_values[] = {0.0, 0.0};
    double yields[2];
    check(diffhep_soft_yield(diffhep_read(columns, 2 * EVENTS), diffhep_read(weights, EVENTS),
                             READ(values), READ(slopes), &yields[0], &yields[1]));
    PRINT(out, yields);
    check(diffhep_soft_yield_vjp(diffhep_read(columns, 2 * EVENTS), diffhep_read(weights, EVENTS),
                                 READ(values), READ(slopes), 1.3, 0.7, &yields[0], &yields[1],
                                 WRITE(by_values)));
    PRINT(out, yields);
    PRINT(out, by_values);
}

static void print_significance(FILE *out) {
    double signal[] = {3.0, 5.0, 0.2}, background[] = {40.0, 7.0, 1.5},
           variance[] = {9.0, 0.0, 0.4};
    double by_signal[3] = {0}, by_background[3] = {0}, by_variance[3] = {0}, significance[1];
    check(diffhep_asimov_significance(READ(signal), READ(background), READ(variance),
                                      significance));
    PRINT(out, significance);
    check(diffhep_asimov_significance_vjp(READ(signal), READ(background), READ(variance), 1.7, NULL,
                                          WRITE(by_signal), WRITE(by_background),
                                          WRITE(by_variance)));
    PRINT(out, by_signal);
    PRINT(out, by_background);
    PRINT(out, by_variance);
}

static void print_kernel_histogram(FILE *out, const double *x, const double *weights) {
    double edges[] = {-2.0, -1.1, 0.0, 0.7, 2.1}, bins[4], seeds[] = {0.3, -1.0, 2.0, 0.5};
    double by_edges[5] = {0}, by_bandwidth[1] = {0};
    double *by_x = calloc(EVENTS, sizeof *by_x), *by_weights = calloc(EVENTS, sizeof *by_weights);
    diffhep_const_view events = diffhep_read(x, EVENTS), of_weights = diffhep_read(weights, EVENTS);
    check(diffhep_kernel_histogram(events, of_weights, READ(edges), DIFFHEP_BANDWIDTH_RELATIVE, 0.4,
                                   DIFFHEP_OVERFLOW_REFLECTED, WRITE(bins)));
    PRINT(out, bins);
    check(diffhep_kernel_histogram_vjp(events, of_weights, READ(edges), DIFFHEP_BANDWIDTH_RELATIVE,
                                       0.4, DIFFHEP_OVERFLOW_REFLECTED, READ(seeds),
                                       diffhep_write(by_x, EVENTS),
                                       diffhep_write(by_weights, EVENTS),
                                       WRITE(by_edges), by_bandwidth));
    print_numbers(out, "by_x", by_x, EVENTS);
    print_numbers(out, "by_weights", by_weights, EVENTS);
    PRINT(out, by_edges);
    PRINT(out, by_bandwidth);
    free(by_x);
    free(by_weights);
}

static void print_soft_bins(FILE *out, const double *columns, const double *weights) {
    double boundaries[] = {-0.5, 0.4, 0.1}, steepness[] = {3.0, 5.0}, sums[6], squares[6];
    double seed_sums[] = {1.0, -0.5, 0.2, 0.7, 2.0, -1.0}, seed_squares[] = {0.1, 0, 0.3, 0, 0, 1};
    double by_boundaries[3] = {0};
    size_t counts[] = {2, 1};
    diffhep_const_view events = diffhep_read(columns, 2 * EVENTS);
    diffhep_const_view of_weights = diffhep_read(weights, EVENTS);
    diffhep_counts of_boundaries = diffhep_read_counts(counts, 2);
    check(diffhep_soft_bins(events, of_weights, READ(boundaries), of_boundaries, READ(steepness),
                            WRITE(sums), WRITE(squares)));
    PRINT(out, sums);
    PRINT(out, squares);
    check(diffhep_soft_bins_vjp(events, of_weights, READ(boundaries), of_boundaries,
                                READ(steepness), READ(seed_sums), READ(seed_squares),
                                WRITE(by_boundaries)));
    PRINT(out, by_boundaries);
}

static void print_mixture(FILE *out, const double *columns, const double *weights,
                          uint64_t *state) {
    double parameters[18], by_parameters[18] = {0}, sums[3], seed_sums[] = {1.0, -2.0, 0.5};
    double widths[] = {0.5, 0.8}, lower[] = {-2.0, -2.0}, upper[] = {2.0, 2.0};
    diffhep_mixture_settings settings = {3, READ(widths), READ(lower), READ(upper), 0.1, 0.6};
    diffhep_const_view events = diffhep_read(columns, 2 * EVENTS);
    diffhep_const_view of_weights = diffhep_read(weights, EVENTS);
    fill_numbers(parameters, 18, -1.0, 1.0, state);
    check(diffhep_mixture(events, of_weights, READ(parameters), &settings, WRITE(sums),
                          diffhep_no_output()));
    PRINT(out, sums);
    check(diffhep_mixture_vjp(events, of_weights, READ(parameters), &settings, READ(seed_sums),
                              diffhep_no_input(), WRITE(by_parameters)));
    PRINT(out, by_parameters);
}

static void print_softmax(FILE *out, const double *scores, const double *weights) {
    double sums[2], squares[2], seed_sums[] = {1.0, -2.0};
    double *by_scores = calloc(2 * EVENTS, sizeof *by_scores);
    diffhep_const_view of_scores = diffhep_read(scores, 2 * EVENTS);
    diffhep_const_view of_weights = diffhep_read(weights, EVENTS);
    check(diffhep_softmax_histogram(of_scores, of_weights, 0.7, WRITE(sums), WRITE(squares)));
    PRINT(out, sums);
    PRINT(out, squares);
    check(diffhep_softmax_histogram_vjp(of_scores, of_weights, 0.7, READ(seed_sums),
                                        diffhep_no_input(), diffhep_write(by_scores, 2 * EVENTS),
                                        diffhep_no_output()));
    print_numbers(out, "by_scores", by_scores, 2 * EVENTS);
    free(by_scores);
}

static void print_densities(FILE *out) {
    double counts[] = {3.0, 0.0, 17.5}, rates[] = {2.5, 0.7, 20.0}, density[1];
    double by_counts[3] = {0}, by_rates[3] = {0};
    double x[] = {0.3, -1.2}, means[] = {0.1, -1.0}, widths[] = {1.0, 0.2};
    double by_x[2] = {0}, by_means[2] = {0}, by_widths[2] = {0};
    check(diffhep_poisson_log_density(READ(counts), READ(rates), density));
    PRINT(out, density);
    check(diffhep_poisson_log_density_vjp(READ(counts), READ(rates), 0.9, WRITE(by_counts),
                                          WRITE(by_rates)));
    PRINT(out, by_counts);
    PRINT(out, by_rates);
    check(diffhep_normal_log_density(READ(x), READ(means), READ(widths), density));
    PRINT(out, density);
    check(diffhep_normal_log_density_vjp(READ(x), READ(means), READ(widths), 0.9, WRITE(by_x),
                                         WRITE(by_means), WRITE(by_widths)));
    PRINT(out, by_x);
    PRINT(out, by_means);
    PRINT(out, by_widths);
}

static void print_network(FILE *out, const double *events, const double *seeds, uint64_t *state) {
    size_t hidden[] = {8, 5}, size;
    double parameters[75], by_parameters[75] = {0};
    double *logits = calloc(EVENTS, sizeof *logits);
    diffhep_counts layers = diffhep_read_counts(hidden, 2);
    check(diffhep_network_size(2, layers, &size));
    if (size != LENGTH(parameters)) exit(1);
    fill_numbers(parameters, 75, -0.7, 0.7, state);
    check(diffhep_network_logits(2, layers, DIFFHEP_ACTIVATION_TANH, READ(parameters),
                                 diffhep_read(events, 2 * EVENTS), diffhep_write(logits, EVENTS)));
    print_numbers(out, "logits", logits, EVENTS);
    check(diffhep_network_logits_vjp(2, layers, DIFFHEP_ACTIVATION_TANH, READ(parameters),
                                     diffhep_read(events, 2 * EVENTS), diffhep_read(seeds, EVENTS),
                                     diffhep_no_output(), WRITE(by_parameters)));
    PRINT(out, by_parameters);
    free(logits);
}

static void print_kernels(FILE *out) {
    uint64_t state = 2026;
    double *columns = calloc(2 * EVENTS, sizeof *columns),
           *weights = calloc(EVENTS, sizeof *weights);
    fill_numbers(columns, 2 * EVENTS, -3.0, 3.0, &state);
    fill_numbers(weights, EVENTS, 0.1, 2.0, &state);
    print_selection(out, columns, weights);
    print_significance(out);
    print_kernel_histogram(out, columns, weights);
    print_soft_bins(out, columns, weights);
    print_mixture(out, columns, weights, &state);
    print_softmax(out, columns, weights);
    print_densities(out);
    print_network(out, columns, weights, &state);
    free(columns);
    free(weights);
}

static void print_density_and_fit(FILE *out, diffhep_model model, diffhep_sizes sizes) {
    double point[MOST], seeds[MOST], by_parameters[MOST], by_data[MOST], by_inputs[MOST];
    double parameters[MOST], value[1];
    diffhep_fit_result fit;
    diffhep_view to_data = diffhep_write(by_data, sizes.data);
    diffhep_view to_inputs = diffhep_write(by_inputs, sizes.inputs);
    for (size_t i = 0; i < sizes.parameters; i++) {
        diffhep_parameter_settings settings;
        check(diffhep_model_parameter(model, i, &settings));
        point[i] = settings.initial + 0.1 / (double)(i + 3);
        seeds[i] = 1.0 / (double)(i + 1);
    }
    diffhep_const_view at = diffhep_read(point, sizes.parameters);
    check(diffhep_model_log_density_gradient(model, at, diffhep_no_input(), value,
                                             diffhep_write(by_parameters, sizes.parameters),
                                             to_data, to_inputs));
    print_numbers(out, "log_density", value, 1);
    print_numbers(out, "by_parameters", by_parameters, sizes.parameters);
    print_numbers(out, "by_data", by_data, sizes.data);
    print_numbers(out, "by_inputs", by_inputs, sizes.inputs);
    check(diffhep_model_fit_gradient(model, diffhep_no_input(), NULL, NULL,
                                     diffhep_read(seeds, sizes.parameters), 0.5,
                                     diffhep_write(parameters, sizes.parameters), &fit, to_data,
                                     to_inputs));
    print_numbers(out, "twice_nll", &fit.twice_nll, 1);
    print_numbers(out, "fitted", parameters, sizes.parameters);
    print_numbers(out, "by_data", by_data, sizes.data);
    print_numbers(out, "by_inputs", by_inputs, sizes.inputs);
}

static void print_tests(FILE *out, diffhep_model model, diffhep_sizes sizes) {
    double by_data[MOST], by_inputs[MOST];
    int32_t quantities[] = {DIFFHEP_QUANTITY_OBSERVED, DIFFHEP_QUANTITY_EXPECTED_MEDIAN};
    diffhep_view to_data = diffhep_write(by_data, sizes.data);
    diffhep_view to_inputs = diffhep_write(by_inputs, sizes.inputs);
    for (size_t i = 0; i < LENGTH(quantities); i++) {
        diffhep_cls_result cls;
        check(diffhep_model_cls_gradient(model, diffhep_no_input(), 1.0, NULL, quantities[i], &cls,
                                         to_data, to_inputs));
        print_numbers(out, "cls_obs", &cls.cls_obs, 1);
        print_numbers(out, "cls_exp", cls.cls_exp, 5);
        print_numbers(out, "by_data", by_data, sizes.data);
        print_numbers(out, "by_inputs", by_inputs, sizes.inputs);
        diffhep_discovery_result discovery;
        check(diffhep_model_discovery_gradient(model, diffhep_no_input(), NULL, quantities[i],
                                               &discovery, to_data, to_inputs));
        print_numbers(out, "p0_obs", &discovery.p0_obs, 1);
        print_numbers(out, "z_exp", discovery.z_exp, 5);
        print_numbers(out, "by_data", by_data, sizes.data);
        print_numbers(out, "by_inputs", by_inputs, sizes.inputs);
    }
}

static void print_limits(FILE *out, diffhep_model model, diffhep_sizes sizes) {
    double by_data[MOST], by_inputs[MOST], limit;
    int32_t quantities[] = {DIFFHEP_QUANTITY_OBSERVED, DIFFHEP_QUANTITY_EXPECTED_PLUS1};
    diffhep_limits_result limits;
    check(diffhep_model_upper_limits(model, diffhep_no_input(), NULL, &limits));
    print_number(out, "observed", 0, limits.observed.value);
    for (size_t i = 0; i < 5; i++) print_number(out, "expected", i, limits.expected[i].value);
    print_number(out, "tests", 0, (double)limits.tests);
    for (size_t i = 0; i < LENGTH(quantities); i++) {
        check(diffhep_model_upper_limit_gradient(model, diffhep_no_input(), NULL, quantities[i],
                                                 &limit, diffhep_write(by_data, sizes.data),
                                                 diffhep_write(by_inputs, sizes.inputs)));
        print_number(out, "limit", 0, limit);
        print_numbers(out, "by_data", by_data, sizes.data);
        print_numbers(out, "by_inputs", by_inputs, sizes.inputs);
    }
}

static void print_uncertainties(FILE *out, diffhep_model model, diffhep_sizes sizes) {
    double covariance[MOST], by_data[MOST], by_inputs[MOST], sigma;
    size_t entries = sizes.parameters * sizes.parameters;
    if (entries > MOST) exit(1);
    check(diffhep_model_covariance(model, diffhep_no_input(), NULL, NULL,
                                   diffhep_write(covariance, entries), diffhep_no_output(), NULL));
    print_numbers(out, "covariance", covariance, entries);
    size_t free = 0;
    while (free + 1 < sizes.parameters && covariance[free * (sizes.parameters + 1)] == 0.0) free++;
    check(diffhep_model_sigma_gradient(model, diffhep_no_input(), NULL, NULL, free, &sigma,
                                       diffhep_write(by_data, sizes.data),
                                       diffhep_write(by_inputs, sizes.inputs)));
    print_number(out, "sigma", 0, sigma);
    print_numbers(out, "by_data", by_data, sizes.data);
    print_numbers(out, "by_inputs", by_inputs, sizes.inputs);
    for (size_t i = 0; i < sizes.parameters; i++) {
        diffhep_interval_result interval;
        check(diffhep_model_profile_interval(model, diffhep_no_input(), i, NULL, &interval));
        double ends[] = {interval.lower.value, interval.fitted, interval.upper.value};
        print_numbers(out, "interval", ends, 3);
    }
}

/* Data with a signal, so that no parameter of interest ends at its bound. */
static diffhep_const_view asimov_data(diffhep_model model, diffhep_sizes sizes, double *data) {
    double point[MOST];
    for (size_t i = 0; i < sizes.parameters; i++) {
        diffhep_parameter_settings settings;
        check(diffhep_model_parameter(model, i, &settings));
        point[i] = settings.initial + 0.1 / (double)(i + 3);
    }
    check(diffhep_model_expected_data(model, diffhep_read(point, sizes.parameters),
                                      diffhep_write(data, sizes.data)));
    return diffhep_read(data, sizes.data);
}

static void print_ranking(FILE *out, diffhep_model model, diffhep_sizes sizes) {
    static const char *const labels[] = {"post_fit_up", "post_fit_down", "pre_fit_up",
                                         "pre_fit_down"};
    double numbers[MOST], sigma[MOST], pull[MOST], constraint[MOST], impacts[4][MOST];
    size_t n = sizes.parameters;
    diffhep_const_view data = asimov_data(model, sizes, numbers);
    diffhep_impact_views views = {diffhep_write(impacts[0], n), diffhep_write(impacts[1], n),
                                  diffhep_write(impacts[2], n), diffhep_write(impacts[3], n)};
    diffhep_ranking_result ranking;
    check(diffhep_model_ranking(model, data, NULL, diffhep_write(sigma, n), diffhep_write(pull, n),
                                diffhep_write(constraint, n), &views, &ranking));
    double of_poi[] = {ranking.poi, ranking.sigma, ranking.statistical};
    PRINT(out, of_poi);
    print_numbers(out, "sigma", sigma, n);
    print_numbers(out, "pull", pull, n);
    print_numbers(out, "constraint", constraint, n);
    for (size_t i = 0; i < 4; i++) print_numbers(out, labels[i], impacts[i], n);
    check(diffhep_model_refitted_impacts(model, data, NULL, &views));
    for (size_t i = 0; i < 4; i++) print_numbers(out, labels[i], impacts[i], n);
}

static void print_estimate(FILE *out, const char *label, size_t index, diffhep_estimate estimate) {
    print_number(out, label, index, estimate.value);
    print_number(out, "error", index, estimate.error);
}

static void print_toys(FILE *out, diffhep_model model, diffhep_sizes sizes) {
    double parameters[MOST], data[MOST];
    diffhep_toy_settings settings;
    diffhep_toy_result toys;
    diffhep_goodness_of_fit_result goodness;
    check(diffhep_default_toy_settings(&settings));
    settings.seed = 7;
    settings.first = 3;
    settings.toys = 40;
    check(diffhep_model_toys(model, diffhep_no_input(), 1.0, &settings, &toys));
    print_number(out, "q", 0, toys.q);
    print_estimate(out, "cl_sb", 0, toys.cl_sb);
    print_estimate(out, "cl_b", 0, toys.cl_b);
    print_estimate(out, "cl_s", 0, toys.cl_s);
    for (size_t i = 0; i < 5; i++) {
        print_estimate(out, "cl_sb_exp", i, toys.cl_sb_exp[i]);
        print_number(out, "cl_b_exp", i, toys.cl_b_exp[i]);
        print_estimate(out, "cl_s_exp", i, toys.cl_s_exp[i]);
    }
    print_number(out, "failed_signal", 0, (double)toys.failed_signal);
    print_number(out, "failed_background", 0, (double)toys.failed_background);
    check(diffhep_model_fit(model, diffhep_no_input(), NULL, NULL,
                            diffhep_write(parameters, sizes.parameters), NULL));
    check(diffhep_model_draw_toy(model, diffhep_read(parameters, sizes.parameters), 5, 11,
                                 DIFFHEP_HYPOTHESIS_BACKGROUND, diffhep_write(data, sizes.data)));
    print_numbers(out, "toy", data, sizes.data);
    check(diffhep_model_goodness_of_fit(model, diffhep_no_input(), NULL, &goodness));
    double fit[] = {goodness.statistic, (double)goodness.degrees_of_freedom, goodness.p_value};
    print_numbers(out, "goodness_of_fit", fit, 3);
}

/* Models and their number, shared by all threads. */
static diffhep_model models[16];
static size_t n_models;

static void *run(void *place) {
    FILE *out = place;
    print_kernels(out);
    for (size_t i = 0; i < n_models; i++) {
        diffhep_sizes sizes;
        check(diffhep_model_sizes(models[i], &sizes));
        if (sizes.inputs > MOST || sizes.data > MOST || sizes.parameters > MOST) exit(1);
        print_density_and_fit(out, models[i], sizes);
        print_tests(out, models[i], sizes);
        print_limits(out, models[i], sizes);
        print_uncertainties(out, models[i], sizes);
        print_ranking(out, models[i], sizes);
        print_toys(out, models[i], sizes);
    }
    return NULL;
}

static void load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "same_bits: cannot read %s\n", path);
        exit(1);
    }
    char *text = malloc(1 << 20);
    size_t length = fread(text, 1, 1 << 20, file);
    fclose(file);
    diffhep_text workspace = {text, length};
    check(diffhep_model_new(workspace, NULL, &models[n_models++]));
    free(text);
}

int main(int count, char **arguments) {
    pthread_t threads[64];
    FILE *outputs[64];
    char *texts[64];
    size_t lengths[64];
    size_t n_threads = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;
    if (n_threads < 1 || n_threads > 64 || count - 2 > 16) {
        fprintf(stderr, "usage: same_bits THREADS WORKSPACE...\n");
        return 2;
    }
    for (int i = 2; i < count; i++) load(arguments[i]);
    for (size_t i = 0; i < n_threads; i++) {
        outputs[i] = open_memstream(&texts[i], &lengths[i]);
        if (pthread_create(&threads[i], NULL, run, outputs[i])) return 1;
    }
    for (size_t i = 0; i < n_threads; i++) {
        pthread_join(threads[i], NULL);
        fclose(outputs[i]);
        if (lengths[i] != lengths[0] || memcmp(texts[i], texts[0], lengths[0])) {
            fprintf(stderr, "same_bits: thread %zu has other bits than thread 0\n", i);
            return 1;
        }
    }
    fputs(texts[0], stdout);
    for (size_t i = 0; i < n_threads; i++) free(texts[i]);
    for (size_t i = 0; i < n_models; i++) check(diffhep_model_free(models[i]));
    return 0;
}
