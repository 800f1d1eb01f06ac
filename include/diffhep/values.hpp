/// Settings and results of models. Include diffhep.hpp.

#ifndef DIFFHEP_VALUES_HPP
#define DIFFHEP_VALUES_HPP

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core.hpp"

namespace diffhep {

// ---------------------------------------------------------------------------------------------------
// Settings
// ---------------------------------------------------------------------------------------------------

/// How `normsys` factors depend on their parameter.
enum class Normsys : std::int32_t {
    code4 = DIFFHEP_NORMSYS_CODE4, ///< Polynomial of degree 6 inside, exponential outside.
    code1 = DIFFHEP_NORMSYS_CODE1, ///< Piecewise exponential.
};

/// How `histosys` shifts depend on their parameter.
enum class Histosys : std::int32_t {
    code4p = DIFFHEP_HISTOSYS_CODE4P, ///< Polynomial of degree 6 inside, linear outside.
    code0 = DIFFHEP_HISTOSYS_CODE0,   ///< Piecewise linear.
    code2 = DIFFHEP_HISTOSYS_CODE2,   ///< Quadratic inside, linear outside.
};

/// The test statistic.
enum class Statistic : std::int32_t {
    q_tilde = DIFFHEP_STATISTIC_Q_TILDE, ///< For a signal strength that is not negative.
    q = DIFFHEP_STATISTIC_Q,
    q0 = DIFFHEP_STATISTIC_Q0,           ///< Only for toys; `discovery` always uses it.
};

/// At which nuisance parameters Asimov data are made.
enum class Asimov : std::int32_t {
    fitted = DIFFHEP_ASIMOV_FITTED,   ///< Those fitted to the data.
    nominal = DIFFHEP_ASIMOV_NOMINAL, ///< The model's initial values: no data enter.
};

/// Which number of a test a gradient belongs to; the expected ones are entries 0 to 4 of the band.
enum class Quantity : std::int32_t {
    observed = DIFFHEP_QUANTITY_OBSERVED,
    expected_minus2 = DIFFHEP_QUANTITY_EXPECTED_MINUS2,
    expected_minus1 = DIFFHEP_QUANTITY_EXPECTED_MINUS1,
    expected_median = DIFFHEP_QUANTITY_EXPECTED_MEDIAN,
    expected_plus1 = DIFFHEP_QUANTITY_EXPECTED_PLUS1,
    expected_plus2 = DIFFHEP_QUANTITY_EXPECTED_PLUS2,
};

/// How a model is made from a workspace.
struct ModelOptions {
    std::string_view measurement = {};    ///< Its name; the first where there is none.
    std::string_view patch = {};          ///< A JSON patch (RFC 6902) that is applied first.
    Normsys normsys = Normsys::code4;     ///< pyhf's default.
    Histosys histosys = Histosys::code4p; ///< pyhf's default.
};

/// How a fit is carried out (`tolerance`, `max_steps`, `max_halvings`), with the library's
/// defaults.
struct FitSettings : diffhep_fit_settings {
    FitSettings() : diffhep_fit_settings{} { detail::check(diffhep_default_fit_settings(this)); }
};

/// How a test is carried out, with the library's defaults.
struct TestSettings {
    TestSettings() {
        diffhep_test_settings defaults{};
        detail::check(diffhep_default_test_settings(&defaults));
        statistic = static_cast<Statistic>(defaults.statistic);
        asimov = static_cast<Asimov>(defaults.asimov);
    }

    Statistic statistic; ///< Of CLs and limits, other than q0; discovery has its own.
    Asimov asimov;       ///< Where the Asimov data are made.
    FitSettings fit;     ///< Settings of each fit.
};

/// How upper limits are searched for, with the library's defaults.
struct LimitSettings {
    LimitSettings() {
        diffhep_limit_settings defaults{};
        detail::check(diffhep_default_limit_settings(&defaults));
        level = defaults.level;
        tolerance = defaults.tolerance;
        max_tests = defaults.max_tests;
    }

