#include "assets/rule_files.h"

#include <ada.h>

#include <algorithm>
#include <charconv>
#include <expected>
#include <format>
#include <functional>
#include <set>

#include "http/message.h"

namespace verge::assets {
namespace {

constexpr size_t kMaxLine = 2000;
constexpr size_t kMaxHeaderRules = 100;
constexpr size_t kMaxFixedRedirects = 2000;
constexpr size_t kMaxPatternRedirects = 100;
constexpr std::string_view kScheme = "https://";

constexpr bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = http::ToLower(c);
  return out;
}

// Calls `each` with the lines that say something, trimmed. It gives false to stop.
void ForEachLine(std::string_view text, std::vector<RuleProblem>* problems,
                 const std::function<bool(size_t, std::string_view)>& each) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#') continue;
    if (line.size() > kMaxLine) {
      problems->push_back({number, std::format("the line is longer than {} characters", kMaxLine)});
    } else if (!each(number, line)) {
      return;
    }
  }
}

bool HasHost(std::string_view text) { return text.starts_with(kScheme) && text.size() > kScheme.size(); }

// A path, or an https URL, in the form in which requests are compared with it. `keep_query`: query and fragment belong
// to it.
std::expected<std::string, std::string> Normalize(std::string_view text, bool keep_query) {
  std::string prefix;
  std::string_view path = text;
  if (HasHost(text)) {
    std::string_view rest = text.substr(kScheme.size());
    while (rest.starts_with('/')) rest.remove_prefix(1);
    const size_t slash = std::min(rest.find('/'), rest.size());
    prefix = std::string(kScheme) + Lower(rest.substr(0, slash));
    path = rest.substr(slash);
    if (path.empty()) path = "/";
  } else if (!text.starts_with('/')) {
    return std::unexpected("it has to begin with '/' or \"https://\"");
  }
  auto url = ada::parse<ada::url_aggregator>("https://host" + std::string(path));
  if (!url) return std::unexpected("it is not a valid path");
  std::string out = prefix + std::string(url->get_pathname());
  if (keep_query) out += std::string(url->get_search()) + std::string(url->get_hash());
  return out;
}

bool HasWildcard(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '*') return true;
    if (text[i] == ':' && i + 1 < text.size()) {
      const char c = http::ToLower(text[i + 1]);
      if (c >= 'a' && c <= 'z') return true;
    }
  }
  return false;
}

bool EndsInIndex(std::string_view path) { return path.ends_with("/index") || path.ends_with("/index.html"); }

bool IsPathLine(std::string_view line) {
  if (line[0] == '/') return true;
  const size_t scheme = line.find("://");
  return scheme != std::string_view::npos && scheme > 0 && std::ranges::none_of(line.substr(0, scheme), IsSpace);
}

}  // namespace

HeaderRules ParseHeaderRules(std::string_view text) {
  HeaderRules out;
  std::optional<HeaderRule> rule;
  size_t rule_line = 0;
  bool skipping = false;  // the lines of a path that is refused
  const auto wrong = [&](size_t line, std::string message) { out.problems.push_back({line, std::move(message)}); };
  const auto finish = [&] {
    if (!rule) return;
    if (rule->set.empty() && rule->unset.empty()) {
      wrong(rule_line, "no header follows the path");
    } else {
      out.rules.push_back(*std::move(rule));
    }
    rule.reset();
  };
  ForEachLine(text, &out.problems, [&](size_t number, std::string_view line) {
    if (IsPathLine(line)) {
      finish();
      skipping = true;
      if (out.rules.size() >= kMaxHeaderRules) {
        wrong(number, std::format("there are more than {} rules; what follows has no effect", kMaxHeaderRules));
        return false;
      }
      auto path = Normalize(line, false);
      if (!path) {
        wrong(number, path.error());
        return true;
      }
      const std::string_view host = HasHost(*path) ? std::string_view(*path).substr(kScheme.size()) : "";
      if (const size_t colon = host.substr(0, host.find('/')).rfind(':');
          colon != std::string_view::npos && colon + 1 < host.size() && host[colon + 1] >= '0' &&
          host[colon + 1] <= '9') {
        wrong(number, "a host with a port is not supported");
        return true;
      }
      auto pattern = Pattern::Parse(*path);
      if (!pattern) {
        wrong(number, "'*' can stand in a path once, and so can each ':name'; '*' is also ':splat'");
        return true;
      }
      skipping = false;
      rule = HeaderRule{*std::move(pattern), {}, {}};
      rule_line = number;
      return true;
    }
    if (skipping) return true;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      if (rule && line.starts_with("! ")) {
        rule->unset.push_back(Lower(Trim(line.substr(2))));
      } else {
        wrong(number, rule ? "this is neither 'name: value' nor '! name'" : "a path has to come first");
      }
      return true;
    }
    const std::string name = Lower(Trim(line.substr(0, colon)));
    const std::string_view value = Trim(line.substr(colon + 1));
    if (!http::IsToken(name)) {
      wrong(number, "this is not the name of a header");
    } else if (value.empty() || !http::IsFieldValue(value)) {
      wrong(number, "the header has no value");
    } else if (!rule) {
      wrong(number, "a path has to come first");
    } else if (auto same = std::ranges::find(rule->set, name, &std::pair<std::string, std::string>::first);
               same != rule->set.end()) {
      same->second.append(", ").append(value);
    } else {
      rule->set.emplace_back(name, value);
    }
    return true;
  });
  finish();
  return out;
}

