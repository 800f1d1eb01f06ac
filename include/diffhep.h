/* diffhep: differentiable statistics of high-energy physics, for C and C++.
 *
 * Generated from the library's source by scripts/header: do not edit. The guide is docs/cpp.md; C++
 * programs have diffhep.hpp. The rules that hold for every function:
 *
 * - It returns a diffhep_status; 0 is success. diffhep_last_error() is the text of the last failure on
 *   this thread. On a failure outputs contain nothing of use, except where a function says more; no
 *   output of a kernel's _vjp is touched.
 * - Arrays are yours: views of pointer and length, in doubles, aligned. Outputs overlap neither inputs
 *   nor each other. Matrices are one array after the other: column after column of events. A view of
 *   NULL and 0 leaves an optional argument out.
 * - A NULL, a wrong length, an overlap of arrays or a NaN is an error, never a crash; a length longer
 *   than your array cannot be known and is undefined, and running out of memory aborts the process.
 * - A value is written; a _vjp (vector-Jacobian product) adds to its outputs: set them to 0 first.
 * - Models are handles: numbers that are never used twice. A model does not change; any number of
 *   threads may use it. Nothing else is allocated for you.
 * - The same arguments give the same bits, on any number of threads.
 */

#ifndef DIFFHEP_H
#define DIFFHEP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 Version of this header's interface: it increases when programs compiled with an older header
 have to be recompiled. `diffhep_abi_version` returns the library's.
 */
#define DIFFHEP_ABI_VERSION 1

/*
 How a function ended.
 */
enum diffhep_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     It succeeded.
     */
    DIFFHEP_STATUS_OK = 0,
    /*
     A required pointer is NULL, or a pointer is not aligned to its type.
     */
    DIFFHEP_STATUS_NULL_POINTER = 1,
    /*
     An array's length does not fit the others, the model, or memory.
     */
    DIFFHEP_STATUS_WRONG_LENGTH = 2,
    /*
     An input number is NaN.
     */
    DIFFHEP_STATUS_NOT_A_NUMBER = 3,
    /*
     A number, choice or index is out of range, or arrays overlap.
     */
    DIFFHEP_STATUS_INVALID_ARGUMENT = 4,
    /*
     There is no such model: it was freed, or never made.
     */
    DIFFHEP_STATUS_INVALID_HANDLE = 5,
    /*
     A workspace, a patch or other text is wrong.
     */
    DIFFHEP_STATUS_INVALID_WORKSPACE = 6,
    /*
     A fit ended without a minimum; results that exist are written.
     */
    DIFFHEP_STATUS_NOT_CONVERGED = 7,
    /*
     There is no result, because the likelihood or a derivative is not defined there.
     */
    DIFFHEP_STATUS_NO_RESULT = 8,
    /*
     A text does not fit in the caller's buffer; its length is returned.
     */
    DIFFHEP_STATUS_BUFFER_TOO_SMALL = 9,
    /*
     The library has a bug.
     */
    DIFFHEP_STATUS_INTERNAL_ERROR = 10,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_status diffhep_status;
#else
typedef int32_t diffhep_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 What happens to mass outside the outer edges; an argument of kernel histograms.
 */
enum diffhep_overflow
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     It is lost.
     */
    DIFFHEP_OVERFLOW_DROPPED = 0,
    /*
     The end bins are open-ended.
     */
    DIFFHEP_OVERFLOW_KEPT = 1,
    /*
     Kernels are mirrored at the outer edges.
     */
    DIFFHEP_OVERFLOW_REFLECTED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_overflow diffhep_overflow;
#else
typedef int32_t diffhep_overflow;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The unit of a bandwidth; an argument of kernel histograms.
 */
enum diffhep_bandwidth
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Units of the events.
     */
    DIFFHEP_BANDWIDTH_ABSOLUTE = 0,
    /*
     Local widths of the bins.
     */
    DIFFHEP_BANDWIDTH_RELATIVE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_bandwidth diffhep_bandwidth;
#else
typedef int32_t diffhep_bandwidth;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The function that hidden units apply to the sum of their inputs; an argument of networks.
 */
enum diffhep_activation
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The larger of the sum and 0.
     */
    DIFFHEP_ACTIVATION_RELU = 0,
    /*
     Hyperbolic tangent.
     */
    DIFFHEP_ACTIVATION_TANH = 1,
    /*
     Logistic sigmoid.
     */
    DIFFHEP_ACTIVATION_SIGMOID = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_activation diffhep_activation;
#else
typedef int32_t diffhep_activation;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 How `normsys` factors depend on their parameter.
 */
enum diffhep_normsys
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Polynomial of degree 6 inside, exponential outside; pyhf's default.
     */
    DIFFHEP_NORMSYS_CODE4 = 0,
    /*
     Piecewise exponential.
     */
    DIFFHEP_NORMSYS_CODE1 = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_normsys diffhep_normsys;
#else
typedef int32_t diffhep_normsys;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 How `histosys` shifts depend on their parameter.
 */
enum diffhep_histosys
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Polynomial of degree 6 inside, linear outside; pyhf's default.
     */
    DIFFHEP_HISTOSYS_CODE4P = 0,
    /*
     Piecewise linear.
     */
    DIFFHEP_HISTOSYS_CODE0 = 1,
    /*
     Quadratic inside, linear outside.
     */
    DIFFHEP_HISTOSYS_CODE2 = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_histosys diffhep_histosys;
#else
typedef int32_t diffhep_histosys;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 The test statistic.
 */
enum diffhep_statistic
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     q-tilde, for a signal strength that is not negative; pyhf's default.
     */
    DIFFHEP_STATISTIC_Q_TILDE = 0,
    /*
     q.
     */
    DIFFHEP_STATISTIC_Q = 1,
    /*
     q0, for discovery: only for toys, since `diffhep_model_discovery` always uses it.
     */
    DIFFHEP_STATISTIC_Q0 = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_statistic diffhep_statistic;
#else
typedef int32_t diffhep_statistic;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 At which nuisance parameters Asimov data are made.
 */
enum diffhep_asimov
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Those fitted to the data; pyhf's default.
     */
    DIFFHEP_ASIMOV_FITTED = 0,
    /*
     The model's initial values; no data enter.
     */
    DIFFHEP_ASIMOV_NOMINAL = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_asimov diffhep_asimov;
