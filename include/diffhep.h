/* diffhep: differentiable statistics of high-energy physics, for C and C++.
 *
 * Generated from the library's source by scripts/header: do not edit. The guide is docs/cpp.md; C++
 * programs have diffhep.hpp. The rules that hold for every function:
 *
 * - It returns a diffhep_status; 0 is success. diffhep_last_error() is the text of the last failure on
 *   this thread. On a failure outputs hold nothing of use, except where a function says more; no
 *   output of a kernel's _vjp is touched.
 * - Arrays are yours: views of pointer and length, in doubles, aligned. Outputs overlap neither inputs
 *   nor each other. Matrices are one array after the other: column after column of events. A view of
 *   NULL and 0 leaves an optional argument out.
 * - A NULL, a wrong length, an overlap of arrays or a NaN is an error, never a crash; a length longer
 *   than your array cannot be known and is undefined, and memory that runs out ends the process.
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
 Number of this header's interface: it grows when a program that was compiled with an older
 header has to be compiled anew. `diffhep_abi_version` gives the library's.
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
     It did what it says.
     */
    DIFFHEP_STATUS_OK = 0,
    /*
     A pointer is NULL that must not be, or not aligned to its type.
     */
    DIFFHEP_STATUS_NULL_POINTER = 1,
    /*
     An array's length does not fit the others, the model, or memory.
     */
    DIFFHEP_STATUS_WRONG_LENGTH = 2,
    /*
     A number that goes in is NaN.
     */
    DIFFHEP_STATUS_NOT_A_NUMBER = 3,
    /*
     A number, choice or index outside what it may be; or arrays that overlap.
     */
    DIFFHEP_STATUS_INVALID_ARGUMENT = 4,
    /*
     No such model: it was freed, or never made.
     */
    DIFFHEP_STATUS_INVALID_HANDLE = 5,
    /*
     A workspace, a patch or other text is wrong.
     */
    DIFFHEP_STATUS_INVALID_WORKSPACE = 6,
    /*
     A fit ended without a minimum; results that exist are filled in.
     */
    DIFFHEP_STATUS_NOT_CONVERGED = 7,
    /*
     There is no result: the likelihood or a derivative is not defined there.
     */
    DIFFHEP_STATUS_NO_RESULT = 8,
    /*
     A text does not fit the caller's buffer; its length is given.
     */
    DIFFHEP_STATUS_BUFFER_TOO_SMALL = 9,
    /*
     A fault of the library.
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
 What becomes of mass outside the outer edges; an argument of kernel histograms.
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
 What a bandwidth is measured in; an argument of kernel histograms.
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
 What hidden units do with the sum of their inputs; an argument of networks.
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
     Polynomial of degree 6 inside, exponential outside: pyhf's default.
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
     Polynomial of degree 6 inside, linear outside: pyhf's default.
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
     q-tilde, for a signal strength that is not negative: pyhf's default.
     */
    DIFFHEP_STATISTIC_Q_TILDE = 0,
    /*
     q.
     */
    DIFFHEP_STATISTIC_Q = 1,
    /*
     q0, for discovery: of toys alone, for `diffhep_model_discovery` has no other.
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
     Those fitted to the data: pyhf's default.
     */
    DIFFHEP_ASIMOV_FITTED = 0,
    /*
     The model's initial values: no data enter.
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
 Which number of a test a gradient is of. The expected ones are the entries of the band, smallest
 first.
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
     A bin without observed events lost all expected ones: the minimum has no derivative.
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
     It was.
     */
    DIFFHEP_LIMIT_OUTCOME_FOUND = 0,
    /*
     CLs stays above what is looked for, or -2 ln L below it, as far as can be tested: to a
     bound, the edge of the likelihood's domain, or until the tests ran out.
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
     -2 ln L is lower than at the fit, which is in a local minimum; of intervals.
     */
    DIFFHEP_LIMIT_OUTCOME_LOWER_MINIMUM = 4,
    /*
     The measurement fixes the parameter; of intervals.
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
 Which random numbers a toy is drawn with.
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
 How a fit is carried out; `diffhep_default_fit_settings` fills in the defaults.
 */
