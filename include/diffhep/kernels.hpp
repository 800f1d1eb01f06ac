/// Kernels over arrays, each with its vector-Jacobian product. Include diffhep.hpp.

#ifndef DIFFHEP_KERNELS_HPP
#define DIFFHEP_KERNELS_HPP

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core.hpp"

namespace diffhep {

// ---------------------------------------------------------------------------------------------------
// Kernels: densities
// ---------------------------------------------------------------------------------------------------

/// ln of the Poisson probability of independent counts, fully normalised; counts need not be whole.
/// `counts`, `rates`: observed and expected, in events, of equal length.
inline double poisson_log_density(ConstView counts, ConstView rates) {
    double value = 0.0;
    detail::check(diffhep_poisson_log_density(detail::raw(counts), detail::raw(rates), &value));
    return value;
}

/// Adds `seed` times its derivatives; outputs, of the same length, may be left out.
inline void poisson_log_density_vjp(ConstView counts, ConstView rates, double seed, View by_counts, View by_rates) {
    detail::check(diffhep_poisson_log_density_vjp(detail::raw(counts), detail::raw(rates), seed,
                                                  detail::raw(by_counts), detail::raw(by_rates)));
}

/// ln of the Normal density of independent data, fully normalised; all arguments have equal length
/// and the same unit.
inline double normal_log_density(ConstView x, ConstView means, ConstView widths) {
    double value = 0.0;
    detail::check(diffhep_normal_log_density(detail::raw(x), detail::raw(means), detail::raw(widths), &value));
    return value;
}

/// Adds `seed` times its derivatives; outputs, of the same length, may be left out.
inline void normal_log_density_vjp(ConstView x, ConstView means, ConstView widths, double seed, View by_x,
                                   View by_means, View by_widths) {
    detail::check(diffhep_normal_log_density_vjp(detail::raw(x), detail::raw(means), detail::raw(widths), seed,
                                                 detail::raw(by_x), detail::raw(by_means), detail::raw(by_widths)));
}

// ---------------------------------------------------------------------------------------------------
// Kernels: selections and significance
// ---------------------------------------------------------------------------------------------------

/// A yield, in events, and the sum of its squared weights.
struct Yield {
    double sum = 0.0;
    double squares = 0.0;
};

/// Yield of events under sigmoid cuts: `sum = sum_i w_i prod_j sigma(k_j (x_ij - c_j))`; `squares`
/// sums the squares of the terms of `sum`. `columns`: one column of events per cut, column after
/// column; `weights`: one per event; `values`: the cuts c; `slopes`: k, in inverse units of the
/// column, negative to keep what lies below.
inline Yield soft_yield(ConstView columns, ConstView weights, ConstView values, ConstView slopes) {
    Yield yield;
    detail::check(diffhep_soft_yield(detail::raw(columns), detail::raw(weights), detail::raw(values),
                                     detail::raw(slopes), &yield.sum, &yield.squares));
    return yield;
}

/// Adds the derivatives of `seeds.sum * sum + seeds.squares * squares` with respect to the cuts to
/// `by_values`, one per cut; returns the yield. `seeds.squares` of 0 saves a third of the time.
inline Yield soft_yield_vjp(ConstView columns, ConstView weights, ConstView values, ConstView slopes, Yield seeds,
                            View by_values) {
    Yield yield;
    detail::check(diffhep_soft_yield_vjp(detail::raw(columns), detail::raw(weights), detail::raw(values),
                                         detail::raw(slopes), seeds.sum, seeds.squares, &yield.sum, &yield.squares,
                                         detail::raw(by_values)));
    return yield;
}

/// Asimov significance of discovery of all bins together, in standard deviations. `signal`,
/// `background`: yields, one per bin, in events; `variance`: of the background's yield. The result
/// is infinite where a bin has signal and no background. Source: arXiv:1007.1727, equation 97; G.
/// Cowan's note of 2012, equation 20.
inline double asimov_significance(ConstView signal, ConstView background, ConstView variance) {
    double value = 0.0;
    detail::check(diffhep_asimov_significance(detail::raw(signal), detail::raw(background), detail::raw(variance),
                                              &value));
    return value;
}

/// Adds `seed` times its derivatives, one per bin; returns the significance. Derivatives are 0
/// where it is 0 or infinite.
inline double asimov_significance_vjp(ConstView signal, ConstView background, ConstView variance, double seed,
                                      View by_signal, View by_background, View by_variance) {
    double value = 0.0;
    detail::check(diffhep_asimov_significance_vjp(detail::raw(signal), detail::raw(background), detail::raw(variance),
                                                  seed, &value, detail::raw(by_signal), detail::raw(by_background),
                                                  detail::raw(by_variance)));
    return value;
}

// ---------------------------------------------------------------------------------------------------
// Kernels: histograms and categories
// ---------------------------------------------------------------------------------------------------

/// What happens to mass outside the outer edges of a kernel histogram.
enum class Overflow : std::int32_t {
    dropped = DIFFHEP_OVERFLOW_DROPPED,     ///< It is lost.
    kept = DIFFHEP_OVERFLOW_KEPT,           ///< The end bins are open-ended.
    reflected = DIFFHEP_OVERFLOW_REFLECTED, ///< Kernels are mirrored at the outer edges.
};

/// A kernel histogram's bandwidth; above 0.
struct Bandwidth {
    /// In units of the events.
    static constexpr Bandwidth absolute(double value) noexcept { return {DIFFHEP_BANDWIDTH_ABSOLUTE, value}; }
    /// In local widths of the bins.
    static constexpr Bandwidth relative(double value) noexcept { return {DIFFHEP_BANDWIDTH_RELATIVE, value}; }

