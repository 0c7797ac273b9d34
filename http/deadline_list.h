// Timeouts by the thousand without a timer each: all deadlines of one list have the same distance, so that they are
// in order when each new one goes to the end.
#ifndef HTTP_DEADLINE_LIST_H_
#define HTTP_DEADLINE_LIST_H_

#include <cstdint>

namespace verge::http {

class Connection;

// `Owner` is whoever has a deadline.
template <typename Owner>
class DeadlineListOf {
 public:
  // A member of the owner. In one list at a time.
  struct Node {
    Owner* owner = nullptr;
    Node* previous = nullptr;
    Node* next = nullptr;
    uint64_t deadline = 0;
    [[nodiscard]] bool armed() const { return next != nullptr; }
  };

  // Zero: deadlines of this list never come.
  explicit DeadlineListOf(uint64_t milliseconds) : distance_(milliseconds) { head_.previous = head_.next = &head_; }
  DeadlineListOf(const DeadlineListOf&) = delete;
  DeadlineListOf& operator=(const DeadlineListOf&) = delete;

  // (Re)starts the time of `node`, whichever list it is in.
  void Arm(Node* node, uint64_t now) {
    Disarm(node);
    if (distance_ == 0) return;
    node->deadline = now + distance_;
    node->previous = head_.previous;
    node->next = &head_;
    head_.previous->next = node;
    head_.previous = node;
  }

  static void Disarm(Node* node) {
    if (!node->next) return;
    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->previous = node->next = nullptr;
  }

  // Takes a node out whose time has come, or null.
  Node* PopExpired(uint64_t now) {
    Node* first = head_.next;
    if (first == &head_ || first->deadline > now) return nullptr;
    Disarm(first);
    return first;
  }

  // The one whose time comes first, or null.
  [[nodiscard]] Node* first() const { return head_.next == &head_ ? nullptr : head_.next; }

  [[nodiscard]] uint64_t distance() const { return distance_; }

 private:
  uint64_t distance_;
  Node head_;
};

// The server's.
using DeadlineList = DeadlineListOf<Connection>;

}  // namespace verge::http

#endif  // HTTP_DEADLINE_LIST_H_
