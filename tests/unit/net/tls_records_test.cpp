// Records of TLS 1.3 beside those of the RFC, forged ones, and OpenSSL on the other side.
#define CAF_SUITE tls_records
#include "net/tls_records.hpp"

#include "net/tls.hpp"
#include "tests/unit/support/test_certificate.hpp"
#include "tests/unit/test.hpp"

#include <openssl/ssl.h>

#include <algorithm>

using namespace serverme;
using namespace serverme::net;
using namespace serverme::tests;

namespace {

constexpr std::uint16_t aes_128_gcm = 0x1301, aes_256_gcm = 0x1302, chacha20_poly1305 = 0x1303;

std::string from_hex(std::string_view digits) {
  std::string bytes, pair;
  for (char digit : digits) {
    if (digit == ' ')
      continue;
    pair += digit;
    if (pair.size() < 2)
      continue;
    bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
    pair.clear();
  }
  return bytes;
}

// RFC 8448, section 3: of the client, and the key and IV that are derived from it.
const std::string secret_of_rfc
  = from_hex("9e 40 64 6c e7 9a 7f 9d c0 5a f8 88 9b ce 65 52 87 5a fa 0b 06 df 00 87 f7 92 eb b7 "
             "c1 75 04 a5");
const std::string key_of_rfc = from_hex("17 42 2d da 59 6e d5 d9 ac d8 90 e3 c6 3f 50 51");
const std::string iv_of_rfc = from_hex("5b 78 92 3d ee 08 57 90 33 e5 23 d9");

std::size_t secret_bytes(std::uint16_t suite) { return suite == aes_256_gcm ? 48 : 32; }

std::string counting(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

struct pair {
  explicit pair(std::uint16_t suite = aes_128_gcm, std::uint64_t key_limit = 1 << 20)
    : near{suite,
           {std::string(secret_bytes(suite), 'n'), std::string(secret_bytes(suite), 'f')},
           key_limit},
      far{suite,
          {std::string(secret_bytes(suite), 'f'), std::string(secret_bytes(suite), 'n')},
          key_limit} {}
  tls_records near, far;
};

/// All that `from` sealed, in pieces of `size`.
result<std::string> open_in_pieces(tls_records& to, bytes_view sealed, std::size_t size,
                                   byte_queue& answer) {
  std::string plain;
  std::vector<std::byte> place(size + 18'000);
  while (!sealed.empty()) {
    auto piece = sealed.first(std::min(size, sealed.size()));
    auto step = to.open(piece, place, answer);
    if (!step)
      return fail(step.error());
    plain += as_text(bytes_view{place}.first(step->plain));
    sealed = sealed.subspan(piece.size());
  }
  return plain;
}

/// The first record under the RFC's key that holds exactly `inner`: content, type and padding.
std::string forge(const std::string& inner) {
  std::string record{"\x17\x03\x03", 3};
  record += static_cast<char>((inner.size() + 16) >> 8U);
  record += static_cast<char>((inner.size() + 16) & 0xffU);
  std::string sealed(inner.size() + 16, '\0');
  auto raw = [](std::string& x) { return reinterpret_cast<unsigned char*>(x.data()); };
  auto text = inner, key = key_of_rfc, iv = iv_of_rfc;
  std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>> cipher{EVP_CIPHER_CTX_new()};
  int made = 0;
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, raw(key), raw(iv));
  EVP_EncryptUpdate(cipher.get(), nullptr, &made, raw(record), 5);
  EVP_EncryptUpdate(cipher.get(), raw(sealed), &made, raw(text), static_cast<int>(text.size()));
  EVP_EncryptFinal_ex(cipher.get(), raw(sealed) + text.size(), &made);
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, raw(sealed) + text.size());
  return record + sealed;
}

struct reader_of_rfc {
  tls_records records{aes_128_gcm, {std::string(32, 's'), secret_of_rfc}};
  std::vector<std::byte> place = std::vector<std::byte>(64 * 1024);
  byte_queue answer;

