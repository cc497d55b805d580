// A cluster in one process, on a virtual clock and from a seed: links with delay and loss, cuts in
// one direction, and nodes that stop for a while, die, come back and leave.
#pragma once

#include "protocol/membership/core.hpp"

#include <functional>
#include <memory>
#include <random>

namespace serverme::tests {

struct network {
  milliseconds delay_min{1};
  milliseconds delay_max{10};
  /// Of all messages; harsher than a carrier that repeats them.
  double loss = 0;
  /// How late a node's timers may run.
  milliseconds lateness{5};
};

class cluster {
public:
  /// One life of one node.
  struct process {
    node_id id;
    std::uint64_t started = 0;
    membership::facts about;
    std::unique_ptr<membership::core> core;
    bool is_running = true;
    time_point paused_until{};
    time_point ended{};
    /// What came while it was stopped, in order.
    std::vector<std::pair<node_id, byte_queue>> inbox;
    time_point tick_at = time_point::max();
    std::vector<membership::event> events;
  };

  explicit cluster(std::uint64_t seed, network carrier = {}, membership::limits bounds = {});

  /// Starts a node that contacts these. @returns its index
  std::size_t add(node_roles roles, const std::vector<std::size_t>& seeds);
  std::size_t add(const std::vector<std::size_t>& seeds) { return add({node_role::edge}, seeds); }
  /// As many edges, all seeded by the first, and waits until each sees all.
  void form(std::size_t count);

  /// Its links fall silent, or its peers see them break.
  enum class ending { silent, broken_off };
  void kill(std::size_t index, ending how = ending::silent);
  /// A new life of the identity, which need not be over. @returns the new index
  std::size_t start_again(std::size_t index, const std::vector<std::size_t>& seeds,
                          std::int64_t clock_offset = 1'000'000'000);
  /// SIGSTOP and, later, SIGCONT.
  void pause(std::size_t index, milliseconds time);
  void leave(std::size_t index) {
    act(index, [this](auto& x) { x.core->leave(now_); });
  }
  void act(std::size_t index, const std::function<void(process&)>& what);

  /// May a message go from one to the other?
  std::function<bool(std::size_t from, std::size_t to)> passes;
  /// What a node learns, when it learns it.
  std::function<void(std::size_t observer, const membership::event&)> on_event;

  void run_for(milliseconds time);
  /// @returns whether the condition came true within the time
  bool run_until(milliseconds limit, const std::function<bool()>& condition);

  /// Does every running node hold exactly the running ones for members, and agree on the facts?
  bool agrees() const;
  /// How many running nodes hold this one for alive or suspect?
  std::size_t believers(const node_id& id) const;

  process& operator[](std::size_t index) { return *processes_[index]; }
  const process& operator[](std::size_t index) const { return *processes_[index]; }
  std::size_t size() const { return processes_.size(); }
  std::size_t running() const;
  bool is_awake(std::size_t index) const;
  time_point now() const { return now_; }
  std::mt19937_64& random() { return random_; }
  network& links_of_all() { return links_; }

  std::uint64_t bytes_sent() const;
  std::uint64_t messages_sent() const;

private:
  struct happening {
    time_point at;
    std::uint64_t order = 0;
    std::size_t process = 0;
    enum class what : std::uint8_t { tick, message, link_lost, wake } kind{};
    node_id from;
    byte_queue bytes;

    /// Later ones sink in the heap.
    friend bool operator<(const happening& a, const happening& b) {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  std::size_t start(const node_id& id, std::uint64_t started, membership::facts about,
                    const std::vector<std::size_t>& seeds);
  void push(happening x);
  void step();
  void wake(process& x);
  void take_out(std::size_t index);
  void deliver(std::size_t sender, membership::outgoing& x);
  milliseconds between(milliseconds least, milliseconds most);

  std::mt19937_64 random_;
  network links_;
  membership::limits bounds_;
  time_point now_{seconds{1000}};
  std::uint64_t order_ = 0;
  std::vector<std::unique_ptr<process>> processes_;
  std::multimap<node_id, std::size_t> by_id_;
  /// A link keeps the order of its messages.
  std::map<std::pair<std::size_t, std::size_t>, time_point> last_arrival_;
  /// A heap: what comes first is in front.
  std::vector<happening> ahead_;
};

} // namespace serverme::tests
