// What has something to do before the loop waits for events the next time: connections to pump, sources to pull.
#ifndef HTTP_TURN_QUEUE_H_
#define HTTP_TURN_QUEUE_H_

#include <uv.h>

#include <vector>

namespace verge::http {

// Takes turns. Must be out of the queue before it goes.
class Scheduled {
 public:
  virtual void OnTurn() = 0;

 protected:
  ~Scheduled() = default;

 private:
  friend class TurnQueue;
  bool scheduled_ = false;
};

// The queue of a loop's server or client. On the loop's thread only. While something waits the loop does not, wherever
// in its round that something was scheduled: one queue's turn may well fill the other's that was emptied just before.
class TurnQueue {
 public:
  explicit TurnQueue(uv_loop_t* loop);
  ~TurnQueue() { Close(); }
  TurnQueue(const TurnQueue&) = delete;
  TurnQueue& operator=(const TurnQueue&) = delete;

  // To the end; nothing happens if it waits already.
  void Add(Scheduled* what);
  void Remove(Scheduled* what);

  // Lets go of the loop, which needs a round more for that. Nothing is added afterwards.
  void Close();

 private:
  // Live until libuv has let go of both.
  struct Handles {
    uv_prepare_t prepare;
    uv_idle_t idle;
    int open = 2;
  };

  void Run();

  Handles* handles_;  // null: closed
  std::vector<Scheduled*> waiting_;
};

}  // namespace verge::http

#endif  // HTTP_TURN_QUEUE_H_
