/* Calls every function of the C ABI at random: fuzz CALLS [SEED]. Most arguments fit, some are NULL, of
 * wrong or impossible lengths, misaligned, overlapping, NaN or infinite; texts are cut and changed;
 * freed and invented handles are used. It ends with status 1 where a failure has no text or touches an
 * output of a _vjp, where a freed handle is taken, or where a function never succeeded or never failed.
 * Run it under AddressSanitizer and valgrind to see that memory is sound and none is lost. */
#include <diffhep.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "numbers.h"

static uint64_t state;
static double uniform(void) { return next_number(&state); }
static size_t below(size_t count) { return (size_t)(uniform() * (double)count); }
static bool one_in(size_t count) { return below(count) == 0; }

static void fail(const char *what) {
    fprintf(stderr, "fuzz: %s; last error: %s\n", what, diffhep_last_error());
    exit(1);
}

/* What a call allocated, and the outputs that it must leave alone if it fails. */
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

/* Fewer arguments are wrong than right, so that calls get past the first check. */
static bool spoiled(void) { return one_in(40); }

static double wild(void) {
    static const double numbers[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e308, -1e308, 5e-324, 1e-300, 1e15};
    return numbers[below(sizeof numbers / sizeof *numbers)];
}

/* A number that fits: s of any sign, p above 0, c a count, a for ascending lists. */
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
    if (spoiled()) return diffhep_read((const double *)(const void *)((const char *)data + 4), length);
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
        if (memcmp(outputs[i], copies[i], lengths[i] * sizeof(double))) fail("a failure touched an output");
}

static diffhep_counts counts(const size_t *wanted, size_t length) {
    length = length_near(length) % 4;
    if (spoiled()) return diffhep_read_counts(NULL, length);
    size_t *data = allocate((length + 1) * sizeof *data);
    for (size_t i = 0; i < length; i++) data[i] = spoiled() ? (one_in(2) ? SIZE_MAX / 3 : 0) : wanted[i % 3];
    return diffhep_read_counts(data, length);
}

static int32_t choice(int32_t count) { return spoiled() ? (int32_t)below(1000) - 500 : (int32_t)below((size_t)count); }

/* Kernels. */

static diffhep_status soft_yield(void) {
    size_t events = below(40), cuts = below(4);
    return diffhep_soft_yield(in(events * cuts, 's'), in(events, 'p'), in(cuts, 's'), in(cuts, 's'),
                              place(), place());
}

static diffhep_status soft_yield_vjp(void) {
    size_t events = below(40), cuts = below(4);
    return diffhep_soft_yield_vjp(in(events * cuts, 's'), in(events, 'p'), in(cuts, 's'), in(cuts, 's'),
                                  number('s', 0), number('s', 0), place(), place(), out(cuts));
}

static diffhep_status asimov(void) {
    size_t bins = below(5);
    return diffhep_asimov_significance(in(bins, 'p'), in(bins, 'p'), in(bins, 'p'), place());
}

static diffhep_status asimov_vjp(void) {
    size_t bins = below(5);
    return diffhep_asimov_significance_vjp(in(bins, 'p'), in(bins, 'p'), in(bins, 'p'), number('s', 0),
                                           place(), out(bins), out(bins), out(bins));
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
                             counts(boundary_counts, columns), in(columns, 'p'), out(bins), out(bins));
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
                               mixture_settings(k, columns), in(k, 's'), in(k, 's'), out(parameters));
}

static diffhep_status softmax(void) {
    size_t events = below(40), bins = 1 + below(4);
    return diffhep_softmax_histogram(in(events * bins, 's'), in(events, 's'), number('p', 0), out(bins),
                                     out(bins));
}

static diffhep_status softmax_vjp(void) {
    size_t events = below(40), bins = 1 + below(4);
    return diffhep_softmax_histogram_vjp(in(events * bins, 's'), in(events, 's'), number('p', 0),
                                         in(bins, 's'), in(bins, 's'), out(events * bins), out(events));
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
    return diffhep_normal_log_density_vjp(in(n, 's'), in(n, 's'), in(n, 'p'), number('s', 0), out(n),
                                          out(n), out(n));
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
    return diffhep_network_size(spoiled() ? 0 : 1 + below(3), counts(hidden_units, below(4)), given);
}