#else
typedef int32_t diffhep_asimov;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Which number of a test a gradient belongs to. The expected ones are the entries of the band,
 smallest first.
 */
enum diffhep_quantity
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     The observed one.
     */
    DIFFHEP_QUANTITY_OBSERVED = -1,
    /*
     Entry 0 of the band.
     */
    DIFFHEP_QUANTITY_EXPECTED_MINUS2 = 0,
    /*
     Entry 1 of the band.
     */
    DIFFHEP_QUANTITY_EXPECTED_MINUS1 = 1,
    /*
     Entry 2 of the band: the median.
     */
    DIFFHEP_QUANTITY_EXPECTED_MEDIAN = 2,
    /*
     Entry 3 of the band.
     */
    DIFFHEP_QUANTITY_EXPECTED_PLUS1 = 3,
    /*
     Entry 4 of the band.
     */
    DIFFHEP_QUANTITY_EXPECTED_PLUS2 = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_quantity diffhep_quantity;
#else
typedef int32_t diffhep_quantity;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 How a fit ended.
 */
enum diffhep_fit_end
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     At a minimum, within the tolerance.
     */
    DIFFHEP_FIT_END_CONVERGED = 0,
    /*
     At a minimum as far as the parameters are determined: some direction carries no information.
     */
    DIFFHEP_FIT_END_DEGENERATE = 1,
    /*
     The steps ran out.
     */
    DIFFHEP_FIT_END_STEP_LIMIT = 2,
    /*
     No smaller step lowered -ln L any more.
     */
    DIFFHEP_FIT_END_STALLED = 3,
    /*
     A bin without observed events lost all expected ones, so the minimum has no derivative.
     */
    DIFFHEP_FIT_END_EMPTY_BIN = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_fit_end diffhep_fit_end;
#else
typedef int32_t diffhep_fit_end;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Whether a limit was found, or why not.
 */
enum diffhep_limit_outcome
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     It was found.
     */
    DIFFHEP_LIMIT_OUTCOME_FOUND = 0,
    /*
     CLs stays above the target, or -2 ln L below it, as far as can be tested: up to a bound, the
     edge of the likelihood's domain, or until the tests ran out.
     */
    DIFFHEP_LIMIT_OUTCOME_NOT_REACHED = 1,
    /*
     A fit ended without a minimum.
     */
    DIFFHEP_LIMIT_OUTCOME_NOT_CONVERGED = 2,
    /*
     A test or a fit is not defined where it was needed.
     */
    DIFFHEP_LIMIT_OUTCOME_NO_RESULT = 3,
    /*
     -2 ln L is lower than at the fit, which is in a local minimum; only for intervals.
     */
    DIFFHEP_LIMIT_OUTCOME_LOWER_MINIMUM = 4,
    /*
     The measurement fixes the parameter; only for intervals.
     */
    DIFFHEP_LIMIT_OUTCOME_FIXED = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_limit_outcome diffhep_limit_outcome;
#else
typedef int32_t diffhep_limit_outcome;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 Which sequence of random numbers a toy is drawn with.
 */
enum diffhep_hypothesis
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /*
     Those of `diffhep_model_toys` at the tested signal strength.
     */
    DIFFHEP_HYPOTHESIS_SIGNAL = 0,
    /*
     Those of `diffhep_model_toys` at the other one.
     */
    DIFFHEP_HYPOTHESIS_BACKGROUND = 1,
    /*
     A third sequence, for toys at the best fit.
     */
    DIFFHEP_HYPOTHESIS_BEST_FIT = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum diffhep_hypothesis diffhep_hypothesis;
#else
typedef int32_t diffhep_hypothesis;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/*
 How a fit is carried out; `diffhep_default_fit_settings` writes the defaults.
 */
typedef struct diffhep_fit_settings {
    /*
     Largest decrement (gradient, inverse information, gradient) of a converged fit; not
     negative.
     */
    double tolerance;
    /*
     Largest number of steps.
     */
    size_t max_steps;
    /*
     Largest number of halvings of a step.
     */
    size_t max_halvings;
} diffhep_fit_settings;

/*
 Handle of a model; 0 for none.
 */
typedef struct diffhep_model {
    /*
     Never used twice.
     */
    uint64_t id;
} diffhep_model;

/*
 Doubles that are read: `length` of them, starting at `data`.
 */
typedef struct diffhep_const_view {
    /*
     The first; NULL, with length 0, leaves an optional argument out.
     */
    const double *data;
    /*
     How many.
     */
    size_t length;
} diffhep_const_view;

/*
 Doubles that are written or added to: `length` of them, starting at `data`.
 */
typedef struct diffhep_view {
    /*
     The first; NULL, with length 0, leaves an optional output out.
     */
    double *data;
    /*
     How many.
     */
    size_t length;
} diffhep_view;

/*
 The result of a fit, apart from its parameters.
 */
typedef struct diffhep_fit_result {
    /*
     -2 ln L at the end.
     */
    double twice_nll;
    /*
     Decrement at the end.
     */
    double decrement;
    /*
     Newton steps taken.
     */
    size_t steps;
    /*
     A `diffhep_fit_end`.
     */
    int32_t end;
} diffhep_fit_result;

/*
 How a test is carried out; `diffhep_default_test_settings` writes the defaults.
 */
typedef struct diffhep_test_settings {
    /*
     A `diffhep_statistic` other than q0; discovery has its own statistic.
     */
    int32_t statistic;
    /*
     A `diffhep_asimov`.
     */
    int32_t asimov;
    /*
     Settings of each fit.
     */
    struct diffhep_fit_settings fit;
} diffhep_test_settings;

/*
 Result of a CLs test.
 */
typedef struct diffhep_cls_result {
    /*
     Observed CLs.
     */
    double cls_obs;
    /*
     Expected CLs at -2, -1, 0, 1 and 2 standard deviations of the signal strength.
     */
    double cls_exp[5];
    /*
     The test statistic of the data.
     */
    double q;
    /*
     The test statistic of the Asimov data.
     */
    double q_asimov;
    /*
     1 where the observed statistic is 0 by definition; derivatives through the data's own fits
     are then 0.
     */
    int32_t is_flat;
} diffhep_cls_result;

/*
 Result of a test for discovery.
 */