typedef struct diffhep_fit_settings {
    /*
     Largest decrement (gradient, inverse information, gradient) of a converged fit; not
     negative.
     */
    double tolerance;
    /*
     Most steps.
     */
    size_t max_steps;
    /*
     Most halvings of a step.
     */
    size_t max_halvings;
} diffhep_fit_settings;

/*
 A model: a number that stands for it, 0 for none.
 */
typedef struct diffhep_model {
    /*
     Never used twice.
     */
    uint64_t id;
} diffhep_model;

/*
 Doubles that are read: `length` of them from `data` on.
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
 Doubles that are written or added to: `length` of them from `data` on.
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
 What a fit found, beside its parameters.
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
 How a test is carried out; `diffhep_default_test_settings` fills in the defaults.
 */
typedef struct diffhep_test_settings {
    /*
     A `diffhep_statistic`, but for q0; discovery has its own statistic.
     */
    int32_t statistic;
    /*
     A `diffhep_asimov`.
     */
    int32_t asimov;
    /*
     Of each fit.
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
     1 where the observed statistic is 0 by definition: what comes through the data's own fits
     then has no derivative but 0.
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
     As of a `diffhep_cls_result`.
     */
    int32_t is_flat;
} diffhep_discovery_result;

/*
 How upper limits are looked for; `diffhep_default_limit_settings` fills in the defaults.
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
     Most signal strengths that are tested for one limit.
     */
    size_t max_tests;
    /*
     Of each test.
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
 UTF-8 text of `length` bytes, without its end.
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
 How a model is made of a workspace. All bytes 0 are the defaults.
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
 How many of everything a model has.
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
 What fits know of a parameter.
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
 Where impacts go: changes of the fitted parameter of interest when a parameter is held a step up
 or down and all others are fitted anew. Arrays of one a parameter, each of which may be left
 out.
 */
typedef struct diffhep_impact_views {
    /*
     A step up of the uncertainty after the fit.
     */
    struct diffhep_view post_fit_up;
    /*
     The same down.
     */
    struct diffhep_view post_fit_down;
    /*
     A step up of the width of the parameter's own measurement.
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
 A test by toys; `diffhep_default_toy_settings` fills in the defaults.
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
     Number of the first toy: runs of one seed with other numbers are other toys.
     */
    uint64_t first;
    /*
     Toys of each hypothesis, 1 to 100 million.
     */
    uint64_t toys;
    /*
     Of each fit.
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
     Part of the toys of the tested signal strength whose statistic is not below `q`; p0 for q0.
     */
    struct diffhep_estimate cl_sb;
    /*
     The same of the other hypothesis's toys: without signal, for q0 with a signal strength of 1.
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
     Expected `cl_b`: the levels themselves but for ties, and so without errors.
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
     The same of the other hypothesis.
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
     Part of a chi squared distribution above the statistic; NaN without a degree of freedom.
     */
    double p_value;
} diffhep_goodness_of_fit_result;

/*
 How profile intervals are looked for; `diffhep_default_interval_settings` fills in the defaults.
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
     Most fits a side.
     */
    size_t max_fits;
    /*
     Of each fit.
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
 Counts that are read: `length` of them from `data` on.
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
     A scale of the components' widths, one a column, in its units.
     */
    struct diffhep_const_view widths;
    /*
     Lower bounds of the means, one a column; left out (with `upper`) for means on the simplex,
     which scores of a classifier without its last class are.
     */
    struct diffhep_const_view lower;
    /*
     Upper bounds of the means.
     */
    struct diffhep_const_view upper;
    /*
     What parameters off the factors' diagonals are multiplied by; 0.1 where there is no reason
     for another.
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
 The settings that a NULL stands for.
 */
diffhep_status diffhep_default_fit_settings(struct diffhep_fit_settings *settings);

/*
 Maximum-likelihood fit, from the model's initial values.

 `data`: one a datum; left out for the workspace's. `held_poi`: the value at which the parameter
 of interest is held; NULL leaves it free. `settings` may be NULL. `parameters` (one a parameter)
 and `result` may be left out, and are filled in too where the status is
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

 `seed_parameters`: one a parameter; left out for zeros. `by_data`: one a datum; `by_inputs`: one
 an input of the workspace, in which observed and auxiliary data count only where `data` is left
 out. The value at which the parameter of interest is held is none of these: its seed is of no
 effect. Where only the gradient fails, parameters and result are filled in. Source: envelope and
 implicit function theorems.
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
 The settings that a NULL stands for.
 */
