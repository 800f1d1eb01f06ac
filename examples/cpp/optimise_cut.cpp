// Finds the best cuts on three columns of events by gradient ascent: optimise_cut [EVENTS].
//
// Sigmoid cuts have a gradient. Adam maximises the Asimov significance Z(s, b, v) of signal s and
// background b, which has a relative uncertainty r and limited simulation (variance v = (r b)^2 +
// sum of squared weights), while the cuts steepen. Two vector-Jacobian products chain to the
// gradient:
//
//   dZ/dc = dZ/ds ds/dc + (dZ/db + dZ/dv dv/db) db/dc + dZ/dv d(squares)/dc
//
// The result is evaluated with hard cuts. The exit status is 1 if the gradient disagrees with a
// central difference at the start, or if nothing was gained.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <diffhep.hpp>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t n_columns = 3;
constexpr double relative_uncertainty = 0.05;
constexpr int n_steps = 300;
constexpr double first_slope = 2.0, last_slope = 20.0; // in inverse units of the columns

using Cuts = std::array<double, n_columns>;

/// Events as diffhep takes them: column after column, and one weight per event.
struct Sample {
    std::vector<double> columns;
    std::vector<double> weights;
};

/// Gives the same numbers everywhere, which the standard library's engine does but its
/// distributions do not.
class Generator {
  public:
    explicit Generator(std::uint64_t seed) : engine_(seed) {}

    /// A number above 0 and at most 1.
    double uniform() { return (static_cast<double>(engine_() >> 11) + 1.0) * 0x1p-53; }

    /// A normal number by Box and Muller, using one of each pair.
    double normal(double mean, double width) {
        const double radius = std::sqrt(-2.0 * std::log(uniform()));
        return mean + width * radius * std::cos(6.283185307179586 * uniform());
    }

  private:
    std::mt19937_64 engine_;
};

Sample draw(std::size_t events, double yield, const Cuts &means, const Cuts &widths, Generator &generator) {
    Sample sample{std::vector<double>(n_columns * events), std::vector<double>(events, yield / double(events))};
    for (std::size_t j = 0; j < n_columns; ++j) {
        for (std::size_t i = 0; i < events; ++i) {
            sample.columns[j * events + i] = generator.normal(means[j], widths[j]);
        }
    }
    return sample;
}

struct Problem {
    Sample signal;
    Sample background;

    double variance(diffhep::Yield b) const {
        return relative_uncertainty * relative_uncertainty * b.sum * b.sum + b.squares;
    }

    static diffhep::ConstView one(const double &number) { return {&number, 1}; }

    double significance(diffhep::Yield s, diffhep::Yield b) const {
        const double v = variance(b);
        return diffhep::asimov_significance(one(s.sum), one(b.sum), one(v));
    }

    double significance(const Cuts &cuts, const Cuts &slopes) const {
        return significance(diffhep::soft_yield(signal.columns, signal.weights, cuts, slopes),
                            diffhep::soft_yield(background.columns, background.weights, cuts, slopes));
    }

    /// Returns the significance of sigmoid cuts, and writes its gradient to `by_cuts`.
    double gradient(const Cuts &cuts, const Cuts &slopes, Cuts &by_cuts) const {
        const auto s = diffhep::soft_yield(signal.columns, signal.weights, cuts, slopes);
        const auto b = diffhep::soft_yield(background.columns, background.weights, cuts, slopes);
        const double v = variance(b);

        double by_s = 0.0, by_b = 0.0, by_v = 0.0;
        const double z = diffhep::asimov_significance_vjp(one(s.sum), one(b.sum), one(v), 1.0, {&by_s, 1}, {&by_b, 1},
                                                          {&by_v, 1});
        by_b += by_v * 2.0 * relative_uncertainty * relative_uncertainty * b.sum;

        // Both add to the same gradient.
        by_cuts.fill(0.0);
        diffhep::soft_yield_vjp(signal.columns, signal.weights, cuts, slopes, {by_s, 0.0}, by_cuts);
        diffhep::soft_yield_vjp(background.columns, background.weights, cuts, slopes, {by_b, by_v}, by_cuts);
        return z;
    }
};