static diffhep_status network(void) {
    size_t events = below(20), inputs = 1 + below(3), layers = below(4);
    return diffhep_network_logits(spoiled() ? SIZE_MAX : inputs, counts(hidden_units, layers), choice(3),
                                  in(network_parameters(inputs, layers), 's'), in(events * inputs, 's'),
                                  out(events));
}

static diffhep_status network_vjp(void) {
    size_t events = below(20), inputs = 1 + below(3), layers = below(4);
    size_t parameters = network_parameters(inputs, layers);
    return diffhep_network_logits_vjp(spoiled() ? 0 : inputs, counts(hidden_units, layers), choice(3),
                                      in(parameters, 's'), in(events * inputs, 's'), in(events, 's'),
                                      out(events), out(parameters));
}

/* The engine. */

static const char workspace[] =
    "{\"version\":\"1.0.0\",\"channels\":[{\"name\":\"SR\",\"samples\":[{\"name\":\"signal\",\"data\":[12.0,"
    "11.0],\"modifiers\":[{\"name\":\"mu\",\"type\":\"normfactor\",\"data\":null}]},{\"name\":\"background\","
    "\"data\":[50.0,52.0],\"modifiers\":[{\"name\":\"count\",\"type\":\"shapesys\",\"data\":[3.0,7.0]},{"
    "\"name\":\"scale\",\"type\":\"normsys\",\"data\":{\"lo\":0.9,\"hi\":1.1}},{\"name\":\"shape\",\"type\":"
    "\"histosys\",\"data\":{\"lo_data\":[48.0,53.0],\"hi_data\":[52.0,50.0]}}]}]}],\"observations\":[{"
    "\"name\":\"SR\",\"data\":[51.0,48.0]}],\"measurements\":[{\"name\":\"m\",\"config\":{\"poi\":\"mu\","
    "\"parameters\":[]}}]}";
static const char patch[] = "[{\"op\":\"replace\",\"path\":\"/observations/0/data/0\",\"value\":49.0}]";

enum { MODELS = 8 };
static diffhep_model models[MODELS];
static bool is_free[MODELS];

/* A text that is whole, cut, or changed in a place. */
static diffhep_text text(const char *whole) {
    size_t length = strlen(whole);
    if (spoiled()) return (diffhep_text){NULL, one_in(2) ? 0 : 5};
    char *data = allocate(length + 1);
    memcpy(data, whole, length);
    if (one_in(8)) length = below(length + 1);
    if (one_in(8) && length > 0) data[below(length)] = (char)below(256);
    return (diffhep_text){data, spoiled() ? SIZE_MAX : length};
}

static diffhep_text optional_text(const char *whole) {
    return one_in(4) ? text(whole) : (diffhep_text){NULL, 0};
}

static diffhep_status model_new(void) {
    size_t i = below(MODELS);
    diffhep_model_options given = {optional_text("m"), optional_text(patch), choice(2), choice(3)};
    if (!is_free[i] && models[i].id != 0 && diffhep_model_free(models[i])) fail("a model is not freed");
    diffhep_status status = diffhep_model_new(text(workspace), one_in(2) ? NULL : &given, &models[i]);
    if ((status == DIFFHEP_STATUS_OK) != (models[i].id != 0)) fail("a handle does not tell of failure");
    is_free[i] = models[i].id == 0;
    return status;
}

static diffhep_status model_free(void) {
    size_t i = below(MODELS);
    if (one_in(50)) return diffhep_model_free((diffhep_model){below(1000000) + ((uint64_t)1 << 40)});
    diffhep_status status = diffhep_model_free(models[i]);
    if ((status == DIFFHEP_STATUS_OK) == is_free[i]) fail("a model was freed twice, or not at all");
    is_free[i] = true;
    return status;
}