diffhep_status diffhep_default_test_settings(struct diffhep_test_settings *settings);

/*
 CLs of a signal strength, with its expected band (asymptotic formulae).

 `data`: one a datum; left out for the workspace's. `poi`: the signal strength that is tested.
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

 `by_data`: one a datum; `by_inputs`: one an input of the workspace, in which observed and
 auxiliary data count only where `data` is left out. Where only the gradient fails the result is
 filled in.
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

 `data`: one a datum; left out for the workspace's. `settings` may be NULL. With the status
 `DIFFHEP_STATUS_NOT_CONVERGED` p-values and significances are NaN. Source: as
 `diffhep_model_cls`.
 */
diffhep_status diffhep_model_discovery(struct diffhep_model model,
                                       struct diffhep_const_view data,
                                       const struct diffhep_test_settings *settings,
                                       struct diffhep_discovery_result *result);

/*
 As `diffhep_model_discovery`, with the gradient of the p-value that `quantity` (a
 `diffhep_quantity`) names into each output that is given, as of `diffhep_model_cls_gradient`.
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

 `parameters`: one a parameter; `expected`: one a datum, in events (or the parameter's unit).
 */
diffhep_status diffhep_model_expected_data(struct diffhep_model model,
                                           struct diffhep_const_view parameters,
                                           struct diffhep_view expected);

/*
 ln of the likelihood's density at a point, fully normalised.

 `data`: one a datum; left out for the workspace's.
 */
diffhep_status diffhep_model_log_density(struct diffhep_model model,
                                         struct diffhep_const_view parameters,
                                         struct diffhep_const_view data,
                                         double *value);

/*
 `diffhep_model_log_density` with its gradient, at fixed parameters, into each output that is
 given.

 `value` may be NULL. `by_parameters`: one a parameter; `by_data`: one a datum; `by_inputs`: one
 an input of the workspace, in which observed and auxiliary data count only where `data` is left
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
 The settings that a NULL stands for.
 */
diffhep_status diffhep_default_limit_settings(struct diffhep_limit_settings *settings);

/*
 The observed and the five expected upper limits on the parameter of interest: the signal
 strengths at which CLs is 1 less the confidence level (asymptotic formulae).

 `data`: one a datum; left out for the workspace's. `settings` may be NULL. Each limit says how
 its search ended; the status is a failure only where none could be looked for.
 `diffhep_model_upper_limit` says in words why one is missing. Source: as `diffhep_model_cls`.
 */
diffhep_status diffhep_model_upper_limits(struct diffhep_model model,
                                          struct diffhep_const_view data,
                                          const struct diffhep_limit_settings *settings,
                                          struct diffhep_limits_result *result);

/*
 One upper limit, which `quantity` (a `diffhep_quantity`) names; `limit` is in units of the
 parameter of interest. It agrees with that of `diffhep_model_upper_limits` to the tolerance, and
 needs fewer tests. A limit that is not there is a failure, whose text says why.
 */
diffhep_status diffhep_model_upper_limit(struct diffhep_model model,
                                         struct diffhep_const_view data,
                                         const struct diffhep_limit_settings *settings,
                                         int32_t quantity,
                                         double *limit);

/*
 As `diffhep_model_upper_limit`, with the limit's gradient into each output that is given.

 `by_data`: one a datum; `by_inputs`: one an input of the workspace, in which observed and
 auxiliary data count only where `data` is left out. Where only the gradient fails the limit is
 filled in. Source: implicit function theorem.
 */
diffhep_status diffhep_model_upper_limit_gradient(struct diffhep_model model,
                                                  struct diffhep_const_view data,
                                                  const struct diffhep_limit_settings *settings,
                                                  int32_t quantity,
                                                  double *limit,
                                                  struct diffhep_view by_data,
                                                  struct diffhep_view by_inputs);

/*
 Makes a model of a workspace's JSON text (pyhf's format, schema 1.0.0) and gives its handle,
 which `diffhep_model_free` frees. `options` may be NULL. On failure the handle is 0.
 */
