/* Random calls of limits, uncertainties, rankings and toys, for tests/c/fuzz.c. */
#ifndef FUZZ_STATISTICS_H
#define FUZZ_STATISTICS_H

#include "models.h"

/* Level and last step of a search, and its largest number of trials. */
static double level(void) { return one_in(20) ? number('s', 0) : 0.05 + 0.9 * uniform(); }
static double last_step(void) { return spoiled() ? wild() : 1e-5; }

static const diffhep_limit_settings *limit_settings(void) {
    if (one_in(2)) return NULL;
    diffhep_limit_settings *settings = allocate(sizeof *settings);
    if (diffhep_default_limit_settings(settings)) fail("there are no default settings");
    settings->level = level();
    settings->tolerance = last_step();
    settings->max_tests = below(60);
    settings->test.statistic = choice(2);
    settings->test.asimov = choice(2);
    return settings;
}

static void check_limit(diffhep_limit limit) {
    if ((limit.outcome == DIFFHEP_LIMIT_OUTCOME_FOUND) == isnan(limit.value))
        fail("a limit has another outcome");
}

static diffhep_status upper_limits(void) {
    diffhep_model of = model();
    diffhep_limits_result result;
    bool is_given = !spoiled();
    diffhep_status status = diffhep_model_upper_limits(of, own_or(sizes_of(of).data),
                                                       limit_settings(), is_given ? &result : NULL);
    if (status == DIFFHEP_STATUS_OK) {
        check_limit(result.observed);
        for (size_t i = 0; i < 5; i++) check_limit(result.expected[i]);
    }
    return refuse_freed(status);
}

static diffhep_status upper_limit(void) {
    diffhep_model of = model();
    return refuse_freed(diffhep_model_upper_limit(of, own_or(sizes_of(of).data), limit_settings(),
                                                  choice(6) - 1, place()));
}

static diffhep_status upper_limit_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    return refuse_freed(diffhep_model_upper_limit_gradient(of, own_or(sizes.data), limit_settings(),
                                                           choice(6) - 1, place(), out(sizes.data),
                                                           out(sizes.inputs)));
}

static diffhep_status covariance(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    diffhep_fit_result result;
    return refuse_freed(diffhep_model_covariance(of, own_or(sizes.data), held_poi(), fit_settings(),
                                                 out(sizes.parameters * sizes.parameters),
                                                 out(sizes.parameters),
                                                 spoiled() ? NULL : &result));
}

static diffhep_status sigma_gradient(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    return refuse_freed(diffhep_model_sigma_gradient(of, own_or(sizes.data), held_poi(),
                                                     fit_settings(), below(sizes.parameters + 1),
                                                     place(), out(sizes.data), out(sizes.inputs)));
}

static diffhep_status profile_interval(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    diffhep_interval_settings settings;
    if (diffhep_default_interval_settings(&settings)) fail("there are no default settings");
    settings.level = level();
    settings.tolerance = last_step();
    settings.max_fits = below(60);
    diffhep_interval_result result;
    bool is_given = !spoiled();
    diffhep_status status = diffhep_model_profile_interval(of, own_or(sizes.data),
                                                           below(sizes.parameters + 1),
                                                           one_in(2) ? NULL : &settings,
                                                           is_given ? &result : NULL);
    if (status == DIFFHEP_STATUS_OK) {
        check_limit(result.lower);
        check_limit(result.upper);
    }
    return refuse_freed(status);
}

static const diffhep_impact_views *impact_views(size_t parameters) {
    if (one_in(8)) return NULL;
    diffhep_impact_views *views = allocate(sizeof *views);
    views->post_fit_up = out(parameters);
    views->post_fit_down = out(parameters);
    views->pre_fit_up = out(parameters);
    views->pre_fit_down = out(parameters);
    return views;
}

static diffhep_status ranking(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    size_t n = sizes.parameters;
    diffhep_ranking_result result;
    return refuse_freed(diffhep_model_ranking(of, own_or(sizes.data), fit_settings(), out(n),
                                              out(n), out(n), impact_views(n),
                                              spoiled() ? NULL : &result));
}

static diffhep_status refitted_impacts(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    return refuse_freed(diffhep_model_refitted_impacts(of, own_or(sizes.data), fit_settings(),
                                                       impact_views(sizes.parameters)));
}

/* There are few toys, because the default number takes too long. */
static diffhep_status toys(void) {
    diffhep_model of = model();
    diffhep_toy_settings settings;
    if (diffhep_default_toy_settings(&settings)) fail("there are no default settings");
    settings.statistic = choice(3);
    settings.seed = below(1000);
    settings.first = spoiled() ? UINT64_MAX : below(1000);
    settings.toys = spoiled() ? UINT64_MAX : below(5);
    diffhep_toy_result result;
    bool is_given = !spoiled();
    diffhep_status status = diffhep_model_toys(of, own_or(sizes_of(of).data),
                                               one_in(3) ? 0.0 : number('p', 0), &settings,
                                               is_given ? &result : NULL);
    if (status == DIFFHEP_STATUS_OK && result.failed_signal >= settings.toys)
        fail("no toy of all has a p-value");
    return refuse_freed(status);
}

static diffhep_status draw_toy(void) {
    diffhep_model of = model();
    diffhep_sizes sizes = sizes_of(of);
    uint64_t toy = spoiled() ? UINT64_MAX : below(1000);
    return refuse_freed(diffhep_model_draw_toy(of, point(sizes.parameters), below(1000), toy,
                                               choice(3), out(sizes.data)));
}

static diffhep_status goodness_of_fit(void) {
    diffhep_model of = model();
    diffhep_goodness_of_fit_result result;
    return refuse_freed(diffhep_model_goodness_of_fit(of, own_or(sizes_of(of).data), fit_settings(),
                                                      spoiled() ? NULL : &result));
}

#endif
