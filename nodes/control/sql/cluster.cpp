// The cluster itself in SQL: there is one or none.
#include "nodes/control/secrets.hpp"
#include "nodes/control/sql/cluster_topics.hpp"
#include "nodes/control/sql/database.hpp"

namespace serverme::control::sql {

void prepare_cluster(pqxx::connection& connection) {
  connection.prepare("get_cluster",
                     "SELECT id, ca_certificate, encode(ca_key_sealed, 'hex') FROM cluster");
  connection.prepare("found_cluster", R"(
    INSERT INTO cluster (id, ca_certificate, ca_key_sealed)
    VALUES ($1, $2, decode($3, 'hex'))
    ON CONFLICT DO NOTHING RETURNING id)");
}

result<cluster_facts> answer(pqxx::work& work, const get_cluster&) {
  auto rows = run(work, "get_cluster");
  if (rows.empty())
    return fail(errc::cluster_missing);
  auto id = parse_cluster_id(rows[0][0].as<std::string>());
  auto sealed = from_hex(rows[0][2].as<std::string>());
  if (!id || !sealed)
    return fail(errc::cluster_missing, "the database holds one that makes no sense");
  return cluster_facts{*id, rows[0][1].as<std::string>(), *std::move(sealed)};
}

result<admission> answer(pqxx::work& work, const found_cluster& ask,
                         const certificate_signer& sign) {
  const auto& facts = ask.facts;
  auto made = run(work, "found_cluster", to_string(facts.id), facts.ca_certificate,
                  to_hex(facts.sealed_ca_key));
  if (made.empty())
    return fail(errc::cluster_exists);
  return admit(work, ask.first, ask.introduction, std::nullopt, sign);
}

wall_time from_microseconds(std::int64_t since_epoch) {
  return wall_time{std::chrono::duration_cast<wall_time::duration>(microseconds{since_epoch})};
}

} // namespace serverme::control::sql
