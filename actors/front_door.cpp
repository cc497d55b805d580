#include "actors/front_door.hpp"

#include <mutex>

namespace serverme::actors {

class front_door::target {
public:
  explicit target(std::string name) : name_{std::move(name)} {}

  void set(caf::strong_actor_ptr whom) {
    std::lock_guard guard{mutex_};
    std::swap(whom_, whom); // the old one dies outside the lock
  }

  caf::strong_actor_ptr get() const {
    std::lock_guard guard{mutex_};
    return whom_;
  }

  const std::string& name() const noexcept { return name_; }

private:
  const std::string name_;
  mutable std::mutex mutex_;
  caf::strong_actor_ptr whom_;
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
    if (auto whom = target_->get())
      whom->enqueue(std::move(what), host);
    else if (what->mid.is_request() && what->sender)
      what->sender->enqueue(nullptr, what->mid.response_id(),
                            caf::make_message(make_caf_error(
                              fail(errc::control_unavailable, target_->name() + " is restarting"))),
                            host);
  }

private:
  std::shared_ptr<front_door::target> target_;
};

} // namespace

front_door::front_door(caf::actor_system& system, std::string name)
  : target_{std::make_shared<target>(std::move(name))},
    handle_{system.spawn<door_actor>(target_)} {}

void front_door::lead_to(caf::strong_actor_ptr whom) { target_->set(std::move(whom)); }

caf::strong_actor_ptr front_door::leads_to() const { return target_->get(); }

void front_door::close() {
  target_->set(nullptr);
  caf::anon_send_exit(handle_, caf::exit_reason::user_shutdown);
}

} // namespace serverme::actors