typedef struct diffhep_discovery_result {
    /*
     Observed p-value.
     */
    double p0_obs;
    /*
     Expected p-values, smallest first.
     */
    double p0_exp[5];
    /*
     Observed significance, in standard deviations.
     */
    double z_obs;
    /*
     Expected significances, largest first.
     */
    double z_exp[5];
    /*
     The test statistic of the data.
     */
    double q;
    /*
     The test statistic of the Asimov data.
     */
    double q_asimov;
    /*
     As in `diffhep_cls_result`.
     */
    int32_t is_flat;
} diffhep_discovery_result;

/*
 How upper limits are searched for; `diffhep_default_limit_settings` writes the defaults.
 */
typedef struct diffhep_limit_settings {
    /*
     Confidence level, between 0 and 1.
     */
    double level;
    /*
     Largest last step of the search, relative to the limit; not negative.
     */
    double tolerance;
    /*
     Largest number of signal strengths tested for one limit.
     */
    size_t max_tests;
    /*
     Settings of each test.
     */
    struct diffhep_test_settings test;
} diffhep_limit_settings;

/*
 An upper limit, or an end of an interval.
 */
typedef struct diffhep_limit {
    /*
     In units of the parameter; NaN where it was not found.
     */
    double value;
    /*
     A `diffhep_limit_outcome`.
     */
    int32_t outcome;
} diffhep_limit;

/*
 The observed upper limit and the band of expected ones.
 */
typedef struct diffhep_limits_result {
    /*
     The observed one.
     */
    struct diffhep_limit observed;
    /*
     Expected ones at -2, -1, 0, 1 and 2 standard deviations, smallest first.
     */
    struct diffhep_limit expected[5];
    /*
     How many signal strengths were tested for all of them.
     */
    size_t tests;
} diffhep_limits_result;

/*
 UTF-8 text of `length` bytes, without a terminating NUL.
 */
typedef struct diffhep_text {
    /*
     The first byte; NULL, with length 0, leaves an optional text out.
     */
    const char *data;
    /*
     How many bytes.
     */
    size_t length;
} diffhep_text;

/*
 How a model is made from a workspace. All bytes 0 give the defaults.
 */
typedef struct diffhep_model_options {
    /*
     Name of the measurement; left out for the first.
     */
    struct diffhep_text measurement;
    /*
     A JSON patch (RFC 6902) that is applied first; left out for none.
     */
    struct diffhep_text patch;
    /*
     A `diffhep_normsys`.
     */
    int32_t normsys;
    /*
     A `diffhep_histosys`.
     */
    int32_t histosys;
} diffhep_model_options;

/*
 The counts of a model's components.
 */
typedef struct diffhep_sizes {
    /*
     Parameters.
     */
    size_t parameters;
    /*
     Bins of all channels.
     */
    size_t bins;
    /*
     Data: bins, then auxiliary data.
     */
    size_t data;
    /*
     Channels.
     */
    size_t channels;
    /*
     Numbers of the workspace that the model depends on.
     */
    size_t inputs;
    /*
     Index of the parameter of interest.
     */
    size_t poi;
} diffhep_sizes;

/*
 A parameter's settings in fits.
 */
typedef struct diffhep_parameter_settings {
    /*
     Where fits start.
     */
    double initial;
    /*
     Lower bound.
     */
    double lower;
    /*
     Upper bound.
     */
    double upper;
    /*
     1 if fits leave it at its initial value, else 0.
     */
    int32_t is_fixed;
} diffhep_parameter_settings;

/*
 Where impacts are written: changes of the fitted parameter of interest when a parameter is fixed
 one step up or down and all others are refitted. Each array has one entry per parameter and may
 be left out.
 */
typedef struct diffhep_impact_views {
    /*
     For a step up by the uncertainty after the fit.
     */
    struct diffhep_view post_fit_up;
    /*
     The same down.
     */
    struct diffhep_view post_fit_down;
    /*
     For a step up by the width of the parameter's own measurement.
     */
    struct diffhep_view pre_fit_up;
    /*
     The same down.
     */
    struct diffhep_view pre_fit_down;
} diffhep_impact_views;

/*
 The parameter of interest in a ranking.
 */
typedef struct diffhep_ranking_result {
    /*
     Its fitted value.
     */
    double poi;
    /*
     Its uncertainty, from the covariance.
     */
    double sigma;
    /*
     Its uncertainty if all constrained parameters were known.
     */
    double statistical;
} diffhep_ranking_result;

/*
 A test by toys; `diffhep_default_toy_settings` writes the defaults.
 */
typedef struct diffhep_toy_settings {
    /*
     A `diffhep_statistic`.
     */
    int32_t statistic;
    /*
     Seed of all random numbers.
     */
    uint64_t seed;
    /*
     Number of the first toy: runs with the same seed and other numbers give other toys.
     */
    uint64_t first;
    /*
     Toys of each hypothesis, 1 to 100 million.
     */
    uint64_t toys;
    /*
     Settings of each fit.
     */
    struct diffhep_fit_settings fit;
} diffhep_toy_settings;

/*
 A number with its statistical error.
 */
typedef struct diffhep_estimate {
    /*
     The number.
     */
    double value;
    /*
     Its standard error.
     */
    double error;
} diffhep_estimate;

/*
 p-values of a test by toys.
 */
typedef struct diffhep_toy_result {
    /*
     The test statistic of the data.
     */
    double q;
    /*
     Fraction of the toys of the tested signal strength whose statistic is not below `q`; p0 for
     q0.
     */
    struct diffhep_estimate cl_sb;
    /*
     The same for the other hypothesis's toys: without signal, or for q0 with a signal strength
     of 1.
     */
    struct diffhep_estimate cl_b;
    /*
     Their ratio; NaN where `cl_b` is 0.
     */
    struct diffhep_estimate cl_s;
    /*
     Expected `cl_sb` at -2, -1, 0, 1 and 2 standard deviations, smallest first.
     */
    struct diffhep_estimate cl_sb_exp[5];
    /*
     Expected `cl_b`: apart from ties these are the levels themselves and so have no errors.
     */
    double cl_b_exp[5];
    /*
     Expected `cl_s`.
     */
    struct diffhep_estimate cl_s_exp[5];
    /*
     Toys of the tested signal strength that are left out because a fit has no minimum.
     */
    uint64_t failed_signal;
    /*
     The same for the other hypothesis.
     */
    uint64_t failed_background;
} diffhep_toy_result;

/*
 How well the best fit describes data.
 */
