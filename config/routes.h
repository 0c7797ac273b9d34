// Which worker a host and a path belong to: route patterns, and a table that finds the most specific one.
//
// Patterns are those of Cloudflare: [scheme://]host[/path]. A '*' may stand before the host ("*.example.com": every
// host below it; "*example.com": that host, too; "*": any) and after the path ("/api*": what begins like that). Without
// a path only "/" is meant. The query belongs to what is matched, as on Cloudflare.
//
// The most specific pattern wins: an exact host before a wildcard, a longer wildcard before a shorter one, and among
// the patterns of one host an exact path before a prefix, a longer prefix before a shorter one, one with a scheme
// before one without. When none of a host's patterns matches the path, the next less specific host is looked at.
#ifndef CONFIG_ROUTES_H_
#define CONFIG_ROUTES_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace verge::config {

struct RoutePattern {
  enum class Scheme : uint8_t { kAny, kHttp, kHttps };
  enum class Host : uint8_t {
    kExact,
    kBelow,     // "*.example.com"
    kAndBelow,  // "*example.com"; with an empty `host`: any
  };

  Scheme scheme = Scheme::kAny;
  Host host_kind = Host::kExact;
  std::string host;  // lower case, without the wildcard
  std::string path;  // begins with '/', without the wildcard
  bool path_prefix = false;

  // The error says what is wrong and what would be right.
  static std::expected<RoutePattern, std::string> Parse(std::string_view text);

  bool operator==(const RoutePattern&) const = default;
};

// Never changes once it is built, so that any thread may look things up.
class RouteTable {
 public:
  // Requests that `pattern` matches belong to `worker`. Gives the worker that has the same pattern already, in which
  // case nothing was added.
  std::optional<uint32_t> Add(const RoutePattern& pattern, uint32_t worker);
  // To be called once, when everything was added.
  void Build();

  // `authority` as clients send it: a port does not count, nor does case. `target` is path and query. Takes time in
  // proportion to the two lengths and the logarithm of the number of patterns.
  [[nodiscard]] std::optional<uint32_t> Find(bool secure, std::string_view authority, std::string_view target) const;

  [[nodiscard]] size_t size() const { return size_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  // By RoutePattern::Scheme.
  struct Workers {
    uint32_t by_scheme[3] = {kNone, kNone, kNone};
    [[nodiscard]] std::optional<uint32_t> For(bool secure) const;
  };

  // Strings of which some are prefixes of others, sorted. An entry knows the longest entry that is a prefix of it: the
  // entries that are prefixes of a text are a chain that starts at the last one not behind the text.
  template <typename T>
  class PrefixMap {
   public:
    T& At(std::string_view key);
    void Build();
    // Calls `visit` for each entry that is a prefix of `text`, the longest first, until it returns true.
    template <typename Visit>
    bool Walk(std::string_view text, Visit visit) const;
    template <typename Each>
    void ForEach(Each each);

   private:
    struct Entry {
      std::string key;
      uint32_t parent = kNone;
      T value;
    };
    std::unordered_map<std::string, uint32_t> index_;  // until Build
    std::vector<Entry> entries_;
  };

  // The patterns of one host.
  struct Paths {
    std::unordered_map<std::string, Workers> exact;
    PrefixMap<Workers> prefixes;
    bool used = false;
    std::optional<uint32_t> Find(bool secure, std::string_view target) const;
  };
  struct Wildcards {
    Paths below;
    Paths and_below;
  };

  Paths& PathsOf(const RoutePattern& pattern);

  std::unordered_map<std::string, Paths> exact_;
  PrefixMap<Wildcards> wildcards_;  // by the reversed host with a '.' behind it
  size_t size_ = 0;
};

}  // namespace verge::config

#endif  // CONFIG_ROUTES_H_
