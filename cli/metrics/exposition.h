// The text format in which Prometheus reads metrics (version 0.0.4).
#ifndef CLI_METRICS_EXPOSITION_H_
#define CLI_METRICS_EXPOSITION_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace verge::cli {

// Writes families one after the other: Begin, then its samples.
class Exposition {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // `type`: "counter", "gauge", "histogram". Names are letters, digits and underscores.
  void Begin(std::string_view name, std::string_view type, std::string_view help);

  // A sample of the family that was begun; `suffix` is added to its name ("_bucket").
  void Add(Labels labels, uint64_t value, std::string_view suffix = {});
  void AddDecimal(Labels labels, double value, std::string_view suffix = {});

  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  void AppendName(Labels labels, std::string_view suffix);

  std::string name_;
  std::string text_;
};

}  // namespace verge::cli

#endif  // CLI_METRICS_EXPOSITION_H_
