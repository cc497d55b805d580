#include "net/tls.hpp"

#include "net/openssl_ptr.hpp"
#include "net/tls_records.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace serverme::net {

namespace {

/// What the BIO below reads from and writes to during one call.
struct wire {
  bytes_view in;
  byte_queue* out = nullptr;
};

/// Of a connection that will protect its records itself.
struct traffic_secrets {
  std::string client;
  std::string server;
};

void free_openssl(void* memory) { OPENSSL_free(memory); }

// A BIO on a span and a queue. A memory BIO would copy everything once more, each way.
int wire_read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
  auto* w = static_cast<wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = std::min(size, w->in.size());
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(into, w->in.data(), *got);
  w->in = w->in.subspan(*got);
  return 1;
}

int wire_write(BIO* bio, const char* from, std::size_t size, std::size_t* put) {
  auto* w = static_cast<wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  w->out->append(std::string_view{from, size});
  *put = size;
  return 1;
}

long wire_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* wire_method() {
  static BIO_METHOD* method = [] {
    auto* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_read_ex(m, wire_read);
    BIO_meth_set_write_ex(m, wire_write);
    BIO_meth_set_ctrl(m, wire_control);
    return m;
  }();
  return method;
}

std::string alpn_wire(const std::vector<std::string>& protocols) {
  std::string out;
  for (const auto& name : protocols) {
    out.push_back(static_cast<char>(name.size()));
    out += name;
  }
  return out;
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                unsigned int in_size, void* ours) {
  const auto& offer = *static_cast<const std::string*>(ours);
  auto* chosen = const_cast<unsigned char*>(*out);
  auto outcome
    = SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned int>(offer.size()), in, in_size);
  *out = chosen;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/// The ALPN list lives as long as the context that points to it.
struct server_context {
  std::string alpn;
  std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> ctx;
};

bio_ptr reading(const std::string& text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

bool use_chain(SSL_CTX* ctx, const std::string& pem) {
  auto bio = reading(pem);
  x509_ptr leaf{PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)};
  if (!leaf || SSL_CTX_use_certificate(ctx, leaf.get()) != 1)
    return false;
  while (auto* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    if (SSL_CTX_add0_chain_cert(ctx, next) != 1)
      return false;
  ERR_clear_error(); // the end of the file is reported as an error
  return true;
}

bool use_key(SSL_CTX* ctx, const std::string& pem) {
  auto bio = reading(pem);
  key_ptr key{PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr)};
  return key && SSL_CTX_use_PrivateKey(ctx, key.get()) == 1 && SSL_CTX_check_private_key(ctx) == 1;
}

// The last word of a line of NSS's key log: hexadecimal digits.
std::string secret_in(std::string_view line) {
  auto digits = line.substr(line.rfind(' ') + 1);
  long size = 0;
  std::unique_ptr<unsigned char, freed_by<free_openssl>> secret{
    OPENSSL_hexstr2buf(std::string{digits}.c_str(), &size)};
  return secret ? std::string{reinterpret_cast<const char*>(secret.get()),
                              static_cast<std::size_t>(size)}
                : std::string{};
}

// OpenSSL tells a connection's secrets nowhere else.
void take_secret(const SSL* ssl, const char* text) {
  auto* kept = static_cast<traffic_secrets*>(SSL_get_app_data(ssl));
  std::string_view line{text};
  if (kept == nullptr)
    return;
  if (line.starts_with("CLIENT_TRAFFIC_SECRET_0 "))
    kept->client = secret_in(line);
  else if (line.starts_with("SERVER_TRAFFIC_SECRET_0 "))
    kept->server = secret_in(line);
}

void set_common(SSL_CTX* ctx) {
  allow_own_records(*ctx);
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  // Idle connections keep no record buffers: 30 KB -> 20 KB each (measured).
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

bool is_ip_address(const std::string& name) {
  std::unique_ptr<ASN1_OCTET_STRING, freed_by<ASN1_OCTET_STRING_free>> ip{
    a2i_IPADDRESS(name.c_str())};
  ERR_clear_error();
  return ip != nullptr;
}

} // namespace

void allow_own_records(SSL_CTX& context) { SSL_CTX_set_keylog_callback(&context, take_secret); }

std::string take_ssl_error() {
  auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0)
    return "unknown TLS error";
  const char* reason = ERR_reason_error_string(code);
  if (reason)
    return reason;
  std::array<char, 160> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