/* The model of a call, and whether its handle is good. */
static bool is_good;

static diffhep_model model(void) {
    size_t i = below(MODELS);
    is_good = !is_free[i];
    return models[i];
}

static diffhep_status refuse_freed(diffhep_status status) {
    if (!is_good && status == DIFFHEP_STATUS_OK) fail("a freed handle was taken");
    return status;
}

static diffhep_sizes sizes_of(diffhep_model of) {
    diffhep_sizes sizes = {5, 2, 6, 1, 40, 0};
    if (is_good && diffhep_model_sizes(of, &sizes)) fail("a model has no sizes");
    return sizes;
}

static diffhep_status model_sizes(void) {
    diffhep_sizes sizes;
    return refuse_freed(diffhep_model_sizes(model(), spoiled() ? NULL : &sizes));
}

typedef diffhep_status name_function(diffhep_model, size_t, char *, size_t, size_t *);

static diffhep_status name(name_function *function, size_t count) {
    size_t capacity = one_in(4) ? below(8) : 80, length = 0;
    char *buffer = allocate(capacity);
    diffhep_status status = function(model(), below(count + 1), spoiled() ? NULL : buffer, capacity,
                                     spoiled() ? NULL : &length);
    if (status == DIFFHEP_STATUS_OK && length && strlen(buffer) != length) fail("a name has another length");
    return refuse_freed(status);
}

static diffhep_status parameter_name(void) { return name(diffhep_model_parameter_name, 5); }
static diffhep_status channel_name(void) { return name(diffhep_model_channel_name, 1); }
static diffhep_status input_name(void) { return name(diffhep_model_input_name, 40); }

static diffhep_status channel_bins(void) {
    size_t first, count;
    return refuse_freed(diffhep_model_channel_bins(model(), below(2), &first, spoiled() ? NULL : &count));
}

static diffhep_status parameter(void) {
    diffhep_parameter_settings settings;
    return refuse_freed(diffhep_model_parameter(model(), below(7), spoiled() ? NULL : &settings));
}

static diffhep_status data(void) {
    diffhep_model of = model();
    return refuse_freed(diffhep_model_data(of, out(sizes_of(of).data)));
}

static diffhep_status inputs(void) {
    diffhep_model of = model();
    return refuse_freed(diffhep_model_inputs(of, out(sizes_of(of).inputs)));
}

static diffhep_status with_inputs(void) {
    diffhep_model of = model(), changed;
    size_t n = sizes_of(of).inputs;
    double *values = fresh(n, 'p');
    if (is_good && !one_in(4)) {
        if (diffhep_model_inputs(of, diffhep_write(values, n))) fail("a model has no inputs");
        if (n) values[below(n)] *= 0.9 + 0.2 * uniform();
        if (n && spoiled()) values[below(n)] = wild();
    }
    diffhep_status status = diffhep_model_with_inputs(of, diffhep_read(values, length_near(n) % (n + 1)), &changed);
    if (status == DIFFHEP_STATUS_OK && diffhep_model_free(changed)) fail("a changed model is not freed");
    return refuse_freed(status);
}

/* A point near the nominal one: the parameter of interest and factors about 1, the others about 0. */
static diffhep_const_view point(size_t n) {
    diffhep_const_view view = in(n, 'p');
    return one_in(3) || !view.data || view.length != n ? view : diffhep_read(fresh(n, 'p'), n);
}

static diffhep_const_view own_or(size_t n) { return one_in(2) ? diffhep_no_input() : in(n, 'c'); }

static diffhep_status expected_data(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    return refuse_freed(diffhep_model_expected_data(of, point(sizes.parameters), out(sizes.data)));
}

static diffhep_status log_density(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    return refuse_freed(diffhep_model_log_density(of, point(sizes.parameters), own_or(sizes.data), place()));
}

static diffhep_status log_density_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    return refuse_freed(diffhep_model_log_density_gradient(of, point(sizes.parameters), own_or(sizes.data),
                                                           place(), out(sizes.parameters), out(sizes.data),
                                                           out(sizes.inputs)));
}

