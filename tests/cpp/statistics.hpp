/// Compares limits, uncertainties, rankings and toys of diffhep.hpp with diffhep.h, for
/// tests/cpp/layer.cpp.

#ifndef LAYER_STATISTICS_HPP
#define LAYER_STATISTICS_HPP

#include <array>
#include <cstddef>

#include "expect.hpp"

namespace layer {

/// Data that are not the workspace's, with more events than background, so that no fit ends at a
/// bound.
inline Numbers other_data(const Model &model) {
    auto data = model.data();
    data[0] += 9.0;
    return data;
}

inline void expect_same(diffhep::Limit a, const diffhep_limit &b, const char *what) {
    expect_same(a.value, b.value, what);
    expect(diffhep::detail::number(a.outcome) == b.outcome, what);
}

inline void expect_same(diffhep::Estimate a, const diffhep_estimate &b, const char *what) {
    expect_same(a.value, b.value, what);
    expect_same(a.error, b.error, what);
}

inline void limits(const Model &model) {
    const auto data = other_data(model);
    diffhep::LimitSettings settings;
    settings.level = 0.9;
    settings.max_tests = 40;
    settings.tolerance = 1e-4;
    settings.test.statistic = diffhep::Statistic::q;
    settings.test.asimov = diffhep::Asimov::nominal;
    settings.test.fit.tolerance = 1e-12;
    const diffhep_limit_settings raw{
        0.9, 1e-4, 40, {DIFFHEP_STATISTIC_Q, DIFFHEP_ASIMOV_NOMINAL, settings.test.fit}};
    diffhep_limits_result all{};
    must(diffhep_model_upper_limits(model.handle(), in(data), &raw, &all));
    const auto found = model.upper_limits(data, settings);
    expect_same(found.observed, all.observed, "upper_limits");
    for (std::size_t i = 0; i < 5; ++i)
        expect_same(found.expected[i], all.expected[i], "expected of upper_limits");
    expect(found.tests == all.tests && found.observed.outcome == diffhep::LimitOutcome::found,
           "tests of upper_limits");
    for (std::size_t i = 1; i < 5; ++i) {
        expect(found.expected[i - 1].value < found.expected[i].value, "the order of upper_limits");
    }

    double limit = 0.0;
    must(diffhep_model_upper_limit(model.handle(), in(data), &raw, DIFFHEP_QUANTITY_EXPECTED_MINUS1,
                                   &limit));
    expect_same(model.upper_limit(Quantity::expected_minus1, data, settings), limit, "upper_limit");
    Numbers by_data(model.sizes().data), by_inputs(model.sizes().inputs);
    must(diffhep_model_upper_limit_gradient(model.handle(), in(data), &raw,
                                            DIFFHEP_QUANTITY_OBSERVED, &limit, out(by_data),
                                            out(by_inputs)));
    const auto gradient = model.upper_limit_gradient(Quantity::observed, data, settings);
    expect_same(gradient.limit, limit, "upper_limit_gradient");
    expect_same(gradient.by_data, by_data, "upper_limit_gradient by data");
    expect_same(gradient.by_inputs, by_inputs, "upper_limit_gradient by inputs");

    settings.max_tests = 1;
    // The search for the median comes first.
    const auto missing = model.upper_limits(data, settings).expected[2];
    expect(std::isnan(missing.value) && missing.outcome == diffhep::LimitOutcome::not_reached,
           "a missing limit");
    expect_error(Status::no_result, "not found in 1 tests",
                 [&] { model.upper_limit(Quantity::expected_median, data, settings); });
    settings.level = 1.0;
    expect_error(Status::invalid_argument, "'level'", [&] { model.upper_limits(data, settings); });
}

inline void uncertainties(const Model &model) {
    const auto data = other_data(model);
    const auto &sizes = model.sizes();
    diffhep::FitSettings settings;
    settings.tolerance = 1e-12;
    const double held = 0.4;
    Numbers matrix(sizes.parameters * sizes.parameters), parameters(sizes.parameters);
    diffhep_fit_result result{};
    must(diffhep_model_covariance(model.handle(), in(data), &held, &settings, out(matrix),
                                  out(parameters), &result));
    const auto covariance = model.covariance(data, held, settings);
    expect_same(covariance.matrix, matrix, "covariance");
    expect_same(covariance.fit.parameters, parameters, "the parameters of covariance");
    expect_same(covariance.fit.twice_nll, result.twice_nll, "-2 ln L of covariance");
    const auto nuisance = (sizes.poi + 1) % sizes.parameters;
    expect(covariance.sigma(sizes.poi) == 0.0 && covariance.sigma(nuisance) > 0.0,
           "a parameter that is held");
    expect_same(covariance.between(0, 1), matrix[1], "between");

    double sigma = 0.0;
    Numbers by_data(sizes.data), by_inputs(sizes.inputs);
    must(diffhep_model_sigma_gradient(model.handle(), in(data), nullptr, &settings, sizes.poi,
                                      &sigma, out(by_data), out(by_inputs)));
    const auto gradient = model.sigma_gradient(sizes.poi, data, {}, settings);
    expect_same(gradient.sigma, sigma, "sigma_gradient");
    expect_same(gradient.sigma, model.covariance(data, {}, settings).sigma(sizes.poi),
                "the sigma of covariance");
    expect_same(gradient.by_data, by_data, "sigma_gradient by data");
    expect_same(gradient.by_inputs, by_inputs, "sigma_gradient by inputs");
    expect_error(Status::no_result, "was not free",
                 [&] { model.sigma_gradient(sizes.poi, data, held); });

    diffhep::IntervalSettings search;
    search.level = 0.95;
    search.max_fits = 30;
    diffhep_interval_result raw{};
    must(diffhep_model_profile_interval(model.handle(), in(data), sizes.poi, &search, &raw));
    const auto interval = model.profile_interval(sizes.poi, data, search);
    expect_same(interval.fitted, raw.fitted, "profile_interval");
    expect_same(interval.lower, raw.lower, "the lower end of profile_interval");
    expect_same(interval.upper, raw.upper, "the upper end of profile_interval");
    expect_error(Status::invalid_argument, "index",
                 [&] { model.profile_interval(sizes.parameters); });

    settings.max_steps = 1;
    try {
        model.covariance(data, {}, settings);
        expect(false, "a fit of one step has a covariance");
    } catch (const diffhep::FitNotConverged &error) {
        expect(error.result().parameters.size() == sizes.parameters,
               "the parameters of a fit of one step");
    }
}

inline void expect_same(const diffhep::Impacts &found, const std::array<Numbers, 4> &columns,
                        const char *what) {
    expect_same(found.post_fit_up, columns[0], what);
    expect_same(found.post_fit_down, columns[1], what);
    expect_same(found.pre_fit_up, columns[2], what);
    expect_same(found.pre_fit_down, columns[3], what);
}

inline void rankings(const Model &model) {
    const auto data = other_data(model);
    const auto n = model.sizes().parameters;
    diffhep::FitSettings settings;
    settings.tolerance = 1e-12;
    Numbers sigma(n), pull(n), constraint(n);
    std::array<Numbers, 4> impacts;
    impacts.fill(Numbers(n));
    const diffhep_impact_views views{out(impacts[0]), out(impacts[1]), out(impacts[2]),
                                     out(impacts[3])};
    diffhep_ranking_result of_poi{};
    must(diffhep_model_ranking(model.handle(), in(data), &settings, out(sigma), out(pull),
                               out(constraint), &views, &of_poi));
    const auto ranking = model.ranking(data, settings);
    expect_same(ranking.sigma, sigma, "ranking");
    expect_same(ranking.pull, pull, "the pulls of ranking");
    expect_same(ranking.constraint, constraint, "the constraints of ranking");
    expect_same(ranking.impacts, impacts, "the impacts of ranking");
    expect_same(ranking.of_poi.poi, of_poi.poi, "the parameter of interest of ranking");
    expect_same(ranking.of_poi.sigma, of_poi.sigma, "its uncertainty");
    expect_same(ranking.of_poi.statistical, of_poi.statistical, "its statistical uncertainty");
    expect(std::isnan(ranking.sigma[model.sizes().poi]), "the parameter of interest has no impact");
    must(diffhep_model_refitted_impacts(model.handle(), in(data), &settings, &views));
    expect_same(model.refitted_impacts(data, settings), impacts, "refitted_impacts");
}

inline void toys(const Model &model) {
    const auto data = other_data(model);
    diffhep::ToySettings settings;
    settings.statistic = diffhep::Statistic::q0;
    settings.seed = 3;
    settings.first = 10;
    settings.toys = 30;
    settings.fit.tolerance = 1e-12;
    const diffhep_toy_settings raw{DIFFHEP_STATISTIC_Q0, 3, 10, 30, settings.fit};
    diffhep_toy_result expected{};
    must(diffhep_model_toys(model.handle(), in(data), 0.0, &raw, &expected));
    const auto found = model.toys(0.0, data, settings);
    expect_same(found.q, expected.q, "toys");
    expect_same(found.cl_sb, expected.cl_sb, "cl_sb");
    expect_same(found.cl_b, expected.cl_b, "cl_b");
    expect_same(found.cl_s, expected.cl_s, "cl_s");
    for (std::size_t i = 0; i < 5; ++i) {
        expect_same(found.cl_sb_exp[i], expected.cl_sb_exp[i], "expected cl_sb");
        expect_same(found.cl_b_exp[i], expected.cl_b_exp[i], "expected cl_b");
        expect_same(found.cl_s_exp[i], expected.cl_s_exp[i], "expected cl_s");
    }
    expect(found.failed_signal == expected.failed_signal, "failed toys");
    expect(found.failed_background == expected.failed_background, "failed toys without signal");
    expect_error(Status::invalid_argument, "q0", [&] { model.toys(1.0, data, settings); });
    settings.toys = 0;
    expect_error(Status::invalid_argument, "0 toys", [&] { model.toys(0.0, data, settings); });

    const Numbers parameters(model.sizes().parameters, 1.0);
    Numbers toy(model.sizes().data);
    must(diffhep_model_draw_toy(model.handle(), in(parameters), 5, 6, DIFFHEP_HYPOTHESIS_BACKGROUND,
                                out(toy)));
    expect_same(model.draw_toy(parameters, 5, 6, diffhep::Hypothesis::background), toy, "draw_toy");
    expect(model.draw_toy(parameters, 5, 6) != toy, "toys of two hypotheses");

    diffhep_goodness_of_fit_result goodness{};
    const diffhep::FitSettings fit;
    must(diffhep_model_goodness_of_fit(model.handle(), in(data), &fit, &goodness));
    const auto of_fit = model.goodness_of_fit(data, fit);
    expect_same(of_fit.statistic, goodness.statistic, "goodness_of_fit");
    expect_same(of_fit.p_value, goodness.p_value, "the p-value of goodness_of_fit");
    expect(of_fit.degrees_of_freedom == goodness.degrees_of_freedom, "degrees of freedom");
}

/// Data and settings are not the defaults.
inline void statistics(const Model &model) {
    limits(model);
    uncertainties(model);
    rankings(model);
    toys(model);
}

} // namespace layer

#endif // LAYER_STATISTICS_HPP
