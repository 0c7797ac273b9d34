#include "cli/bundle/import_scan.h"

#include <algorithm>

namespace verge::cli {
namespace {

bool IsIdentifierPart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Scanner {
 public:
  explicit Scanner(std::string_view source) : text_(source) {}

  std::vector<std::string> Run() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (SkipComment()) continue;
      if (c == '"' || c == '\'') {
        SkipString();
      } else if (c == '`') {
        ++at_;
        SkipTemplate();
      } else if (c == '{') {
        ++depth_;
        ++at_;
      } else if (c == '}') {
        ++at_;
        if (!templates_.empty() && templates_.back() == depth_) {
          templates_.pop_back();
          SkipTemplate();  // the end of a ${…}
        } else {
          --depth_;
        }
      } else if (IsIdentifierPart(c)) {
        TakeWord();
      } else {
        ++at_;
      }
    }
    return std::move(found_);
  }

 private:
  bool SkipComment() {
    std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (rest.starts_with("/*")) {
      size_t end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else {
      return false;
    }
    return true;
  }

  // The text between the quotes. A string does not go beyond its line: one that seems to was none.
  std::string SkipString() {
    char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value += text_[at_++];
    }
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
    return value;
  }

  // From within a template to its end, or to the code in a ${…}.
  void SkipTemplate() {
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '\\') {
        ++at_;
      } else if (c == '`') {
        return;
      } else if (c == '$' && at_ < text_.size() && text_[at_] == '{') {
        ++at_;
        templates_.push_back(depth_);
        return;
      }
    }
  }

  void SkipSpace() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (!SkipComment()) {
        return;
      }
    }
  }

  void TakeWord() {
    size_t begin = at_;
    while (at_ < text_.size() && IsIdentifierPart(text_[at_])) ++at_;
    std::string_view word = text_.substr(begin, at_ - begin);
    bool is_member = begin > 0 && (text_[begin - 1] == '.' || text_[begin - 1] == '#') &&
                     !(begin > 2 && text_.substr(begin - 3, 3) == "...");
    if (is_member || (word != "import" && word != "from")) return;
    SkipSpace();
    if (word == "import" && at_ < text_.size() && text_[at_] == '(') {
      ++at_;
      SkipSpace();
    }
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) found_.push_back(SkipString());
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  std::vector<int> templates_;  // depths of braces at which a ${ is open
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> ImportsOf(std::string_view source) { return Scanner(source).Run(); }

}  // namespace verge::cli
