// Compares diffhep.hpp with diffhep.h: every function gives the same bits, and every failure the
// right exception. Usage: layer WORKSPACE.
#include <array>
#include <cmath>
#include <cstdio>
#include <diffhep.hpp>
#include <exception>
#include <string>
#include <utility>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

#include "expect.hpp"
#include "statistics.hpp"

namespace {

using namespace layer;

void densities() {
    const auto counts = draw(5, 0.0, 9.0), rates = draw(5, 1.0, 9.0), widths = draw(5, 0.5, 2.0);
    double value = 0.0;
    must(diffhep_poisson_log_density(in(counts), in(rates), &value));
    expect_same(diffhep::poisson_log_density(counts, rates), value, "poisson_log_density");
    must(diffhep_normal_log_density(in(counts), in(rates), in(widths), &value));
    expect_same(diffhep::normal_log_density(counts, rates, widths), value, "normal_log_density");

    std::array<Numbers, 3> a, b;
    a.fill(Numbers(5, 1.0));
    b = a;
    must(diffhep_poisson_log_density_vjp(in(counts), in(rates), 2.0, out(a[0]), out(a[1])));
    diffhep::poisson_log_density_vjp(counts, rates, 2.0, b[0], b[1]);
    must(diffhep_normal_log_density_vjp(in(counts), in(rates), in(widths), 2.0, out(a[0]),
                                        out(a[1]), out(a[2])));
    diffhep::normal_log_density_vjp(counts, rates, widths, 2.0, b[0], b[1], b[2]);
    for (std::size_t i = 0; i < 3; ++i) expect_same(a[i], b[i], "vjps of densities");
}

void selections() {
    const auto columns = draw(60, -1.0, 1.0), weights = draw(30, 0.0, 2.0),
               cuts = draw(2, -0.5, 0.5);
    const Numbers slopes{3.0, -4.0};
    double sum = 0.0, squares = 0.0;
    must(diffhep_soft_yield(in(columns), in(weights), in(cuts), in(slopes), &sum, &squares));
    const auto yield = diffhep::soft_yield(columns, weights, cuts, slopes);
    expect_same(yield.sum, sum, "soft_yield");
    expect_same(yield.squares, squares, "squares of soft_yield");
    Numbers a(2), b(2);
    must(diffhep_soft_yield_vjp(in(columns), in(weights), in(cuts), in(slopes), 2.0, 3.0, nullptr,
                                nullptr, out(a)));
    expect_same(diffhep::soft_yield_vjp(columns, weights, cuts, slopes, {2.0, 3.0}, b).squares,
                squares, "its yield");
    expect_same(a, b, "soft_yield_vjp");

    const auto signal = draw(4, 1.0, 5.0), background = draw(4, 5.0, 50.0),
               variance = draw(4, 0.1, 2.0);
    double value = 0.0;
    must(diffhep_asimov_significance(in(signal), in(background), in(variance), &value));
    expect_same(diffhep::asimov_significance(signal, background, variance), value,
                "asimov_significance");
    std::array<Numbers, 3> c, d;
    c.fill(Numbers(4));
    d = c;
    must(diffhep_asimov_significance_vjp(in(signal), in(background), in(variance), 2.0, nullptr,
                                         out(c[0]), out(c[1]), out(c[2])));
    expect_same(diffhep::asimov_significance_vjp(signal, background, variance, 2.0, d[0], d[1],
                                                 d[2]), value,
                "the value of asimov_significance_vjp");
    for (std::size_t i = 0; i < 3; ++i) expect_same(c[i], d[i], "asimov_significance_vjp");
}

void kernel_histograms() {
    const auto x = draw(30, 0.0, 1.0), weights = draw(30, 0.0, 2.0), seeds = draw(3, 0.0, 1.0);
    const Numbers edges{0.1, 0.4, 0.6, 0.9};
    Numbers bins(3);
    must(diffhep_kernel_histogram(in(x), in(weights), in(edges), DIFFHEP_BANDWIDTH_RELATIVE, 0.3,
                                  DIFFHEP_OVERFLOW_REFLECTED, out(bins)));
    const auto bandwidth = diffhep::Bandwidth::relative(0.3);
    const auto overflow = diffhep::Overflow::reflected;
    expect_same(diffhep::kernel_histogram(x, weights, edges, bandwidth, overflow), bins,
                "kernel_histogram");
    std::array<Numbers, 3> a{Numbers(30), Numbers(30), Numbers(4)}, b = a;
    double by_bandwidth_a = 0.0, by_bandwidth_b = 0.0;
    must(diffhep_kernel_histogram_vjp(in(x), in(weights), in(edges), DIFFHEP_BANDWIDTH_RELATIVE,
                                      0.3, DIFFHEP_OVERFLOW_REFLECTED, in(seeds), out(a[0]),
                                      out(a[1]), out(a[2]), &by_bandwidth_a));
    diffhep::kernel_histogram_vjp(x, weights, edges, bandwidth, overflow, seeds, b[0], b[1], b[2],
                                  &by_bandwidth_b);
    for (std::size_t i = 0; i < 3; ++i) expect_same(a[i], b[i], "kernel_histogram_vjp");
    expect_same(by_bandwidth_a, by_bandwidth_b, "kernel_histogram_vjp by the bandwidth");
}

void categories() {
    const auto columns = draw(60, 0.1, 0.9), weights = draw(30, 0.0, 2.0);
    const Numbers boundaries{0.3, 0.6, 0.5}, steepness{20.0, 30.0};
    const std::vector<std::size_t> counts{2, 1};
    std::array<Numbers, 4> seeds{draw(6, 0.0, 1.0), draw(6, 0.0, 1.0), draw(2, 0.0, 1.0),
                                 draw(2, 0.0, 1.0)};
    std::array<Numbers, 2> a{Numbers(6), Numbers(6)}, b = a;
    const auto raw_counts = diffhep_read_counts(counts.data(), counts.size());
    must(diffhep_soft_bins(in(columns), in(weights), in(boundaries), raw_counts, in(steepness),
                           out(a[0]), out(a[1])));
    diffhep::soft_bins(columns, weights, boundaries, counts, steepness, b[0], b[1]);
    expect_same(a[0], b[0], "soft_bins");
    expect_same(a[1], b[1], "squares of soft_bins");
    Numbers c(3), d(3);
    must(diffhep_soft_bins_vjp(in(columns), in(weights), in(boundaries), raw_counts, in(steepness),
                               in(seeds[0]), in(seeds[1]), out(c)));
    diffhep::soft_bins_vjp(columns, weights, boundaries, counts, steepness, seeds[0], seeds[1], d);
    expect_same(c, d, "soft_bins_vjp");

    const Numbers widths{0.2, 0.3}, lower{0.0, 0.0}, upper{1.0, 1.0};
    const auto parameters = draw(12, -0.5, 0.5);
    const diffhep_mixture_settings raw_settings{2, in(widths), in(lower), in(upper), 0.2, 0.7};
    const diffhep::MixtureSettings settings{2, widths, lower, upper, 0.2, 0.7};
    for (auto *numbers : {&a[0], &a[1], &b[0], &b[1]}) numbers->assign(2, 0.0);
    must(diffhep_mixture(in(columns), in(weights), in(parameters), &raw_settings, out(a[0]),
                         out(a[1])));
    diffhep::mixture(columns, weights, parameters, settings, b[0], b[1]);
    expect_same(a[0], b[0], "mixture");
    expect_same(a[1], b[1], "squares of mixture");
    c.assign(12, 0.0);
    d = c;
    must(diffhep_mixture_vjp(in(columns), in(weights), in(parameters), &raw_settings, in(seeds[2]),
                             in(seeds[3]), out(c)));
    diffhep::mixture_vjp(columns, weights, parameters, settings, seeds[2], seeds[3], d);
    expect_same(c, d, "mixture_vjp");

    must(diffhep_softmax_histogram(in(columns), in(weights), 0.5, out(a[0]), out(a[1])));
    diffhep::softmax_histogram(columns, weights, 0.5, b[0], b[1]);
    expect_same(a[0], b[0], "softmax_histogram");
    expect_same(a[1], b[1], "squares of softmax_histogram");
    std::array<Numbers, 2> e{Numbers(60), Numbers(30)}, f = e;
    must(diffhep_softmax_histogram_vjp(in(columns), in(weights), 0.5, in(seeds[2]), in(seeds[3]),
                                       out(e[0]), out(e[1])));
    diffhep::softmax_histogram_vjp(columns, weights, 0.5, seeds[2], seeds[3], f[0], f[1]);
    expect_same(e[0], f[0], "softmax_histogram_vjp");
    expect_same(e[1], f[1], "softmax_histogram_vjp by the weights");
}

void networks() {
    const diffhep::Network network{2, {3, 2}, diffhep::Activation::tanh};
    const auto hidden = diffhep_read_counts(network.hidden.data(), network.hidden.size());
    std::size_t size = 0;
    must(diffhep_network_size(2, hidden, &size));
    expect(diffhep::network_size(network) == size && size == 20, "network_size");
    const auto parameters = draw(size, -1.0, 1.0), events = draw(14, -1.0, 1.0),
               seeds = draw(7, 0.0, 1.0);
    std::array<Numbers, 3> a{Numbers(7), Numbers(7), Numbers(size)}, b = a;
    must(diffhep_network_logits(2, hidden, DIFFHEP_ACTIVATION_TANH, in(parameters), in(events),
                                out(a[0])));
    diffhep::network_logits(network, parameters, events, b[0]);
    must(diffhep_network_logits_vjp(2, hidden, DIFFHEP_ACTIVATION_TANH, in(parameters), in(events),
                                    in(seeds), out(a[1]), out(a[2])));
    diffhep::network_logits_vjp(network, parameters, events, seeds, b[2], b[1]);
    for (std::size_t i = 0; i < 3; ++i) expect_same(a[i], b[i], "networks");
}

/// The data are not the workspace's, and the settings are not the defaults.
void fits(const Model &model) {
    auto data = model.data();
    data[0] += 2.0;
    const auto [n_parameters, n_bins, n_data, n_channels, n_inputs, poi] = model.sizes();
    expect(n_bins <= n_data && n_channels > 0 && poi < n_parameters, "sizes");
    const double held = 0.4;
    diffhep::FitSettings settings;
    settings.tolerance = 1e-4;
    Numbers seeds(n_parameters, 0.5), parameters(n_parameters), by_data(n_data),
        by_inputs(n_inputs);
    diffhep_fit_result result{};
    must(diffhep_model_fit(model.handle(), in(data), &held, &settings, out(parameters), &result));
    const auto fit = model.fit(data, held, settings);
    expect_same(fit.parameters, parameters, "fit");
    expect_same(fit.twice_nll, result.twice_nll, "-2 ln L of fit");
    expect(fit.steps == result.steps && fit.end == diffhep::FitEnd::converged,
           "steps and end of fit");
    must(diffhep_model_fit_gradient(model.handle(), in(data), &held, &settings, in(seeds), 0.3,
                                    out(parameters), &result, out(by_data), out(by_inputs)));
    const auto found = model.fit_gradient({seeds, 0.3}, data, held, settings);
    expect_same(found.fit.parameters, parameters, "fit_gradient");
    expect_same(found.by_data, by_data, "fit_gradient by data");
    expect_same(found.by_inputs, by_inputs, "fit_gradient by inputs");

    Numbers expected(n_data), by_parameters(n_parameters);
    must(diffhep_model_expected_data(model.handle(), in(parameters), out(expected)));
    expect_same(model.expected_data(parameters), expected, "expected_data");
    double value = 0.0;
    must(diffhep_model_log_density_gradient(model.handle(), in(parameters), in(data), &value,
                                            out(by_parameters), out(by_data), out(by_inputs)));
    expect_same(model.log_density(parameters, data), value, "log_density");
    const auto density = model.log_density_gradient(parameters, data);
    expect_same(density.value, value, "log_density_gradient");
    expect_same(density.by_parameters, by_parameters, "log_density_gradient by parameters");
    expect_same(density.by_data, by_data, "log_density_gradient by data");
    expect_same(density.by_inputs, by_inputs, "log_density_gradient by inputs");
}

void tests(const Model &model) {
    auto data = model.data();
    data[0] += 2.0;
    diffhep::TestSettings settings;
    settings.statistic = diffhep::Statistic::q;
    settings.asimov = diffhep::Asimov::nominal;
    settings.fit.tolerance = 1e-4;
    const diffhep_test_settings raw_settings{DIFFHEP_STATISTIC_Q, DIFFHEP_ASIMOV_NOMINAL,
                                             settings.fit};
    Numbers by_data(model.sizes().data), by_inputs(model.sizes().inputs);
    diffhep_cls_result cls{};
    must(diffhep_model_cls_gradient(model.handle(), in(data), 0.8, &raw_settings,
                                    DIFFHEP_QUANTITY_EXPECTED_PLUS1, &cls, out(by_data),
                                    out(by_inputs)));
    expect_same(model.cls(0.8, data, settings).cls_obs, cls.cls_obs, "cls");
    const auto found = model.cls_gradient(0.8, Quantity::expected_plus1, data, settings);
    expect_same(found.result.cls_exp, cls.cls_exp, "cls_gradient");
    expect_same(found.by_data, by_data, "cls_gradient by data");
    expect_same(found.by_inputs, by_inputs, "cls_gradient by inputs");

    diffhep_discovery_result discovery{};
    must(diffhep_model_discovery_gradient(model.handle(), in(data), &raw_settings,
                                          DIFFHEP_QUANTITY_EXPECTED_MEDIAN, &discovery,
                                          out(by_data), out(by_inputs)));
    expect_same(model.discovery(data, settings).p0_obs, discovery.p0_obs, "discovery");
    const auto gradient = model.discovery_gradient(Quantity::expected_median, data, settings);
    expect_same(gradient.result.z_exp, discovery.z_exp, "discovery_gradient");
    expect_same(gradient.by_data, by_data, "discovery_gradient by data");
    expect_same(gradient.by_inputs, by_inputs, "discovery_gradient by inputs");
}

void errors(const Model &model) {
    const Numbers none, two{1.0, 2.0}, nan{1.0, std::nan("")};
    expect_error(Status::not_a_number, "entry 1", [&] { diffhep::poisson_log_density(nan, two); });
    expect_error(Status::wrong_length, "diffhep_poisson_log_density",
                 [&] { diffhep::poisson_log_density(two, none); });
    expect_error(Status::invalid_workspace, "diffhep_model_new", [] { Model::from_json("{}"); });
    expect_error(Status::invalid_workspace, "", [] { Model::from_json(""); });
    expect_error(Status::invalid_argument, "index",
                 [&] { model.parameter_name(model.sizes().parameters); });
    expect_error(Status::wrong_length, "inputs", [&] { model.with_inputs(two); });
    diffhep::FitSettings one_step;
    one_step.max_steps = 1;
    try {
        model.fit({}, {}, one_step);
        expect(false, "a fit of one step converged");
    } catch (const diffhep::FitNotConverged &error) {
        expect(error.result().end == diffhep::FitEnd::step_limit, "the end of a fit of one step");
        expect(error.result().parameters.size() == model.sizes().parameters,
               "the parameters of a fit of one step");
    }
    diffhep::TestSettings settings;
    settings.fit = one_step;
    expect_error(Status::not_converged, "diffhep_model_cls", [&] { model.cls(1.0, {}, settings); });
    try {
        Model::from_file("/");
        expect(false, "a folder was read");
    } catch (const std::system_error &error) {
        expect(error.code() == std::errc::is_a_directory, error.what());
    }
}

void models(const char *path) {
    diffhep::ModelOptions options;
    options.patch = R"([{"op": "replace", "path": "/channels/0/name", "value": "patched"}, {"op": "replace",
        "path": "/observations/0/name", "value": "patched"}])";
    options.normsys = diffhep::Normsys::code1;
    expect(Model::from_file(path, options).channel_names().at(0) == "patched", "a patch");

    auto model = Model::from_file(path);
    auto names = model.input_names();
    expect(names.size() == model.sizes().inputs && names.at(0) == model.input_name(0),
           "input_names");
    const auto parameter = model.parameter(model.sizes().poi);
    expect(parameter.name == model.parameter_names().at(model.sizes().poi), "parameter_names");
    expect(parameter.lower <= parameter.initial && parameter.initial <= parameter.upper,
           "parameter");
    std::size_t bins = 0;
    for (std::size_t i = 0; i < model.sizes().channels; ++i) {
        const auto channel = model.channel(i);
        expect(channel.first == bins && channel.name == model.channel_names().at(i), "channel");
        bins += channel.bins;
    }
    expect(bins == model.sizes().bins, "the channels' bins");

    auto inputs = model.inputs();
    inputs[0] *= 1.1;
    auto changed = model.with_inputs(inputs);
    expect_same(changed.inputs(), inputs, "with_inputs");
    const auto handle = changed.handle();
    model = std::move(changed);
    expect(model.handle().id == handle.id && changed.handle().id == 0, "a model that moves"); // NOLINT
    expect_error(Status::invalid_handle, "model 0", [&] { changed.cls(1.0); });
    expect(diffhep_model_sizes(handle, nullptr) == DIFFHEP_STATUS_NULL_POINTER,
           "a model that is alive");
    { const Model last(std::move(model)); }
    expect(diffhep_model_free(handle) == DIFFHEP_STATUS_INVALID_HANDLE,
           "a model that freed itself");
}

