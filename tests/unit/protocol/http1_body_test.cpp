// Bodies: where they end and what in them is content, whatever the pieces they come in.
#define CAF_SUITE http1_body
#include "protocol/http1/body.hpp"
#include "tests/unit/test.hpp"

#include <string>
#include <vector>

using namespace serverme;
using namespace serverme::http1;
using namespace std::string_literals;

namespace {

/// Reads on until a piece takes nothing, the body ends or breaks.
struct reading {
  body_reader reader;
  std::string content;
  std::size_t taken = 0;
  bool broken = false;

  void feed(std::string_view bytes) {
    while (!broken) {
      auto piece = reader.next(as_bytes(bytes));
      if (!piece) {
        CAF_CHECK(piece.error().code == errc::bad_request);
        broken = true;
        return;
      }
      content += as_text(piece->content);
      taken += piece->taken;
      bytes.remove_prefix(piece->taken);
      CAF_CHECK_EQUAL(piece->ended, reader.ended());
      if (piece->taken == 0 || piece->ended)
        return;
    }
  }
};

reading read(framing how, std::uint64_t length, std::string_view bytes) {
  reading body{body_reader{how, length}, {}, 0, false};
  body.feed(bytes);
  return body;
}

reading read_chunks(std::string_view bytes) { return read(framing::chunked, 0, bytes); }

const std::string chunks = "3\r\nabc\r\n0A;name=value;q=\"a;b\"\r\n0123456789\r\n000\r\n"
                           "X-Sum: 9\r\nX-Empty:\r\n\r\n";

} // namespace

CAF_TEST(no body ends before it begins) {
  for (const auto& body : {read(framing::none, 0, "GET"), read(framing::length, 0, "GET")}) {
    CAF_CHECK(body.reader.ended() && body.reader.may_end_here());
    CAF_CHECK_EQUAL(body.taken, 0u);
  }
  CAF_CHECK(body_reader{}.ended());
}

CAF_TEST(a body with a length ends with its last byte) {
  auto body = read(framing::length, 5, "helloGET");
  CAF_CHECK(body.reader.ended() && !body.broken);
  CAF_CHECK_EQUAL(body.content, "hello");
  CAF_CHECK_EQUAL(body.taken, 5u);
  auto cut = read(framing::length, 5, "hell");
  CAF_CHECK(!cut.reader.ended() && !cut.reader.may_end_here());
}

CAF_TEST(a body until close never ends by itself) {
  auto body = read(framing::until_close, 0, "hello");
  CAF_CHECK_EQUAL(body.content, "hello");
  CAF_CHECK(!body.reader.ended() && body.reader.may_end_here());
}

CAF_TEST(chunks are content between framing) {
  auto body = read_chunks(chunks + "GET");
  CAF_CHECK(body.reader.ended() && !body.broken);
  CAF_CHECK_EQUAL(body.content, "abc0123456789");
  CAF_CHECK_EQUAL(body.taken, chunks.size());
  CAF_CHECK_EQUAL(body.reader.trailers(), "X-Sum: 9\r\nX-Empty:\r\n\r\n");
}

CAF_TEST(an empty chunked body is its last chunk) {
  auto body = read_chunks("0\r\n\r\n");
  CAF_CHECK(body.reader.ended());
  CAF_CHECK_EQUAL(body.content, "");
  CAF_CHECK_EQUAL(body.reader.trailers(), "\r\n");
}

CAF_TEST(chunks cut anywhere are the same chunks) {
  for (std::size_t cut = 0; cut < chunks.size(); ++cut) {
    auto body = read_chunks(chunks.substr(0, cut));
    CAF_CHECK(!body.reader.ended() && !body.reader.may_end_here());
    CAF_CHECK_EQUAL(body.taken, cut);
    body.feed(chunks.substr(cut));
    CAF_CHECK(body.reader.ended());
    CAF_CHECK_EQUAL(body.content, "abc0123456789");
    CAF_CHECK_EQUAL(body.reader.trailers(), "X-Sum: 9\r\nX-Empty:\r\n\r\n");
  }
}

CAF_TEST(chunks come byte by byte) {
  auto body = read_chunks("");
  for (char c : chunks)
    body.feed({&c, 1});
  CAF_CHECK(body.reader.ended());
  CAF_CHECK_EQUAL(body.content, "abc0123456789");
}

