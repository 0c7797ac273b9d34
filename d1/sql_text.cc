#include "d1/sql_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace verge::d1 {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordPart(char c) { return IsWordStart(c) || (c >= '0' && c <= '9') || c == '$'; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool Same(std::string_view word, std::string_view upper) {
  return std::ranges::equal(word, upper, [](char a, char b) { return Upper(a) == b; });
}

enum class TokenKind : uint8_t { kSpace, kComment, kWord, kQuoted, kSemicolon, kOther };

struct Token {
  TokenKind kind = TokenKind::kOther;
  size_t length = 1;
  bool open = false;  // a quotation or a comment that the text does not end
};

// The token at the beginning of a text that is not empty, by SQLite's rules.
Token Next(std::string_view sql) {
  const char c = sql[0];
  if (IsSpace(c)) {
    size_t n = 1;
    while (n < sql.size() && IsSpace(sql[n])) ++n;
    return {TokenKind::kSpace, n};
  }
  if (c == '-' && sql.size() > 1 && sql[1] == '-') {
    const size_t end = sql.find('\n');
    return {TokenKind::kComment, end == std::string_view::npos ? sql.size() : end + 1};
  }
  if (c == '/' && sql.size() > 1 && sql[1] == '*') {
    // To the end of the text when it is not closed, as in SQLite.
    const size_t end = sql.find("*/", 2);
    if (end == std::string_view::npos) return {TokenKind::kComment, sql.size(), true};
    return {TokenKind::kComment, end + 2};
  }
  if (c == '\'' || c == '"' || c == '`') {
    for (size_t i = 1; i < sql.size(); ++i) {
      if (sql[i] != c) continue;
      if (i + 1 < sql.size() && sql[i + 1] == c) {
        ++i;
        continue;
      }
      return {TokenKind::kQuoted, i + 1};
    }
    return {TokenKind::kQuoted, sql.size(), true};
  }
  if (c == '[') {
    const size_t end = sql.find(']');
    if (end == std::string_view::npos) return {TokenKind::kQuoted, sql.size(), true};
    return {TokenKind::kQuoted, end + 1};
  }
  if (c == ';') return {TokenKind::kSemicolon, 1};
  if (IsWordPart(c)) {
    size_t n = 1;
    while (n < sql.size() && IsWordPart(sql[n])) ++n;
    return {TokenKind::kWord, n};
  }
  return {};
}

// Whether the tokens so far are inside the body of a trigger: it ends with `END` at the level of its `BEGIN`.
class TriggerTracker {
 public:
  void Word(std::string_view word) {
    switch (state_) {
      case State::kStart:
        if (Same(word, "CREATE")) {
          state_ = State::kCreate;
        } else if (!Same(word, "EXPLAIN") && !Same(word, "QUERY") && !Same(word, "PLAN")) {
          state_ = State::kOther;
        }
        break;
      case State::kCreate:
        if (Same(word, "TRIGGER")) {
          state_ = State::kHead;
        } else if (!Same(word, "TEMP") && !Same(word, "TEMPORARY")) {
          state_ = State::kOther;
        }
        break;
      case State::kHead:
        // WHEN (CASE … END) may stand before BEGIN.
        if (Same(word, "BEGIN")) state_ = State::kBody;
        break;
      case State::kBody:
        if (Same(word, "CASE")) {
          ++cases_;
        } else if (Same(word, "END")) {
          if (cases_ > 0) {
            --cases_;
          } else {
            state_ = State::kOther;
          }
        }
        break;
      case State::kOther:
        break;
    }
  }
  // A token that is neither a word nor blank.
  void Other() {
    if (state_ == State::kStart || state_ == State::kCreate) state_ = State::kOther;
  }
  [[nodiscard]] bool in_body() const { return state_ == State::kBody; }

 private:
  enum class State : uint8_t { kStart, kCreate, kHead, kBody, kOther };
  State state_ = State::kStart;
  int cases_ = 0;
};

}  // namespace

size_t StatementLength(std::string_view sql, bool* complete) {
  TriggerTracker trigger;
  bool blank = true;
  size_t at = 0;
  while (at < sql.size()) {
    const Token token = Next(sql.substr(at));
    const std::string_view text = sql.substr(at, token.length);
    at += token.length;
    if (token.kind == TokenKind::kSpace || token.kind == TokenKind::kComment) continue;
    if (token.kind == TokenKind::kSemicolon) {
      // A semicolon before anything else is no statement of its own.
      if (blank || trigger.in_body()) continue;
      if (complete) *complete = true;
      return at;
    }
    blank = false;
    if (token.kind == TokenKind::kWord) {
      trigger.Word(text);
    } else {
      trigger.Other();
    }
  }
  if (complete) *complete = false;
  return sql.size();
}

