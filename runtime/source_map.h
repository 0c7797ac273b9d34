// Where the lines of a compiled module come from (https://tc39.es/ecma426/).
#ifndef RUNTIME_SOURCE_MAP_H_
#define RUNTIME_SOURCE_MAP_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verge::runtime {

// Made from the parts of the JSON form. Decoded when an error first asks for a place, so that a start costs nothing.
// Safe to use from several threads.
class SourceMap {
 public:
  // `sources`: names of files, relative to the worker's root. `url`: where a debugger finds the whole map.
  SourceMap(std::vector<std::string> sources, std::string mappings, std::string url = {})
      : sources_(std::move(sources)), url_(std::move(url)), mappings_(std::move(mappings)) {}

  [[nodiscard]] const std::string& url() const { return url_; }

  struct Place {
    std::string_view source;
    int line = 0;    // from 1
    int column = 0;  // from 1, in UTF-16 code units
  };
  // The origin of a place, both counted from 1. Nothing: it has none, or the map is broken there.
  [[nodiscard]] std::optional<Place> Find(int line, int column) const;

 private:
  struct Segment {
    uint32_t column;
    uint32_t source;  // kNone: generated, comes from nowhere
    uint32_t source_line;
    uint32_t source_column;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  void Decode() const;

  const std::vector<std::string> sources_;
  const std::string url_;
  mutable std::string mappings_;  // until decoded
  mutable std::once_flag decoded_;
  mutable std::vector<std::vector<Segment>> lines_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_SOURCE_MAP_H_
