// The signals that end the program or have it read its configuration again.
#ifndef CLI_SIGNAL_WAITER_H_
#define CLI_SIGNAL_WAITER_H_

#include <pthread.h>
#include <signal.h>

namespace verge::cli {

// Blocks these signals, in this thread and all that it starts, and waits for them here.
class SignalWaiter {
 public:
  // `reloads`: SIGHUP does not end it.
  explicit SignalWaiter(bool reloads) {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    if (reloads) sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A client that goes away while it is written to is an error of that write.
    signal(SIGPIPE, SIG_IGN);
    // And a file that has grown as large as it may be is one of a write, too.
    signal(SIGXFSZ, SIG_IGN);
  }
  [[nodiscard]] const sigset_t& set() const { return set_; }
  int Wait() {
    int number = 0;
    while (sigwait(&set_, &number) != 0) {
    }
    return number;
  }
  // From now on a signal ends the process at once: for those who do not want to wait for the drain.
  void Default() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

 private:
  sigset_t set_;
};

}  // namespace verge::cli

#endif  // CLI_SIGNAL_WAITER_H_