    std::int32_t choice; ///< A diffhep_bandwidth.
    double value;
};

/// Yields of bins, every event smeared by a Normal density, into `bins` (one fewer than `edges`).
/// `x`, `weights`: one per event, in units of the edges and in events. `edges`: ascending.
/// Source: arXiv:2203.05570.
inline void kernel_histogram(ConstView x, ConstView weights, ConstView edges, Bandwidth bandwidth, Overflow overflow,
                             View bins) {
    detail::check(diffhep_kernel_histogram(detail::raw(x), detail::raw(weights), detail::raw(edges), bandwidth.choice,
                                           bandwidth.value, detail::number(overflow), detail::raw(bins)));
}
inline std::vector<double> kernel_histogram(ConstView x, ConstView weights, ConstView edges, Bandwidth bandwidth,
                                            Overflow overflow) {
    std::vector<double> bins(edges.empty() ? 0 : edges.size() - 1);
    kernel_histogram(x, weights, edges, bandwidth, overflow, bins);
    return bins;
}

/// Adds the derivatives of `sum_k seeds_k bins_k` to `by_x`, `by_weights` (one per event),
/// `by_edges` (one per edge) and `by_bandwidth` (one number), each of which may be left out.
inline void kernel_histogram_vjp(ConstView x, ConstView weights, ConstView edges, Bandwidth bandwidth,
                                 Overflow overflow, ConstView seeds, View by_x, View by_weights, View by_edges,
                                 double *by_bandwidth = nullptr) {
    detail::check(diffhep_kernel_histogram_vjp(
        detail::raw(x), detail::raw(weights), detail::raw(edges), bandwidth.choice, bandwidth.value,
        detail::number(overflow), detail::raw(seeds), detail::raw(by_x), detail::raw(by_weights),
        detail::raw(by_edges), by_bandwidth));
}

/// Yields and sums of squared weights of events shared among bins with sigmoid boundaries, into
/// `sums` and `squares`, one per bin, with the last column's bin varying fastest; `squares` may be
/// left out. `columns`: column after column of events; `weights`: one per event. `boundaries`:
/// ascending within each column, column after column; `boundary_counts`: their number per column;
/// `steepness`: one per column, in its inverse units.
inline void soft_bins(ConstView columns, ConstView weights, ConstView boundaries, CountsView boundary_counts,
                      ConstView steepness, View sums, View squares = {}) {
    detail::check(diffhep_soft_bins(detail::raw(columns), detail::raw(weights), detail::raw(boundaries),
                                    detail::raw(boundary_counts), detail::raw(steepness), detail::raw(sums),
                                    detail::raw(squares)));
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` to
/// `by_boundaries`; `seed_squares` may be left out.
inline void soft_bins_vjp(ConstView columns, ConstView weights, ConstView boundaries, CountsView boundary_counts,
                          ConstView steepness, ConstView seed_sums, ConstView seed_squares, View by_boundaries) {
    detail::check(diffhep_soft_bins_vjp(detail::raw(columns), detail::raw(weights), detail::raw(boundaries),
                                        detail::raw(boundary_counts), detail::raw(steepness), detail::raw(seed_sums),
                                        detail::raw(seed_squares), detail::raw(by_boundaries)));
}

/// A Gaussian mixture's settings.
struct MixtureSettings {
    std::size_t categories = 0; ///< Components.
    ConstView widths = {};      ///< Scale of the components' widths, one per column, in its units.
    ConstView lower = {};       ///< Lower bounds of the means; without bounds, on the simplex.
    ConstView upper = {};       ///< Upper bounds of the means.
    double damping = 0.1;       ///< Factor for parameters off the factors' diagonals.
    double temperature = 1.0;   ///< Difference of scores over which memberships change; above 0.
};

namespace detail {

inline diffhep_mixture_settings raw(const MixtureSettings &settings) noexcept {
    return {settings.categories, raw(settings.widths), raw(settings.lower), raw(settings.upper), settings.damping,
            settings.temperature};
}

} // namespace detail

/// Yields and sums of squared weights of events shared among a Gaussian mixture's components, into
/// `sums` and `squares`, one per component; `squares` may be left out. `columns`, `weights`: as for
/// `soft_bins`. `parameters`: in the order of diffhep_mixture.
inline void mixture(ConstView columns, ConstView weights, ConstView parameters, const MixtureSettings &settings,
                    View sums, View squares = {}) {
    const auto raw_settings = detail::raw(settings);
    detail::check(diffhep_mixture(detail::raw(columns), detail::raw(weights), detail::raw(parameters), &raw_settings,
                                  detail::raw(sums), detail::raw(squares)));
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` to
/// `by_parameters`; `seed_squares` may be left out.
inline void mixture_vjp(ConstView columns, ConstView weights, ConstView parameters, const MixtureSettings &settings,
                        ConstView seed_sums, ConstView seed_squares, View by_parameters) {
    const auto raw_settings = detail::raw(settings);
    detail::check(diffhep_mixture_vjp(detail::raw(columns), detail::raw(weights), detail::raw(parameters),
                                      &raw_settings, detail::raw(seed_sums), detail::raw(seed_squares),
                                      detail::raw(by_parameters)));
}

/// Yields and sums of squared weights of events shared among bins by the softmax of their scores.
/// `scores`: one per bin and event, bin after bin; `weights`: one per event; `temperature`: above
/// 0, in units of the scores; `sums`, `squares`: one per bin, `squares` may be left out.
inline void softmax_histogram(ConstView scores, ConstView weights, double temperature, View sums, View squares = {}) {
    detail::check(diffhep_softmax_histogram(detail::raw(scores), detail::raw(weights), temperature, detail::raw(sums),
                                            detail::raw(squares)));
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` to `by_scores` and
/// `by_weights`; `seed_squares` and `by_weights` may be left out.
inline void softmax_histogram_vjp(ConstView scores, ConstView weights, double temperature, ConstView seed_sums,
                                  ConstView seed_squares, View by_scores, View by_weights = {}) {
    detail::check(diffhep_softmax_histogram_vjp(detail::raw(scores), detail::raw(weights), temperature,
                                                detail::raw(seed_sums), detail::raw(seed_squares),
                                                detail::raw(by_scores), detail::raw(by_weights)));
}

// ---------------------------------------------------------------------------------------------------
// Kernels: networks
// ---------------------------------------------------------------------------------------------------

/// The function that hidden units apply to the sum of their inputs.
enum class Activation : std::int32_t {
    relu = DIFFHEP_ACTIVATION_RELU,
    tanh = DIFFHEP_ACTIVATION_TANH,
    sigmoid = DIFFHEP_ACTIVATION_SIGMOID,
};

/// A multilayer perceptron's shape; it has one output.
struct Network {
    std::size_t inputs = 0;          ///< Numbers per event.
    std::vector<std::size_t> hidden; ///< Units per hidden layer; none for a logistic regression.
    Activation activation = Activation::relu;
};

/// Number of weights and biases.
inline std::size_t network_size(const Network &network) {
    std::size_t parameters = 0;
    detail::check(diffhep_network_size(network.inputs, detail::raw(CountsView(network.hidden)), &parameters));
    return parameters;
}

/// Logits of a network, one per event; their logistic sigmoid is the score. `parameters`: layer by
/// layer its weights, a row for each of its inputs, then its biases. `events`: event after event.
/// It uses the library's threads: as many as the machine has cores, or as RAYON_NUM_THREADS says.
inline void network_logits(const Network &network, ConstView parameters, ConstView events, View logits) {
    detail::check(diffhep_network_logits(network.inputs, detail::raw(CountsView(network.hidden)),
                                         detail::number(network.activation), detail::raw(parameters),
                                         detail::raw(events), detail::raw(logits)));
}

/// Adds the derivatives of `sum_i seeds_i logits_i` to `by_parameters`; writes `logits`, which may
/// be left out.
inline void network_logits_vjp(const Network &network, ConstView parameters, ConstView events, ConstView seeds,
                               View by_parameters, View logits = {}) {
    detail::check(diffhep_network_logits_vjp(network.inputs, detail::raw(CountsView(network.hidden)),
                                             detail::number(network.activation), detail::raw(parameters),
                                             detail::raw(events), detail::raw(seeds), detail::raw(logits),
                                             detail::raw(by_parameters)));
}

} // namespace diffhep

#endif // DIFFHEP_KERNELS_HPP
