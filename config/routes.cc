#include "config/routes.h"

#include <algorithm>
#include <format>
#include <utility>

#include "config/problem.h"

namespace verge::config {
namespace {

// RFC 1035, section 2.3.4.
constexpr size_t kMaxHost = 253;
constexpr size_t kMaxPath = 4096;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsHostChar(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'; }

// "moc.elpmaxe.": a prefix of it is a host above it, because labels end with their dot.
void Reverse(std::string_view host, std::string* out) {
  out->clear();
  while (!host.empty()) {
    size_t dot = host.rfind('.');
    std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
    out->append(label);
    out->push_back('.');
    host = dot == std::string_view::npos ? std::string_view() : host.substr(0, dot);
  }
}

// Without the port and a trailing dot, in lower case.
void HostOf(std::string_view authority, std::string* out) {
  std::string_view host = authority;
  if (host.starts_with('[')) {
    host = host.substr(0, host.find(']') == std::string_view::npos ? host.size() : host.find(']') + 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
  out->assign(host);
  std::ranges::transform(*out, out->begin(), Lower);
}

}  // namespace

std::expected<RoutePattern, std::string> RoutePattern::Parse(std::string_view text) {
  const auto wrong = [text](std::string_view what) {
    return std::unexpected(std::format("the route {} {}", Quoted(text), what));
  };
  RoutePattern out;
  std::string_view rest = text;
  if (rest.empty()) return wrong("is empty; a route is a host and a path, such as 'example.com/api/*'");
  if (rest.starts_with("https://")) {
    out.scheme = Scheme::kHttps;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    out.scheme = Scheme::kHttp;
    rest.remove_prefix(7);
  } else if (rest.find("://") != std::string_view::npos) {
    return wrong("has a scheme that is neither http:// nor https://");
  }
  size_t slash = rest.find('/');
  std::string_view host = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
  if (path.find('?') != std::string_view::npos || path.find('#') != std::string_view::npos) {
    return wrong("has a query or a fragment; leave it away and end the path with '*'");
  }
  if (host.empty()) return wrong("has no host; '*' stands for any, as in '*/api/*'");
  if (host.starts_with('*')) {
    host.remove_prefix(1);
    out.host_kind = Host::kAndBelow;
    if (host.starts_with('.')) {
      host.remove_prefix(1);
      out.host_kind = Host::kBelow;
      if (host.empty()) return wrong("has no host behind '*.'");
    }
  }
  if (host.find('*') != std::string_view::npos) {
    return wrong("has a '*' inside the host; it may stand at the very beginning only, as in '*.example.com'");
  }
  const bool address = host.starts_with('[') && host.ends_with(']') && out.host_kind == Host::kExact;
  if (!address && host.find(':') != std::string_view::npos) {
    return wrong("names a port; ports do not count in routes: leave it away");
  }
  out.host.assign(host);
  std::ranges::transform(out.host, out.host.begin(), Lower);
  if (out.host.size() > 1 && out.host.ends_with('.')) out.host.pop_back();
  if (out.host.size() > kMaxHost) return wrong("has a host that is too long");
  if (!address && !std::ranges::all_of(out.host, IsHostChar)) {
    return wrong("has characters in its host that a host name cannot have; write an international name as 'xn--…'");
  }
  if (!address && (out.host.starts_with('.') || out.host.find("..") != std::string::npos)) {
    return wrong("has an empty label in its host");
  }
  if (path.ends_with('*')) {
    out.path_prefix = true;
    path.remove_suffix(1);
  }
  if (path.find('*') != std::string_view::npos) {
    return wrong("has a '*' inside the path; it may stand at the very end only, as in '/api/*'");
  }
  if (path.size() > kMaxPath) return wrong("has a path that is too long");
  out.path.assign(path);
  return out;
}

std::optional<uint32_t> RouteTable::Workers::For(bool secure) const {
  uint32_t worker = by_scheme[static_cast<size_t>(secure ? RoutePattern::Scheme::kHttps : RoutePattern::Scheme::kHttp)];
  if (worker == kNone) worker = by_scheme[static_cast<size_t>(RoutePattern::Scheme::kAny)];
  return worker == kNone ? std::nullopt : std::optional(worker);
}

template <typename T>
T& RouteTable::PrefixMap<T>::At(std::string_view key) {
  auto [found, added] = index_.try_emplace(std::string(key), static_cast<uint32_t>(entries_.size()));
  if (added) {
    entries_.emplace_back();
    entries_.back().key = key;
  }
  return entries_[found->second].value;
}

template <typename T>
void RouteTable::PrefixMap<T>::Build() {
  std::unordered_map<std::string, uint32_t>().swap(index_);
  std::ranges::sort(entries_, {}, &Entry::key);
  // The entries that are prefixes of the one at hand, the longest last.
  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    while (!open.empty() && !entries_[i].key.starts_with(entries_[open.back()].key)) open.pop_back();
    entries_[i].parent = open.empty() ? kNone : open.back();
    open.push_back(i);
  }
}

template <typename T>
template <typename Visit>
bool RouteTable::PrefixMap<T>::Walk(std::string_view text, Visit visit) const {
  auto behind = std::ranges::upper_bound(entries_, text, {}, [](const Entry& e) { return std::string_view(e.key); });
  if (behind == entries_.begin()) return false;
  for (auto i = static_cast<uint32_t>(behind - entries_.begin() - 1); i != kNone; i = entries_[i].parent) {
    if (text.starts_with(entries_[i].key) && visit(entries_[i])) return true;
  }
  return false;
}

template <typename T>
template <typename Each>
void RouteTable::PrefixMap<T>::ForEach(Each each) {
  for (Entry& entry : entries_) each(entry.value);
}

std::optional<uint32_t> RouteTable::Paths::Find(bool secure, std::string_view target) const {
  if (!used) return std::nullopt;
  if (!exact.empty()) {
    if (auto found = exact.find(std::string(target)); found != exact.end()) {
      if (auto worker = found->second.For(secure)) return worker;
    }
  }
  std::optional<uint32_t> worker;
  prefixes.Walk(target, [&](const auto& entry) {
    worker = entry.value.For(secure);
    return worker.has_value();
  });
  return worker;
}

RouteTable::Paths& RouteTable::PathsOf(const RoutePattern& pattern) {
  if (pattern.host_kind == RoutePattern::Host::kExact) return exact_[pattern.host];
  std::string reversed;
  Reverse(pattern.host, &reversed);
  Wildcards& wildcards = wildcards_.At(reversed);
  return pattern.host_kind == RoutePattern::Host::kBelow ? wildcards.below : wildcards.and_below;
}

std::optional<uint32_t> RouteTable::Add(const RoutePattern& pattern, uint32_t worker) {
  Paths& paths = PathsOf(pattern);
  paths.used = true;
  Workers& workers = pattern.path_prefix ? paths.prefixes.At(pattern.path) : paths.exact[pattern.path];
  uint32_t& slot = workers.by_scheme[static_cast<size_t>(pattern.scheme)];
  if (slot != kNone) return slot;
  slot = worker;
  ++size_;
  return std::nullopt;
}

void RouteTable::Build() {
  for (auto& [host, paths] : exact_) paths.prefixes.Build();
  wildcards_.ForEach([](Wildcards& each) {
    each.below.prefixes.Build();
    each.and_below.prefixes.Build();
  });
  wildcards_.Build();
}

std::optional<uint32_t> RouteTable::Find(bool secure, std::string_view authority, std::string_view target) const {
  std::string host;
  HostOf(authority, &host);
  if (auto found = exact_.find(host); found != exact_.end()) {
    if (auto worker = found->second.Find(secure, target)) return worker;
  }
  std::string reversed;
  Reverse(host, &reversed);
  std::optional<uint32_t> worker;
  wildcards_.Walk(reversed, [&](const auto& entry) {
    if (reversed.size() > entry.key.size()) worker = entry.value.below.Find(secure, target);
    if (!worker) worker = entry.value.and_below.Find(secure, target);
    return worker.has_value();
  });
  return worker;
}

}  // namespace verge::config
