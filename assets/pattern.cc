#include "assets/pattern.h"

#include <algorithm>

namespace verge::assets {
namespace {

constexpr size_t kMaxWildcards = 32;
constexpr std::string_view kScheme = "https://";

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameCharacter(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_'; }

// The name after a ':' at `at`; "" if there is none.
std::string_view NameAt(std::string_view text, size_t at) {
  if (text[at] != ':' || at + 1 >= text.size() || !IsLetter(text[at + 1])) return {};
  size_t end = at + 2;
  while (end < text.size() && IsNameCharacter(text[end])) ++end;
  return text.substr(at + 1, end - at - 1);
}

}  // namespace

std::optional<Pattern> Pattern::Parse(std::string_view text) {
  Pattern out;
  out.with_host_ = text.starts_with(kScheme);
  const size_t host_end = out.with_host_ ? text.find('/', kScheme.size()) : 0;
  std::string literal;
  std::vector<std::string_view> names;
  const auto wildcard = [&](Kind kind, std::string_view name) {
    if (!literal.empty()) out.tokens_.push_back({Kind::kLiteral, std::exchange(literal, {})});
    if (std::ranges::find(names, name) != names.end() || names.size() == kMaxWildcards) return false;
    names.push_back(name);
    out.tokens_.push_back({kind, std::string(name)});
    return true;
  };
  for (size_t i = 0; i < text.size();) {
    const std::string_view name = NameAt(text, i);
    if (text[i] == '*') {
      if (!wildcard(Kind::kSplat, "splat")) return std::nullopt;
      ++i;
    } else if (!name.empty() && !(out.with_host_ && i < kScheme.size())) {
      if (!wildcard(i < host_end ? Kind::kLabel : Kind::kSegment, name)) return std::nullopt;
      i += 1 + name.size();
    } else {
      literal += text[i++];
    }
  }
  if (!literal.empty()) out.tokens_.push_back({Kind::kLiteral, std::move(literal)});
  return out;
}

bool Pattern::Match(std::string_view host, std::string_view path, Captures* captures) const {
  captures->clear();
  if (!with_host_) return MatchTokens(path, captures);
  // The scheme that the client used does not matter, so that nobody gets around a rule with another one. What was
  // captured are views, hence into the two parts: only the parts' boundary is inside a literal or at one.
  std::string text = std::string(kScheme) + std::string(host) + std::string(path);
  Captures found;
  if (!MatchTokens(text, &found)) return false;
  const size_t host_begin = kScheme.size();
  const size_t path_begin = host_begin + host.size();
  for (const auto& [name, value] : found) {
    const auto at = static_cast<size_t>(value.data() - text.data());
    if (at >= path_begin) {
      captures->emplace_back(name, path.substr(at - path_begin, value.size()));
    } else {
      // A '*' in the host may reach into the path: the host's part is what there is a view of.
      captures->emplace_back(name, host.substr(at - host_begin, value.size()));
    }
  }
  return true;
}

bool Pattern::MatchTokens(std::string_view text, Captures* captures) const {
  // Most patterns are told apart by their beginning.
  if (!tokens_.empty() && tokens_[0].kind == Kind::kLiteral && !text.starts_with(tokens_[0].text)) return false;
  if (tokens_.size() == 1 && tokens_[0].kind == Kind::kLiteral) return text == tokens_[0].text;

  // can[i][p]: what begins at p can be the tokens from i on. From the back, so that each is one walk over the text.
  const size_t width = text.size() + 1;
  std::vector<char> can(width * (tokens_.size() + 1), 0);
  const auto at = [&](size_t token, size_t position) -> char& { return can[token * width + position]; };
  at(tokens_.size(), text.size()) = 1;
  for (size_t i = tokens_.size(); i-- > 0;) {
    const Token& token = tokens_[i];
    bool later = false;  // for a wildcard: it could end at a position behind this one
    for (size_t p = width; p-- > 0;) {
      switch (token.kind) {
        case Kind::kLiteral:
          at(i, p) = p + token.text.size() <= text.size() && at(i + 1, p + token.text.size()) &&
                     text.compare(p, token.text.size(), token.text) == 0;
          break;
        case Kind::kSplat:
          later = later || at(i + 1, p);
          at(i, p) = later;
          break;
        case Kind::kSegment:
        case Kind::kLabel: {
          const bool inside = p < text.size() && text[p] != '/' && (token.kind == Kind::kSegment || text[p] != '.');
          at(i, p) = inside && (later || at(i + 1, p + 1));
          later = at(i, p);
          break;
        }
      }
    }
  }
  if (!at(0, 0)) return false;
  size_t position = 0;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (token.kind == Kind::kLiteral) {
      position += token.text.size();
      continue;
    }
    size_t limit = text.size();
    if (token.kind != Kind::kSplat) {
      limit = std::min(text.find_first_of(token.kind == Kind::kLabel ? "/." : "/", position), text.size());
    }
    size_t end = limit;
    while (!at(i + 1, end)) --end;
    captures->emplace_back(token.text, text.substr(position, end - position));
    position = end;
  }
  return true;
}

std::string Replace(std::string_view text, const Captures& captures) {
  std::string out;
  for (size_t i = 0; i < text.size() && out.size() < kMaxReplaced;) {
    const std::string_view name = NameAt(text, i);
    // The whole word is the name of a placeholder, or begins with one.
    const std::pair<std::string_view, std::string_view>* best = nullptr;
    if (!name.empty()) {
      for (const auto& capture : captures) {
        if (name.starts_with(capture.first) && (!best || best->first.size() < capture.first.size())) best = &capture;
      }
    }
    if (best) {
      out += best->second;
      i += 1 + best->first.size();
    } else {
      out += text[i++];
    }
  }
  if (out.size() > kMaxReplaced) out.resize(kMaxReplaced);
  return out;
}

bool GlobMatches(std::string_view glob, std::string_view path) {
  // The last '*' is the only one that it can be worth going back to.
  size_t g = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;
  size_t mark = 0;
  while (p < path.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      mark = p;
    } else if (g < glob.size() && glob[g] == path[p]) {
      ++g;
      ++p;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      p = ++mark;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace verge::assets
