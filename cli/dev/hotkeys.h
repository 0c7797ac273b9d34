// Keys that do something while `verge dev` runs on a terminal.
#ifndef CLI_DEV_HOTKEYS_H_
#define CLI_DEV_HOTKEYS_H_

#include <memory>
#include <string>

namespace verge::cli {

// What keys open.
struct HotkeyTargets {
  std::string url;       // of the worker
  std::string debugger;  // a WebSocket's, or "": there is none
  std::string explorer;  // path, or "": there is none
};

// One at a time. While it lives the terminal gives keys at once and does not echo them; it is as before with the
// object's end, with the program's, however that comes, and while the program is stopped.
class Hotkeys {
 public:
  enum class Action : unsigned char { kNone, kReload, kExit };

  // Null: the input or the output is no terminal, or somebody else's at the moment.
  static std::unique_ptr<Hotkeys> Start(HotkeyTargets targets);
  ~Hotkeys();
  Hotkeys(const Hotkeys&) = delete;
  Hotkeys& operator=(const Hotkeys&) = delete;

  // Readable when keys were pressed; -1 when there will be no more.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Takes what was pressed and does it, but for what is the caller's to do.
  Action Take();
  // The line that says what there is.
  void Print() const;

 private:
  explicit Hotkeys(HotkeyTargets targets);
  Action Press(char key) const;

  const HotkeyTargets targets_;
  int descriptor_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_HOTKEYS_H_