  result<tls_records::step> open(const std::string& record) {
    return records.open(as_bytes(record), place, answer);
  }
};

/// The number of the alert that refuses `record`; 0: it is not refused.
int alert_for(const std::string& record) {
  reader_of_rfc reader;
  auto step = reader.open(record);
  if (step)
    return 0;
  tls_records writer{aes_128_gcm, {std::string(32, 'x'), std::string(32, 's')}};
  const auto& text = step.error().detail;
  CAF_CHECK(!reader.answer.empty());
  return std::stoi(text.substr(text.find("alert ") + 6));
}

/// OpenSSL on the other side, with buffers of its own.
class openssl_end {
public:
  openssl_end(const ssl_context& context, bool is_server) : ssl_{SSL_new(context.get())} {
    SSL_set_bio(ssl_.get(), in_ = BIO_new(BIO_s_mem()), out_ = BIO_new(BIO_s_mem()));
    BIO_set_mem_eof_return(in_, -1);
    if (is_server)
      SSL_set_accept_state(ssl_.get());
    else
      SSL_set_connect_state(ssl_.get());
  }

  SSL* ssl() { return ssl_.get(); }
  void write(std::string_view text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
  }
  /// What it has read of what it was given so far.
  const std::string& received() const { return received_; }
  bool heard_end() { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  void take(byte_queue& bytes) {
    if (!bytes.empty())
      BIO_write(in_, bytes.view().data(), static_cast<int>(bytes.size()));
    bytes.clear();
    std::array<char, 16'384> text{};
    for (int got = 1; got > 0;
         received_.append(text.data(), static_cast<std::size_t>(std::max(got, 0))))
      got = SSL_read(ssl_.get(), text.data(), static_cast<int>(text.size()));
  }
  void give(byte_queue& bytes) {
    std::array<std::byte, 16'384> some{};
    for (int got = 0; (got = BIO_read(out_, some.data(), static_cast<int>(some.size()))) > 0;)
      bytes.append(bytes_view{some}.first(static_cast<std::size_t>(got)));
  }

private:
  std::unique_ptr<SSL, freed_by<SSL_free>> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
  std::string received_;
};

/// Ours, and OpenSSL on the other side.
struct meeting {
  certificate_pem certificate = make_certificate("edge.test");
  ca_file ca{certificate};
  ssl_context server_side = make_server_context(certificate, {"serverme/1"}).value();
  ssl_context client_side
    = make_client_context({.ca_file = ca.path(), .alpn = {"serverme/1"}}).value();
  tls_session ours;
  std::unique_ptr<openssl_end> theirs;
  byte_queue to_them, to_us;
  std::string received;
  bool ended = false;

