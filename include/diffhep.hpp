/// diffhep for C++17 and later: diffhep.h with exceptions, models that free themselves, and containers.
///
/// Nothing but the standard library and diffhep.h is needed; the guide is docs/cpp.md. The rules of
/// diffhep.h hold here too: matrices are one array after the other, outputs overlap nothing, the same
/// arguments give the same bits. Beyond them:
///
/// - A function that fails throws an Error, whose text names the function, what was found and what to do.
/// - Arrays are views, made of any container of doubles (std::vector, std::array, a C array, std::span) or
///   of pointer and length. An empty view leaves an optional argument out. Views do not own: a container
///   must live as long as the call.
/// - What returns a std::vector allocates it. Functions named `..._into`, and kernels that take a View,
///   write into the caller's memory and allocate none of their own.
/// - A `_vjp` (vector-Jacobian product) adds to its outputs: set them to 0 first.
/// - Threads: every function may be called on any number of threads at once, the const ones of a shared
///   Model too. Moving or destroying a Model needs it alone, as with any object.

#ifndef DIFFHEP_HPP
#define DIFFHEP_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "diffhep.h"

namespace diffhep {

// ---------------------------------------------------------------------------------------------------
// Views
// ---------------------------------------------------------------------------------------------------

/// Entries in memory that someone else owns: what std::span is to C++20.
template <class T>
class Span {
  public:
    /// No entries; leaves an optional argument out.
    constexpr Span() noexcept = default;

    /// `size` entries from `data` on.
    constexpr Span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}

    /// All entries of a container whose entries lie side by side.
    template <class Container,
              class = std::enable_if_t<!std::is_same_v<std::decay_t<Container>, Span> &&
                                       std::is_convertible_v<decltype(std::data(std::declval<Container &>())), T *>>>
    constexpr Span(Container &&container) : Span(std::data(container), std::size(container)) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

using ConstView = Span<const double>;       ///< Numbers that are read.
using View = Span<double>;                  ///< Numbers that are written or added to.
using CountsView = Span<const std::size_t>; ///< Counts that are read.

// ---------------------------------------------------------------------------------------------------
// Errors
// ---------------------------------------------------------------------------------------------------

/// Why a call failed; the words are those of `diffhep_status`.
enum class Status : std::int32_t {
    null_pointer = DIFFHEP_STATUS_NULL_POINTER,
    wrong_length = DIFFHEP_STATUS_WRONG_LENGTH,
    not_a_number = DIFFHEP_STATUS_NOT_A_NUMBER,
    invalid_argument = DIFFHEP_STATUS_INVALID_ARGUMENT,
    invalid_handle = DIFFHEP_STATUS_INVALID_HANDLE,
    invalid_workspace = DIFFHEP_STATUS_INVALID_WORKSPACE,
    not_converged = DIFFHEP_STATUS_NOT_CONVERGED,
    no_result = DIFFHEP_STATUS_NO_RESULT,
    internal_error = DIFFHEP_STATUS_INTERNAL_ERROR,
};

/// A call that failed. `what()` names the function, what was found and what to do.
class Error : public std::runtime_error {
  public:
    Error(Status status, const std::string &message) : std::runtime_error(message), status_(status) {}

    Status status() const noexcept { return status_; }

  private:
    Status status_;
};

/// A fit ended without a minimum: that of a call to `fit`, or one of a hypothesis test's.
class NotConverged : public Error {
  public:
    explicit NotConverged(const std::string &message) : Error(Status::not_converged, message) {}
};

/// How a fit ended.
enum class FitEnd : std::int32_t {
    converged = DIFFHEP_FIT_END_CONVERGED,    ///< At a minimum, within the tolerance.
    degenerate = DIFFHEP_FIT_END_DEGENERATE,  ///< At a minimum; some direction carries no information.
    step_limit = DIFFHEP_FIT_END_STEP_LIMIT,  ///< The steps ran out.
    stalled = DIFFHEP_FIT_END_STALLED,        ///< No smaller step lowered -ln L any more.
    empty_bin = DIFFHEP_FIT_END_EMPTY_BIN,    ///< A bin without data lost all expected events.
};

/// What a fit found, beside its parameters.
struct FitSummary {
    double twice_nll = 0.0;            ///< -2 ln L at the end.
    double decrement = 0.0;            ///< Distance from the minimum: gradient, inverse information, gradient.
    std::size_t steps = 0;             ///< Newton steps taken.
    FitEnd end = FitEnd::converged;    ///< How it ended.
};

/// What a fit found.
struct FitResult : FitSummary {
    std::vector<double> parameters;    ///< One a parameter.
};

/// A call to `fit` that ended without a minimum, with where it ended.
class FitNotConverged final : public NotConverged {
  public:
    FitNotConverged(const std::string &message, FitResult result) : NotConverged(message), result_(std::move(result)) {}

