// Fit of a workspace, and which of its numbers move the fitted parameter of interest:
// fit_workspace FILE [PATCH].
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <diffhep.hpp>
#include <exception>
#include <numeric>
#include <string>
#include <vector>

namespace {

void print_fit(const diffhep::Model &model, const diffhep::FitResult &fit) {
    std::printf("-2 ln L %.6f after %zu steps\n", fit.twice_nll, fit.steps);
    for (std::size_t i = 0; i < fit.parameters.size(); ++i) {
        const auto parameter = model.parameter(i);
        std::printf("%12.6f  %s in [%g, %g]%s\n", fit.parameters[i], parameter.name.c_str(), parameter.lower,
                    parameter.upper, parameter.is_fixed ? ", fixed" : "");
    }
}

/// The inputs with the largest derivatives, by size. At a bound, only the bound moves the
/// parameter.
void print_largest(const diffhep::Model &model, const std::vector<double> &by_inputs, std::size_t most) {
    std::vector<std::size_t> order(by_inputs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    most = std::min(most, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                      [&](std::size_t a, std::size_t b) {
                          const double size_a = std::abs(by_inputs[a]), size_b = std::abs(by_inputs[b]);
                          return size_a > size_b || (size_a == size_b && a < b);
                      });
    order.resize(most);
    for (const auto i : order) {
        if (by_inputs[i] == 0.0) break;
        std::printf("%12.6f  %s\n", by_inputs[i], model.input_name(i).c_str());
    }
}

void run(const char *path, const char *patch_path) {
    const auto patch = patch_path ? diffhep::read_file(patch_path) : std::string();
    diffhep::ModelOptions options;
    if (patch_path) options.patch = patch;
    const auto model = diffhep::Model::from_file(path, options);
    const auto poi = model.sizes().poi;

    // The gradient of one fitted parameter: a seed of 1 for it, 0 for the others.
    std::vector<double> seeds(model.sizes().parameters);
    seeds[poi] = 1.0;
    const auto found = model.fit_gradient({seeds, 0.0});

    print_fit(model, found.fit);
    std::printf("derivatives of the fitted %s\n", model.parameter_name(poi).c_str());
    print_largest(model, found.by_inputs, 10);
}

} // namespace

int main(int count, char **arguments) {
    if (count < 2 || count > 3) {
        std::fprintf(stderr, "usage: fit_workspace FILE [PATCH]\n");
        return 2;
    }
    try {
        run(arguments[1], count == 3 ? arguments[2] : nullptr);
    } catch (const diffhep::FitNotConverged &error) {
        std::fprintf(stderr, "fit_workspace: %s\n", error.what());
        std::fprintf(stderr, "fit_workspace: -2 ln L is %.6f after %zu steps\n", error.result().twice_nll,
                     error.result().steps);
        return 3;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "fit_workspace: %s\n", error.what());
        return 1;
    }
}
