// A cluster of edges that tell each other what they serve, while links break, messages come late,
// twice or never, and edges are started again. Whatever happened: once it is quiet, every edge
// knows everything, and all serve each name by the same route. A failure names its seed.
#define CAF_SUITE neighbours_simulation
#include "protocol/membership/dice.hpp"
#include "protocol/neighbours/neighbour_book.hpp"
#include "protocol/neighbours/own_news.hpp"
#include "protocol/neighbours/route_book.hpp"
#include "tests/unit/test.hpp"

#include <deque>
#include <map>
#include <optional>
#include <vector>

using namespace serverme;
using namespace serverme::neighbours;

namespace {

constexpr std::uint64_t names = 30;

node_id id_of(std::size_t index) { return {7, index + 1}; }
std::string host_of(std::uint64_t name) { return "n" + std::to_string(name) + ".test"; }

/// A message, and the life of the edge that sent it.
struct letter {
  std::size_t from = 0, to = 0;
  std::uint64_t life = 0;
  edge_news news;
};

struct link {
  bool is_up = false;
  /// The other one's life that is listened to.
  std::uint64_t life = 0;
  news_teller teller;
  std::uint64_t telling = 0;
  bool must_begin = false;
};

struct edge {
  explicit edge(std::size_t index) : book{id_of(index)} {}

  std::uint64_t life = 1;
  own_news own;
  neighbour_book book;
  route_book routes;
  std::map<std::size_t, link> links;
  std::uint64_t last_telling = 0;
  std::uint64_t next_id = 1;
};

class cluster {
public:
  cluster(std::size_t count, std::uint64_t seed) : dice_{seed} {
    for (std::size_t i = 0; i < count; ++i)
      edges_.emplace_back(i);
    for (std::size_t a = 0; a < count; ++a)
      for (std::size_t b = 0; b < a; ++b)
        connect(a, b);
  }

  /// Something happens.
  void step() {
    auto at = dice_.below(edges_.size());
    switch (dice_.below(20)) {
      case 0: return break_link(at, dice_.below(edges_.size()));
      case 1: return start_again(at);
      case 2: return lose_letter();
      case 3: return repeat_letter();
      case 4:
      case 5: return end_session(at);
      case 6:
      case 7: return withdraw(at);
      case 8:
      case 9: return change_lanes(at);
      case 10:
      case 11:
      case 12: return serve(at);
      default: return deliver();
    }
  }

