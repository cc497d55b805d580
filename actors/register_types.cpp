// The names of our messages on the wire between nodes: short, stable, never reused for another
// layout.
#include "actors/cluster/desk_messages.hpp"
#include "actors/messaging.hpp"
#include "protocol/messages/accounts.hpp"
#include "protocol/messages/actor_views.hpp"
#include "protocol/messages/captures.hpp"
#include "protocol/messages/claims.hpp"
#include "protocol/messages/cluster_events.hpp"
#include "protocol/messages/leases.hpp"
#include "protocol/messages/members.hpp"
#include "protocol/messages/neighbours.hpp"
#include "protocol/messages/node_reports.hpp"
#include "protocol/messages/sessions.hpp"
#include "protocol/messages/tunnels.hpp"

namespace serverme::actors {

namespace {

void register_accounts(caf::actor_system_config& config) {
  config.add_message_type<authenticate_key>("sm.authenticate_key")
    .add_message_type<key_owner>("sm.key_owner")
    .add_message_type<authenticate_keys>("sm.authenticate_keys")
    .add_message_type<key_owners>("sm.key_owners")
    .add_message_type<check_keys>("sm.check_keys")
    .add_message_type<good_keys>("sm.good_keys")
    .add_message_type<create_user>("sm.create_user")
    .add_message_type<user_created>("sm.user_created")
    .add_message_type<create_key>("sm.create_key")
    .add_message_type<key_created>("sm.key_created")
    .add_message_type<list_keys>("sm.list_keys")
    .add_message_type<key_list>("sm.key_list")
    .add_message_type<revoke_key>("sm.revoke_key")
    .add_message_type<key_revoked>("sm.key_revoked");
}

void register_names(caf::actor_system_config& config) {
  config.add_message_type<claim>("sm.claim")
    .add_message_type<claimed>("sm.claimed")
    .add_message_type<extend_claims>("sm.extend_claims")
    .add_message_type<reserve_name>("sm.reserve_name")
    .add_message_type<name_reserved>("sm.name_reserved")
    .add_message_type<probe_store>("sm.probe_store")
    .add_message_type<store_ready>("sm.store_ready")
    .add_message_type<lease_endpoint>("sm.lease_endpoint")
    .add_message_type<lease_grant>("sm.lease_grant")
    .add_message_type<held_leases>("sm.held_leases")
    .add_message_type<renew_leases>("sm.renew_leases")
    .add_message_type<leases_renewed>("sm.leases_renewed")
    .add_message_type<release_lease>("sm.release_lease")
    .add_message_type<session_presence>("sm.session_presence")
    .add_message_type<session_ended>("sm.session_ended")
    .add_message_type<lease_lost>("sm.lease_lost");
}

void register_tunnels(caf::actor_system_config& config) {
  config.add_message_type<list_tunnels>("sm.list_tunnels")
    .add_message_type<tunnel_list>("sm.tunnel_list")
    .add_message_type<get_tunnel>("sm.get_tunnel")
    .add_message_type<tunnel_view>("sm.tunnel_view")
    .add_message_type<close_tunnel>("sm.close_tunnel")
    .add_message_type<tunnel_closed>("sm.tunnel_closed")
    .add_message_type<tunnel_opened>("sm.tunnel_opened")
    .add_message_type<tunnel_ended>("sm.tunnel_ended")
    .add_message_type<usage_report>("sm.usage_report")
    .add_message_type<list_captures>("sm.list_captures")
    .add_message_type<capture_page>("sm.capture_page")
    .add_message_type<get_capture>("sm.get_capture")
    .add_message_type<clear_captures>("sm.clear_captures")
    .add_message_type<captures_cleared>("sm.captures_cleared")
    .add_message_type<replay_capture>("sm.replay_capture")
    .add_message_type<capture_found>("sm.capture_found")
    .add_message_type<relay_captures>("sm.relay_captures")
    .add_message_type<relaying>("sm.relaying")
    .add_message_type<relayed_captures>("sm.relayed_captures")
    .add_message_type<captures_taken>("sm.captures_taken");
}

void register_reports(caf::actor_system_config& config) {
  config.add_message_type<list_actors>("sm.list_actors")
    .add_message_type<actor_list>("sm.actor_list")
    .add_message_type<describe_node>("sm.describe_node")
    .add_message_type<node_report>("sm.node_report")
    .add_message_type<list_events>("sm.list_events")
    .add_message_type<event_list>("sm.event_list");
}

void register_members(caf::actor_system_config& config) {
  config.add_message_type<gossip>("sm.gossip")
    .add_message_type<list_members>("sm.list_members")
    .add_message_type<member_list>("sm.member_list")
    .add_message_type<watch_members>("sm.watch_members")
    .add_message_type<member_news>("sm.member_news")
    .add_message_type<ask_outcasts>("sm.ask_outcasts")
    .add_message_type<outcast_list>("sm.outcast_list");
}

void register_neighbours(caf::actor_system_config& config) {
  config.add_message_type<edge_news>("sm.edge_news")
    .add_message_type<edge_news_taken>("sm.edge_news_taken")
    .add_message_type<companion_lanes>("sm.companion_lanes")
    .add_message_type<session_moved>("sm.session_moved")
    .add_message_type<session_let_go>("sm.session_let_go")
    .add_message_type<edge_report>("sm.edge_report")
    .add_message_type<edge_report_taken>("sm.edge_report_taken");
}

std::string rendered(std::uint8_t, caf::atom_value, const caf::message& context) {
  if (!context.match_elements<std::uint16_t, std::string>())
    return "serverme";
  return to_string(
    fail(static_cast<errc>(context.get_as<std::uint16_t>(0)), context.get_as<std::string>(1)));
}

} // namespace

void register_types(caf::actor_system_config& config) {
  config.add_error_category(error_category, rendered);
  register_accounts(config);
  register_names(config);
  register_tunnels(config);
  register_members(config);
  register_neighbours(config);
  register_reports(config);
}

} // namespace serverme::actors
