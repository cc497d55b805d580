// The nodes of the cluster in SQL.
#include "nodes/control/sql/cluster_topics.hpp"
#include "nodes/control/sql/database.hpp"
#include "protocol/cluster/node_address.hpp"

namespace serverme::control::sql {

namespace {

constexpr std::size_t name_length_max = 63;
constexpr std::int64_t control_bit = static_cast<std::int64_t>(node_role::control);

bool is_name(std::string_view name) {
  constexpr std::string_view signs
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  constexpr std::size_t first_signs = signs.size() - 3;
  return !name.empty() && name.size() <= name_length_max && signs.find(name.front()) < first_signs
         && name.find_first_not_of(signs) == std::string_view::npos;
}

result<done> check(const node_introduction& who) {
  if (!is_name(who.name))
    return fail(errc::api_bad_request, "a node's name is 1 to 63 of A-Z, a-z, 0-9, '.', '_', '-',"
                                       " and begins with a letter or a digit");
  for (const auto* address : {&who.join_address, &who.cluster_address})
    if (!address->empty() && !parse_node_address(*address))
      return fail(errc::api_bad_request, "'" + *address + "' is no HOST:PORT");
  return done{};
}

node_roles roles_of(const pqxx::field& field) {
  node_roles roles;
  roles.bits = field.as<std::uint32_t>();
  return roles;
}

std::int64_t microseconds_of(wall_time when) {
  return std::chrono::duration_cast<microseconds>(when.time_since_epoch()).count();
}

result<admission> sign_for(pqxx::work& work, const node_identity& who,
                           const certificate_signer& sign) {
  auto certificate = sign(who);
  if (!certificate)
    return fail(certificate.error());
  auto node = to_string(who.node);
  run(work, "note_certificate", certificate->serial, node, microseconds_of(certificate->expires));
  run(work, "forget_certificates", node);
  return admission{who, *std::move(certificate)};
}

} // namespace

void prepare_nodes(pqxx::connection& connection) {
  connection.prepare("admit_node", R"(
    INSERT INTO nodes (id, name, roles, token, join_address, cluster_address)
    VALUES ($1, $2, $3, nullif($4::bigint, 0), $5, $6))");
  connection.prepare("note_certificate", R"(
    INSERT INTO node_certificates (serial, node, ends_at)
    VALUES ($1, $2, to_timestamp($3::float8 / 1000000)))");
  // A node that renews without need must not fill the table. The oldest cannot renew any more.
  connection.prepare("forget_certificates", R"(
    DELETE FROM node_certificates c WHERE node = $1 AND serial NOT IN (
      SELECT serial FROM node_certificates WHERE node = $1 ORDER BY issued_at DESC LIMIT 4))");
  // Whoever removes the node waits for its renewal, or is seen by it.
  connection.prepare("find_member", R"(
    SELECT n.roles FROM nodes n JOIN node_certificates c ON c.node = n.id
    WHERE n.id = $1 AND c.serial = $2 AND n.removed_at IS NULL FOR UPDATE OF n)");
  connection.prepare("lock_cluster", "SELECT id FROM cluster FOR UPDATE");
  connection.prepare("find_node", "SELECT roles, removed_at IS NULL FROM nodes WHERE id = $1");
  connection.prepare("count_controls", R"(
    SELECT count(*) FROM nodes WHERE removed_at IS NULL AND roles & $1 <> 0 AND id <> $2)");
  connection.prepare("remove_node", R"(
    UPDATE nodes SET removed_at = now(), removed_by = $2 WHERE id = $1 AND removed_at IS NULL)");
  connection.prepare("list_nodes", R"(
    SELECT n.id, n.name, n.roles, n.join_address, n.cluster_address,
           (extract(epoch FROM n.joined_at) * 1000000)::bigint,
           coalesce((extract(epoch FROM c.ends_at) * 1000000)::bigint, 0), coalesce(c.serial, ''),
           coalesce((extract(epoch FROM n.removed_at) * 1000000)::bigint, 0), n.removed_by
    FROM nodes n LEFT JOIN LATERAL (
      SELECT serial, ends_at FROM node_certificates
      WHERE node = n.id ORDER BY issued_at DESC LIMIT 1) c ON true
    ORDER BY n.removed_at IS NOT NULL, n.joined_at, n.id LIMIT 10000)");
  connection.prepare("list_outcasts", R"(
    SELECT n.id FROM nodes n WHERE n.removed_at IS NOT NULL AND EXISTS (
      SELECT FROM node_certificates c WHERE c.node = n.id AND c.ends_at > now())
    LIMIT 10000)");
  connection.prepare("announce_node", R"(
    UPDATE nodes SET join_address = $2, cluster_address = $3
    WHERE id = $1 AND removed_at IS NULL RETURNING id)");
  connection.prepare("list_ways", R"(
    SELECT join_address, cluster_address FROM nodes
    WHERE removed_at IS NULL AND roles & $1 <> 0 ORDER BY joined_at, id LIMIT 64)");
}

result<admission> admit(pqxx::work& work, const node_identity& who,
                        const node_introduction& introduction, std::optional<token_id> by,
                        const certificate_signer& sign) {
  if (auto checked = check(introduction); !checked)
    return fail(checked.error());
  run(work, "admit_node", to_string(who.node), introduction.name, who.roles.bits,
      by.value_or(token_id{}).value, introduction.join_address, introduction.cluster_address);
  return sign_for(work, who, sign);
}

result<admission> answer(pqxx::work& work, const renew_node& ask, const certificate_signer& sign) {
  auto cluster = answer(work, get_cluster{});
  if (!cluster)
    return fail(cluster.error());
  auto rows = run(work, "find_member", to_string(ask.node), ask.serial);
  if (rows.empty())
    return fail(errc::node_removed, "node " + to_string(ask.node));
  return sign_for(work, {cluster->id, ask.node, roles_of(rows[0][0])}, sign);
}

result<done> answer(pqxx::work& work, const remove_node& ask) {
  auto id = to_string(ask.node);
  run(work, "lock_cluster"); // two control nodes that remove each other
  auto rows = run(work, "find_node", id);
  if (rows.empty())
    return fail(errc::api_not_found, "node " + id);
  auto is_member = rows[0][1].as<bool>();
  auto is_control = roles_of(rows[0][0]).has(node_role::control);
  if (is_member && is_control
      && run(work, "count_controls", control_bit, id)[0][0].as<std::int64_t>() == 0)
    return fail(errc::last_control_node, "node " + id);
  run(work, "remove_node", id, ask.by);
  return done{};
}

result<std::vector<node_view>> answer(pqxx::work& work, const list_nodes&) {
  std::vector<node_view> list;
  for (const auto& row : run(work, "list_nodes"))
    list.push_back({.node = parse_node_id(row[0].as<std::string>()).value_or(node_id{}),
                    .name = row[1].as<std::string>(),
                    .roles = roles_of(row[2]),
                    .join_address = row[3].as<std::string>(),
                    .cluster_address = row[4].as<std::string>(),
                    .joined = from_microseconds(row[5].as<std::int64_t>()),
                    .certificate_ends = from_microseconds(row[6].as<std::int64_t>()),
                    .serial = row[7].as<std::string>(),
                    .removed = from_microseconds(row[8].as<std::int64_t>()),
                    .removed_by = row[9].as<std::string>()});
  return list;
}

result<std::vector<node_id>> answer(pqxx::work& work, const list_outcasts&) {
  std::vector<node_id> list;
  for (const auto& row : run(work, "list_outcasts"))
    if (auto node = parse_node_id(row[0].as<std::string>()))
      list.push_back(*node);
  return list;
}

result<done> answer(pqxx::work& work, const announce_node& ask) {
  if (auto checked = check({"any", ask.join_address, ask.cluster_address}); !checked)
    return fail(checked.error());
  auto told
    = run(work, "announce_node", to_string(ask.node), ask.join_address, ask.cluster_address);
  if (told.empty())
    return fail(errc::node_removed, "node " + to_string(ask.node));
  return done{};
}

result<cluster_ways> answer(pqxx::work& work, const list_ways&) {
  cluster_ways ways;
  for (const auto& row : run(work, "list_ways", control_bit)) {
    auto join = row[0].as<std::string>(), cluster = row[1].as<std::string>();
    if (!join.empty())
      ways.joins.push_back(std::move(join));
    if (!cluster.empty())
      ways.seeds.push_back(std::move(cluster));
  }
  return ways;
}

} // namespace serverme::control::sql