result<ssl_context> make_client_context(const client_tls_options& options) {
  ERR_clear_error();
  ssl_context ctx{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  set_common(ctx.get());
  if (options.only_tls_1_3)
    SSL_CTX_set_min_proto_version(ctx.get(), TLS1_3_VERSION);
  if (options.verify_peer) {
    SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
    auto loaded = options.ca_file.empty()
                    ? SSL_CTX_set_default_verify_paths(ctx.get())
                    : SSL_CTX_load_verify_file(ctx.get(), options.ca_file.c_str());
    if (loaded != 1)
      return fail(errc::certificate_unreadable, options.ca_file + ": " + take_ssl_error());
  }
  auto alpn = alpn_wire(options.alpn);
  if (!alpn.empty())
    SSL_CTX_set_alpn_protos(ctx.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned int>(alpn.size()));
  return ctx;
}

std::vector<std::string> certificate_names(const std::string& chain) {
  x509_ptr leaf{PEM_read_bio_X509(reading(chain).get(), nullptr, nullptr, nullptr)};
  ERR_clear_error();
  std::vector<std::string> names;
  if (!leaf)
    return names;
  std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>> all{static_cast<GENERAL_NAMES*>(
    X509_get_ext_d2i(leaf.get(), NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* each = sk_GENERAL_NAME_value(all.get(), i);
    if (each->type != GEN_DNS)
      continue;
    const auto* text = ASN1_STRING_get0_data(each->d.dNSName);
    std::string name{reinterpret_cast<const char*>(text),
                     static_cast<std::size_t>(ASN1_STRING_length(each->d.dNSName))};
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    names.push_back(std::move(name));
  }
  return names;
}

result<ssl_context> make_server_context(const certificate_pem& certificate,
                                        const std::vector<std::string>& alpn) {
  ERR_clear_error();
  auto owner = std::make_shared<server_context>();
  owner->alpn = alpn_wire(alpn);
  owner->ctx.reset(SSL_CTX_new(TLS_server_method()));
  auto* ctx = owner->ctx.get();
  set_common(ctx);
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Who comes back brings a ticket; a cache would be one lock for all loops.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(ctx, reinterpret_cast<const unsigned char*>("serverme"), 8);
  if (!use_chain(ctx, certificate.chain))
    return fail(errc::certificate_unreadable, "certificate: " + take_ssl_error());
  if (!use_key(ctx, certificate.key))
    return fail(errc::certificate_unreadable, "key: " + take_ssl_error());
  SSL_CTX_set_alpn_select_cb(ctx, select_alpn, &owner->alpn);
  return ssl_context{owner, ctx};
}

struct tls_session::state {
  ssl_context context;
  std::unique_ptr<SSL, freed_by<SSL_free>> ssl; // nullptr: `records` has taken over
  serverme::net::wire wire;
  bool secured = false;
  // Of a lane.
  std::optional<traffic_secrets> secrets; // until they are used
  std::optional<tls_records> records;
  std::string alpn, version, peer_certificate;
};

tls_session::tls_session() = default;
tls_session::tls_session(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
tls_session::~tls_session() = default;
tls_session::tls_session(tls_session&&) noexcept = default;
tls_session& tls_session::operator=(tls_session&&) noexcept = default;

namespace {

template <class State>
std::unique_ptr<State> make_state(const ssl_context& context) {
  auto made = std::make_unique<State>();
  made->context = context;
  made->ssl.reset(SSL_new(context.get()));
  auto* bio = BIO_new(wire_method());
  BIO_set_data(bio, &made->wire);
  BIO_set_init(bio, 1);
  SSL_set_bio(made->ssl.get(), bio, bio);
  return made;
}

std::string alpn_of(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return name ? std::string{reinterpret_cast<const char*>(name), size} : std::string{};
}

std::string peer_certificate_of(const SSL* ssl) {
  const auto* certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == nullptr)
    return {};
  std::string der(static_cast<std::size_t>(std::max(i2d_X509(certificate, nullptr), 0)), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &at);
  return der;
}

// With a version or a suite that tls_records does not know, OpenSSL goes on.
template <class State>
void take_over(State& s) {
  auto keys = *std::exchange(s.secrets, std::nullopt);
  auto* ssl = s.ssl.get();
  auto suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl));
  if (SSL_version(ssl) != TLS1_3_VERSION || !tls_records::supports(suite) || keys.client.empty()
      || keys.server.empty())
    return;
  s.alpn = alpn_of(ssl);
  s.version = SSL_get_version(ssl);
  s.peer_certificate = peer_certificate_of(ssl);
  if (SSL_is_server(ssl) != 0)
    std::swap(keys.client, keys.server);
  s.records.emplace(suite, tls_records::secrets{std::move(keys.client), std::move(keys.server)});
  s.ssl.reset();
}

failure handshake_failure(SSL* ssl) {
  auto verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) {
    ERR_clear_error();
    return fail(errc::certificate_refused, X509_verify_cert_error_string(verdict));
  }
  return fail(errc::protocol_violation, "TLS: " + take_ssl_error());
}

} // namespace

