// What a node is to the others: its id as text, and its roles.
#pragma once

#include "protocol/ids.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace serverme {

/// 32 digits 0-9a-f, as in certificates, logs and the API.
std::string to_string(const node_id& id);

/// Nothing when it is not what to_string() writes, or the id that means none.
std::optional<node_id> parse_node_id(std::string_view text);

/// Bits: a node may have several. Never renumber one.
enum class node_role : std::uint32_t { edge = 1, worker = 2, control = 4 };

/// Bits of later versions are kept, and passed on.
struct node_roles {
  constexpr node_roles() = default;
  constexpr node_roles(std::initializer_list<node_role> roles) {
    for (auto role : roles)
      bits |= static_cast<std::uint32_t>(role);
  }

  constexpr bool has(node_role role) const {
    return (bits & static_cast<std::uint32_t>(role)) != 0;
  }

  std::uint32_t bits = 0;

  friend bool operator==(const node_roles&, const node_roles&) = default;
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, node_roles& x) {
    return f(x.bits);
  }
};

/// "edge,control"; roles without a name are left out.
std::string to_string(node_roles roles);

/// Names separated by commas; nothing when one is not known, or there is none.
std::optional<node_roles> parse_node_roles(std::string_view text);

} // namespace serverme