bool IsBlank(std::string_view sql) {
  while (!sql.empty()) {
    const Token token = Next(sql);
    if (token.kind != TokenKind::kSpace && token.kind != TokenKind::kComment && token.kind != TokenKind::kSemicolon) {
      return false;
    }
    sql.remove_prefix(token.length);
  }
  return true;
}

std::vector<std::string_view> SplitStatements(std::string_view sql) {
  std::vector<std::string_view> out;
  while (!sql.empty()) {
    const size_t length = StatementLength(sql);
    if (const std::string_view statement = sql.substr(0, length); !IsBlank(statement)) out.push_back(statement);
    sql.remove_prefix(length);
  }
  return out;
}

std::vector<ExecPiece> SplitLines(std::string_view sql) {
  std::vector<ExecPiece> out;
  size_t begin = 0;
  size_t line = 1;
  // Tokens are read once: a piece ends at a newline behind a semicolon that ends a statement.
  TriggerTracker trigger;
  bool blank = true;  // nothing of a statement so far
  size_t at = 0;
  auto take = [&](size_t end, size_t next) {
    std::string_view text = sql.substr(begin, end - begin);
    // Lines before that of the first token belong to no statement, unless a comment begins there that ends on it.
    size_t first_line = line;
    size_t skip = 0;
    size_t cut = 0;
    while (skip < text.size()) {
      const Token token = Next(text.substr(skip));
      if (token.kind != TokenKind::kSpace && token.kind != TokenKind::kComment && token.kind != TokenKind::kSemicolon) {
        break;
      }
      const std::string_view blank_text = text.substr(skip, token.length);
      const size_t newline = blank_text.starts_with("/*") ? std::string_view::npos : blank_text.rfind('\n');
      if (newline != std::string_view::npos) cut = skip + newline + 1;
      skip += token.length;
    }
    if (skip < text.size()) {
      first_line += static_cast<size_t>(std::ranges::count(text.substr(0, cut), '\n'));
      text.remove_prefix(cut);
      if (text.ends_with('\r')) text.remove_suffix(1);
      out.push_back({text, first_line});
    }
    line += static_cast<size_t>(std::ranges::count(sql.substr(begin, next - begin), '\n'));
    begin = next;
  };
  while (at < sql.size()) {
    const Token token = Next(sql.substr(at));
    const std::string_view text = sql.substr(at, token.length);
    const size_t start = at;
    at += token.length;
    switch (token.kind) {
      case TokenKind::kSpace:
      case TokenKind::kComment: {
        const size_t newline = text.rfind('\n');
        const bool inside = token.kind == TokenKind::kComment && text.starts_with("/*");
        if (blank && newline != std::string_view::npos && !inside) {
          const size_t first = text.find('\n');
          take(start + first, start + newline + 1);
        }
        break;
      }
      case TokenKind::kSemicolon:
        if (trigger.in_body()) break;
        blank = true;
        trigger = {};
        break;
      case TokenKind::kWord:
        blank = false;
        trigger.Word(text);
        break;
      case TokenKind::kQuoted:
      case TokenKind::kOther:
        blank = false;
        trigger.Other();
        break;
    }
  }
  take(sql.size(), sql.size());
  return out;
}

std::string FirstWord(std::string_view sql) {
  constexpr size_t kMax = 16;
  while (!sql.empty()) {
    const Token token = Next(sql);
    if (token.kind == TokenKind::kWord) {
      std::string out(sql.substr(0, std::min(token.length, kMax)));
      for (char& c : out) c = Upper(c);
      return out;
    }
    if (token.kind != TokenKind::kSpace && token.kind != TokenKind::kComment && token.kind != TokenKind::kSemicolon) {
      return "";
    }
    sql.remove_prefix(token.length);
  }
  return "";
}

bool LooksLikeRead(std::string_view sql) {
  static constexpr std::array<std::string_view, 5> kReads = {"SELECT", "WITH", "VALUES", "EXPLAIN", "PRAGMA"};
  // What is common needs no tokens.
  if (sql.size() > 6 && Same(sql.substr(0, 6), "SELECT")) return true;
  return std::ranges::find(kReads, FirstWord(sql)) != kReads.end();
}

std::string QuoteName(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string QuoteText(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + '\'';
}

}  // namespace verge::d1