RedirectRules ParseRedirectRules(std::string_view text, HtmlHandling html) {
  RedirectRules out;
  std::set<std::string> seen;
  bool only_fixed = true;  // a rule behind one with wildcards comes behind it, too, when a request is looked at
  const auto wrong = [&](size_t line, std::string message) { out.problems.push_back({line, std::move(message)}); };
  ForEachLine(text, &out.problems, [&](size_t number, std::string_view line) {
    std::vector<std::string_view> words;
    for (size_t i = 0; i < line.size();) {
      if (IsSpace(line[i])) {
        ++i;
        continue;
      }
      if (line[i] == '#') break;  // behind white space: a comment
      size_t end = i;
      while (end < line.size() && !IsSpace(line[end])) ++end;
      words.push_back(line.substr(i, end - i));
      i = end;
    }
    if (words.size() < 2 || words.size() > 3) {
      wrong(number, std::format("a rule is 'from to [status]'; this has {} words", words.size()));
      return true;
    }
    if (HasHost(words[0])) {
      wrong(number, "'from' has to be a path");
      return true;
    }
    auto from = Normalize(words[0].starts_with('/') ? std::string(words[0]) : "/" + std::string(words[0]), false);
    auto to = Normalize(words[1], true);
    if (!from || !to) {
      wrong(number, std::format("'{}': {}", from ? "to" : "from", from ? to.error() : from.error()));
      return true;
    }
    int status = 302;
    if (words.size() == 3) {
      const char* end = words[2].data() + words[2].size();
      const auto [rest, error] = std::from_chars(words[2].data(), end, status);
      if (error != std::errc() || rest != end) status = 0;
    }
    if (status != 200 && status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
      wrong(number, "the status has to be 200, 301, 302, 303, 307 or 308");
      return true;
    }
    const bool relative = !HasHost(*to);
    if (relative && EndsInIndex(*to) &&
        (from->ends_with("/*") || (from->ends_with('/') && html != HtmlHandling::kNone))) {
      wrong(number, "this would redirect for ever: the address of 'to' is its folder, for which the rule holds again");
      return true;
    }
    if (status == 200 && !relative) {
      wrong(number, "a rule with status 200 can only lead to another path");
      return true;
    }
    if (!seen.insert(*from).second) {
      wrong(number, "there is a rule for this path above");
      return true;
    }
    RedirectTarget target{status, *std::move(to)};
    if (only_fixed && !HasWildcard(*from)) {
      if (out.fixed.size() == kMaxFixedRedirects) {
        wrong(number, std::format("there are more than {} rules without a wildcard", kMaxFixedRedirects));
      } else {
        out.fixed.emplace(*std::move(from), std::move(target));
      }
      return true;
    }
    only_fixed = false;
    if (out.patterns.size() == kMaxPatternRedirects) {
      wrong(number, std::format("there are more than {} rules with wildcards; what follows has no effect",
                                kMaxPatternRedirects));
      return false;
    }
    auto pattern = Pattern::Parse(*from);
    if (!pattern) {
      wrong(number, "'*' can stand in a path once, and so can each ':name'; '*' is also ':splat'");
      return true;
    }
    out.patterns.emplace_back(*std::move(pattern), std::move(target));
    return true;
  });
  return out;
}

bool RedirectRules::Find(std::string_view path, RedirectTarget* out) const {
  if (!fixed.empty()) {
    if (auto found = fixed.find(std::string(path)); found != fixed.end()) {
      *out = found->second;
      return true;
    }
  }
  Captures captures;
  for (const auto& [pattern, target] : patterns) {
    if (!pattern.Match({}, path, &captures)) continue;
    out->status = target.status;
    out->to = Replace(target.to, captures);
    if (!HasHost(out->to)) {
      // What was captured must not make another host of it ("//evil").
      std::string single;
      for (const char c : out->to) {
        if (c != '/' || single.empty() || single.back() != '/') single += c;
      }
      out->to = std::move(single);
    }
    return true;
  }
  return false;
}

}  // namespace verge::assets