    const FitResult &result() const noexcept { return result_; }

  private:
    FitResult result_;
};

namespace detail {

[[noreturn]] inline void fail(diffhep_status status) {
    if (status == DIFFHEP_STATUS_NOT_CONVERGED) throw NotConverged(diffhep_last_error());
    throw Error(static_cast<Status>(status), diffhep_last_error());
}

inline void check(diffhep_status status) {
    if (status != DIFFHEP_STATUS_OK) fail(status);
}

// What is empty is left out, whatever pointer the container has.
inline diffhep_const_view raw(ConstView view) noexcept {
    return {view.empty() ? nullptr : view.data(), view.size()};
}
inline diffhep_view raw(View view) noexcept { return {view.empty() ? nullptr : view.data(), view.size()}; }
inline diffhep_counts raw(CountsView view) noexcept { return {view.data(), view.size()}; }
inline diffhep_text raw(std::string_view text) noexcept { return {text.data(), text.size()}; }

struct CloseFile {
    void operator()(std::FILE *file) const noexcept { std::fclose(file); }
};

template <class Choice>
constexpr std::int32_t number(Choice choice) noexcept {
    return static_cast<std::int32_t>(choice);
}

} // namespace detail

// ---------------------------------------------------------------------------------------------------
// The library
// ---------------------------------------------------------------------------------------------------

/// The library's version, such as "0.1.0".
inline std::string version() { return diffhep_version(); }

/// Names of what the library can do, separated by spaces.
inline std::string features() { return diffhep_features(); }

/// Whether the library has a feature of that name.
inline bool has_feature(std::string_view name) { return diffhep_has_feature(detail::raw(name)) != 0; }

/// Throws where the library that was loaded has another interface than the header that was compiled.
/// Making a Model calls it; programs that use kernels alone call it once.
inline void check_abi() {
    if (diffhep_abi_version() == DIFFHEP_ABI_VERSION) return;
    throw Error(Status::internal_error, "diffhep: the library has interface " + std::to_string(diffhep_abi_version()) +
                                            ", the header this program was compiled with " +
                                            std::to_string(DIFFHEP_ABI_VERSION) +
                                            ": install both from one version and compile again");
}

/// The text of a file, such as a workspace or a patch. \throws std::system_error where it cannot be read.
inline std::string read_file(const std::string &path) {
    const std::unique_ptr<std::FILE, detail::CloseFile> file(std::fopen(path.c_str(), "rb"));
    std::string text;
    char part[1 << 14];
    for (std::size_t size = 1; file && size != 0;) {
        size = std::fread(part, 1, sizeof part, file.get());
        text.append(part, size);
    }
    if (!file || std::ferror(file.get()) != 0) {
        throw std::system_error(errno, std::generic_category(), "diffhep: cannot read " + path);
    }
    return text;
}

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

// ---------------------------------------------------------------------------------------------------
// Kernels: densities
// ---------------------------------------------------------------------------------------------------

/// ln of the Poisson probability of independent counts, fully normalised; counts need not be whole.
/// `counts`, `rates`: observed and expected, in events, of one length.
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

/// ln of the Normal density of independent data, fully normalised; all of one length, in one unit.
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

/// Yield of events under sigmoid cuts: `sum = sum_i w_i prod_j sigma(k_j (x_ij - c_j))`; `squares` sums the
/// squares of what `sum` sums. `columns`: one column of events a cut, column after column; `weights`: one
/// an event; `values`: the cuts c; `slopes`: k, in inverse units of the column, negative to keep what lies
/// below.
inline Yield soft_yield(ConstView columns, ConstView weights, ConstView values, ConstView slopes) {
    Yield yield;
    detail::check(diffhep_soft_yield(detail::raw(columns), detail::raw(weights), detail::raw(values),
                                     detail::raw(slopes), &yield.sum, &yield.squares));
    return yield;
}

/// Adds the derivatives of `seeds.sum * sum + seeds.squares * squares` with respect to the cuts to
/// `by_values`, one a cut; returns the yield. `seeds.squares` of 0 saves a third of the time.
inline Yield soft_yield_vjp(ConstView columns, ConstView weights, ConstView values, ConstView slopes, Yield seeds,
                            View by_values) {
    Yield yield;
    detail::check(diffhep_soft_yield_vjp(detail::raw(columns), detail::raw(weights), detail::raw(values),
                                         detail::raw(slopes), seeds.sum, seeds.squares, &yield.sum, &yield.squares,
                                         detail::raw(by_values)));
    return yield;
}

/// Asimov significance of discovery of bins together, in standard deviations. `signal`, `background`:
/// yields, one a bin, in events; `variance`: of the background's yield. Infinite where a bin has signal
/// and no background. Source: arXiv:1007.1727, equation 97; G. Cowan's note of 2012, equation 20.
inline double asimov_significance(ConstView signal, ConstView background, ConstView variance) {
    double value = 0.0;
    detail::check(diffhep_asimov_significance(detail::raw(signal), detail::raw(background), detail::raw(variance),
                                              &value));
    return value;
}

/// Adds `seed` times its derivatives, one a bin; returns the significance. Derivatives are 0 where it is
/// 0 or infinite.
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

/// What becomes of mass outside the outer edges of a kernel histogram.
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
/// `x`, `weights`: one an event, in units of the edges and in events. `edges`: ascending.
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

/// Adds the derivatives of `sum_k seeds_k bins_k` to `by_x`, `by_weights` (one an event), `by_edges` (one an
/// edge) and `by_bandwidth` (one number), each of which may be left out.
inline void kernel_histogram_vjp(ConstView x, ConstView weights, ConstView edges, Bandwidth bandwidth,
                                 Overflow overflow, ConstView seeds, View by_x, View by_weights, View by_edges,
                                 double *by_bandwidth = nullptr) {
    detail::check(diffhep_kernel_histogram_vjp(
        detail::raw(x), detail::raw(weights), detail::raw(edges), bandwidth.choice, bandwidth.value,
        detail::number(overflow), detail::raw(seeds), detail::raw(by_x), detail::raw(by_weights),
        detail::raw(by_edges), by_bandwidth));
}

/// Yields and sums of squared weights of events shared among bins with sigmoid boundaries, into `sums` and
/// `squares`, one a bin, the last column's bin fastest; `squares` may be left out. `columns`: column after
/// column of events; `weights`: one an event. `boundaries`: ascending, one column's after the other's, of
/// which `boundary_counts` says how many each has; `steepness`: one a column, in its inverse units.
inline void soft_bins(ConstView columns, ConstView weights, ConstView boundaries, CountsView boundary_counts,
                      ConstView steepness, View sums, View squares = {}) {
    detail::check(diffhep_soft_bins(detail::raw(columns), detail::raw(weights), detail::raw(boundaries),
                                    detail::raw(boundary_counts), detail::raw(steepness), detail::raw(sums),
                                    detail::raw(squares)));
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` to `by_boundaries`;
/// `seed_squares` may be left out.
inline void soft_bins_vjp(ConstView columns, ConstView weights, ConstView boundaries, CountsView boundary_counts,
                          ConstView steepness, ConstView seed_sums, ConstView seed_squares, View by_boundaries) {
    detail::check(diffhep_soft_bins_vjp(detail::raw(columns), detail::raw(weights), detail::raw(boundaries),
                                        detail::raw(boundary_counts), detail::raw(steepness), detail::raw(seed_sums),
                                        detail::raw(seed_squares), detail::raw(by_boundaries)));
}

/// A Gaussian mixture's settings.
struct MixtureSettings {
    std::size_t categories = 0; ///< Components.
    ConstView widths = {};      ///< A scale of the components' widths, one a column, in its units.
    ConstView lower = {};       ///< Lower bounds of the means; left out with `upper` for means on the simplex.
    ConstView upper = {};       ///< Upper bounds of the means.
    double damping = 0.1;       ///< What parameters off the factors' diagonals are multiplied by.
    double temperature = 1.0;   ///< Difference of scores over which memberships change; above 0.
};

namespace detail {

inline diffhep_mixture_settings raw(const MixtureSettings &settings) noexcept {
    return {settings.categories, raw(settings.widths), raw(settings.lower), raw(settings.upper), settings.damping,
            settings.temperature};
}

} // namespace detail

/// Yields and sums of squared weights of events shared among a Gaussian mixture's components, into `sums`
/// and `squares`, one a component; `squares` may be left out. `columns`, `weights`: as of `soft_bins`.
/// `parameters`: as diffhep_mixture orders them.
inline void mixture(ConstView columns, ConstView weights, ConstView parameters, const MixtureSettings &settings,
                    View sums, View squares = {}) {
    const auto raw_settings = detail::raw(settings);
    detail::check(diffhep_mixture(detail::raw(columns), detail::raw(weights), detail::raw(parameters), &raw_settings,
                                  detail::raw(sums), detail::raw(squares)));
}

/// Adds the derivatives of `sum_k seed_sums_k sums_k + seed_squares_k squares_k` to `by_parameters`;
/// `seed_squares` may be left out.
inline void mixture_vjp(ConstView columns, ConstView weights, ConstView parameters, const MixtureSettings &settings,
                        ConstView seed_sums, ConstView seed_squares, View by_parameters) {
    const auto raw_settings = detail::raw(settings);
    detail::check(diffhep_mixture_vjp(detail::raw(columns), detail::raw(weights), detail::raw(parameters),
                                      &raw_settings, detail::raw(seed_sums), detail::raw(seed_squares),
                                      detail::raw(by_parameters)));
}

/// Yields and sums of squared weights of events shared among bins by the softmax of their scores.
/// `scores`: one a bin and event, bin after bin; `weights`: one an event; `temperature`: above 0, in units
/// of the scores; `sums`, `squares`: one a bin, `squares` may be left out.
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

/// What hidden units do with the sum of their inputs.
enum class Activation : std::int32_t {
    relu = DIFFHEP_ACTIVATION_RELU,
    tanh = DIFFHEP_ACTIVATION_TANH,
    sigmoid = DIFFHEP_ACTIVATION_SIGMOID,
};

/// A multilayer perceptron's shape; it has one output.
struct Network {
    std::size_t inputs = 0;          ///< Numbers an event.
    std::vector<std::size_t> hidden; ///< Units of the hidden layers; none makes a logistic regression.
    Activation activation = Activation::relu;
};

/// Number of weights and biases.
inline std::size_t network_size(const Network &network) {
    std::size_t parameters = 0;
    detail::check(diffhep_network_size(network.inputs, detail::raw(CountsView(network.hidden)), &parameters));
    return parameters;
}

/// Logits of a network, one an event; their logistic sigmoid is the score. `parameters`: layer by layer
/// its weights, a row for each of its inputs, then its biases. `events`: event after event. It uses the
/// library's threads, as many as the machine has cores, or as RAYON_NUM_THREADS says.
inline void network_logits(const Network &network, ConstView parameters, ConstView events, View logits) {
    detail::check(diffhep_network_logits(network.inputs, detail::raw(CountsView(network.hidden)),
                                         detail::number(network.activation), detail::raw(parameters),
                                         detail::raw(events), detail::raw(logits)));
}

/// Adds the derivatives of `sum_i seeds_i logits_i` to `by_parameters`; writes `logits`, which may be left out.
inline void network_logits_vjp(const Network &network, ConstView parameters, ConstView events, ConstView seeds,
                               View by_parameters, View logits = {}) {
    detail::check(diffhep_network_logits_vjp(network.inputs, detail::raw(CountsView(network.hidden)),
                                             detail::number(network.activation), detail::raw(parameters),
                                             detail::raw(events), detail::raw(seeds), detail::raw(logits),
                                             detail::raw(by_parameters)));
}

} // namespace diffhep

#endif // DIFFHEP_HPP
