/// Code shared by the parts of tests/cpp/layer.cpp: bitwise comparisons, and numbers to use in
/// them.

#ifndef LAYER_EXPECT_HPP
#define LAYER_EXPECT_HPP

#include <cmath>
#include <cstdio>
#include <cstring>
#include <diffhep.hpp>
#include <functional>
#include <vector>

namespace layer {

using diffhep::ConstView;
using diffhep::Model;
using diffhep::Quantity;
using diffhep::Status;
using Numbers = std::vector<double>;

inline int failures = 0;

inline void expect(bool holds, const char *what) {
    if (holds) return;
    std::fprintf(stderr, "layer: %s\n", what);
    ++failures;
}

inline void expect_same(ConstView a, ConstView b, const char *what) {
    expect(a.size() == b.size() && !a.empty() &&
               std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0,
           what);
}

inline void expect_same(double a, double b, const char *what) {
    expect_same(ConstView(&a, 1), ConstView(&b, 1), what);
}

inline void must(diffhep_status status) {
    expect(status == DIFFHEP_STATUS_OK, diffhep_last_error());
}

inline diffhep_const_view in(const Numbers &numbers) {
    return diffhep_read(numbers.data(), numbers.size());
}
inline diffhep_view out(Numbers &numbers) { return diffhep_write(numbers.data(), numbers.size()); }

/// Numbers without a pattern between two bounds.
inline Numbers draw(std::size_t count, double low, double high) {
    static double phase = 0.5;
    Numbers numbers(count);
    for (auto &number : numbers) {
        phase = std::fmod(phase + 0.6180339887498949, 1.0);
        number = low + (high - low) * phase;
    }
    return numbers;
}

inline void expect_error(Status status, const char *words, const std::function<void()> &call) {
    try {
        call();
        expect(false, "a call that must throw did not");
    } catch (const diffhep::Error &error) {
        expect(error.status() == status, error.what());
        expect(std::strstr(error.what(), words) != nullptr, error.what());
    }
}

} // namespace layer

#endif // LAYER_EXPECT_HPP
