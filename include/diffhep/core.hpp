/// Views, errors and library features, shared by models and kernels. Include diffhep.hpp.

#ifndef DIFFHEP_CORE_HPP
#define DIFFHEP_CORE_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "../diffhep.h"

namespace diffhep {

// ---------------------------------------------------------------------------------------------------
// Views
// ---------------------------------------------------------------------------------------------------

/// Entries in memory that someone else owns, like std::span in C++20.
template <class T>
class Span {
  public:
    /// No entries; leaves an optional argument out.
    constexpr Span() noexcept = default;

    /// `size` entries, starting at `data`.
    constexpr Span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}

    /// All entries of a contiguous container.
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

/// Why a call failed; the names are those of `diffhep_status`.
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

/// A failed call. `what()` says which function failed, what was found and what to do.
class Error : public std::runtime_error {
  public:
    Error(Status status, const std::string &message) : std::runtime_error(message), status_(status) {}

    Status status() const noexcept { return status_; }

  private:
    Status status_;
};

/// A fit ended without a minimum: that of a call to `fit`, or one of a hypothesis test.
class NotConverged : public Error {
  public:
    explicit NotConverged(const std::string &message) : Error(Status::not_converged, message) {}
};

/// How a fit ended.
enum class FitEnd : std::int32_t {
    converged = DIFFHEP_FIT_END_CONVERGED,    ///< At a minimum, within the tolerance.
    degenerate = DIFFHEP_FIT_END_DEGENERATE,  ///< At a minimum; a direction has no information.
    step_limit = DIFFHEP_FIT_END_STEP_LIMIT,  ///< The steps ran out.
    stalled = DIFFHEP_FIT_END_STALLED,        ///< No smaller step lowered -ln L any more.
    empty_bin = DIFFHEP_FIT_END_EMPTY_BIN,    ///< A bin without data lost all expected events.
};

/// The result of a fit, apart from its parameters.
struct FitSummary {
    double twice_nll = 0.0;            ///< -2 ln L at the end.
    double decrement = 0.0;            ///< Gradient, inverse information, gradient: at the end.
    std::size_t steps = 0;             ///< Newton steps taken.
    FitEnd end = FitEnd::converged;    ///< How it ended.
};

/// What a fit found.
struct FitResult : FitSummary {
    std::vector<double> parameters;    ///< One per parameter.
};

/// A call to `fit` ended without a minimum; contains the point at which it ended.
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

// Empty views are left out, whatever pointer the container has.
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

/// Names of the library's features, separated by spaces.
inline std::string features() { return diffhep_features(); }

/// Whether the library has a feature of that name.
inline bool has_feature(std::string_view name) { return diffhep_has_feature(detail::raw(name)) != 0; }

/// Throws if the loaded library has a different interface from the compiled header. Making a Model
/// calls it; programs that only use kernels should call it once.
inline void check_abi() {
    if (diffhep_abi_version() == DIFFHEP_ABI_VERSION) return;
    throw Error(Status::internal_error, "diffhep: the library has interface " + std::to_string(diffhep_abi_version()) +
                                            ", the header this program was compiled with " +
                                            std::to_string(DIFFHEP_ABI_VERSION) +
                                            ": install both from one version and compile again");
}

/// The text of a file, such as a workspace or a patch. \throws std::system_error where it cannot be
/// read.
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

} // namespace diffhep

#endif // DIFFHEP_CORE_HPP
