#include "cli/commands/api_client.hpp"

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <memory>

namespace serverme::cli {

namespace {

constexpr std::size_t answer_bytes_max = 8 * 1024 * 1024;
constexpr long connect_limit_ms = 5'000;
constexpr long answer_limit_ms = 15'000;

using easy_handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using header_list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  // Anything but size * count ends the transfer.
  if (body.size() + size * count > answer_bytes_max)
    return 0;
  body.append(bytes, size * count);
  return size * count;
}

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "[::1]"
         || (host.starts_with("127.")
             && host.find_first_not_of("0123456789.") == std::string::npos);
}

/// "SM-3001" -> api_unauthorized; what a newer server may say beyond our list stays a failure.
errc parse_code(const std::string& text, errc otherwise) {
  std::uint16_t number = 0;
  if (!text.starts_with("SM-")
      || std::from_chars(text.data() + 3, text.data() + text.size(), number).ec != std::errc{})
    return otherwise;
  return static_cast<errc>(number);
}

failure explain_status(long status, const std::string& body) {
  auto code = status == 401 ? errc::api_unauthorized : errc::api_unavailable;
  auto said = nlohmann::json::parse(body, nullptr, false);
  auto detail = "it answered " + std::to_string(status);
  if (said.is_object() && said.contains("error") && said["error"].is_object()) {
    const auto& error = said["error"];
    code = parse_code(error.value("code", ""), code);
    detail = error.value("message", detail);
  }
  return fail(code, detail);
}

failure explain_transfer(CURLcode code, const std::string& address) {
  auto detail = address + ": " + curl_easy_strerror(code);
  auto is_trust = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  return fail(is_trust ? errc::certificate_refused : errc::server_unreachable, detail);
}

} // namespace

result<std::string> parse_api_address(const std::string& text) {
  auto wrong = [&text](const std::string& why) {
    return fail(errc::config_invalid, "api '" + text + "': " + why);
  };
  auto end = text.find("://");
  auto scheme = end == std::string::npos ? "" : text.substr(0, end);
  auto rest = end == std::string::npos ? text : text.substr(end + 3);
  while (rest.ends_with('/'))
    rest.pop_back();
  auto host = rest.starts_with('[') ? rest.substr(0, rest.find(']') + 1)
                                    : rest.substr(0, rest.find_first_of(":/"));
  if (host.empty() || rest.find_first_of("@?# ") != std::string::npos)
    return wrong("http(s)://HOST:PORT is needed");
  if (scheme.empty())
    scheme = is_this_machine(host) ? "http" : "https";
  if (scheme != "http" && scheme != "https")
    return wrong("http(s)://HOST:PORT is needed");
  if (scheme == "http" && !is_this_machine(host))
    return wrong("the key would cross the network in the clear: use https://");
  return scheme + "://" + rest;
}

result<api_client> api_client::make(const settings& from) {
  if (from.token.value.empty())
    return fail(errc::key_missing);
  if (from.api.value.empty())
    return fail(errc::config_invalid,
                "the API's address is not set: `api:` in the file, SERVERME_API or --api");
  auto address = parse_api_address(from.api.value);
  if (!address)
    return fail(address.error());
  return api_client{std::move(*address), from.token.value, from.ca.value};
}

result<std::string> api_client::get(const std::string& path) const {
  easy_handle request{curl_easy_init(), &curl_easy_cleanup};
  header_list headers{curl_slist_append(nullptr, ("Authorization: Bearer " + token_).c_str()),
                      &curl_slist_free_all};
  if (!request || !headers)
    return fail(errc::server_unreachable, "out of memory");
  auto url = address_ + path;
  std::string body;
  auto* handle = request.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, connect_limit_ms);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, answer_limit_ms);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "serverme/" SERVERME_VERSION);
  if (address_.starts_with("http://"))
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*"); // this machine's own: no proxy sees the key
  if (!ca_.empty())
    curl_easy_setopt(handle, CURLOPT_CAINFO, ca_.c_str());
  if (auto code = curl_easy_perform(handle); code != CURLE_OK)
    return explain_transfer(code, address_);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status > 299)
    return explain_status(status, body);
  return body;
}

} // namespace serverme::cli