typedef struct diffhep_goodness_of_fit_result {
    /*
     2 (ln L of the saturated model - ln L of the best fit), not negative.
     */
    double statistic;
    /*
     Bins less free parameters without a constraint; may be 0 or below.
     */
    int64_t degrees_of_freedom;
    /*
     Fraction of a chi squared distribution above the statistic; NaN without a degree of freedom.
     */
    double p_value;
} diffhep_goodness_of_fit_result;

/*
 How profile intervals are searched for; `diffhep_default_interval_settings` writes the defaults.
 */
typedef struct diffhep_interval_settings {
    /*
     Confidence level, between 0 and 1.
     */
    double level;
    /*
     Largest last step of the search, relative to the distance from the fitted value; not
     negative.
     */
    double tolerance;
    /*
     Largest number of fits per side.
     */
    size_t max_fits;
    /*
     Settings of each fit.
     */
    struct diffhep_fit_settings fit;
} diffhep_interval_settings;

/*
 A parameter's interval.
 */
typedef struct diffhep_interval_result {
    /*
     Its fitted value.
     */
    double fitted;
    /*
     The lower end.
     */
    struct diffhep_limit lower;
    /*
     The upper end.
     */
    struct diffhep_limit upper;
} diffhep_interval_result;

/*
 Counts that are read: `length` of them, starting at `data`.
 */
typedef struct diffhep_counts {
    /*
     The first.
     */
    const size_t *data;
    /*
     How many.
     */
    size_t length;
} diffhep_counts;

/*
 A Gaussian mixture's settings; see `diffhep_mixture`.
 */
typedef struct diffhep_mixture_settings {
    /*
     Components.
     */
    size_t categories;
    /*
     A scale of the components' widths, one per column, in its units.
     */
    struct diffhep_const_view widths;
    /*
     Lower bounds of the means, one per column; left out (with `upper`) for means on the simplex,
     as for the scores of a classifier without its last class.
     */
    struct diffhep_const_view lower;
    /*
     Upper bounds of the means.
     */
    struct diffhep_const_view upper;
    /*
     Factor for parameters off the factors' diagonals; use 0.1 unless there is a reason for
     another.
     */
    double damping;
    /*
     Difference of scores over which memberships change; above 0.
     */
    double temperature;
} diffhep_mixture_settings;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 Writes the settings that NULL stands for.
 */
diffhep_status diffhep_default_fit_settings(struct diffhep_fit_settings *settings);

/*
 Maximum-likelihood fit, from the model's initial values.

 `data`: one per datum; left out for the workspace's. `held_poi`: the value at which the
 parameter of interest is fixed; NULL leaves it free. `settings` may be NULL. `parameters` (one
 per parameter) and `result` may be left out, and are also written where the status is
 `DIFFHEP_STATUS_NOT_CONVERGED`.
 */
diffhep_status diffhep_model_fit(struct diffhep_model model,
                                 struct diffhep_const_view data,
                                 const double *held_poi,
                                 const struct diffhep_fit_settings *settings,
                                 struct diffhep_view parameters,
                                 struct diffhep_fit_result *result);

/*
 As `diffhep_model_fit`, with the gradient of
 `seed_twice_nll * twice_nll + sum_p seed_parameters_p parameters_p` of the fit's results into
 each output that is given.

 `seed_parameters`: one per parameter; left out for zeros. `by_data`: one per datum; `by_inputs`:
 one per input of the workspace, where observed and auxiliary data count only if `data` is left
 out. The value at which the parameter of interest is fixed is not an input, so its seed has no
 effect. Where only the gradient fails, parameters and result are still written. Source: envelope
 and implicit function theorems.
 */
diffhep_status diffhep_model_fit_gradient(struct diffhep_model model,
                                          struct diffhep_const_view data,
                                          const double *held_poi,
                                          const struct diffhep_fit_settings *settings,
                                          struct diffhep_const_view seed_parameters,
                                          double seed_twice_nll,
                                          struct diffhep_view parameters,
                                          struct diffhep_fit_result *result,
                                          struct diffhep_view by_data,
                                          struct diffhep_view by_inputs);

/*
 Writes the settings that NULL stands for.
 */
diffhep_status diffhep_default_test_settings(struct diffhep_test_settings *settings);

/*
 CLs of a signal strength, with its expected band (asymptotic formulae).

 `data`: one per datum; left out for the workspace's. `poi`: the tested signal strength.
 `settings` may be NULL. With the status `DIFFHEP_STATUS_NOT_CONVERGED` the p-values are NaN.
 Source: arXiv:1007.1727; pyhf 0.7 for conventions.
 */
diffhep_status diffhep_model_cls(struct diffhep_model model,
                                 struct diffhep_const_view data,
                                 double poi,
                                 const struct diffhep_test_settings *settings,
                                 struct diffhep_cls_result *result);

/*
 As `diffhep_model_cls`, with the gradient of the CLs that `quantity` (a `diffhep_quantity`)
 names into each output that is given.

 `by_data`: one per datum; `by_inputs`: one per input of the workspace, where observed and
 auxiliary data count only if `data` is left out. Where only the gradient fails, the result is
 still written.
 */
diffhep_status diffhep_model_cls_gradient(struct diffhep_model model,
                                          struct diffhep_const_view data,
                                          double poi,
                                          const struct diffhep_test_settings *settings,
                                          int32_t quantity,
                                          struct diffhep_cls_result *result,
                                          struct diffhep_view by_data,
                                          struct diffhep_view by_inputs);

/*
 The test for discovery, with its expected band (asymptotic formulae).

 `data`: one per datum; left out for the workspace's. `settings` may be NULL. With the status
 `DIFFHEP_STATUS_NOT_CONVERGED` p-values and significances are NaN. Source: as
 `diffhep_model_cls`.
 */
diffhep_status diffhep_model_discovery(struct diffhep_model model,
                                       struct diffhep_const_view data,
                                       const struct diffhep_test_settings *settings,
                                       struct diffhep_discovery_result *result);

/*
 As `diffhep_model_discovery`, with the gradient of the p-value that `quantity` (a
 `diffhep_quantity`) names into each output that is given, as in `diffhep_model_cls_gradient`.
 */
diffhep_status diffhep_model_discovery_gradient(struct diffhep_model model,
                                                struct diffhep_const_view data,
                                                const struct diffhep_test_settings *settings,
                                                int32_t quantity,
                                                struct diffhep_discovery_result *result,
                                                struct diffhep_view by_data,
                                                struct diffhep_view by_inputs);