tls_session tls_session::accept(const ssl_context& context, resumption tickets) {
  auto made = make_state<state>(context);
  if (tickets == resumption::none)
    SSL_set_num_tickets(made->ssl.get(), 0);
  SSL_set_accept_state(made->ssl.get());
  return tls_session{std::move(made)};
}

tls_session tls_session::connect(const ssl_context& context, const std::string& server_name) {
  auto made = make_state<state>(context);
  auto* ssl = made->ssl.get();
  SSL_set_connect_state(ssl);
  if (server_name.empty()) {
    // nobody in particular
  } else if (is_ip_address(server_name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, server_name.c_str());
    SSL_set1_host(ssl, server_name.c_str());
  }
  return tls_session{std::move(made)};
}

tls_session tls_session::with_own_records() && {
  state_->secrets.emplace();
  SSL_set_app_data(state_->ssl.get(), &*state_->secrets);
  return std::move(*this);
}

bool tls_session::is_secured() const noexcept { return state_ && state_->secured; }

namespace {

template <class State, class Step>
result<Step> open_records(State& s, Step taken, std::span<std::byte> plain) {
  auto opened = s.records->open(s.wire.in, plain, *s.wire.out);
  if (!opened)
    return fail(opened.error());
  taken.plain = opened->plain;
  taken.ended = opened->ended;
  return taken;
}

} // namespace

result<tls_session::step> tls_session::advance(bytes_view received, std::span<std::byte> plain,
                                               byte_queue& out) {
  auto& s = *state_;
  s.wire = {received, &out};
  step taken;
  if (s.records)
    return open_records(s, taken, plain);
  // Another connection's leftover would be taken for ours.
  ERR_clear_error();
  if (!s.secured) {
    auto outcome = SSL_do_handshake(s.ssl.get());
    if (outcome != 1) {
      if (SSL_get_error(s.ssl.get(), outcome) == SSL_ERROR_WANT_READ)
        return taken;
      return handshake_failure(s.ssl.get());
    }
    s.secured = taken.secured = true;
    if (s.secrets)
      take_over(s);
    if (s.records)
      return open_records(s, taken, plain);
  }
  while (taken.plain < plain.size()) {
    std::size_t got = 0;
    auto outcome
      = SSL_read_ex(s.ssl.get(), plain.data() + taken.plain, plain.size() - taken.plain, &got);
    if (outcome == 1) {
      taken.plain += got;
      continue;
    }
    switch (SSL_get_error(s.ssl.get(), 0)) {
      case SSL_ERROR_WANT_READ: return taken;
      case SSL_ERROR_ZERO_RETURN: taken.ended = true; return taken;
      default: return fail(errc::protocol_violation, "TLS: " + take_ssl_error());
    }
  }
  return taken;
}

result<done> tls_session::encrypt(bytes_view plain, byte_queue& out) {
  auto& s = *state_;
  if (s.records)
    return s.records->seal(plain, out);
  s.wire = {{}, &out};
  ERR_clear_error();
  while (!plain.empty()) {
    std::size_t put = 0;
    if (SSL_write_ex(s.ssl.get(), plain.data(), plain.size(), &put) != 1)
      return fail(errc::protocol_violation, "TLS: " + take_ssl_error());
    plain = plain.subspan(put);
  }
  return done{};
}

void tls_session::end(byte_queue& out) noexcept {
  auto& s = *state_;
  if (s.records)
    return s.records->end(out);
  s.wire = {{}, &out};
  ERR_clear_error();
  if (s.secured)
    SSL_shutdown(s.ssl.get());
  ERR_clear_error();
}

std::string tls_session::alpn() const {
  return state_->records ? state_->alpn : alpn_of(state_->ssl.get());
}

std::string tls_session::peer_certificate() const {
  return state_->records ? state_->peer_certificate : peer_certificate_of(state_->ssl.get());
}

std::string tls_session::version() const {
  return state_->records ? state_->version : SSL_get_version(state_->ssl.get());
}

} // namespace serverme::net
