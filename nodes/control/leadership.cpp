#include "nodes/control/leadership.hpp"

#include "nodes/control/sql/database.hpp"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace serverme::control {

namespace {

// "ServerMe": nobody else in this database takes the same one.
constexpr std::int64_t lock_key = 0x53'65'72'76'65'72'4D'65;

// A cut line: we stop believing after 2 s, and the server lets go of the lock after 3 s at the
// earliest (its keepalives). Over a Unix socket neither is needed.
constexpr milliseconds answer_within{1'000};
constexpr std::pair<const char*, const char*> our_patience[]
  = {{"tcp_user_timeout", "2000"}, {"connect_timeout", "2"}};
constexpr const char* patience_of_server
  = "SET tcp_keepalives_idle = 1; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2";

// What the operator gave counts more, as everywhere.
database_settings impatient(database_settings settings) {
  for (auto [name, value] : our_patience)
    settings.connection_string
      = sql::with_option(std::move(settings.connection_string), name, value);
  settings.statement_timeout = answer_within;
  settings.reconnect = {.first = milliseconds{100}, .ceiling = milliseconds{500}};
  return settings;
}

} // namespace

struct leadership::state {
  state(leadership_settings wanted, leadership_events who)
    : settings{std::move(wanted)},
      events{std::move(who)},
      facts{impatient(settings.database), [this](pqxx::connection& fresh) { prepare(fresh); }} {}

  void run();
  void look();
  void give_up();
  void note_database(bool answers);
  void prepare(pqxx::connection& fresh);
  result<std::uint64_t> take(pqxx::work& work);

  leadership_settings settings;
  leadership_events events;
  sql::database facts;
  bool leads = false;
  bool has_database = false;
  bool is_fresh = true; // a connection that has asked for nothing yet

  std::mutex mutex;
  std::condition_variable told;
  bool stopping = false;
  std::thread thread;
};

void leadership::state::prepare(pqxx::connection& fresh) {
  is_fresh = true;
  pqxx::nontransaction work{fresh};
  work.exec(patience_of_server);
  // Where it is not known, one that sleeps leads until it wakes.
  work.exec("SELECT set_config(name, '" + std::to_string(settings.silence_max.count())
            + "', false) FROM pg_settings WHERE name = 'idle_session_timeout'");
  fresh.prepare("take_lead", "SELECT pg_try_advisory_lock($1)");
  fresh.prepare("next_term", "SELECT nextval('leader_terms')");
  fresh.prepare("still_there", "SELECT 1");
}

/// The new term; 0: another one leads. What a connection holds it holds beyond the transaction.
result<std::uint64_t> leadership::state::take(pqxx::work& work) {
  if (!sql::run(work, "take_lead", lock_key)[0][0].as<bool>())
    return std::uint64_t{0};
  is_fresh = false;
  return static_cast<std::uint64_t>(sql::run(work, "next_term")[0][0].as<std::int64_t>());
}

void leadership::state::give_up() {
  if (std::exchange(leads, false))
    events.lost();
}

void leadership::state::note_database(bool answers) {
  if (std::exchange(has_database, answers) != answers)
    answers ? events.database_found() : events.database_lost();
}

void leadership::state::look() {
  auto term = facts.transact<std::uint64_t>([this](pqxx::work& work) -> result<std::uint64_t> {
    if (leads && !is_fresh) {
      sql::run(work, "still_there");
      return std::uint64_t{0};
    }
    give_up(); // the lock went with the connection
    return take(work);
  });
  note_database(term.has_value());
  if (!term) {
    give_up();
  } else if (*term > 0) {
    leads = true;
    spdlog::info("this node leads, term {}", *term);
    events.won(*term);
  }
}

void leadership::state::run() {
  std::unique_lock lock{mutex};
  while (!stopping) {
    lock.unlock();
    look();
    lock.lock();
    told.wait_for(lock, settings.look_every, [this] { return stopping; });
  }
  lock.unlock();
  give_up();
}

leadership::leadership(leadership_settings settings, leadership_events events)
  : state_{std::make_unique<state>(std::move(settings), std::move(events))} {
  state_->thread = std::thread{[s = state_.get()] { s->run(); }};
}

leadership::~leadership() {
  {
    std::lock_guard guard{state_->mutex};
    state_->stopping = true;
  }
  state_->told.notify_one();
  state_->thread.join();
}

} // namespace serverme::control