/*
 Expected counts of the bins, then expected auxiliary data, at a point.

 `parameters`: one per parameter; `expected`: one per datum, in events (or the parameter's unit).
 */
diffhep_status diffhep_model_expected_data(struct diffhep_model model,
                                           struct diffhep_const_view parameters,
                                           struct diffhep_view expected);

/*
 ln of the likelihood's density at a point, fully normalised.

 `data`: one per datum; left out for the workspace's.
 */
diffhep_status diffhep_model_log_density(struct diffhep_model model,
                                         struct diffhep_const_view parameters,
                                         struct diffhep_const_view data,
                                         double *value);

/*
 `diffhep_model_log_density` with its gradient, at fixed parameters, into each output that is
 given.

 `value` may be NULL. `by_parameters`: one per parameter; `by_data`: one per datum; `by_inputs`:
 one per input of the workspace, where observed and auxiliary data count only if `data` is left
 out.
 */
diffhep_status diffhep_model_log_density_gradient(struct diffhep_model model,
                                                  struct diffhep_const_view parameters,
                                                  struct diffhep_const_view data,
                                                  double *value,
                                                  struct diffhep_view by_parameters,
                                                  struct diffhep_view by_data,
                                                  struct diffhep_view by_inputs);

/*
 Writes the settings that NULL stands for.
 */
diffhep_status diffhep_default_limit_settings(struct diffhep_limit_settings *settings);

/*
 The observed and the five expected upper limits on the parameter of interest: the signal
 strengths at which CLs is 1 less the confidence level (asymptotic formulae).

 `data`: one per datum; left out for the workspace's. `settings` may be NULL. Each limit says how
 its search ended; the status is a failure only where no search could begin.
 `diffhep_model_upper_limit` explains in its error text why one is missing. Source: as
 `diffhep_model_cls`.
 */
diffhep_status diffhep_model_upper_limits(struct diffhep_model model,
                                          struct diffhep_const_view data,
                                          const struct diffhep_limit_settings *settings,
                                          struct diffhep_limits_result *result);

/*
 One upper limit, which `quantity` (a `diffhep_quantity`) names; `limit` is in units of the
 parameter of interest. It agrees with that of `diffhep_model_upper_limits` to the tolerance, and
 needs fewer tests. A limit that does not exist is a failure, and its text says why.
 */
diffhep_status diffhep_model_upper_limit(struct diffhep_model model,
                                         struct diffhep_const_view data,
                                         const struct diffhep_limit_settings *settings,
                                         int32_t quantity,
                                         double *limit);

/*
 As `diffhep_model_upper_limit`, with the limit's gradient into each output that is given.

 `by_data`: one per datum; `by_inputs`: one per input of the workspace, where observed and
 auxiliary data count only if `data` is left out. Where only the gradient fails, the limit is
 still written. Source: implicit function theorem.
 */
diffhep_status diffhep_model_upper_limit_gradient(struct diffhep_model model,
                                                  struct diffhep_const_view data,
                                                  const struct diffhep_limit_settings *settings,
                                                  int32_t quantity,
                                                  double *limit,
                                                  struct diffhep_view by_data,
                                                  struct diffhep_view by_inputs);

/*
 Makes a model from a workspace's JSON text (pyhf's format, schema 1.0.0) and gives its handle,
 which `diffhep_model_free` frees. `options` may be NULL. On failure the handle is 0.
 */
diffhep_status diffhep_model_new(struct diffhep_text workspace,
                                 const struct diffhep_model_options *options,
                                 struct diffhep_model *model);

/*
 Makes a model like another, with new numbers in its workspace: one per input, in the order of
 `diffhep_model_input_name`. On failure the handle is 0.
 */
diffhep_status diffhep_model_with_inputs(struct diffhep_model model,
                                         struct diffhep_const_view inputs,
                                         struct diffhep_model *changed);

/*
 Frees a model. Calls in other threads that already use it finish normally; later calls, and a
 second free, are refused.
 */
diffhep_status diffhep_model_free(struct diffhep_model model);

/*
 The counts of a model's components.
 */
diffhep_status diffhep_model_sizes(struct diffhep_model model,
                                   struct diffhep_sizes *sizes);

/*
 Writes a parameter's name, as in pyhf, into `buffer` of `capacity` bytes, ended by NUL.

 `length`, which may be NULL, is the name's length without the NUL, also where the status is
 `DIFFHEP_STATUS_BUFFER_TOO_SMALL`: a first call with NULL and 0 returns it.
 */
diffhep_status diffhep_model_parameter_name(struct diffhep_model model,
                                            size_t index,
                                            char *buffer,
                                            size_t capacity,
                                            size_t *length);

/*
 Writes a channel's name, in the order of the data; buffer and length are as for
 `diffhep_model_parameter_name`.
 */
diffhep_status diffhep_model_channel_name(struct diffhep_model model,
                                          size_t index,
                                          char *buffer,
                                          size_t capacity,
                                          size_t *length);

/*
 Writes an input's name, a JSON pointer with names instead of positions, such as
 `/channels/SR/background/data/0`; buffer and length are as for `diffhep_model_parameter_name`.
 */
diffhep_status diffhep_model_input_name(struct diffhep_model model,
                                        size_t index,
                                        char *buffer,
                                        size_t capacity,
                                        size_t *length);

/*
 Gives a channel's position in the data: its first bin and its number of bins.
 */
diffhep_status diffhep_model_channel_bins(struct diffhep_model model,
                                          size_t index,
                                          size_t *first,
                                          size_t *count);

/*
 A parameter's settings in fits.
 */
diffhep_status diffhep_model_parameter(struct diffhep_model model,
                                       size_t index,
                                       struct diffhep_parameter_settings *settings);

/*
 The workspace's data: observed counts of the bins, then auxiliary data.
 */
diffhep_status diffhep_model_data(struct diffhep_model model,
                                  struct diffhep_view data);

/*
 The numbers of the workspace that the model depends on, in the order of
 `diffhep_model_input_name`.
 */
diffhep_status diffhep_model_inputs(struct diffhep_model model,
                                    struct diffhep_view inputs);