diffhep_status diffhep_model_new(struct diffhep_text workspace,
                                 const struct diffhep_model_options *options,
                                 struct diffhep_model *model);

/*
 Makes a model like another whose workspace has other numbers, one an input, in the order of
 `diffhep_model_input_name`. On failure the handle is 0.
 */
diffhep_status diffhep_model_with_inputs(struct diffhep_model model,
                                         struct diffhep_const_view inputs,
                                         struct diffhep_model *changed);

/*
 Frees a model. Calls of other threads that use it already end as they would; those that begin
 later, and a second free, are refused.
 */
diffhep_status diffhep_model_free(struct diffhep_model model);

/*
 How many of everything a model has.
 */
diffhep_status diffhep_model_sizes(struct diffhep_model model,
                                   struct diffhep_sizes *sizes);

/*
 Name of a parameter, as pyhf gives it, into `buffer` of `capacity` bytes, ended by NUL.

 `length`, which may be NULL, is the name's length without the NUL, also where the status is
 `DIFFHEP_STATUS_BUFFER_TOO_SMALL`: a first call with NULL and 0 asks for it.
 */
diffhep_status diffhep_model_parameter_name(struct diffhep_model model,
                                            size_t index,
                                            char *buffer,
                                            size_t capacity,
                                            size_t *length);

/*
 Name of a channel, in the order of the data; buffer and length as for
 `diffhep_model_parameter_name`.
 */
diffhep_status diffhep_model_channel_name(struct diffhep_model model,
                                          size_t index,
                                          char *buffer,
                                          size_t capacity,
                                          size_t *length);

/*
 Name of an input: a JSON pointer with names instead of positions, such as
 `/channels/SR/background/data/0`; buffer and length as for `diffhep_model_parameter_name`.
 */
diffhep_status diffhep_model_input_name(struct diffhep_model model,
                                        size_t index,
                                        char *buffer,
                                        size_t capacity,
                                        size_t *length);

/*
 A channel's place in the data: its first bin and its number of bins.
 */
diffhep_status diffhep_model_channel_bins(struct diffhep_model model,
                                          size_t index,
                                          size_t *first,
                                          size_t *count);

/*
 What fits know of a parameter.
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
 Pulls, constraints and impacts of all nuisance parameters, in one fit and from its covariance.

 `data`: one a datum; left out for the workspace's. `settings` may be NULL, and are the fit's.
 `sigma` (uncertainty after the fit), `pull` (fitted value less the measured one, in widths of
 its own measurement) and `constraint` (uncertainty after the fit in those widths): one a
 parameter, each may be left out. `impacts`, linear ones, may be NULL, as may `result`. NaN where
 there is none: of the parameter of interest, of parameters that the fit did not move, and of
 those without a measurement of their own for what is relative to it. Source:
 ATL-PHYS-PUB-2011-11, section 5.
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
 `diffhep_model_ranking`; on threads of the library's, with the same bits on any number of them.

 `data` and `settings` are those of `diffhep_model_ranking`, `impacts` where they go. NaN where
 there is none, and where a refit ended without a minimum.
 */
diffhep_status diffhep_model_refitted_impacts(struct diffhep_model model,
                                              struct diffhep_const_view data,
                                              const struct diffhep_fit_settings *settings,
                                              const struct diffhep_impact_views *impacts);

/*
 The settings that a NULL stands for.
 */
diffhep_status diffhep_default_toy_settings(struct diffhep_toy_settings *settings);

/*
 CLsb, CLb and CLs of a signal strength from toys, observed and expected; on threads of the
 library's, with the same bits on any number of them.

 `data`: one a datum; left out for the workspace's. `poi`: the signal strength that is tested, 0
 for q0. `settings` may be NULL: 10,000 toys of each hypothesis. Toys are drawn where the
 nuisance parameters fit the data. One whose fit has no minimum is counted and left out; with the
 status `DIFFHEP_STATUS_NOT_CONVERGED` a fit of the data has none. Source: ATL-PHYS-PUB-2011-11,
 section 2; pyhf 0.7 for conventions.
 */
diffhep_status diffhep_model_toys(struct diffhep_model model,
                                  struct diffhep_const_view data,
                                  double poi,
                                  const struct diffhep_toy_settings *settings,
                                  struct diffhep_toy_result *result);

