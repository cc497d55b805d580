#include "tests/unit/cluster/member_node.hpp"

#include <algorithm>

namespace serverme::tests {

namespace {

// The nodes of a test cluster.
node_id id_of(std::uint64_t number) { return {0xabc, number}; }

} // namespace

member_node::member_node(const test_cluster& cluster, std::uint64_t number,
                         member_node_options options)
  : node_{std::make_unique<test_node>(cluster, number, options.run, options.port,
                                      net::peer_limits{}, options.roles)} {
  options_.about = {.roles = options.roles,
                    .name = options.name.empty() ? "n" + std::to_string(number) : options.name,
                    .cluster_address = "127.0.0.1:" + std::to_string(port()),
                    .lane_address = {},
                    .public_addresses = {},
                    .software = "test",
                    .unknown = {}};
  options_.started = options.run * std::uint64_t{1'000'000'000};
  options_.random_seed = number * 1'000 + options.run;
  for (auto each : options.seeds)
    options_.seeds.push_back({"127.0.0.1", each});
  options_.on_news = [seen = seen_](const member_news& news) {
    std::lock_guard guard{seen->mutex};
    seen->news.push_back(news);
  };
  options_.on_conflict = [seen = seen_](const failure& why) {
    std::lock_guard guard{seen->mutex};
    seen->conflict = why;
  };
  start();
}

member_node::~member_node() { caf::anon_send_exit(member_, caf::exit_reason::kill); }

void member_node::start() {
  member_ = actors::spawn_cluster_member(node_->system, node_->transport->gateway(), options_);
}

void member_node::start_again() {
  caf::anon_send_exit(member_, caf::exit_reason::kill);
  start();
}

member_list member_node::list() {
  return actors::ask_and_wait<member_list>(node_->system, member_, seconds{10}, list_members{})
    .value();
}

std::optional<member_view> member_node::view(std::uint64_t number) {
  auto all = list().members;
  auto found = std::ranges::find(all, id_of(number), &member_view::id);
  return found == all.end() ? std::nullopt : std::optional{*found};
}

bool member_node::sees(std::uint64_t number, membership::state as) {
  auto known = view(number);
  return known && known->state == as;
}

std::size_t member_node::living() {
  return static_cast<std::size_t>(
    std::ranges::count(list().members, membership::state::alive, &member_view::state));
}

std::size_t member_node::heard(membership::event_kind what, std::uint64_t about) {
  std::lock_guard guard{seen_->mutex};
  return static_cast<std::size_t>(std::ranges::count_if(seen_->news, [&](const member_news& each) {
    return each.kind == what && each.who.id == id_of(about);
  }));
}

std::optional<failure> member_node::conflict() {
  std::lock_guard guard{seen_->mutex};
  return seen_->conflict;
}

} // namespace serverme::tests
