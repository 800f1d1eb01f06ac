/// Models of workspaces: densities, fits and tests with their gradients. Include diffhep.hpp.

#ifndef DIFFHEP_MODEL_HPP
#define DIFFHEP_MODEL_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "core.hpp"

namespace diffhep {

// ---------------------------------------------------------------------------------------------------
// Models
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

/// The test statistic of a CLs test.
enum class Statistic : std::int32_t {
    q_tilde = DIFFHEP_STATISTIC_Q_TILDE, ///< For a signal strength that is not negative.
    q = DIFFHEP_STATISTIC_Q,
};

/// At which nuisance parameters Asimov data are made.
enum class Asimov : std::int32_t {
    fitted = DIFFHEP_ASIMOV_FITTED,   ///< Those fitted to the data.
    nominal = DIFFHEP_ASIMOV_NOMINAL, ///< The model's initial values: no data enter.
};

/// Which number of a test a gradient is of; the expected ones are entries 0 to 4 of the band.
enum class Quantity : std::int32_t {
    observed = DIFFHEP_QUANTITY_OBSERVED,
    expected_minus2 = DIFFHEP_QUANTITY_EXPECTED_MINUS2,
    expected_minus1 = DIFFHEP_QUANTITY_EXPECTED_MINUS1,
    expected_median = DIFFHEP_QUANTITY_EXPECTED_MEDIAN,
    expected_plus1 = DIFFHEP_QUANTITY_EXPECTED_PLUS1,
    expected_plus2 = DIFFHEP_QUANTITY_EXPECTED_PLUS2,
};

/// How a model is made of a workspace.
struct ModelOptions {
    std::string_view measurement = {};    ///< Its name; the first where there is none.
    std::string_view patch = {};          ///< A JSON patch (RFC 6902) that is applied first.
    Normsys normsys = Normsys::code4;     ///< pyhf's default.
    Histosys histosys = Histosys::code4p; ///< pyhf's default.
};

/// How a fit is carried out (`tolerance`, `max_steps`, `max_halvings`), with the library's defaults.
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

    Statistic statistic; ///< Discovery has its own.
    Asimov asimov;       ///< Where the Asimov data are made.
    FitSettings fit;     ///< Of each fit.
};

/// How many of everything a model has, and the parameter of interest's index.
using Sizes = diffhep_sizes;

/// CLs of a signal strength: `cls_obs`, `cls_exp` (-2 to 2 standard deviations), `q`, `q_asimov`, `is_flat`.
using ClsResult = diffhep_cls_result;

/// Discovery: `p0_obs`, `p0_exp`, `z_obs`, `z_exp` (standard deviations), `q`, `q_asimov`, `is_flat`.
using DiscoveryResult = diffhep_discovery_result;

/// A parameter, and what fits know of it.
struct Parameter {
    std::string name;      ///< As pyhf gives it.
    double initial = 0.0;  ///< Where fits start.
    double lower = 0.0;    ///< Lower bound.
    double upper = 0.0;    ///< Upper bound.
    bool is_fixed = false; ///< Whether fits leave it at its initial value.
};

/// A channel's name and its place in the data.
struct Channel {
    std::string name;
    std::size_t first = 0; ///< Its first bin's index.
    std::size_t bins = 0;  ///< Its number of bins.
};

/// Where a gradient goes; what is left out is not written.
struct GradientViews {
    View by_data = {};   ///< One a datum.
    View by_inputs = {}; ///< One an input of the workspace.
};

/// A gradient. Observed and auxiliary data count among the inputs where no other data were given.
struct Gradient {
    std::vector<double> by_data;   ///< One a datum.
    std::vector<double> by_inputs; ///< One an input of the workspace.
};

/// ln of a likelihood's density with its gradient.
struct LogDensityGradient : Gradient {
    double value = 0.0;
    std::vector<double> by_parameters; ///< One a parameter.
};

/// What the gradient of a fit is of: `twice_nll * (-2 ln L) + sum_p parameters_p * (fitted parameter p)`.
struct FitSeeds {
    ConstView parameters = {}; ///< One a parameter; zeros where left out.
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

/// A statistical model of a workspace (pyhf's JSON). It does not change; any number of threads may use
/// it. Every function's `data` (one a datum: bins, then auxiliary data) may be left out for the workspace's.
class Model {
  public:
    /// Of a workspace's JSON text.
    static Model from_json(std::string_view workspace, const ModelOptions &options = {}) {
        check_abi();
        const diffhep_model_options raw_options = {detail::raw(options.measurement), detail::raw(options.patch),
                                                   detail::number(options.normsys), detail::number(options.histosys)};
        diffhep_model handle{};
        detail::check(diffhep_model_new(detail::raw(workspace), &raw_options, &handle));
        return adopt(handle);
    }

    /// Of a workspace's file. \throws std::system_error where it cannot be read.
    static Model from_file(const std::string &path, const ModelOptions &options = {}) {
        return from_json(read_file(path), options);
    }

    /// Of a handle that diffhep_model_new gave, which is freed with the Model.
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

    /// As pyhf gives it.
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

    /// The same model of a workspace with other numbers, one an input.
    Model with_inputs(ConstView inputs) const {
        diffhep_model changed{};
        detail::check(diffhep_model_with_inputs(handle_, detail::raw(inputs), &changed));
        return adopt(changed);
    }

    /// Expected counts of the bins, then expected auxiliary data, at `parameters` (one a parameter).
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

    /// Maximum-likelihood fit, from the model's initial values; with `held_poi` the parameter of interest
    /// stays there. \throws FitNotConverged with where it ended.
    FitResult fit(ConstView data = {}, std::optional<double> held_poi = {}, const FitSettings &settings = {}) const {
        FitResult found;
        found.parameters.resize(sizes_.parameters);
        static_cast<FitSummary &>(found) = fit_into(found.parameters, data, held_poi, settings);
        return found;
    }
    /// `parameters` are filled in too where it throws FitNotConverged.
    FitSummary fit_into(View parameters, ConstView data = {}, std::optional<double> held_poi = {},
                        const FitSettings &settings = {}) const {
        diffhep_fit_result found{};
        const auto status = diffhep_model_fit(handle_, detail::raw(data), address(held_poi), &settings,
                                              detail::raw(parameters), &found);
        return summary(status, found, parameters);
    }

    /// The same with the gradient of what `seeds` makes of the fit's results.
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

  private:
    using NameFunction = diffhep_status (*)(diffhep_model, std::size_t, char *, std::size_t, std::size_t *);

    explicit Model(diffhep_model handle) noexcept : handle_(handle) {}

    std::string name(NameFunction function, std::size_t index) const {
        // Long enough for most, so that one call does.
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

    static const double *address(const std::optional<double> &number) { return number ? &*number : nullptr; }

    static diffhep_test_settings raw(const TestSettings &settings) noexcept {
        return {detail::number(settings.statistic), detail::number(settings.asimov), settings.fit};
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
