// What MessageReader makes of frames, good and hostile ones.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "http/websocket/message_reader.h"
#include "tests/http/websocket_bytes.h"

namespace verge::http {
namespace {

constexpr size_t kLimit = 1000;

// All events of `input` as text, given in pieces of `piece` bytes.
std::string Read(std::string_view input, size_t piece = SIZE_MAX, WebSocketSide side = WebSocketSide::kServer,
                 bool deflate = false, size_t limit = kLimit) {
  MessageReader reader(side, deflate ? std::make_unique<MessageInflater>(15, true) : nullptr, limit);
  std::string events;
  while (!input.empty()) {
    const std::string_view part = input.substr(0, piece);
    std::span<const uint8_t> rest = AsSpan(part);
    bool more = true;
    while (more && !rest.empty()) {
      switch (reader.Next(rest)) {
        case MessageReader::Event::kNeedMore:
          more = false;
          break;
        case MessageReader::Event::kYield:
          break;
        case MessageReader::Event::kMessage:
          events += (reader.text() ? "text:" : "binary:") + reader.message() + ";";
          break;
        case MessageReader::Event::kPing:
          events += "ping:" + std::string(reader.control()) + ";";
          break;
        case MessageReader::Event::kPong:
          events += "pong:" + std::string(reader.control()) + ";";
          break;
        case MessageReader::Event::kClose:
          return events + "close:" + std::to_string(reader.close_code()) + ":" + std::string(reader.control());
        case MessageReader::Event::kFailed:
          EXPECT_FALSE(reader.failure().empty());
          return events + "failed:" + std::to_string(reader.close_code());
      }
    }
    if (more && !rest.empty()) break;
    input.remove_prefix(part.size());
  }
  return events;
}

void ExpectRead(const std::string& input, std::string_view events, bool deflate = false) {
  for (const size_t piece : {size_t{SIZE_MAX}, size_t{1}, size_t{2}, size_t{7}}) {
    EXPECT_EQ(Read(input, piece, WebSocketSide::kServer, deflate), events) << "in pieces of " << piece;
  }
}

TEST(WebSocketReader, Messages) {
  ExpectRead(
      ClientFrame(kFinText, "hello") + ClientFrame(kFinBinary, std::string("\0\xff", 2)) + ClientFrame(kFinText, ""),
      std::string("text:hello;binary:\0\xff;text:;", 27));
  EXPECT_EQ(Read(ServerFrame(kFinText, "hello"), SIZE_MAX, WebSocketSide::kClient), "text:hello;");
}

TEST(WebSocketReader, LengthsOfAllForms) {
  for (const size_t size : {0, 1, 125, 126, 127, 1000}) {
    const std::string data(size, 'x');
    ExpectRead(ClientFrame(kFinText, data), "text:" + data + ";");
  }
  const std::string data(70'000, 'y');
  EXPECT_EQ(Read(ClientFrame(kFinText, data), 1000, WebSocketSide::kServer, false, 100'000), "text:" + data + ";");
}

TEST(WebSocketReader, FragmentsWithControlFramesBetween) {
  ExpectRead(ClientFrame(kText, "a") + ClientFrame(kFinPing, "p") + ClientFrame(kContinuation, "") +
                 ClientFrame(kContinuation, "b") + ClientFrame(kFinPong, "") + ClientFrame(kFinContinuation, "c"),
             "ping:p;pong:;text:abc;");
}

TEST(WebSocketReader, CloseFrames) {
  ExpectRead(ClientFrame(kFinClose, ""), "close:1005:");
  ExpectRead(ClientFrame(kFinClose, "\x03\xe8"), "close:1000:");
  ExpectRead(ClientFrame(kFinClose,
                         "\x0f\xa0"
                         "because"),
             "close:4000:because");
  ExpectRead(ClientFrame(kFinClose, "\x03"), "failed:1002");
  ExpectRead(ClientFrame(kFinClose, "\x03\xe8\xff"), "failed:1007");
  for (const uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    ExpectRead(ClientFrame(kFinClose, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}),
               "failed:1002");
  }
  for (const uint16_t code : {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999}) {
    EXPECT_TRUE(IsValidCloseCode(code)) << code;
  }
}

TEST(WebSocketReader, ProtocolErrors) {
  ExpectRead(ServerFrame(kFinText, "not masked"), "failed:1002");
  EXPECT_EQ(Read(ClientFrame(kFinText, "masked"), SIZE_MAX, WebSocketSide::kClient), "failed:1002");
  ExpectRead(ClientFrame(kFinText | 0x40, "RSV1"), "failed:1002");
  ExpectRead(ClientFrame(kFinText | 0x20, "RSV2"), "failed:1002");
  ExpectRead(ClientFrame(kFinText | 0x10, "RSV3"), "failed:1002");
  for (const uint8_t opcode : {0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf}) {
    ExpectRead(ClientFrame(0x80 | opcode, ""), "failed:1002");
  }
  ExpectRead(ClientFrame(0x09, "a fragmented ping"), "failed:1002");
  ExpectRead(ClientFrame(0x08, ""), "failed:1002");
  ExpectRead(ClientFrame(kFinPing, std::string(126, 'x')), "failed:1002");
  ExpectRead(ClientFrame(kFinContinuation, "without a start"), "failed:1002");
  ExpectRead(ClientFrame(kText, "a") + ClientFrame(kFinText, "b"), "failed:1002");
  // Lengths that are not in their shortest form, or negative.
  ExpectRead(std::string("\x81\xfe\x00\x05"
                         "mmmm",
                         8),
             "failed:1002");
  ExpectRead(std::string("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff"
                         "mmmm",
                         14),
             "failed:1002");
  ExpectRead(std::string("\x81\xff\x80\x00\x00\x00\x00\x01\x00\x00"
                         "mmmm",
                         14),
             "failed:1002");
}

TEST(WebSocketReader, RefusesTooMuchFromTheHeaderOn) {
  ExpectRead(ClientFrame(kFinText, std::string(kLimit, 'x')), "text:" + std::string(kLimit, 'x') + ";");
  // Only the headers: the payload need not come.
  ExpectRead(ClientFrame(kFinText, std::string(kLimit + 1, 'x')).substr(0, 8), "failed:1009");
  ExpectRead(ClientFrame(kText, std::string(kLimit, 'x')) + ClientFrame(kContinuation, "y"), "failed:1009");
  ExpectRead(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
                         "mmmm",
                         14),
             "failed:1009");
}

TEST(WebSocketReader, TextIsCheckedWhileItArrives) {
  ExpectRead(ClientFrame(kFinText, "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"),
             "text:\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80;");
  // A character across frames, and in four of them.
  ExpectRead(ClientFrame(kText, "\xf0") + ClientFrame(kContinuation, "\x9f") + ClientFrame(kContinuation, "\x98") +
                 ClientFrame(kFinContinuation, "\x80"),
             "text:\xf0\x9f\x98\x80;");
  ExpectRead(ClientFrame(kFinText, "\xff"), "failed:1007");
  ExpectRead(ClientFrame(kFinText, "abc\xe2\x82"), "failed:1007");
  ExpectRead(ClientFrame(kFinText, "\xed\xa0\x80"), "failed:1007");  // a surrogate
  ExpectRead(ClientFrame(kFinText, "\xc0\xaf"), "failed:1007");      // overlong
  // Without waiting for the message's end.
  ExpectRead(ClientFrame(kText, "ok \xff never ends"), "failed:1007");
  // Not of binary messages.
  ExpectRead(ClientFrame(kFinBinary, "\xff"), "binary:\xff;");
}

TEST(WebSocketReader, Compressed) {
  MessageDeflater deflater(15, true);
  std::string input;
  std::string expected;
  for (int i = 0; i < 3; ++i) {
    const std::string text = "the same text again and again, the same text again: \xc3\xa4";
    std::string compressed;
    ASSERT_TRUE(deflater.Compress(AsSpan(text), true, compressed));
    input += ClientFrame(kFinText | kCompressed, compressed);
    expected += "text:" + text + ";";
  }
  ExpectRead(input, expected, true);
  // In fragments, of which only the first says that it is compressed; and not compressed among others.
  std::string compressed;
  MessageDeflater other(15, true);
  ASSERT_TRUE(other.Compress(AsSpan("a fragmented message"), true, compressed));
  ExpectRead(ClientFrame(kText | kCompressed, compressed.substr(0, 3)) + ClientFrame(kFinPing, "") +
                 ClientFrame(kFinContinuation, compressed.substr(3)) + ClientFrame(kFinText, "plain"),
             "ping:;text:a fragmented message;text:plain;", true);
}

TEST(WebSocketReader, CompressedHostile) {
  ExpectRead(ClientFrame(kFinText | kCompressed, "\xff\xff\xff not deflate"), "failed:1007", true);
  ExpectRead(ClientFrame(kText, "a") + ClientFrame(kFinContinuation | kCompressed, ""), "failed:1002", true);
  ExpectRead(ClientFrame(kFinPing | kCompressed, ""), "failed:1002", true);
  MessageDeflater deflater(15, true);
  std::string bomb;
  ASSERT_TRUE(deflater.Compress(AsSpan(std::string(100'000, 'x')), true, bomb));
  ASSERT_LT(bomb.size(), kLimit);
  ExpectRead(ClientFrame(kFinText | kCompressed, bomb), "failed:1009", true);
  std::string invalid;
  ASSERT_TRUE(MessageDeflater(15, true).Compress(AsSpan("\xff"), true, invalid));
  ExpectRead(ClientFrame(kFinText | kCompressed, invalid), "failed:1007", true);
}

TEST(WebSocketReader, YieldsWhileItExpandsALot) {
  MessageDeflater deflater(15, true);
  std::string bomb;
  constexpr size_t kSize = 8 * 1024 * 1024;
  ASSERT_TRUE(deflater.Compress(AsSpan(std::string(kSize, 'x')), true, bomb));
  const std::string input = ClientFrame(kFinBinary | kCompressed, bomb);
  MessageReader reader(WebSocketSide::kServer, std::make_unique<MessageInflater>(15, true), 2 * kSize);
  std::span<const uint8_t> rest = AsSpan(input);
  int yields = 0;
  MessageReader::Event event;
  while ((event = reader.Next(rest)) == MessageReader::Event::kYield) ++yields;
  EXPECT_EQ(event, MessageReader::Event::kMessage);
  EXPECT_EQ(reader.message().size(), kSize);
  EXPECT_GE(yields, 4);
}

// Valid traffic with bytes changed, dropped and doubled: never a crash, and what is called text is UTF-8 of bounded
// size.
TEST(WebSocketReader, Mutations) {
  MessageDeflater deflater(15, true);
  std::string compressed;
  ASSERT_TRUE(deflater.Compress(AsSpan("compressed text, compressed text"), true, compressed));
  const std::string valid = ClientFrame(kFinText, "hello") + ClientFrame(kText, "fragm") +
                            ClientFrame(kFinPing, "ping") + ClientFrame(kFinContinuation, "ents \xe2\x82\xac") +
                            ClientFrame(kFinText | kCompressed, compressed) +
                            ClientFrame(kFinBinary, std::string(300, 'b')) +
                            ClientFrame(kFinClose,
                                        "\x03\xe8"
                                        "bye");
  std::minstd_rand random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string input = valid;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < changes && !input.empty(); ++i) {
      const size_t at = random() % input.size();
      switch (random() % 3) {
        case 0:
          input[at] = static_cast<char>(random());
          break;
        case 1:
          input.erase(at, 1 + random() % 8);
          break;
        default:
          input.insert(at, input.substr(at, 1 + random() % 16));
          break;
      }
    }
    const std::string events = Read(input, 1 + random() % 64, WebSocketSide::kServer, true);
    ASSERT_LT(events.size(), 10 * kLimit);
  }
}

}  // namespace
}  // namespace verge::http