/*
 Pulls, constraints and impacts of all nuisance parameters, from one fit and its covariance.

 `data`: one per datum; left out for the workspace's. `settings` are those of the fit and may be
 NULL. `sigma` (uncertainty after the fit), `pull` (fitted value less the measured one, in widths
 of its own measurement) and `constraint` (uncertainty after the fit in those widths) have one
 entry per parameter and may each be left out. `impacts` are linear ones and may be NULL, as may
 `result`. Values that do not exist are NaN: those of the parameter of interest, of parameters
 that the fit did not move, and, for numbers relative to a parameter's own measurement, of those
 without one. Source: ATL-PHYS-PUB-2011-11, section 5.
 */
diffhep_status diffhep_model_ranking(struct diffhep_model model,
                                     struct diffhep_const_view data,
                                     const struct diffhep_fit_settings *settings,
                                     struct diffhep_view sigma,
                                     struct diffhep_view pull,
                                     struct diffhep_view constraint,
                                     const struct diffhep_impact_views *impacts,
                                     struct diffhep_ranking_result *result);

/*
 Impacts of all nuisance parameters by refits, without the linear approximation of
 `diffhep_model_ranking`; on the library's threads, with the same bits on any number of them.

 `data` and `settings` are those of `diffhep_model_ranking`, `impacts` is where they are written.
 They are NaN where there is none, and where a refit ended without a minimum.
 */
diffhep_status diffhep_model_refitted_impacts(struct diffhep_model model,
                                              struct diffhep_const_view data,
                                              const struct diffhep_fit_settings *settings,
                                              const struct diffhep_impact_views *impacts);

/*
 Writes the settings that NULL stands for.
 */
diffhep_status diffhep_default_toy_settings(struct diffhep_toy_settings *settings);

/*
 CLsb, CLb and CLs of a signal strength from toys, observed and expected; on the library's
 threads, with the same bits on any number of them.

 `data`: one per datum; left out for the workspace's. `poi`: the tested signal strength, 0 for
 q0. `settings` may be NULL for 10,000 toys of each hypothesis. Toys are drawn at the nuisance
 parameters fitted to the data. A toy whose fit has no minimum is counted and left out; the
 status `DIFFHEP_STATUS_NOT_CONVERGED` means that a fit of the data has none. Source:
 ATL-PHYS-PUB-2011-11, section 2; pyhf 0.7 for conventions.
 */
diffhep_status diffhep_model_toys(struct diffhep_model model,
                                  struct diffhep_const_view data,
                                  double poi,
                                  const struct diffhep_toy_settings *settings,
                                  struct diffhep_toy_result *result);

/*
 Draws one toy's data at a point: counts of the bins, then auxiliary data.

 `parameters`: one per parameter; `data`: one per datum. `seed`, `toy` (its number, below 2^53)
 and `hypothesis` (a `diffhep_hypothesis`) select the random numbers, which differ for each
 choice; at the points where `diffhep_model_toys` draws, they reproduce its toys.
 */
diffhep_status diffhep_model_draw_toy(struct diffhep_model model,
                                      struct diffhep_const_view parameters,
                                      uint64_t seed,
                                      uint64_t toy,
                                      int32_t hypothesis,
                                      struct diffhep_view data);

/*
 Goodness of fit against the saturated model, which expects exactly the observed data.

 `data`: one per datum; left out for the workspace's. `settings` are those of the fit and may be
 NULL. Source: R. Cousins, Generalization of chisquare goodness-of-fit test for binned data using
 saturated models (2013).
 */
diffhep_status diffhep_model_goodness_of_fit(struct diffhep_model model,
                                             struct diffhep_const_view data,
                                             const struct diffhep_fit_settings *settings,
                                             struct diffhep_goodness_of_fit_result *result);

/*
 The fit of all free parameters, or of all except the parameter of interest, with the covariance
 of its parameters: the inverse of the exact second derivatives of -ln L.

 `data`, `held_poi`, `settings`, `parameters` and `result` are those of `diffhep_model_fit`; the
 outputs are written as there, also where only the covariance does not exist. `covariance`:
 parameters x parameters, one row after the other, in the parameters' units. Rows and columns of
 parameters that did not move (fixed, held, at a bound, at a kink of their interpolation) are 0:
 they count as known. Source: F. James, Statistical Methods in Experimental Physics, 2nd ed.,
 section 9.1.2.
 */
diffhep_status diffhep_model_covariance(struct diffhep_model model,
                                        struct diffhep_const_view data,
                                        const double *held_poi,
                                        const struct diffhep_fit_settings *settings,
                                        struct diffhep_view covariance,
                                        struct diffhep_view parameters,
                                        struct diffhep_fit_result *result);

/*
 The uncertainty of one fitted parameter, from the covariance, with its gradient into each output
 that is given.

 `data`, `held_poi` and `settings` are those of `diffhep_model_fit`; `parameter` is an index,
 `sigma` in the parameter's unit. `by_data`: one per datum; `by_inputs`: one per input of the
 workspace, where observed and auxiliary data count only if `data` is left out. Where only the
 gradient fails, `sigma` is still written. A parameter that did not move has no uncertainty
 (`DIFFHEP_STATUS_NO_RESULT`). Source: third derivatives of -ln L, and the implicit function
 theorem.
 */
diffhep_status diffhep_model_sigma_gradient(struct diffhep_model model,
                                            struct diffhep_const_view data,
                                            const double *held_poi,
                                            const struct diffhep_fit_settings *settings,
                                            size_t parameter,
                                            double *sigma,
                                            struct diffhep_view by_data,
                                            struct diffhep_view by_inputs);

/*
 Writes the settings that NULL stands for.
 */
diffhep_status diffhep_default_interval_settings(struct diffhep_interval_settings *settings);

/*
 The interval of a parameter (an index) from the profile likelihood, as MINOS gives it: where -2
 ln L, with all others refitted, has risen by the chi squared of the confidence level, 1 for one
 standard deviation.

 `data`: one per datum; left out for the workspace's. `settings` may be NULL. Each end says how
 its search ended. The status `DIFFHEP_STATUS_NOT_CONVERGED` means that the fit of all parameters
 has no minimum. Source: F. James, M. Roos, Comput. Phys. Commun. 10 (1975) 343.
 */
diffhep_status diffhep_model_profile_interval(struct diffhep_model model,
                                              struct diffhep_const_view data,
                                              size_t parameter,
                                              const struct diffhep_interval_settings *settings,
                                              struct diffhep_interval_result *result);

/*
 ln of the Poisson probability of independent counts, fully normalised; counts need not be whole.

 `counts`, `rates`: observed and expected, in events, of equal length.
 */
