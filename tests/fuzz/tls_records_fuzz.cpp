// A peer who has the keys and puts whatever he likes into his records, or makes none: nothing comes
// out but what he sent as data, and it is the same however the bytes were cut.
#include "net/openssl_ptr.hpp"
#include "net/tls_records.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <array>
#include <vector>

using namespace serverme;
using namespace serverme::net;

namespace {

constexpr std::uint16_t aes_128_gcm = 0x1301;
// RFC 8448, section 3: the client's traffic secret, and the key and IV that are derived from it.
constexpr std::string_view secret{
  "\x9e\x40\x64\x6c\xe7\x9a\x7f\x9d\xc0\x5a\xf8\x88\x9b\xce\x65\x52"
  "\x87\x5a\xfa\x0b\x06\xdf\x00\x87\xf7\x92\xeb\xb7\xc1\x75\x04\xa5",
  32};
constexpr std::array<unsigned char, 16> key{0x17, 0x42, 0x2d, 0xda, 0x59, 0x6e, 0xd5, 0xd9,
                                            0xac, 0xd8, 0x90, 0xe3, 0xc6, 0x3f, 0x50, 0x51};
constexpr std::array<unsigned char, 12> iv{0x5b, 0x78, 0x92, 0x3d, 0xee, 0x08,
                                           0x57, 0x90, 0x33, 0xe5, 0x23, 0xd9};

/// The `number`-th record, which holds exactly `inner`: content, type and padding.
void forge(bytes_view inner, unsigned number, byte_queue& out) {
  auto* raw = reinterpret_cast<unsigned char*>(out.extend(5 + inner.size() + 16).data());
  auto length = inner.size() + 16;
  const std::array<unsigned char, 5> header{23, 3, 3, static_cast<unsigned char>(length >> 8U),
                                            static_cast<unsigned char>(length & 0xffU)};
  std::copy(header.begin(), header.end(), raw);
  auto nonce = iv;
  nonce[11] = static_cast<unsigned char>(nonce[11] ^ (number & 0xffU));
  nonce[10] = static_cast<unsigned char>(nonce[10] ^ (number >> 8U));
  std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>> cipher{EVP_CIPHER_CTX_new()};
  int made = 0;
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), nonce.data());
  EVP_EncryptUpdate(cipher.get(), nullptr, &made, raw, 5);
  EVP_EncryptUpdate(cipher.get(), raw + 5, &made,
                    reinterpret_cast<const unsigned char*>(inner.data()),
                    static_cast<int>(inner.size()));
  EVP_EncryptFinal_ex(cipher.get(), raw + 5 + inner.size(), &made);
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, raw + 5 + inner.size());
}

struct outcome {
  std::string plain;
  byte_queue answer;
  bool failed = false;
};

outcome open(bytes_view wire, std::size_t piece) {
  tls_records records{aes_128_gcm, {std::string(32, 'x'), std::string{secret}}};
  std::vector<std::byte> place(wire.size() + 18'000);
  outcome so_far;
  while (!wire.empty() && !so_far.failed) {
    auto some = wire.first(std::min(piece, wire.size()));
    auto step = records.open(some, place, so_far.answer);
    wire = wire.subspan(some.size());
    so_far.failed = !step || step->ended;
    if (step)
      so_far.plain += as_text(bytes_view{place}.first(step->plain));
  }
  return so_far;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  bytes_view rest{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
  byte_queue wire;
  if (data[0] % 2 == 0)
    wire.append(rest);
  for (unsigned number = 0; data[0] % 2 != 0 && !rest.empty(); ++number) {
    auto length = std::min<std::size_t>(std::to_integer<std::size_t>(rest[0]), rest.size() - 1);
    forge(rest.subspan(1, length), number, wire);
    rest = rest.subspan(1 + length);
  }
  auto at_once = open(wire.view(), wire.size() + 1);
  auto in_pieces = open(wire.view(), 1 + data[0] % 29);
  require(at_once.failed == in_pieces.failed);
  // What came before a record that is refused was given out only if it came before it.
  require(at_once.failed || at_once.plain == in_pieces.plain);
  require(at_once.plain.size() <= size && in_pieces.plain.size() <= size);
  return 0;
}