static const double *held_poi(void) {
    double *value = one_in(2) ? place() : NULL;
    if (value) *value = number('p', 0);
    return value;
}

static const diffhep_fit_settings *fit_settings(void) {
    if (one_in(2)) return NULL;
    diffhep_fit_settings *settings = allocate(sizeof *settings);
    if (diffhep_default_fit_settings(settings)) fail("there are no default settings");
    settings->max_steps = below(100);
    settings->max_halvings = below(50);
    if (spoiled()) settings->tolerance = wild();
    return settings;
}

static diffhep_status fit(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    diffhep_fit_result result;
    return refuse_freed(diffhep_model_fit(of, own_or(sizes.data), held_poi(), fit_settings(),
                                          out(sizes.parameters), spoiled() ? NULL : &result));
}

static diffhep_status fit_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    diffhep_fit_result result;
    return refuse_freed(diffhep_model_fit_gradient(of, own_or(sizes.data), held_poi(), fit_settings(),
                                                   in(sizes.parameters, 's'), number('s', 0),
                                                   out(sizes.parameters), &result, out(sizes.data),
                                                   out(sizes.inputs)));
}

static const diffhep_test_settings *test_settings(void) {
    if (one_in(2)) return NULL;
    diffhep_test_settings *settings = allocate(sizeof *settings);
    if (diffhep_default_test_settings(settings)) fail("there are no default settings");
    settings->statistic = choice(2);
    settings->asimov = choice(2);
    if (spoiled()) settings->fit.max_steps = below(4);
    return settings;
}

static diffhep_status cls(void) {
    diffhep_model of = model();
    diffhep_cls_result result;
    return refuse_freed(diffhep_model_cls(of, own_or(sizes_of(of).data), number('p', 0), test_settings(),
                                          spoiled() ? NULL : &result));
}

static diffhep_status cls_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    diffhep_cls_result result;
    return refuse_freed(diffhep_model_cls_gradient(of, own_or(sizes.data), number('p', 0), test_settings(),
                                                   choice(6) - 1, &result, out(sizes.data),
                                                   out(sizes.inputs)));
}

static diffhep_status discovery(void) {
    diffhep_model of = model();
    diffhep_discovery_result result;
    return refuse_freed(diffhep_model_discovery(of, own_or(sizes_of(of).data), test_settings(),
                                                spoiled() ? NULL : &result));
}

static diffhep_status discovery_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    diffhep_discovery_result result;
    return refuse_freed(diffhep_model_discovery_gradient(of, own_or(sizes.data), test_settings(),
                                                         choice(6) - 1, &result, out(sizes.data),
                                                         out(sizes.inputs)));
}

static diffhep_status queries(void) {
    if (diffhep_abi_version() != DIFFHEP_ABI_VERSION) fail("header and library have other versions");
    if (!strlen(diffhep_version()) || !strstr(diffhep_features(), "cls")) fail("no version or features");
    if (!strlen(diffhep_status_name((int32_t)below(20) - 4))) fail("a status has no name");
    bool is_known = diffhep_has_feature(text("cls"));
    return is_known ? DIFFHEP_STATUS_OK : DIFFHEP_STATUS_INVALID_ARGUMENT;
}

/* Every function, how often it is called of a hundred, and whether its failures leave outputs alone. */
typedef struct {
    const char *name;
    diffhep_status (*call)(void);
    size_t share;
    bool leaves_outputs;
    size_t succeeded, failed;
} function;