diffhep_status diffhep_poisson_log_density(struct diffhep_const_view counts,
                                           struct diffhep_const_view rates,
                                           double *value);

/*
 Adds `seed` times the derivatives of `diffhep_poisson_log_density` to `by_counts` and
 `by_rates`, either of which may be left out.

 The derivative with respect to a count of 0 is the one from above; it is minus infinity where
 the rate is 0 too.
 */
diffhep_status diffhep_poisson_log_density_vjp(struct diffhep_const_view counts,
                                               struct diffhep_const_view rates,
                                               double seed,
                                               struct diffhep_view by_counts,
                                               struct diffhep_view by_rates);

/*
 ln of the Normal density of independent data, fully normalised.

 `x`, `means`, `widths`: of equal length, in the same unit.
 */
diffhep_status diffhep_normal_log_density(struct diffhep_const_view x,
                                          struct diffhep_const_view means,
                                          struct diffhep_const_view widths,
                                          double *value);

/*
 Adds `seed` times the derivatives of `diffhep_normal_log_density` to `by_x`, `by_means` and
 `by_widths`, each of which may be left out.
 */
diffhep_status diffhep_normal_log_density_vjp(struct diffhep_const_view x,
                                              struct diffhep_const_view means,
                                              struct diffhep_const_view widths,
                                              double seed,
                                              struct diffhep_view by_x,
                                              struct diffhep_view by_means,
                                              struct diffhep_view by_widths);

/*
 Yields of bins, every event smeared by a Normal density:
 `Y_k = sum_i w_i (Phi((e_(k+1) - x_i) / h) - Phi((e_k - x_i) / h))`, into `bins`, one fewer than
 `edges`.

 `x`, `weights`: one per event, finite, in units of the edges and in events. `edges`: ascending.
 `bandwidth_choice`: a `diffhep_bandwidth`; `bandwidth`: `h`, above 0. `overflow`: a
 `diffhep_overflow`. Source: arXiv:2203.05570.
 */
diffhep_status diffhep_kernel_histogram(struct diffhep_const_view x,
                                        struct diffhep_const_view weights,
                                        struct diffhep_const_view edges,
                                        int32_t bandwidth_choice,
                                        double bandwidth,
                                        int32_t overflow,
                                        struct diffhep_view bins);

/*
 Adds the derivatives of `sum_k seeds_k Y_k` of `diffhep_kernel_histogram` to `by_x`,
 `by_weights` (one per event), `by_edges` (one per edge) and `by_bandwidth` (one number), each of
 which may be left out.
 */
diffhep_status diffhep_kernel_histogram_vjp(struct diffhep_const_view x,
                                            struct diffhep_const_view weights,
                                            struct diffhep_const_view edges,
                                            int32_t bandwidth_choice,
                                            double bandwidth,
                                            int32_t overflow,
                                            struct diffhep_const_view seeds,
                                            struct diffhep_view by_x,
                                            struct diffhep_view by_weights,
                                            struct diffhep_view by_edges,
                                            double *by_bandwidth);

/*
 Yields and sums of squared weights of events shared among bins with sigmoid boundaries:
 `m = prod_d (sigma(k_d (x_d - b_lower)) - sigma(k_d (x_d - b_upper)))`, outer bins open-ended.

 `columns`: column after column of events; `weights`: one per event. `boundaries`: ascending
 within each column, column after column; `boundary_counts` has their number for each column.
 `steepness`: `k`, one per column, in its inverse units. `sums` and `squares` have one entry per
 bin, with the last column's bin varying fastest: as many as the product of `count + 1` over all
 columns. `squares` may be left out.
 */
diffhep_status diffhep_soft_bins(struct diffhep_const_view columns,
                                 struct diffhep_const_view weights,
                                 struct diffhep_const_view boundaries,
                                 struct diffhep_counts boundary_counts,
                                 struct diffhep_const_view steepness,
                                 struct diffhep_view sums,
                                 struct diffhep_view squares);

/*
 Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` of
 `diffhep_soft_bins` with respect to the boundaries to `by_boundaries`; `seed_squares` may be
 left out.
 */
diffhep_status diffhep_soft_bins_vjp(struct diffhep_const_view columns,
                                     struct diffhep_const_view weights,
                                     struct diffhep_const_view boundaries,
                                     struct diffhep_counts boundary_counts,
                                     struct diffhep_const_view steepness,
                                     struct diffhep_const_view seed_sums,
                                     struct diffhep_const_view seed_squares,
                                     struct diffhep_view by_boundaries);

/*
 Yields and sums of squared weights of events shared among the components of a Gaussian mixture
 by the softmax of their scores (ln of weight times density, over the temperature).

 `columns`: column after column of events, as many as `settings->widths` has entries; `weights`:
 one per event. `parameters`, `K (1 + D + D (D + 1) / 2)`: `K` logits of the components' weights;
 `K x D` for the means, through a sigmoid between their bounds or a softmax onto the simplex; for
 each component the lower triangle, row by row, of its covariance's factor in units of the
 widths, logarithms on the diagonal, between -700 and 700. `sums` and `squares`: one per
 component; `squares` may be left out.
 */
diffhep_status diffhep_mixture(struct diffhep_const_view columns,
                               struct diffhep_const_view weights,
                               struct diffhep_const_view parameters,
                               const struct diffhep_mixture_settings *settings,
                               struct diffhep_view sums,
                               struct diffhep_view squares);

/*
 Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` of
 `diffhep_mixture` with respect to its parameters to `by_parameters`; `seed_squares` may be left
 out.
 */
diffhep_status diffhep_mixture_vjp(struct diffhep_const_view columns,
                                   struct diffhep_const_view weights,
                                   struct diffhep_const_view parameters,
                                   const struct diffhep_mixture_settings *settings,
                                   struct diffhep_const_view seed_sums,
                                   struct diffhep_const_view seed_squares,
                                   struct diffhep_view by_parameters);

/*
 Yields and sums of squared weights of events shared among bins by the softmax of their scores.

 `scores`: one per bin and event, bin after bin; `weights`: one per event; `temperature`: above
 0, in units of the scores. `sums` and `squares`: one per bin; `squares` may be left out.
 */
diffhep_status diffhep_softmax_histogram(struct diffhep_const_view scores,
                                         struct diffhep_const_view weights,
                                         double temperature,
                                         struct diffhep_view sums,
                                         struct diffhep_view squares);