CAF_TEST(content is not copied) {
  auto bytes = as_bytes(chunks);
  auto piece = body_reader{framing::chunked, 0}.next(bytes);
  CAF_REQUIRE(piece);
  CAF_CHECK(piece->content.data() == bytes.data() + 3);
  CAF_CHECK_EQUAL(piece->content.size(), 3u);
}

CAF_TEST(broken chunks are refused wherever they are cut) {
  const std::vector<std::string> all{
    "3\nabc\r\n0\r\n\r\n",        // bare LF
    "3\rabc\r\n0\r\n\r\n",        // bare CR
    "0x3\r\nabc\r\n0\r\n\r\n",    // a prefix
    "+3\r\nabc\r\n0\r\n\r\n",     // signs
    "-1\r\n\r\n",                 //
    "g\r\nabc\r\n",               // no digit
    "\r\n\r\n",                   // no size
    ";a=b\r\n\r\n",               //
    " 3\r\nabc\r\n",              // blanks
    "3 \r\nabc\r\n",              //
    "3 ;a=b\r\nabc\r\n",          //
    "3\t\r\nabc\r\n",             //
    "3;a\nabc\r\n",               // bare LF in an extension
    "3;a\rb\r\nabc\r\n",          // bare CR in one
    "3;a\0b\r\nabc\r\n"s,         // a control character in one
    "3\r\nabcd\r\n0\r\n\r\n",     // longer than its size
    "3\r\nabc\n0\r\n\r\n",        // bare LF behind the content
    "3\r\nabc\rX0\r\n\r\n",       // bare CR behind it
    "3\r\nabcX\n0\r\n\r\n",       //
    "8000000000000000\r\nabc",    // 2^63
    "ffffffffffffffff1\r\nabc",   // 2^68
    "0\r\n\n",                    // trailers
    "0\r\nA: b\n\r\n",            //
    "0\r\nA: b\rc\r\n\r\n",       //
    "0\r\nA : b\r\n\r\n",         //
    "0\r\n: b\r\n\r\n",           //
    "0\r\nnonsense\r\n\r\n",      //
    "0\r\nA: b\r\n c\r\n\r\n",    //
    "0\r\ncontent-length: 5\r\n", // belong into the head
    "0\r\nTransfer-Encoding: chunked\r\n",
    "0\r\nHost: other\r\n",
  };
  for (const auto& bytes : all)
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      auto body = read_chunks(std::string_view{bytes}.substr(0, cut));
      body.feed(std::string_view{bytes}.substr(cut));
      CAF_CHECK_EQUAL(bytes + (body.broken ? "" : " was accepted"), bytes);
      CAF_CHECK(!body.reader.ended() && !body.reader.may_end_here());
    }
}

CAF_TEST(what follows broken framing is not read) {
  auto body = read_chunks("x");
  CAF_CHECK(body.broken);
  CAF_CHECK(!body.reader.next(as_bytes("0\r\n\r\n")));
}

CAF_TEST(the largest chunk is 2 to the 63rd less one) {
  auto body = read_chunks("7fffffffffffffff\r\nabc");
  CAF_CHECK(!body.broken);
  CAF_CHECK_EQUAL(body.content, "abc");
}

CAF_TEST(extensions are limited) {
  auto line = [](std::size_t size) { return "3;" + std::string(size - 2, 'x') + "\r\nabc\r\n"; };
  CAF_CHECK(!read_chunks(line(4096)).broken);
  CAF_CHECK(read_chunks(line(4097)).broken);
  CAF_CHECK(read_chunks("3;" + std::string(4095, 'x')).broken);
  CAF_CHECK(!read_chunks(std::string(4095, '0') + "3\r\nabc\r\n").broken);
  CAF_CHECK(read_chunks(std::string(4096, '0') + "3\r\nabc\r\n").broken);
  // Each chunk anew.
  CAF_CHECK(!read_chunks(line(3000) + line(3000)).broken);
}

CAF_TEST(trailers are limited) {
  auto with = [](std::size_t size) { return "0\r\nA: " + std::string(size - 7, 'x') + "\r\n\r\n"; };
  auto fits = read_chunks(with(16 * 1024));
  CAF_CHECK(fits.reader.ended());
  CAF_CHECK_EQUAL(fits.reader.trailers().size(), 16u * 1024);
  CAF_CHECK(read_chunks(with(16 * 1024 + 1)).broken);
  CAF_CHECK(read_chunks("0\r\nA: " + std::string(16 * 1024, 'x')).broken);
}