/*
 Draws one toy's data at a point: counts of the bins, then auxiliary data.

 `parameters`: one a parameter; `data`: one a datum. `seed`, `toy` (its number, up to 2^53 - 1)
 and `hypothesis` (a `diffhep_hypothesis`) choose the random numbers, each choice its own; at the
 points where `diffhep_model_toys` draws they give its toys.
 */
diffhep_status diffhep_model_draw_toy(struct diffhep_model model,
                                      struct diffhep_const_view parameters,
                                      uint64_t seed,
                                      uint64_t toy,
                                      int32_t hypothesis,
                                      struct diffhep_view data);

/*
 Goodness of fit against the saturated model, which expects what is observed.

 `data`: one a datum; left out for the workspace's. `settings` may be NULL, and are the fit's.
 Source: R. Cousins, Generalization of chisquare goodness-of-fit test for binned data using
 saturated models (2013).
 */
diffhep_status diffhep_model_goodness_of_fit(struct diffhep_model model,
                                             struct diffhep_const_view data,
                                             const struct diffhep_fit_settings *settings,
                                             struct diffhep_goodness_of_fit_result *result);

/*
 The fit of all free parameters, or all but the parameter of interest, with the covariance of its
 parameters: the inverse of the exact second derivatives of -ln L.

 `data`, `held_poi`, `settings`, `parameters` and `result` are those of `diffhep_model_fit`, and
 are filled in as there; also where only the covariance does not exist. `covariance`: parameters
 x parameters, one row after the other, in the parameters' units. Rows and columns of parameters
 that did not move (fixed, held, at a bound, in a kink of their interpolation) are 0: they count
 as known. Source: F. James, Statistical Methods in Experimental Physics, 2nd ed., section 9.1.2.
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
 `sigma` in the parameter's unit. `by_data`: one a datum; `by_inputs`: one an input of the
 workspace, in which observed and auxiliary data count only where `data` is left out. Where only
 the gradient fails `sigma` is filled in. A parameter that did not move has no uncertainty
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
 The settings that a NULL stands for.
 */
diffhep_status diffhep_default_interval_settings(struct diffhep_interval_settings *settings);

/*
 The interval of a parameter (an index) from the profile likelihood, as MINOS gives it: where
 -2 ln L, all others fitted anew, has risen by the chi squared of the confidence level, 1 for one
 standard deviation.

 `data`: one a datum; left out for the workspace's. `settings` may be NULL. Each end says how its
 search ended. With the status `DIFFHEP_STATUS_NOT_CONVERGED` the fit of all parameters has no
 minimum. Source: F. James, M. Roos, Comput. Phys. Commun. 10 (1975) 343.
 */
diffhep_status diffhep_model_profile_interval(struct diffhep_model model,
                                              struct diffhep_const_view data,
                                              size_t parameter,
                                              const struct diffhep_interval_settings *settings,
                                              struct diffhep_interval_result *result);

/*
 ln of the Poisson probability of independent counts, fully normalised; counts need not be whole.

 `counts`, `rates`: observed and expected, in events, of one length.
 */
diffhep_status diffhep_poisson_log_density(struct diffhep_const_view counts,
                                           struct diffhep_const_view rates,
                                           double *value);

/*
 Adds `seed` times the derivatives of `diffhep_poisson_log_density` to `by_counts` and
 `by_rates`, either of which may be left out.

 The derivative by a count of 0 is that of the side above; minus infinity where the rate is 0
 too.
 */
diffhep_status diffhep_poisson_log_density_vjp(struct diffhep_const_view counts,
                                               struct diffhep_const_view rates,
                                               double seed,
                                               struct diffhep_view by_counts,
                                               struct diffhep_view by_rates);

