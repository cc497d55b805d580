#include "actors/front_door.hpp"

#include <deque>
#include <mutex>
#include <utility>

namespace serverme::actors {

class front_door::target {
public:
  target(std::string name, unheard_facts facts) : name_{std::move(name)}, facts_{facts} {}

  void set(caf::strong_actor_ptr whom) {
    auto next = whom;
    std::deque<caf::mailbox_element_ptr> waited;
    {
      std::lock_guard guard{mutex_};
      whom_.swap(whom); // the old one dies outside the lock
      if (next)
        waited.swap(waiting_);
    }
    for (auto& each : waited)
      next->enqueue(std::move(each), nullptr);
  }

  /// nullptr: nobody is there. A fact that waits is taken.
  caf::strong_actor_ptr find_for(caf::mailbox_element_ptr& what) {
    caf::mailbox_element_ptr dropped;
    std::lock_guard guard{mutex_};
    if (!whom_ && facts_ == unheard_facts::wait && !what->mid.is_request()) {
      waiting_.push_back(std::move(what));
      if (waiting_.size() > waiting_max) {
        dropped = std::move(waiting_.front());
        waiting_.pop_front();
      }
    }
    return whom_;
  }

  void forget_waiting() {
    std::deque<caf::mailbox_element_ptr> dropped;
    std::lock_guard guard{mutex_};
    dropped.swap(waiting_);
  }

  caf::strong_actor_ptr get() const {
    std::lock_guard guard{mutex_};
    return whom_;
  }

  const std::string& name() const noexcept { return name_; }

private:
  const std::string name_;
  const unheard_facts facts_;
  mutable std::mutex mutex_;
  caf::strong_actor_ptr whom_;
  std::deque<caf::mailbox_element_ptr> waiting_;
};

namespace {

class door_actor final : public caf::event_based_actor {
public:
  door_actor(caf::actor_config& config, std::shared_ptr<front_door::target> target)
    : caf::event_based_actor(config), target_{std::move(target)} {}

  const char* name() const override { return "front_door"; }

  caf::behavior make_behavior() override {
    return {[](caf::unit_t) {}}; // never called: keeps the actor alive until it is told to exit
  }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* host) override {
    auto& content = what->content();
    if (content.match_elements<caf::exit_msg>() || content.match_elements<caf::down_msg>())
      return caf::event_based_actor::enqueue(std::move(what), host);
    if (auto whom = target_->find_for(what))
      whom->enqueue(std::move(what), host);
    else if (what && what->mid.is_request() && what->sender)
      what->sender->enqueue(nullptr, what->mid.response_id(),
                            caf::make_message(make_caf_error(
                              fail(errc::control_unavailable, target_->name() + " is restarting"))),
                            host);
  }

private:
  std::shared_ptr<front_door::target> target_;
};

} // namespace

front_door::front_door(caf::actor_system& system, std::string name, unheard_facts facts)
  : target_{std::make_shared<target>(std::move(name), facts)},
    handle_{system.spawn<door_actor>(target_)} {}

void front_door::lead_to(caf::strong_actor_ptr whom) { target_->set(std::move(whom)); }

caf::strong_actor_ptr front_door::leads_to() const { return target_->get(); }

void front_door::close() {
  target_->set(nullptr);
  target_->forget_waiting();
  caf::anon_send_exit(handle_, caf::exit_reason::user_shutdown);
}

} // namespace serverme::actors