  void as_client() {
    ours = tls_session::connect(client_side, "edge.test").with_own_records();
    theirs = std::make_unique<openssl_end>(server_side, true);
    shake_hands();
  }
  void as_server() {
    ours = tls_session::accept(server_side, tls_session::resumption::none).with_own_records();
    theirs = std::make_unique<openssl_end>(client_side, false);
    SSL_set_tlsext_host_name(theirs->ssl(), "edge.test");
    shake_hands();
  }
  void shake_hands() {
    for (int turn = 0; turn < 6; ++turn)
      exchange();
    CAF_REQUIRE(ours.is_secured());
    CAF_REQUIRE_EQUAL(ours.alpn(), "serverme/1");
    CAF_REQUIRE_EQUAL(ours.version(), "TLSv1.3");
  }
  void exchange() {
    std::vector<std::byte> plain(8 << 20);
    auto step = ours.advance(to_us.view(), plain, to_them);
    CAF_REQUIRE(step);
    received += as_text(bytes_view{plain}.first(step->plain));
    ended = ended || step->ended;
    to_us.clear();
    theirs->take(to_them);
    theirs->give(to_us);
  }
  void say(std::string_view text) { CAF_REQUIRE(ours.encrypt(as_bytes(text), to_them)); }
};

} // namespace

CAF_TEST(a record is that of RFC 8448) {
  tls_records client{aes_128_gcm, {secret_of_rfc, std::string(32, 'x')}};
  std::string plain;
  for (int i = 0; i < 50; ++i)
    plain += static_cast<char>(i);
  byte_queue sealed;
  CAF_REQUIRE(client.seal(as_bytes(plain), sealed));
  CAF_CHECK(
    sealed.text()
    == from_hex("17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 "
                "f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 "
                "4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4"));
}

CAF_TEST(what one side seals the other opens in pieces of any size) {
  for (auto suite : {aes_128_gcm, aes_256_gcm, chacha20_poly1305})
    for (std::size_t size : {1, 4, 5, 6, 1'000, 16'406, 70'000}) {
      pair ends{suite};
      byte_queue sealed, answer;
      auto text = counting(100'000);
      CAF_REQUIRE(ends.near.seal(as_bytes(text), sealed));
      auto opened = open_in_pieces(ends.far, sealed.view(), size, answer);
      CAF_REQUIRE(opened);
      CAF_CHECK(*opened == text);
      CAF_CHECK(answer.empty());
    }
}

CAF_TEST(a record with any bit changed is refused) {
  byte_queue sealed;
  pair first;
  CAF_REQUIRE(first.near.seal(as_bytes("forty-two"), sealed));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto changed = std::string{sealed.text()};
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    changed += std::string(66'000, 'x'); // for a length that grew
    pair ends;
    byte_queue answer;
    CAF_CHECK(!open_in_pieces(ends.far, as_bytes(changed), changed.size(), answer));
    CAF_CHECK(!answer.empty());
  }
}

CAF_TEST(a record that is sent twice is refused) {
  pair ends;
  byte_queue sealed, answer;
  CAF_REQUIRE(ends.near.seal(as_bytes("once"), sealed));
  CAF_CHECK(open_in_pieces(ends.far, sealed.view(), 1'000, answer));
  CAF_CHECK(!open_in_pieces(ends.far, sealed.view(), 1'000, answer));
}

CAF_TEST(padding is taken off and an empty record is nothing) {
  reader_of_rfc reader;
  auto step = reader.open(forge(std::string{"hello\x17", 6} + std::string(300, '\0')));
  CAF_REQUIRE(step);
  CAF_CHECK_EQUAL(as_text(bytes_view{reader.place}.first(step->plain)), "hello");
  reader_of_rfc other;
  CAF_CHECK_EQUAL(other.open(forge("\x17")).value().plain, 0u);
}

CAF_TEST(what the RFC forbids is refused with its alert) {
  constexpr int unexpected_message = 10, record_overflow = 22, illegal_parameter = 47,
                decode_error = 50;
  auto inner = [](std::string_view content, char type) { return std::string{content} + type; };
  CAF_CHECK_EQUAL(alert_for(forge(std::string(20, '\0'))), unexpected_message); // no type
  CAF_CHECK_EQUAL(alert_for(forge(inner("x", 20))), unexpected_message);
  CAF_CHECK_EQUAL(alert_for(forge(inner("x", 99))), unexpected_message);
  CAF_CHECK_EQUAL(alert_for(forge(inner("x", 21))), decode_error);
  CAF_CHECK_EQUAL(alert_for(forge(inner("", 22))), unexpected_message);
  CAF_CHECK_EQUAL(alert_for(forge(inner({"\x01\0\0\0", 4}, 22))), unexpected_message);
  CAF_CHECK_EQUAL(alert_for(forge(inner({"\x18\0\0\2\0\0", 6}, 22))), decode_error);
  CAF_CHECK_EQUAL(alert_for(forge(inner({"\x18\0\0\1\2", 5}, 22))), illegal_parameter);
  CAF_CHECK_EQUAL(alert_for(forge(inner({"\x18\0\0\1\0\4", 6}, 22))), unexpected_message);
  CAF_CHECK_EQUAL(alert_for(forge(inner({"\x04\x02\0\0", 4}, 22))), decode_error); // too long
  CAF_CHECK_EQUAL(alert_for(forge(inner(std::string(16'385, 'x'), 23))), record_overflow);
  CAF_CHECK_EQUAL(alert_for({"\x17\x03\x03\x41\x01", 5}), record_overflow);
  CAF_CHECK_EQUAL(alert_for({"\x17\x03\x03\0\x10 sixteen-bytes-xx", 22}), decode_error);
  CAF_CHECK_EQUAL(alert_for({"\x14\x03\x03\0\1\1", 6}), unexpected_message); // change_cipher_spec
  CAF_CHECK_EQUAL(alert_for({"\x15\x03\x03\0\2\2\x28", 7}), unexpected_message); // not encrypted
}

CAF_TEST(nothing comes between the parts of a message) {
  // A ticket of ten bytes, of which two came; then data.
  pair ends;
  reader_of_rfc reader;
  CAF_REQUIRE(reader.open(forge(std::string{"\x04\0\0\x0a\1\2\x16", 7})));
  tls_records writer{aes_128_gcm, {secret_of_rfc, std::string(32, 'x')}};
  byte_queue sealed;
  CAF_REQUIRE(writer.seal(as_bytes("first"), sealed)); // takes the number that was forged
  sealed.clear();
  CAF_REQUIRE(writer.seal(as_bytes("data"), sealed));
  auto step = reader.open(std::string{sealed.text()});
  CAF_REQUIRE(!step);
  CAF_CHECK(step.error().detail.find("alert 10") != std::string::npos);
}

CAF_TEST(an alert of the peer ends it without an answer and its goodbye is an end) {
  reader_of_rfc broken;
  CAF_CHECK(!broken.open(forge({"\2\x28\x15", 3})));
  CAF_CHECK(broken.answer.empty());
  reader_of_rfc ended;
  auto step = ended.open(forge({"\1\0\x15", 3}));
  CAF_REQUIRE(step);
  CAF_CHECK(step->ended);
}

CAF_TEST(keys change after their number of records in both directions) {
  pair ends{aes_256_gcm, 3};
  byte_queue answer;
  for (int i = 0; i < 20; ++i) {
    byte_queue there, back;
    CAF_REQUIRE(ends.near.seal(as_bytes("ping"), there));
    CAF_REQUIRE_EQUAL(open_in_pieces(ends.far, there.view(), 7, answer).value(), "ping");
    CAF_REQUIRE(ends.far.seal(as_bytes("pong"), back));
    CAF_REQUIRE_EQUAL(open_in_pieces(ends.near, back.view(), 7, answer).value(), "pong");
  }
  CAF_CHECK(answer.empty());
}

CAF_TEST(OpenSSL and ours understand each other as client and as server) {
  for (auto meet : {&meeting::as_client, &meeting::as_server}) {
    meeting here;
    (here.*meet)();
    auto text = counting(300'000);
    here.say(text);
    here.theirs->write(text);
    for (int turn = 0; turn < 3; ++turn)
      here.exchange();
    CAF_CHECK(here.received == text);
    CAF_CHECK(here.theirs->received() == text);
    here.ours.end(here.to_them);
    SSL_shutdown(here.theirs->ssl());
    here.theirs->give(here.to_us);
    here.exchange();
    CAF_CHECK(here.ended);
    CAF_CHECK(here.theirs->heard_end());
  }
}

CAF_TEST(OpenSSL changes its keys and has us change ours) {
  for (auto request : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    meeting here;
    here.as_server();
    for (int round = 0; round < 3; ++round) {
      CAF_REQUIRE_EQUAL(SSL_key_update(here.theirs->ssl(), request), 1);
      here.theirs->write("new keys");
      here.theirs->give(here.to_us);
      here.exchange();
      here.say("heard");
      here.exchange();
    }
    CAF_CHECK_EQUAL(here.received, "new keysnew keysnew keys");
    CAF_CHECK_EQUAL(here.theirs->received(), "heardheardheard");
  }
}

CAF_TEST(OpenSSL pads its records and is understood) {
  meeting here;
  here.as_server();
  SSL_set_block_padding(here.theirs->ssl(), 4'096);
  here.theirs->write("short");
  here.theirs->give(here.to_us);
  here.exchange();
  CAF_CHECK_EQUAL(here.received, "short");
}

CAF_TEST(with a client that speaks TLS 1.2 only OpenSSL goes on) {
  meeting here;
  SSL_CTX_set_max_proto_version(here.client_side.get(), TLS1_2_VERSION);
  here.ours
    = tls_session::accept(here.server_side, tls_session::resumption::none).with_own_records();
  here.theirs = std::make_unique<openssl_end>(here.client_side, false);
  for (int turn = 0; turn < 6; ++turn)
    here.exchange();
  CAF_REQUIRE(here.ours.is_secured());
  CAF_CHECK_EQUAL(here.ours.version(), "TLSv1.2");
  here.theirs->write("old");
  here.theirs->give(here.to_us);
  here.exchange();
  CAF_CHECK_EQUAL(here.received, "old");
}