    double level;          ///< Confidence level, between 0 and 1.
    double tolerance;      ///< Largest last step of the search, relative to the limit.
    std::size_t max_tests; ///< Largest number of signal strengths tested for one limit.
    TestSettings test;     ///< Settings of each test.
};

/// How profile intervals are searched for (`level`, `tolerance`, `max_fits`, `fit`), with the
/// library's defaults.
struct IntervalSettings : diffhep_interval_settings {
    IntervalSettings() : diffhep_interval_settings{} { detail::check(diffhep_default_interval_settings(this)); }
};

/// A test by toys, with the library's defaults.
struct ToySettings {
    ToySettings() {
        diffhep_toy_settings defaults{};
        detail::check(diffhep_default_toy_settings(&defaults));
        statistic = static_cast<Statistic>(defaults.statistic);
        seed = defaults.seed;
        first = defaults.first;
        toys = defaults.toys;
    }

    Statistic statistic; ///< q0 too.
    std::uint64_t seed;  ///< Of all random numbers.
    std::uint64_t first; ///< Number of the first toy: other numbers give other toys.
    std::uint64_t toys;  ///< Number of toys of each hypothesis.
    FitSettings fit;     ///< Settings of each fit.
};

/// Which sequence of random numbers a toy is drawn with.
enum class Hypothesis : std::int32_t {
    signal = DIFFHEP_HYPOTHESIS_SIGNAL,         ///< Those of `toys` at the tested signal strength.
    background = DIFFHEP_HYPOTHESIS_BACKGROUND, ///< Those of `toys` at the other one.
    best_fit = DIFFHEP_HYPOTHESIS_BEST_FIT,     ///< A third sequence, for toys at the best fit.
};

// ---------------------------------------------------------------------------------------------------
// Results
// ---------------------------------------------------------------------------------------------------

/// The counts of a model's components, and the index of the parameter of interest.
using Sizes = diffhep_sizes;

/// CLs of a signal strength: `cls_obs`, `cls_exp` (-2 to 2 standard deviations), `q`, `q_asimov`,
/// `is_flat`.
using ClsResult = diffhep_cls_result;

/// Discovery: `p0_obs`, `p0_exp`, `z_obs`, `z_exp` (standard deviations), `q`, `q_asimov`,
/// `is_flat`.
using DiscoveryResult = diffhep_discovery_result;

/// A parameter and its settings in fits.
struct Parameter {
    std::string name;      ///< As in pyhf.
    double initial = 0.0;  ///< Where fits start.
    double lower = 0.0;    ///< Lower bound.
    double upper = 0.0;    ///< Upper bound.
    bool is_fixed = false; ///< Whether fits leave it at its initial value.
};

/// A channel's name and its position in the data.
struct Channel {
    std::string name;
    std::size_t first = 0; ///< Its first bin's index.
    std::size_t bins = 0;  ///< Its number of bins.
};

/// Where a gradient is written; parts left out are not written.
struct GradientViews {
    View by_data = {};   ///< One per datum.
    View by_inputs = {}; ///< One per input of the workspace.
};

/// A gradient. Observed and auxiliary data count among the inputs if no other data were given.
struct Gradient {
    std::vector<double> by_data;   ///< One per datum.
    std::vector<double> by_inputs; ///< One per input of the workspace.
};

/// ln of a likelihood's density with its gradient.
struct LogDensityGradient : Gradient {
    double value = 0.0;
    std::vector<double> by_parameters; ///< One per parameter.
};

/// The quantity that the gradient of a fit belongs to:
/// `twice_nll * (-2 ln L) + sum_p parameters_p * (fitted parameter p)`.
struct FitSeeds {
    ConstView parameters = {}; ///< One per parameter; zeros where left out.
    double twice_nll = 0.0;
};

/// A fit with a gradient of its results.
struct FitGradient : Gradient {
    FitResult fit;
};

/// A CLs test with the gradient of one of its numbers.
struct ClsGradient : Gradient {
    ClsResult result{};
};

/// A test for discovery with the gradient of one of its p-values.
struct DiscoveryGradient : Gradient {
    DiscoveryResult result{};
};

/// Whether a limit was found, or why not.
enum class LimitOutcome : std::int32_t {
    found = DIFFHEP_LIMIT_OUTCOME_FOUND,
    not_reached = DIFFHEP_LIMIT_OUTCOME_NOT_REACHED,     ///< It lies beyond what can be tested.
    not_converged = DIFFHEP_LIMIT_OUTCOME_NOT_CONVERGED, ///< A fit ended without a minimum.
    no_result = DIFFHEP_LIMIT_OUTCOME_NO_RESULT,         ///< A test or a fit is not defined where it was needed.
    lower_minimum = DIFFHEP_LIMIT_OUTCOME_LOWER_MINIMUM, ///< A local minimum; only for intervals.
    fixed = DIFFHEP_LIMIT_OUTCOME_FIXED,                 ///< A fixed parameter; only for intervals.
};

/// An upper limit, or an end of an interval.
struct Limit {
    double value = 0.0; ///< In units of the parameter; NaN where it was not found.
    LimitOutcome outcome = LimitOutcome::found;
};

/// The observed upper limit and the band of expected ones.
struct UpperLimits {
    Limit observed;
    std::array<Limit, 5> expected; ///< At -2 to 2 standard deviations, smallest first.
    std::size_t tests = 0;         ///< How many signal strengths were tested for all of them.
};

/// An upper limit with its gradient.
struct LimitGradient : Gradient {
    double limit = 0.0; ///< In units of the parameter of interest.
};

/// A parameter's interval.
struct Interval {
    double fitted = 0.0;
    Limit lower;
    Limit upper;
};

/// A fit with the covariance of its parameters; 0 for those that did not move.
struct Covariance {
    FitResult fit;
    std::vector<double> matrix; ///< Parameters x parameters, one row after the other.

