/// Models of workspaces: densities, fits, tests and limits with their gradients, and toys. Include
/// diffhep.hpp.

#ifndef DIFFHEP_MODEL_HPP
#define DIFFHEP_MODEL_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core.hpp"
#include "values.hpp"

namespace diffhep {

/// A statistical model of a workspace (pyhf's JSON). It is immutable, so any number of threads may
/// use it. The `data` of every function (one per datum: bins, then auxiliary data) may be left out
/// to use the workspace's.
class Model {
  public:
    /// Makes a model from a workspace's JSON text.
    static Model from_json(std::string_view workspace, const ModelOptions &options = {}) {
        check_abi();
        const diffhep_model_options raw_options = {detail::raw(options.measurement), detail::raw(options.patch),
                                                   detail::number(options.normsys), detail::number(options.histosys)};
        diffhep_model handle{};
        detail::check(diffhep_model_new(detail::raw(workspace), &raw_options, &handle));
        return adopt(handle);
    }

    /// Makes a model from a workspace's file. \throws std::system_error where it cannot be read.
    static Model from_file(const std::string &path, const ModelOptions &options = {}) {
        return from_json(read_file(path), options);
    }

    /// Takes over a handle from diffhep_model_new, which is freed with the Model.
    static Model adopt(diffhep_model handle) {
        Model model(handle);
        detail::check(diffhep_model_sizes(handle, &model.sizes_));
        return model;
    }

    Model(const Model &) = delete;
    Model &operator=(const Model &) = delete;
    Model(Model &&other) noexcept
        : handle_(std::exchange(other.handle_, {})), sizes_(std::exchange(other.sizes_, {})) {}
    Model &operator=(Model &&other) noexcept {
        Model taken(std::move(other));
        std::swap(handle_, taken.handle_);
        std::swap(sizes_, taken.sizes_);
        return *this;
    }
    ~Model() {
        if (handle_.id != 0) diffhep_model_free(handle_);
    }

    /// For functions of diffhep.h.
    diffhep_model handle() const noexcept { return handle_; }

    const Sizes &sizes() const noexcept { return sizes_; }

    /// The name as in pyhf.
    std::string parameter_name(std::size_t index) const { return name(diffhep_model_parameter_name, index); }

    /// A JSON pointer with names instead of positions, such as `/channels/SR/background/data/0`.
    std::string input_name(std::size_t index) const { return name(diffhep_model_input_name, index); }

    std::vector<std::string> parameter_names() const { return names(diffhep_model_parameter_name, sizes_.parameters); }
    std::vector<std::string> channel_names() const { return names(diffhep_model_channel_name, sizes_.channels); }
    std::vector<std::string> input_names() const { return names(diffhep_model_input_name, sizes_.inputs); }

    Parameter parameter(std::size_t index) const {
        diffhep_parameter_settings settings{};
        detail::check(diffhep_model_parameter(handle_, index, &settings));
        return {parameter_name(index), settings.initial, settings.lower, settings.upper, settings.is_fixed != 0};
    }

    Channel channel(std::size_t index) const {
        Channel channel{name(diffhep_model_channel_name, index)};
        detail::check(diffhep_model_channel_bins(handle_, index, &channel.first, &channel.bins));
        return channel;
    }

    /// The workspace's data: observed counts of the bins, then auxiliary data.
    std::vector<double> data() const {
        std::vector<double> data(sizes_.data);
        detail::check(diffhep_model_data(handle_, detail::raw(View(data))));
        return data;
    }

    /// The numbers of the workspace that the model depends on, in the order of `input_names`.
    std::vector<double> inputs() const {
        std::vector<double> inputs(sizes_.inputs);
        detail::check(diffhep_model_inputs(handle_, detail::raw(View(inputs))));
        return inputs;
    }

    /// The same model with new numbers in its workspace, one per input.
    Model with_inputs(ConstView inputs) const {
        diffhep_model changed{};
        detail::check(diffhep_model_with_inputs(handle_, detail::raw(inputs), &changed));
        return adopt(changed);
    }

    /// Expected counts of the bins, then expected auxiliary data, at `parameters` (one per
    /// parameter).
    std::vector<double> expected_data(ConstView parameters) const {
        std::vector<double> expected(sizes_.data);
        expected_data_into(parameters, expected);
        return expected;
    }
    void expected_data_into(ConstView parameters, View expected) const {
        detail::check(diffhep_model_expected_data(handle_, detail::raw(parameters), detail::raw(expected)));
    }

    /// ln of the likelihood's density at `parameters`, fully normalised.
    double log_density(ConstView parameters, ConstView data = {}) const {
        double value = 0.0;
        detail::check(diffhep_model_log_density(handle_, detail::raw(parameters), detail::raw(data), &value));
        return value;
    }

