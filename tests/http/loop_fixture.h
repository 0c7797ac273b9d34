// What tests of servers and of clients share: a loop in the test's thread, so that every step is deterministic, a peer
// that does exactly what it is told, and both ends of bodies.
#ifndef TESTS_HTTP_LOOP_FIXTURE_H_
#define TESTS_HTTP_LOOP_FIXTURE_H_

#include <gtest/gtest.h>
#include <uv.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/body.h"

namespace verge::http {

struct TestSocket {
  int fd;
};

// A socket that sends exactly what the test says, when the kernel takes it, and gathers what comes back.
class TestClient {
 public:
  TestClient(uv_loop_t* loop, int port, int receive_buffer = 0);
  // Takes a connected socket over.
  TestClient(uv_loop_t* loop, TestSocket socket);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void Send(std::string_view data);
  void ShutdownWrite();
  void Close();
  void Reset();  // closes with RST
  void set_reading(bool reading);

  std::string input;           // received so far
  uint64_t received = 0;       // also counts what was taken out of `input`
  bool discard_input = false;  // count only
  bool ended = false;          // EOF
  bool failed = false;         // reset
  [[nodiscard]] bool closed() const { return ended || failed; }
  [[nodiscard]] size_t unsent() const { return output_.size(); }

 private:
  struct Handle;
  void OnReady(int events);
  void Init(uv_loop_t* loop);
  void Flush();
  void Watch();
  Handle* handle_;
  int fd_;
  bool reading_ = true;
  std::string output_;
};

// Pulls a body to its end.
class TestSink final : public BodySink {
 public:
  ~TestSink() {
    if (source) source->Cancel();
  }
  void PullAll(Ref<BodySource> from) {
    source = std::move(from);
    all = true;
    Pull();
  }
  void PullOne(Ref<BodySource> from) {
    source = std::move(from);
    all = false;
    Pull();
  }
  void Pull() {
    ++pulls;
    source->Pull(this);
  }
  void OnChunk(Bytes chunk) override {
    EXPECT_FALSE(chunk.empty());
    data.append(chunk.view());
    ++chunks;
    if (all) Pull();
  }
  void OnEnd() override { Done(); }
  void OnError(BodyError why, std::string_view text) override {
    error = why;
    message = text;
    Done();
  }
  void Done() {
    ended = true;
    source.reset();
    if (on_done) on_done();
  }
  Ref<BodySource> source;
  std::string data;
  int chunks = 0;
  int pulls = 0;
  bool all = false;
  bool ended = false;
  std::optional<BodyError> error;
  std::string message;
  std::function<void()> on_done;
};

// A source that the test answers by hand, or that answers at once from a list.
class TestSource final : public BodySource {
 public:
  void Pull(BodySink* sink) override {
    EXPECT_EQ(sink_, nullptr) << "one Pull at a time";
    sink_ = sink;
    ++pulls;
    Answer();
  }
  void Cancel() override {
    sink_ = nullptr;
    ++cancels;
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return told_length; }

  void Add(std::string chunk) {
    chunks.push_back(std::move(chunk));
    Answer();
  }
  void End() {
    end = true;
    Answer();
  }
  void Fail() {
    fail = true;
    Answer();
  }
  void Answer() {
    if (!sink_) return;
    if (!chunks.empty()) {
      std::string chunk = std::move(chunks.front());
      chunks.pop_front();
      std::exchange(sink_, nullptr)->OnChunk(Bytes::Take(std::move(chunk)));
    } else if (fail) {
      std::exchange(sink_, nullptr)->OnError(BodyError::kFailed, "no more");
    } else if (end) {
      std::exchange(sink_, nullptr)->OnEnd();
    }
  }
  [[nodiscard]] bool asked() const { return sink_ != nullptr; }

  std::optional<uint64_t> told_length;
  std::deque<std::string> chunks;
  bool end = false;
  bool fail = false;
  int pulls = 0;
  int cancels = 0;

 private:
  BodySink* sink_ = nullptr;
};

class LoopTest : public testing::Test {
 protected:
  LoopTest() { uv_loop_init(&loop_); }

  // Every handle has to be closed: runs the loop to its end.
  void CloseLoop();

  // Turns the loop until `condition` holds. False, with a test failure, after much too long.
  bool RunUntil(const std::function<bool()>& condition);

  // Lets everything happen that is due now.
  void RunPending();

  uv_loop_t loop_;
};

}  // namespace verge::http

#endif  // TESTS_HTTP_LOOP_FIXTURE_H_
