// A value, or the failure that came instead.
#pragma once

#include "protocol/error.hpp"

#include <utility>
#include <variant>

namespace serverme {

/// For operations that return nothing but can fail: `result<done>`.
using done = std::monostate;

/// Member names are those of std::expected (C++23), which replaces this one day.
template <class T>
class [[nodiscard]] result {
  static_assert(!std::is_same_v<T, failure>, "a result<failure> would be ambiguous");

public:
  // Implicit on purpose: `return frame;` and `return fail(...);` read well.
  result(T value) : state_{std::in_place_index<0>, std::move(value)} {}
  result(failure why) : state_{std::in_place_index<1>, std::move(why)} {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// @pre has_value(). Throws std::bad_variant_access if not: a bug, not an outcome.
  const T& value() const& { return std::get<0>(state_); }
  T& value() & { return std::get<0>(state_); }
  // By value: a reference into a temporary would dangle in a range-for or a test's macro.
  T value() && { return std::get<0>(std::move(state_)); }

  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  /// @pre !has_value()
  const failure& error() const& { return std::get<1>(state_); }
  failure error() && { return std::get<1>(std::move(state_)); }

  T value_or(T fallback) const& { return has_value() ? value() : std::move(fallback); }

  friend bool operator==(const result&, const result&) = default;

private:
  std::variant<T, failure> state_;
};

} // namespace serverme