    /// The same with its gradient, at fixed parameters.
    LogDensityGradient log_density_gradient(ConstView parameters, ConstView data = {}) const {
        auto found = with_places<LogDensityGradient>();
        found.by_parameters.resize(sizes_.parameters);
        found.value = log_density_gradient_into(parameters, found.by_parameters, views(found), data);
        return found;
    }
    double log_density_gradient_into(ConstView parameters, View by_parameters, GradientViews out,
                                     ConstView data = {}) const {
        double value = 0.0;
        detail::check(diffhep_model_log_density_gradient(handle_, detail::raw(parameters), detail::raw(data), &value,
                                                         detail::raw(by_parameters), detail::raw(out.by_data),
                                                         detail::raw(out.by_inputs)));
        return value;
    }

    /// Maximum-likelihood fit, from the model's initial values; with `held_poi` the parameter of
    /// interest is fixed at that value. \throws FitNotConverged with where it ended.
    FitResult fit(ConstView data = {}, std::optional<double> held_poi = {}, const FitSettings &settings = {}) const {
        FitResult found;
        found.parameters.resize(sizes_.parameters);
        static_cast<FitSummary &>(found) = fit_into(found.parameters, data, held_poi, settings);
        return found;
    }
    /// `parameters` are also written where it throws FitNotConverged.
    FitSummary fit_into(View parameters, ConstView data = {}, std::optional<double> held_poi = {},
                        const FitSettings &settings = {}) const {
        diffhep_fit_result found{};
        const auto status = diffhep_model_fit(handle_, detail::raw(data), address(held_poi), &settings,
                                              detail::raw(parameters), &found);
        return summary(status, found, parameters);
    }

    /// The same with the gradient of the combination of the fit's results that `seeds` defines.
    FitGradient fit_gradient(const FitSeeds &seeds, ConstView data = {}, std::optional<double> held_poi = {},
                             const FitSettings &settings = {}) const {
        auto found = with_places<FitGradient>();
        found.fit.parameters.resize(sizes_.parameters);
        static_cast<FitSummary &>(found.fit) =
            fit_gradient_into(seeds, found.fit.parameters, views(found), data, held_poi, settings);
        return found;
    }
    FitSummary fit_gradient_into(const FitSeeds &seeds, View parameters, GradientViews out, ConstView data = {},
                                 std::optional<double> held_poi = {}, const FitSettings &settings = {}) const {
        diffhep_fit_result found{};
        const auto status = diffhep_model_fit_gradient(
            handle_, detail::raw(data), address(held_poi), &settings, detail::raw(seeds.parameters), seeds.twice_nll,
            detail::raw(parameters), &found, detail::raw(out.by_data), detail::raw(out.by_inputs));
        return summary(status, found, parameters);
    }

    /// CLs of the signal strength `poi`, with its expected band (asymptotic formulae).
    ClsResult cls(double poi, ConstView data = {}, const TestSettings &settings = {}) const {
        const auto raw_settings = raw(settings);
        ClsResult found{};
        detail::check(diffhep_model_cls(handle_, detail::raw(data), poi, &raw_settings, &found));
        return found;
    }

    /// The same with the gradient of the CLs that `quantity` names.
    ClsGradient cls_gradient(double poi, Quantity quantity, ConstView data = {},
                             const TestSettings &settings = {}) const {
        auto found = with_places<ClsGradient>();
        found.result = cls_gradient_into(poi, quantity, views(found), data, settings);
        return found;
    }
    ClsResult cls_gradient_into(double poi, Quantity quantity, GradientViews out, ConstView data = {},
                                const TestSettings &settings = {}) const {
        const auto raw_settings = raw(settings);
        ClsResult found{};
        detail::check(diffhep_model_cls_gradient(handle_, detail::raw(data), poi, &raw_settings,
                                                 detail::number(quantity), &found, detail::raw(out.by_data),
                                                 detail::raw(out.by_inputs)));
        return found;
    }

    /// The test for discovery, with its expected band (asymptotic formulae).
    DiscoveryResult discovery(ConstView data = {}, const TestSettings &settings = {}) const {
        const auto raw_settings = raw(settings);
        DiscoveryResult found{};
        detail::check(diffhep_model_discovery(handle_, detail::raw(data), &raw_settings, &found));
        return found;
    }

    /// The same with the gradient of the p-value that `quantity` names.
    DiscoveryGradient discovery_gradient(Quantity quantity, ConstView data = {},
                                         const TestSettings &settings = {}) const {
        auto found = with_places<DiscoveryGradient>();
        found.result = discovery_gradient_into(quantity, views(found), data, settings);
        return found;
    }
    DiscoveryResult discovery_gradient_into(Quantity quantity, GradientViews out, ConstView data = {},
                                            const TestSettings &settings = {}) const {
        const auto raw_settings = raw(settings);
        DiscoveryResult found{};
        detail::check(diffhep_model_discovery_gradient(handle_, detail::raw(data), &raw_settings,
                                                       detail::number(quantity), &found, detail::raw(out.by_data),
                                                       detail::raw(out.by_inputs)));
        return found;
    }