/*
 ln of the Normal density of independent data, fully normalised.

 `x`, `means`, `widths`: of one length, in one unit.
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

 `x`, `weights`: one an event, finite, in units of the edges and in events. `edges`: ascending.
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
 `by_weights` (one an event), `by_edges` (one an edge) and `by_bandwidth` (one number), each of
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

 `columns`: column after column of events; `weights`: one an event. `boundaries`: ascending, one
 column's after the other's, of which `boundary_counts` says how many each column has.
 `steepness`: `k`, one a column, in its inverse units. `sums` and `squares` have one entry a bin,
 the last column's bin fastest: the product of all counts plus 1. `squares` may be left out.
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
 one an event. `parameters`, `K (1 + D + D (D + 1) / 2)`: `K` logits of the components' weights;
 `K x D` for the means, through a sigmoid between their bounds or a softmax onto the simplex; for
 each component the lower triangle, row by row, of its covariance's factor in units of the
 widths, logarithms on the diagonal, between -700 and 700. `sums` and `squares`: one a component;
 `squares` may be left out.
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

 `scores`: one a bin and event, bin after bin; `weights`: one an event; `temperature`: above 0,
 in units of the scores. `sums` and `squares`: one a bin; `squares` may be left out.
 */
diffhep_status diffhep_softmax_histogram(struct diffhep_const_view scores,
                                         struct diffhep_const_view weights,
                                         double temperature,
                                         struct diffhep_view sums,
                                         struct diffhep_view squares);

/*
 Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` of
 `diffhep_softmax_histogram` to `by_scores` (shaped as `scores`) and `by_weights` (one an event,
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
 Number of weights and biases of a network with `inputs` numbers an event, hidden layers of
 `hidden` units (none makes a logistic regression) and one output.
 */
diffhep_status diffhep_network_size(size_t inputs,
                                    struct diffhep_counts hidden,
                                    size_t *parameters);

/*
 Logits of a multilayer perceptron, one an event; their logistic sigmoid is the score.

 `parameters`: layer by layer its weights, a row for each of its inputs, then its biases.
 `events`: `inputs` numbers an event, event after event. `activation`: a `diffhep_activation`. It
 uses the library's threads, as many as the machine has cores, or as RAYON_NUM_THREADS says.
 */
diffhep_status diffhep_network_logits(size_t inputs,
                                      struct diffhep_counts hidden,
                                      int32_t activation,
                                      struct diffhep_const_view parameters,
                                      struct diffhep_const_view events,
                                      struct diffhep_view logits);

/*
 Adds the derivatives of `sum_i seeds_i logit_i` of `diffhep_network_logits` to `by_parameters`;
 and gives the `logits`, which may be left out.
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
 Yield of events under sigmoid cuts, one a column:
 `sum = sum_i w_i prod_j sigma(k_j (x_ij - c_j))`, and `squares`, the same of squared products
 with their weights (the square of the simulation's statistical uncertainty).

 `columns`: one column of events a cut, column after column, in the columns' units. `weights`:
 one an event. `values`: the cuts `c`. `slopes`: `k`, in inverse units of the column; negative
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
 respect to the cuts to `by_values`, one a cut; and gives `sum` and `squares`, either of which
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
 Asimov significance of discovery of bins together, in standard deviations.

 `signal`, `background`: yields, one a bin, in events; `variance`: of the background's yield, one
 a bin. Infinite where a bin has signal and no background. Source: arXiv:1007.1727, equation 97,
 and with background uncertainty G. Cowan's note of 2012, equation 20; bins add in squares.
 */
diffhep_status diffhep_asimov_significance(struct diffhep_const_view signal,
                                           struct diffhep_const_view background,
                                           struct diffhep_const_view variance,
                                           double *value);

/*
 Adds `seed` times the derivatives of `diffhep_asimov_significance` to `by_signal`,
 `by_background` and `by_variance`, one a bin, each of which may be left out; and gives the
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
 The number of the library's interface; programs refuse another than `DIFFHEP_ABI_VERSION`.
 */
uint32_t diffhep_abi_version(void);

/*
 The library's version, such as "0.1.0"; static text that ends with NUL.
 */
const char *diffhep_version(void);

/*
 Names of what the library can do, separated by spaces; static text that ends with NUL.
 */
const char *diffhep_features(void);

/*
 1 if the library has a feature of that name, else 0.
 */
int32_t diffhep_has_feature(struct diffhep_text name);

/*
 What went wrong in the last call on this thread that failed, with the function's name: text of
 less than 4096 bytes that ends with NUL. Empty if nothing ever failed. The pointer holds until
 the thread ends; the text until its next failure.
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