/// Names longer than the first buffer.
void long_names(const char *path) {
    const std::string name(300, 'n');
    const std::string patch = R"([{"op": "replace", "path": "/channels/0/name", "value": ")" + name +
                              R"("}, {"op": "replace", "path": "/observations/0/name", "value": ")" + name + R"("}])";
    diffhep::ModelOptions options;
    options.patch = patch;
    expect(Model::from_file(path, options).channel(0).name == name, "a long name");
}

void views() {
    const double array[] = {1.0, 2.0};
    const std::array<double, 2> standard{1.0, 2.0};
    const double value = diffhep::poisson_log_density(array, standard);
#if __cplusplus >= 202002L
    const std::span<const double> span(array);
    expect_same(diffhep::poisson_log_density(span, span.first(2)), value, "std::span");
#endif
    expect_same(diffhep::poisson_log_density({array, 2}, ConstView(standard)), value,
                "pointer and length");
    static_assert(!std::is_convertible_v<std::vector<float>, ConstView>);
    static_assert(!std::is_convertible_v<const Numbers &, diffhep::View>);
    static_assert(!std::is_copy_constructible_v<Model> &&
                  std::is_nothrow_move_constructible_v<Model>);
}

} // namespace

int main(int count, char **arguments) {
    if (count != 2) {
        std::fprintf(stderr, "usage: layer WORKSPACE\n");
        return 2;
    }
    try {
        diffhep::check_abi();
        expect(!diffhep::version().empty() && diffhep::has_feature("cls") &&
               !diffhep::has_feature("no"), "features");
        densities();
        selections();
        kernel_histograms();
        categories();
        networks();
        views();
        const auto model = Model::from_file(arguments[1]);
        fits(model);
        tests(model);
        statistics(model);
        errors(model);
        models(arguments[1]);
        long_names(arguments[1]);
    } catch (const std::exception &error) {
        expect(false, error.what());
    }
    return failures == 0 ? 0 : 1;
}
