#include "nodes/control/api/api_service.hpp"

#include "nodes/control/api/answers.hpp"

namespace serverme::control {

api_service::api_service(api_context& context)
  : context_{context},
    resources_{context.settings.offer == api_offer::health ? health_resources() : api_resources()},
    keys_{context} {}

void api_service::answer(const received_request& what, std::function<void(served_answer)> reply) {
  auto mark = what.target.find('?');
  auto route = find_resource(resources_, what.method, what.target.substr(0, mark));
  if (route.found == nullptr) {
    auto refused = error_answer(
      fail(route.allow.empty() ? errc::api_not_found : errc::api_method_not_allowed));
    refused.allow = std::move(route.allow);
    return reply({std::move(refused), {}});
  }
  auto query = parse_query(mark == std::string_view::npos ? std::string_view{}
                                                          : what.target.substr(mark + 1));
  if (!query)
    return reply({error_answer(query.error()), {}});
  api_request request{.method = std::string{what.method},
                      .ids = std::move(route.ids),
                      .query = *std::move(query),
                      .is_upgrade = what.is_upgrade,
                      .owner = {}};
  if (route.found->needed == access::anyone)
    return run(*route.found, std::move(request), std::move(reply));
  keys_.find_owner(what.authorization,
                   [this, found = route.found, request = std::move(request),
                    reply = std::move(reply)](const result<key_owner>& owner) mutable {
                     if (!owner)
                       return reply({error_answer(owner.error()), {}});
                     request.owner = *owner;
                     run(*found, std::move(request), std::move(reply));
                   });
}

void api_service::run(const resource& found, api_request request,
                      std::function<void(served_answer)> reply) {
  // As if it were not there, like everything that is somebody else's.
  if (found.needed == access::admins && request.owner.role != account_role::admin)
    return reply({error_answer(fail(errc::api_not_found)), {}});
  if (auto known = check_parameters(found, request.query); !known)
    return reply({error_answer(known.error()), {}});
  auto owner = request.owner;
  found.answer(context_, request,
               [owner = std::move(owner), reply = std::move(reply)](api_answer answer) {
                 reply({std::move(answer), owner});
               });
}

} // namespace serverme::control