  /// Links come back, and nothing changes any more.
  void settle() {
    for (std::size_t a = 0; a < edges_.size(); ++a)
      for (std::size_t b = 0; b < a; ++b)
        if (!edges_[a].links[b].is_up)
          connect(a, b);
    look();
    for (int i = 0; i < 10'000 && !letters_.empty(); ++i)
      deliver();
    CAF_CHECK(letters_.empty());
  }

  bool knows_everything(std::size_t who) const {
    for (std::size_t i = 0; i < edges_.size(); ++i) {
      if (i == who)
        continue;
      const auto* told = edges_[who].book.told_by(id_of(i));
      const auto& own = edges_[i].own;
      if (told == nullptr || told->sessions().size() != own.sessions().size()
          || told->routes().size() != own.routes().size())
        return false;
      for (const auto& [session, record] : own.sessions())
        if (told->find(session) == nullptr || *told->find(session) != record)
          return false;
      for (const auto& [endpoint, entry] : own.routes())
        if (told->find(endpoint) == nullptr || *told->find(endpoint) != entry)
          return false;
    }
    return true;
  }

  /// 0: nobody.
  std::uint64_t serving(std::size_t who, std::uint64_t name) const {
    const auto* found = edges_[who].routes.serving({host_of(name), 0});
    return found == nullptr ? 0 : found->endpoint.value;
  }

  std::size_t size() const { return edges_.size(); }

private:
  session_id session_of(std::size_t at) { return {id_of(at).low * 1'000'000 + dice_.below(8)}; }

  void serve(std::size_t at) {
    auto& here = edges_[at];
    route entry{.endpoint = {id_of(at).low * 1'000'000 + here.life * 10'000 + here.next_id++},
                .host = host_of(dice_.below(names)),
                .session = session_of(at),
                .generation = {++last_generation_}};
    if (auto former = here.routes.put(own_edge, entry)) {
      here.own.remove(*former);
      changed(at, *former);
    }
    here.own.put(entry);
    changed(at, entry.endpoint);
  }

  void withdraw(std::size_t at) {
    auto& here = edges_[at];
    if (here.own.routes().empty())
      return;
    auto endpoint = here.own.routes().begin()->first;
    here.routes.remove(own_edge, endpoint);
    here.own.remove(endpoint);
    changed(at, endpoint);
  }

  void change_lanes(std::size_t at) {
    auto session = session_of(at);
    edges_[at].own.put(session_record{
      .session = session, .token_hash = "t", .lanes_at = {id_of(dice_.below(edges_.size()))}});
    changed(at, session);
  }

  void end_session(std::size_t at) {
    auto session = session_of(at);
    if (edges_[at].own.remove(session))
      changed(at, session);
  }

  template <class Key>
  void changed(std::size_t at, Key key) {
    for (auto& [other, link] : edges_[at].links)
      link.teller.changed(key);
    tell(at);
  }

  void tell(std::size_t at) {
    for (auto& [other, link] : edges_[at].links)
      if (link.is_up)
        if (auto page = link.teller.next(edges_[at].own)) {
          page->heard = edges_[at].book.told_by(id_of(other))->position();
          letters_.push_back({at, other, edges_[at].life, *std::move(page)});
        }
  }

  void begin(std::size_t at, link& there) {
    there.telling = ++edges_[at].last_telling;
    there.teller.begin(edges_[at].own, there.telling);
    there.must_begin = false;
  }

  // As the exchange does it: whoever is heard is listened to from then on.
  void listen(std::size_t at, std::size_t to, std::uint64_t life) {
    auto& there = edges_[at].links[to];
    if (there.is_up && there.life == life)
      return;
    there.is_up = true;
    there.life = life;
    edges_[at].book.link_up(id_of(to));
    begin(at, there);
  }

  void connect(std::size_t a, std::size_t b) {
    listen(a, b, edges_[b].life);
    listen(b, a, edges_[a].life);
    tell(a);
    tell(b);
  }

  void drop(std::size_t at, std::size_t to) {
    auto& there = edges_[at].links[to];
    there.is_up = false;
    there.teller.stop();
    edges_[at].book.link_down(id_of(to), now_);
  }

  void break_link(std::size_t a, std::size_t b) {
    if (a == b)
      return;
    drop(a, b);
    drop(b, a);
    std::erase_if(letters_, [&](const letter& each) {
      return (each.from == a && each.to == b) || (each.from == b && each.to == a);
    });
    if (dice_.below(2) == 0)
      connect(a, b);
  }

  // Its memory is gone; what it serves, its sessions repeat.
  void start_again(std::size_t at) {
    auto former = std::move(edges_[at]);
    edges_[at] = edge{at};
    auto& here = edges_[at];
    here.life = former.life + 1;
    here.own = std::move(former.own);
    for (const auto& [endpoint, entry] : here.own.routes())
      here.routes.put(own_edge, entry);
    for (std::size_t other = 0; other < edges_.size(); ++other)
      if (other != at) {
        drop(other, at);
        connect(at, other);
      }
  }

  // The sender thinks that it was not answered in time.
  void lose_letter() {
    if (letters_.empty())
      return;
    strays_.push_back(letters_.front());
    fail(letters_.front());
    letters_.pop_front();
  }

  void repeat_letter() {
    if (!strays_.empty())
      letters_.push_front(strays_[dice_.below(strays_.size())]);
  }

  void fail(const letter& lost) {
    auto& there = edges_[lost.from].links[lost.to];
    if (edges_[lost.from].life == lost.life && there.telling == lost.news.telling)
      there.must_begin = true;
  }

  void deliver() {
    look();
    if (letters_.empty())
      return;
    auto news = std::move(letters_.front());
    letters_.pop_front();
    if (dice_.below(10) == 0)
      strays_.push_back(news);
    auto& back = edges_[news.to].links[news.from];
    if (!back.is_up) // no link: it is not heard
      return fail(news);
    listen(news.to, news.from, news.life);
    back.must_begin = back.must_begin || !back.teller.on_heard(news.news.heard);
    auto heard = edges_[news.to].book.take(id_of(news.from), news.news);
    learn(news.to, news.from, heard.changes);
    if (news.life != edges_[news.from].life) { // it is dead: who lives is found
      drop(news.to, news.from);
      listen(news.to, news.from, edges_[news.from].life);
    } else if (auto& there = edges_[news.from].links[news.to];
               there.telling == news.news.telling && !there.teller.on_taken(heard.answer)) {
      there.must_begin = true;
    }
    look();
  }

  void learn(std::size_t at, std::size_t from, const told_changes& changes) {
    auto& here = edges_[at];
    auto home = id_of(from);
    for (auto endpoint : changes.routes_gone)
      here.routes.remove(home, endpoint);
    for (auto session : changes.sessions)
      here.routes.place(home, {session, here.book.places_of(home, session)});
    for (auto session : changes.sessions_gone)
      here.routes.place(home, {session, nullptr});
    for (auto endpoint : changes.routes)
      if (const auto* entry = here.book.told_by(home)->find(endpoint))
        here.routes.put(home, *entry);
  }

  void look() {
    for (std::size_t at = 0; at < edges_.size(); ++at) {
      for (auto& [other, link] : edges_[at].links)
        if (link.is_up && link.must_begin)
          begin(at, link);
      tell(at);
    }
  }

  membership::dice dice_;
  std::vector<edge> edges_;
  std::deque<letter> letters_;
  std::vector<letter> strays_;
  std::uint64_t last_generation_ = 0;
  time_point now_{};
};

} // namespace

CAF_TEST(once it is quiet every edge knows what the others serve) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAF_MESSAGE("seed " << seed);
    cluster all{2 + seed % 4, seed};
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 600; ++i)
        all.step();
      all.settle();
      for (std::size_t who = 0; who < all.size(); ++who)
        CAF_REQUIRE(all.knows_everything(who));
      for (std::uint64_t name = 0; name < names; ++name)
        for (std::size_t who = 1; who < all.size(); ++who)
          CAF_REQUIRE_EQUAL(all.serving(who, name), all.serving(0, name));
    }
  }
}