    /// The observed and the expected upper limits on the parameter of interest (asymptotic
    /// formulae). Each says how its search ended; it throws only where no search could begin.
    UpperLimits upper_limits(ConstView data = {}, const LimitSettings &settings = {}) const {
        const auto raw_settings = raw(settings);
        diffhep_limits_result found{};
        detail::check(diffhep_model_upper_limits(handle_, detail::raw(data), &raw_settings, &found));
        UpperLimits limits{limit(found.observed), {}, found.tests};
        for (std::size_t i = 0; i < limits.expected.size(); ++i) limits.expected[i] = limit(found.expected[i]);
        return limits;
    }

    /// The upper limit that `quantity` names. \throws Error that says why it is missing.
    double upper_limit(Quantity quantity, ConstView data = {}, const LimitSettings &settings = {}) const {
        const auto raw_settings = raw(settings);
        double found = 0.0;
        detail::check(diffhep_model_upper_limit(handle_, detail::raw(data), &raw_settings, detail::number(quantity),
                                                &found));
        return found;
    }

    /// The same with its gradient.
    LimitGradient upper_limit_gradient(Quantity quantity, ConstView data = {},
                                       const LimitSettings &settings = {}) const {
        auto found = with_places<LimitGradient>();
        found.limit = upper_limit_gradient_into(quantity, views(found), data, settings);
        return found;
    }
    double upper_limit_gradient_into(Quantity quantity, GradientViews out, ConstView data = {},
                                     const LimitSettings &settings = {}) const {
        const auto raw_settings = raw(settings);
        double found = 0.0;
        detail::check(diffhep_model_upper_limit_gradient(handle_, detail::raw(data), &raw_settings,
                                                         detail::number(quantity), &found, detail::raw(out.by_data),
                                                         detail::raw(out.by_inputs)));
        return found;
    }

    /// As `fit`, with the covariance of the parameters from the exact second derivatives of -ln L.
    Covariance covariance(ConstView data = {}, std::optional<double> held_poi = {},
                          const FitSettings &settings = {}) const {
        Covariance found;
        found.fit.parameters.resize(sizes_.parameters);
        found.matrix.resize(sizes_.parameters * sizes_.parameters);
        static_cast<FitSummary &>(found.fit) =
            covariance_into(found.matrix, found.fit.parameters, data, held_poi, settings);
        return found;
    }
    FitSummary covariance_into(View matrix, View parameters, ConstView data = {}, std::optional<double> held_poi = {},
                               const FitSettings &settings = {}) const {
        diffhep_fit_result found{};
        const auto status = diffhep_model_covariance(handle_, detail::raw(data), address(held_poi), &settings,
                                                     detail::raw(matrix), detail::raw(parameters), &found);
        return summary(status, found, parameters);
    }

    /// The uncertainty of a fitted parameter, by its index, with its gradient.
    SigmaGradient sigma_gradient(std::size_t parameter, ConstView data = {}, std::optional<double> held_poi = {},
                                 const FitSettings &settings = {}) const {
        auto found = with_places<SigmaGradient>();
        found.sigma = sigma_gradient_into(parameter, views(found), data, held_poi, settings);
        return found;
    }
    double sigma_gradient_into(std::size_t parameter, GradientViews out, ConstView data = {},
                               std::optional<double> held_poi = {}, const FitSettings &settings = {}) const {
        double found = 0.0;
        detail::check(diffhep_model_sigma_gradient(handle_, detail::raw(data), address(held_poi), &settings, parameter,
                                                   &found, detail::raw(out.by_data), detail::raw(out.by_inputs)));
        return found;
    }

    /// The interval of a parameter, by its index, from the profile likelihood. Each end says how
    /// its search ended.
    Interval profile_interval(std::size_t parameter, ConstView data = {}, const IntervalSettings &settings = {}) const {
        diffhep_interval_result found{};
        detail::check(diffhep_model_profile_interval(handle_, detail::raw(data), parameter, &settings, &found));
        return {found.fitted, limit(found.lower), limit(found.upper)};
    }

    /// Pulls, constraints and linear impacts of all nuisance parameters.
    Ranking ranking(ConstView data = {}, const FitSettings &settings = {}) const {
        Ranking found;
        for (auto *column : {&found.sigma, &found.pull, &found.constraint}) column->resize(sizes_.parameters);
        const auto out = views(found.impacts, sizes_.parameters);
        detail::check(diffhep_model_ranking(handle_, detail::raw(data), &settings, detail::raw(View(found.sigma)),
                                            detail::raw(View(found.pull)), detail::raw(View(found.constraint)), &out,
                                            &found.of_poi));
        return found;
    }

