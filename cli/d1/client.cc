#include "cli/d1/client.h"

#include <chrono>
#include <format>
#include <future>
#include <utility>

#include "config/problem.h"
#include "config/suggest.h"

namespace verge::cli {
namespace {

// A person waits, and what is exported may be imported again: a row as text is longer than the row.
d1::Limits PatientLimits() {
  d1::Limits limits;
  limits.sql_bytes = 16'000'000;
  limits.query_time = std::chrono::hours(24);
  limits.result_bytes = 256 << 20;
  return limits;
}

class Question final : public d1::Operation {
 public:
  void OnDone() override { done_.set_value(); }
  void Wait() { done_.get_future().wait(); }

 private:
  std::promise<void> done_;
};

}  // namespace

D1Client::D1Client(std::string data, config::D1Database config, std::string folder)
    : directory_(std::move(data)),
      config_(std::move(config)),
      folder_(std::move(folder)),
      service_(directory_, PatientLimits()) {}

std::expected<std::unique_ptr<D1Client>, std::string> D1Client::Open(const D1Arguments& arguments) {
  const std::string& wanted = arguments.database;
  auto loaded = config::Load({.path = arguments.config, .env = arguments.env, .development = false, .vars = {}});
  if (loaded) {
    const config::WorkerConfig& worker = loaded->worker;
    const std::string& file = worker.source.empty() ? worker.main : worker.source;
    const std::string data = arguments.data.empty() ? config::DefaultStateFolder(worker) : arguments.data;
    std::vector<std::string_view> names;
    for (const config::D1Database& each : worker.d1_databases) {
      if (each.binding == wanted || each.name == wanted || each.id == wanted) {
        return std::unique_ptr<D1Client>(new D1Client(data, each, config::HomeFolder(worker)));
      }
      names.push_back(each.binding);
    }
    if (arguments.data.empty()) {
      std::string list;
      for (std::string_view name : names) list += (list.empty() ? "" : ", ") + config::Quoted(name);
      return std::unexpected(std::format("there is no D1 database {} in {}{}{}", config::Quoted(wanted), file,
                                         list.empty() ? "; it has no d1_databases" : "; it has " + list,
                                         config::DidYouMean(wanted, names)));
    }
  } else if (arguments.data.empty() || !arguments.config.empty()) {
    std::string text;
    for (const config::Problem& problem : loaded.error()) text += (text.empty() ? "" : "\n") + problem.ToString();
    return std::unexpected(text + "\n(without a configuration: --data DIR and the name of a database there)");
  }
  // A file of the folder.
  if (std::string wrong = sqlite::StateDirectory::CheckId(wanted); !wrong.empty()) return std::unexpected(wrong);
  config::D1Database named{wanted, wanted, wanted, "migrations", "d1_migrations"};
  return std::unique_ptr<D1Client>(new D1Client(arguments.data, std::move(named), "."));
}

std::expected<std::vector<d1::ResultSet>, d1::Failure> D1Client::Run(std::vector<d1::Query> queries) {
  auto question = std::make_shared<Question>();
  question->queries = std::move(queries);
  service_.Get(config_.id)->Start(question);
  question->Wait();
  if (question->failure) return std::unexpected(*question->failure);
  return std::move(question->results);
}

}  // namespace verge::cli