static function functions[] = {
    {"soft_yield", soft_yield, 4, true, 0, 0},
    {"soft_yield_vjp", soft_yield_vjp, 4, true, 0, 0},
    {"asimov_significance", asimov, 4, true, 0, 0},
    {"asimov_significance_vjp", asimov_vjp, 4, true, 0, 0},
    {"kernel_histogram", kernel_histogram, 4, false, 0, 0},
    {"kernel_histogram_vjp", kernel_histogram_vjp, 4, true, 0, 0},
    {"soft_bins", soft_bins, 4, false, 0, 0},
    {"soft_bins_vjp", soft_bins_vjp, 4, true, 0, 0},
    {"mixture", mixture, 4, false, 0, 0},
    {"mixture_vjp", mixture_vjp, 4, true, 0, 0},
    {"softmax_histogram", softmax, 4, false, 0, 0},
    {"softmax_histogram_vjp", softmax_vjp, 4, true, 0, 0},
    {"poisson_log_density", poisson, 4, true, 0, 0},
    {"poisson_log_density_vjp", poisson_vjp, 4, true, 0, 0},
    {"normal_log_density", normal, 4, true, 0, 0},
    {"normal_log_density_vjp", normal_vjp, 4, true, 0, 0},
    {"network_size", network_size, 2, true, 0, 0},
    {"network_logits", network, 1, false, 0, 0},
    {"network_logits_vjp", network_vjp, 1, true, 0, 0},
    {"model_new", model_new, 2, true, 0, 0},
    {"model_free", model_free, 1, true, 0, 0},
    {"model_sizes", model_sizes, 2, true, 0, 0},
    {"model_parameter_name", parameter_name, 2, true, 0, 0},
    {"model_channel_name", channel_name, 2, true, 0, 0},
    {"model_input_name", input_name, 2, true, 0, 0},
    {"model_channel_bins", channel_bins, 2, true, 0, 0},
    {"model_parameter", parameter, 2, true, 0, 0},
    {"model_data", data, 2, true, 0, 0},
    {"model_inputs", inputs, 2, true, 0, 0},
    {"model_with_inputs", with_inputs, 1, true, 0, 0},
    {"model_expected_data", expected_data, 2, false, 0, 0},
    {"model_log_density", log_density, 2, true, 0, 0},
    {"model_log_density_gradient", log_density_gradient, 2, false, 0, 0},
    {"model_fit", fit, 1, false, 0, 0},
    {"model_fit_gradient", fit_gradient, 1, false, 0, 0},
    {"model_cls", cls, 1, true, 0, 0},
    {"model_cls_gradient", cls_gradient, 1, false, 0, 0},
    {"model_discovery", discovery, 1, true, 0, 0},
    {"model_discovery_gradient", discovery_gradient, 1, false, 0, 0},
    {"queries", queries, 2, true, 0, 0},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static function *pick(void) {
    size_t total = 0;
    for (size_t i = 0; i < FUNCTIONS; i++) total += functions[i].share;
    size_t at = below(total);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (at < functions[i].share) return &functions[i];
        at -= functions[i].share;
    }
    return &functions[0];
}

static void call(void) {
    function *chosen = pick();
    diffhep_status status = chosen->call();
    if (status == DIFFHEP_STATUS_INTERNAL_ERROR) fail(chosen->name);
    if (status == DIFFHEP_STATUS_OK) {
        chosen->succeeded++;
    } else {
        chosen->failed++;
        if (!*diffhep_last_error() && chosen->call != queries) fail("a failure has no text");
        if (chosen->leaves_outputs) check_untouched();
    }
    release();
}

int main(int count, char **arguments) {
    size_t calls = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;
    if (calls == 0 || count > 3) {
        fprintf(stderr, "usage: fuzz CALLS [SEED]\n");
        return 2;
    }
    state = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    for (size_t i = 0; i < MODELS; i++) is_free[i] = true;
    for (size_t i = 0; i < calls; i++) call();
    for (size_t i = 0; i < MODELS; i++)
        if (!is_free[i] && diffhep_model_free(models[i])) fail("a model is not freed");
    for (size_t i = 0; i < FUNCTIONS; i++) {
        function *done = &functions[i];
        printf("%-28s %8zu succeeded %8zu failed\n", done->name, done->succeeded, done->failed);
        if (calls >= 100000 && (done->succeeded == 0 || done->failed == 0)) fail("a function was not tried out");
    }
    return 0;
}