    /// Impacts of all nuisance parameters by refits, on the library's threads.
    Impacts refitted_impacts(ConstView data = {}, const FitSettings &settings = {}) const {
        Impacts found;
        const auto out = views(found, sizes_.parameters);
        detail::check(diffhep_model_refitted_impacts(handle_, detail::raw(data), &settings, &out));
        return found;
    }

    /// CLsb, CLb and CLs of the signal strength `poi` from toys, on the library's threads.
    ToyResult toys(double poi, ConstView data = {}, const ToySettings &settings = {}) const {
        const diffhep_toy_settings raw_settings{detail::number(settings.statistic), settings.seed, settings.first,
                                                settings.toys, settings.fit};
        ToyResult found{};
        detail::check(diffhep_model_toys(handle_, detail::raw(data), poi, &raw_settings, &found));
        return found;
    }

    /// The data of toy number `toy` at `parameters` (one per parameter): counts of the bins, then
    /// auxiliary data.
    std::vector<double> draw_toy(ConstView parameters, std::uint64_t seed, std::uint64_t toy,
                                 Hypothesis hypothesis = Hypothesis::signal) const {
        std::vector<double> data(sizes_.data);
        draw_toy_into(data, parameters, seed, toy, hypothesis);
        return data;
    }
    void draw_toy_into(View data, ConstView parameters, std::uint64_t seed, std::uint64_t toy,
                       Hypothesis hypothesis = Hypothesis::signal) const {
        detail::check(diffhep_model_draw_toy(handle_, detail::raw(parameters), seed, toy, detail::number(hypothesis),
                                             detail::raw(data)));
    }

    /// Goodness of fit against the saturated model.
    GoodnessOfFit goodness_of_fit(ConstView data = {}, const FitSettings &settings = {}) const {
        GoodnessOfFit found{};
        detail::check(diffhep_model_goodness_of_fit(handle_, detail::raw(data), &settings, &found));
        return found;
    }

  private:
    using NameFunction = diffhep_status (*)(diffhep_model, std::size_t, char *, std::size_t, std::size_t *);

    explicit Model(diffhep_model handle) noexcept : handle_(handle) {}

    std::string name(NameFunction function, std::size_t index) const {
        // Long enough for most names, so that one call suffices.
        std::string name(127, '\0');
        std::size_t length = 0;
        auto status = function(handle_, index, name.data(), name.size() + 1, &length);
        name.resize(length);
        if (status == DIFFHEP_STATUS_BUFFER_TOO_SMALL) {
            status = function(handle_, index, name.data(), name.size() + 1, &length);
        }
        detail::check(status);
        return name;
    }

    std::vector<std::string> names(NameFunction function, std::size_t count) const {
        std::vector<std::string> names;
        names.reserve(count);
        for (std::size_t index = 0; index < count; ++index) names.push_back(name(function, index));
        return names;
    }

    template <class Found>
    Found with_places() const {
        Found found;
        found.by_data.resize(sizes_.data);
        found.by_inputs.resize(sizes_.inputs);
        return found;
    }

    static GradientViews views(Gradient &gradient) { return {gradient.by_data, gradient.by_inputs}; }

    static diffhep_impact_views views(Impacts &impacts, std::size_t parameters) {
        const auto view = [&](std::vector<double> &column) {
            column.resize(parameters);
            return detail::raw(View(column));
        };
        return {view(impacts.post_fit_up), view(impacts.post_fit_down), view(impacts.pre_fit_up),
                view(impacts.pre_fit_down)};
    }

    static Limit limit(const diffhep_limit &found) { return {found.value, static_cast<LimitOutcome>(found.outcome)}; }

    static const double *address(const std::optional<double> &number) { return number ? &*number : nullptr; }

    static diffhep_test_settings raw(const TestSettings &settings) noexcept {
        return {detail::number(settings.statistic), detail::number(settings.asimov), settings.fit};
    }

    static diffhep_limit_settings raw(const LimitSettings &settings) noexcept {
        return {settings.level, settings.tolerance, settings.max_tests, raw(settings.test)};
    }

    static FitSummary summary(diffhep_status status, const diffhep_fit_result &found, ConstView parameters) {
        const FitSummary summary{found.twice_nll, found.decrement, found.steps, static_cast<FitEnd>(found.end)};
        if (status == DIFFHEP_STATUS_NOT_CONVERGED) {
            throw FitNotConverged(diffhep_last_error(), {summary, {parameters.begin(), parameters.end()}});
        }
        detail::check(status);
        return summary;
    }

    diffhep_model handle_{};
    Sizes sizes_{};
};

} // namespace diffhep

#endif // DIFFHEP_MODEL_HPP