    /// Covariance of two parameters, by their indices.
    double between(std::size_t one, std::size_t other) const {
        return matrix.at(one * fit.parameters.size() + other);
    }

    /// Uncertainty of a parameter, by its index.
    double sigma(std::size_t parameter) const { return std::sqrt(between(parameter, parameter)); }
};

/// The uncertainty of a fitted parameter with its gradient.
struct SigmaGradient : Gradient {
    double sigma = 0.0;
};

/// Changes of the fitted parameter of interest when a parameter is fixed one step up or down: one
/// per parameter, NaN where there is none.
struct Impacts {
    std::vector<double> post_fit_up;   ///< For a step up by the uncertainty after the fit.
    std::vector<double> post_fit_down; ///< The same down.
    std::vector<double> pre_fit_up;    ///< For a step up by the width of its own measurement.
    std::vector<double> pre_fit_down;  ///< The same down.
};

/// The parameter of interest in a ranking: `poi`, `sigma`, `statistical` (all constrained ones
/// known).
using RankingResult = diffhep_ranking_result;

/// Nuisance parameters in a fit: one number per parameter, NaN where there is none.
struct Ranking {
    RankingResult of_poi{};
    std::vector<double> sigma;      ///< Uncertainty after the fit.
    std::vector<double> pull;       ///< Fitted value less the measured one, in widths of its own measurement.
    std::vector<double> constraint; ///< Uncertainty after the fit, in those widths.
    Impacts impacts;                ///< Linear ones.
};

/// A number and its statistical error: `value`, `error`.
using Estimate = diffhep_estimate;

/// A test by toys: `q`, `cl_sb`, `cl_b`, `cl_s`, `cl_sb_exp`, `cl_b_exp`, `cl_s_exp` (-2 to 2
/// standard deviations), `failed_signal`, `failed_background` (toys that are left out).
using ToyResult = diffhep_toy_result;

/// Goodness of fit against the saturated model: `statistic`, `degrees_of_freedom`, `p_value` (NaN
/// without degrees of freedom).
using GoodnessOfFit = diffhep_goodness_of_fit_result;

} // namespace diffhep

#endif // DIFFHEP_VALUES_HPP
