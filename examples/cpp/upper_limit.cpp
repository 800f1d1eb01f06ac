// Upper limits of a workspace, what moves the expected one, and a check with toys:
// upper_limit FILE [PATCH].
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <diffhep.hpp>
#include <exception>
#include <string>

namespace {

void print_limit(const char *label, const diffhep::Limit &limit) {
    if (limit.outcome == diffhep::LimitOutcome::found) {
        std::printf("%s %.9f\n", label, limit.value);
    } else {
        std::printf("%s none: the search ended with outcome %d\n", label, static_cast<int>(limit.outcome));
    }
}

/// The observed limit and the band, each of which may be missing.
void print_limits(const diffhep::Model &model) {
    const auto limits = model.upper_limits();
    print_limit("observed limit", limits.observed);
    for (const auto &expected : limits.expected) print_limit("expected limit", expected);
}

/// The change of the median if an input grows by 1%, for the input that changes it most.
void print_gradient(const diffhep::Model &model) {
    const auto median = model.upper_limit_gradient(diffhep::Quantity::expected_median);
    const auto inputs = model.inputs();
    std::size_t largest = 0;
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        const auto change = [&](std::size_t input) { return std::abs(inputs[input] * median.by_inputs[input]); };
        if (change(i) > change(largest)) largest = i;
    }
    std::printf("1%% more of %s moves the median %.6f by %.6f\n", model.input_name(largest).c_str(), median.limit,
                0.01 * inputs[largest] * median.by_inputs[largest]);
}

void print_uncertainty(const diffhep::Model &model) {
    const auto poi = model.sizes().poi;
    const auto covariance = model.covariance();
    std::printf("fitted %.6f", covariance.fit.parameters[poi]);
    // At a bound it did not move, and has no uncertainty.
    if (covariance.sigma(poi) > 0.0) std::printf(" +- %.6f", covariance.sigma(poi));
    std::printf("\n");
    const auto interval = model.profile_interval(poi);
    print_limit("interval from", interval.lower);
    print_limit("interval to", interval.upper);
}

/// CLs at the observed limit is 0.05, as far as the asymptotic formulae are valid.
void print_toys(const diffhep::Model &model) {
    diffhep::ToySettings settings;
    settings.toys = 500;
    settings.seed = 2026;
    const auto limit = model.upper_limit(diffhep::Quantity::observed);
    const auto toys = model.toys(limit, {}, settings);
    std::printf("CLs of toys there %.3f +- %.3f\n", toys.cl_s.value, toys.cl_s.error);
}

void run(const char *path, const char *patch_path) {
    const auto patch = patch_path ? diffhep::read_file(patch_path) : std::string();
    diffhep::ModelOptions options;
    if (patch_path) options.patch = patch;
    const auto model = diffhep::Model::from_file(path, options);
    print_limits(model);
    print_gradient(model);
    print_uncertainty(model);
    print_toys(model);
}

} // namespace

int main(int count, char **arguments) {
    if (count < 2 || count > 3) {
        std::fprintf(stderr, "usage: upper_limit FILE [PATCH]\n");
        return 2;
    }
    try {
        run(arguments[1], count == 3 ? arguments[2] : nullptr);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "upper_limit: %s\n", error.what());
        return 1;
    }
}