/*
 Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` of
 `diffhep_softmax_histogram` to `by_scores` (shaped as `scores`) and `by_weights` (one per event;
 may be left out); `seed_squares` may be left out.
 */
diffhep_status diffhep_softmax_histogram_vjp(struct diffhep_const_view scores,
                                             struct diffhep_const_view weights,
                                             double temperature,
                                             struct diffhep_const_view seed_sums,
                                             struct diffhep_const_view seed_squares,
                                             struct diffhep_view by_scores,
                                             struct diffhep_view by_weights);

/*
 Number of weights and biases of a network with `inputs` numbers per event, hidden layers of
 `hidden` units (none makes a logistic regression) and one output.
 */
diffhep_status diffhep_network_size(size_t inputs,
                                    struct diffhep_counts hidden,
                                    size_t *parameters);

/*
 Logits of a multilayer perceptron, one per event; their logistic sigmoid is the score.

 `parameters`: layer by layer its weights, a row for each of its inputs, then its biases.
 `events`: `inputs` numbers per event, event after event. `activation`: a `diffhep_activation`.
 It uses the library's threads: as many as the machine has cores, or as RAYON_NUM_THREADS says.
 */
diffhep_status diffhep_network_logits(size_t inputs,
                                      struct diffhep_counts hidden,
                                      int32_t activation,
                                      struct diffhep_const_view parameters,
                                      struct diffhep_const_view events,
                                      struct diffhep_view logits);

/*
 Adds the derivatives of `sum_i seeds_i logit_i` of `diffhep_network_logits` to `by_parameters`,
 and writes the `logits`, which may be left out.
 */
diffhep_status diffhep_network_logits_vjp(size_t inputs,
                                          struct diffhep_counts hidden,
                                          int32_t activation,
                                          struct diffhep_const_view parameters,
                                          struct diffhep_const_view events,
                                          struct diffhep_const_view seeds,
                                          struct diffhep_view logits,
                                          struct diffhep_view by_parameters);

/*
 Yield of events under sigmoid cuts, one per column:
 `sum = sum_i w_i prod_j sigma(k_j (x_ij - c_j))`, and `squares`, the same sum of squared
 products, weights included (the square of the simulation's statistical uncertainty).

 `columns`: one column of events per cut, column after column, in the columns' units. `weights`:
 one per event. `values`: the cuts `c`. `slopes`: `k`, in inverse units of the column; negative
 keeps what lies below. `squares` may be NULL.
 */
diffhep_status diffhep_soft_yield(struct diffhep_const_view columns,
                                  struct diffhep_const_view weights,
                                  struct diffhep_const_view values,
                                  struct diffhep_const_view slopes,
                                  double *sum,
                                  double *squares);

/*
 Adds the derivatives of `seed_sum * sum + seed_squares * squares` of `diffhep_soft_yield` with
 respect to the cuts to `by_values`, one per cut; and writes `sum` and `squares`, either of which
 may be NULL.

 A `seed_squares` of 0 saves a third of the time.
 */
diffhep_status diffhep_soft_yield_vjp(struct diffhep_const_view columns,
                                      struct diffhep_const_view weights,
                                      struct diffhep_const_view values,
                                      struct diffhep_const_view slopes,
                                      double seed_sum,
                                      double seed_squares,
                                      double *sum,
                                      double *squares,
                                      struct diffhep_view by_values);

/*
 Asimov significance of discovery of all bins together, in standard deviations.

 `signal`, `background`: yields, one per bin, in events; `variance`: of the background's yield,
 one per bin. The result is infinite where a bin has signal and no background. Source:
 arXiv:1007.1727, equation 97, and with background uncertainty G. Cowan's note of 2012, equation
 20; bins add in squares.
 */
diffhep_status diffhep_asimov_significance(struct diffhep_const_view signal,
                                           struct diffhep_const_view background,
                                           struct diffhep_const_view variance,
                                           double *value);

/*
 Adds `seed` times the derivatives of `diffhep_asimov_significance` to `by_signal`,
 `by_background` and `by_variance`, one per bin, each of which may be left out; and writes the
 `value`, which may be NULL.

 Derivatives are 0 where the significance is 0 or infinite.
 */
diffhep_status diffhep_asimov_significance_vjp(struct diffhep_const_view signal,
                                               struct diffhep_const_view background,
                                               struct diffhep_const_view variance,
                                               double seed,
                                               double *value,
                                               struct diffhep_view by_signal,
                                               struct diffhep_view by_background,
                                               struct diffhep_view by_variance);

/*
 The version of the library's interface; programs should refuse any other than
 `DIFFHEP_ABI_VERSION`.
 */
uint32_t diffhep_abi_version(void);

/*
 The library's version, such as "0.1.0"; static text that ends with NUL.
 */
const char *diffhep_version(void);

/*
 Names of the library's features, separated by spaces; static text that ends with NUL.
 */
const char *diffhep_features(void);

/*
 1 if the library has a feature of that name, else 0.
 */
int32_t diffhep_has_feature(struct diffhep_text name);

/*
 What went wrong in the last failed call on this thread, with the function's name: text of less
 than 4096 bytes that ends with NUL. It is empty if nothing has failed. The pointer is valid
 until the thread ends, the text until its next failure.
 */
const char *diffhep_last_error(void);

/*
 A status in words: static text that ends with NUL.
 */
const char *diffhep_status_name(int32_t status);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DIFFHEP_H */

/* cbindgen ends its own guard above. */
#ifndef DIFFHEP_VIEWS
#define DIFFHEP_VIEWS

/* Views of your arrays and texts. */

static inline diffhep_const_view diffhep_read(const double *data, size_t length) {
    diffhep_const_view view = {data, length};
    return view;
}

static inline diffhep_view diffhep_write(double *data, size_t length) {
    diffhep_view view = {data, length};
    return view;
}

static inline diffhep_counts diffhep_read_counts(const size_t *data, size_t length) {
    diffhep_counts view = {data, length};
    return view;
}

static inline diffhep_text diffhep_read_text(const char *text) {
    diffhep_text view = {text, text ? strlen(text) : 0};
    return view;
}

/* What is left out. */

static inline diffhep_const_view diffhep_no_input(void) {
    return diffhep_read(NULL, 0);
}

static inline diffhep_view diffhep_no_output(void) {
    return diffhep_write(NULL, 0);
}

#endif  /* DIFFHEP_VIEWS */
