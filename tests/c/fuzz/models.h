/* Random calls of models, fits and tests, for tests/c/fuzz.c. */
#ifndef FUZZ_MODELS_H
#define FUZZ_MODELS_H

#include "arguments.h"

static const char workspace[] =
    "{\"version\":\"1.0.0\",\"channels\":[{\"name\":\"SR\",\"samples\":[{\"name\":\"signal\",\"data\":[12.0,"
    "11.0],\"modifiers\":[{\"name\":\"mu\",\"type\":\"normfactor\",\"data\":null}]},{\"name\":\"background\","
    "\"data\":[50.0,52.0],\"modifiers\":[{\"name\":\"count\",\"type\":\"shapesys\",\"data\":[3.0,7.0]},{"
    "\"name\":\"scale\",\"type\":\"normsys\",\"data\":{\"lo\":0.9,\"hi\":1.1}},{\"name\":\"shape\",\"type\":"
    "\"histosys\",\"data\":{\"lo_data\":[48.0,53.0],\"hi_data\":[52.0,50.0]}}]}]}],\"observations\":[{"
    "\"name\":\"SR\",\"data\":[51.0,48.0]}],\"measurements\":[{\"name\":\"m\",\"config\":{\"poi\":\"mu\","
    "\"parameters\":[]}}]}";
static const char patch[] =
    "[{\"op\":\"replace\",\"path\":\"/observations/0/data/0\",\"value\":49.0}]";

enum { MODELS = 8 };
static diffhep_model models[MODELS];
static bool is_free[MODELS];

/* A text that is intact, truncated, or changed at one position. */
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
    if (!is_free[i] && models[i].id != 0 && diffhep_model_free(models[i]))
        fail("a model is not freed");
    diffhep_status status = diffhep_model_new(text(workspace), one_in(2) ? NULL : &given,
                                              &models[i]);
    if ((status == DIFFHEP_STATUS_OK) != (models[i].id != 0))
        fail("a handle does not tell of failure");
    is_free[i] = models[i].id == 0;
    return status;
}

static diffhep_status model_free(void) {
    size_t i = below(MODELS);
    if (one_in(50))
        return diffhep_model_free((diffhep_model){below(1000000) + ((uint64_t)1 << 40)});
    diffhep_status status = diffhep_model_free(models[i]);
    if ((status == DIFFHEP_STATUS_OK) == is_free[i]) fail("a model was freed twice, or not at all");
    is_free[i] = true;
    return status;
}

/* The model of a call, and whether its handle is valid. */
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
    if (status == DIFFHEP_STATUS_OK && length && strlen(buffer) != length)
        fail("a name has another length");
    return refuse_freed(status);
}

static diffhep_status parameter_name(void) { return name(diffhep_model_parameter_name, 5); }
static diffhep_status channel_name(void) { return name(diffhep_model_channel_name, 1); }
static diffhep_status input_name(void) { return name(diffhep_model_input_name, 40); }

static diffhep_status channel_bins(void) {
    size_t first, count;
    return refuse_freed(diffhep_model_channel_bins(model(), below(2), &first,
                                                   spoiled() ? NULL : &count));
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
    diffhep_status status = diffhep_model_with_inputs(
        of, diffhep_read(values, length_near(n) % (n + 1)), &changed);
    if (status == DIFFHEP_STATUS_OK && diffhep_model_free(changed))
        fail("a changed model is not freed");
    return refuse_freed(status);
}

/* A point near the nominal one: parameter of interest and factors near 1, the others near 0. */
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
    return refuse_freed(diffhep_model_log_density(of, point(sizes.parameters), own_or(sizes.data),
                                                  place()));
}

static diffhep_status log_density_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    return refuse_freed(diffhep_model_log_density_gradient(of, point(sizes.parameters),
                                                           own_or(sizes.data), place(),
                                                           out(sizes.parameters), out(sizes.data),
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
    return refuse_freed(diffhep_model_fit_gradient(of, own_or(sizes.data), held_poi(),
                                                   fit_settings(), in(sizes.parameters, 's'),
                                                   number('s', 0), out(sizes.parameters), &result,
                                                   out(sizes.data), out(sizes.inputs)));
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
    return refuse_freed(diffhep_model_cls(of, own_or(sizes_of(of).data), number('p', 0),
                                          test_settings(), spoiled() ? NULL : &result));
}

static diffhep_status cls_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    diffhep_cls_result result;
    return refuse_freed(diffhep_model_cls_gradient(of, own_or(sizes.data), number('p', 0),
                                                   test_settings(), choice(6) - 1, &result,
                                                   out(sizes.data), out(sizes.inputs)));
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

#endif