/// The yield after hard cuts.
diffhep::Yield hard_yield(const Sample &sample, const Cuts &cuts) {
    diffhep::Yield yield;
    const std::size_t events = sample.weights.size();
    for (std::size_t i = 0; i < events; ++i) {
        bool passes = true;
        for (std::size_t j = 0; j < n_columns; ++j) passes = passes && sample.columns[j * events + i] > cuts[j];
        if (!passes) continue;
        yield.sum += sample.weights[i];
        yield.squares += sample.weights[i] * sample.weights[i];
    }
    return yield;
}

double print_hard(const char *label, const Problem &problem, const Cuts &cuts) {
    const auto s = hard_yield(problem.signal, cuts), b = hard_yield(problem.background, cuts);
    const double z = problem.significance(s, b);
    std::printf("%-7s significance %.4f  signal %8.2f  background %9.2f  cuts %8.4f %8.4f %8.4f\n", label, z, s.sum,
                b.sum, cuts[0], cuts[1], cuts[2]);
    return z;
}

void check_gradient(const Problem &problem, const Cuts &cuts, const Cuts &slopes) {
    constexpr double step = 1e-4;
    Cuts by_cuts{};
    problem.gradient(cuts, slopes, by_cuts);
    for (std::size_t j = 0; j < n_columns; ++j) {
        Cuts above = cuts, below = cuts;
        above[j] += step;
        below[j] -= step;
        const double difference =
            (problem.significance(above, slopes) - problem.significance(below, slopes)) / (2.0 * step);
        if (std::abs(by_cuts[j] - difference) > 1e-6 * (1.0 + std::abs(difference))) {
            throw std::runtime_error("the gradient by cut " + std::to_string(j) + " is " + std::to_string(by_cuts[j]) +
                                     ", a central difference gives " + std::to_string(difference));
        }
    }
}

/// Adam's update of one vector (arXiv:1412.6980), uphill.
class Adam {
  public:
    void step(Cuts &values, const Cuts &gradient) {
        constexpr double rate = 0.02, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
        ++steps_;
        for (std::size_t j = 0; j < n_columns; ++j) {
            first_[j] = beta1 * first_[j] + (1.0 - beta1) * gradient[j];
            second_[j] = beta2 * second_[j] + (1.0 - beta2) * gradient[j] * gradient[j];
            const double mean = first_[j] / (1.0 - std::pow(beta1, steps_));
            const double square = second_[j] / (1.0 - std::pow(beta2, steps_));
            values[j] += rate * mean / (std::sqrt(square) + epsilon);
        }
    }

  private:
    Cuts first_{}, second_{};
    int steps_ = 0;
};

Cuts slopes_at(int step) {
    Cuts slopes{};
    slopes.fill(first_slope * std::pow(last_slope / first_slope, double(step) / n_steps));
    return slopes;
}

void run(std::size_t events) {
    diffhep::check_abi();
    Generator generator(2024);
    const Problem problem{draw(events, 200.0, {0.9, 0.8, 0.6}, {0.5, 0.6, 0.7}, generator),
                          draw(events, 5000.0, {0.0, 0.0, 0.0}, {1.0, 1.0, 1.0}, generator)};
    Cuts cuts{-1.0, -1.0, -1.0};
    check_gradient(problem, cuts, slopes_at(0));

    const double before = print_hard("before", problem, cuts);
    Adam adam;
    Cuts by_cuts{};
    for (int step = 0; step < n_steps; ++step) {
        const double z = problem.gradient(cuts, slopes_at(step), by_cuts);
        if (step % 50 == 0) std::printf("step %3d  soft significance %.4f\n", step, z);
        adam.step(cuts, by_cuts);
    }
    const double after = print_hard("after", problem, cuts);
    if (!(after > before)) throw std::runtime_error("the cuts are no better than they were");
}

} // namespace

int main(int count, char **arguments) {
    const long events = count > 1 ? std::strtol(arguments[1], nullptr, 10) : 20000;
    if (count > 2 || events < 1) {
        std::fprintf(stderr, "usage: optimise_cut [EVENTS], of signal and of background each\n");
        return 2;
    }
    try {
        run(static_cast<std::size_t>(events));
    } catch (const std::exception &error) {
        std::fprintf(stderr, "optimise_cut: %s\n", error.what());
        return 1;
    }
}
