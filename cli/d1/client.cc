#include "cli/d1/client.h"

#include <chrono>
#include <format>
#include <future>
#include <utility>

#include "cli/worker_choice.h"
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

const config::D1Database* Find(const config::WorkerConfig& worker, const std::string& wanted) {
  for (const config::D1Database& each : worker.d1_databases) {
    if (each.binding == wanted || each.name == wanted || each.id == wanted) return &each;
  }
  return nullptr;
}

std::unexpected<std::string> NotFound(const config::WorkerConfig& worker, const std::string& wanted) {
  std::vector<std::string_view> names;
  std::string list;
  for (const config::D1Database& each : worker.d1_databases) {
    names.push_back(each.binding);
    list += (list.empty() ? "" : ", ") + config::Quoted(each.binding);
  }
  return std::unexpected(std::format("there is no D1 database {} in {}{}{}", config::Quoted(wanted),
                                     worker.source.empty() ? worker.main : worker.source,
                                     list.empty() ? "; it has no d1_databases" : "; it has " + list,
                                     config::DidYouMean(wanted, names)));
}

}  // namespace

D1Client::D1Client(std::string data, config::D1Database config, std::string folder)
    : directory_(std::move(data)),
      config_(std::move(config)),
      folder_(std::move(folder)),
      service_(directory_, PatientLimits()) {}

std::expected<std::unique_ptr<D1Client>, std::string> D1Client::Open(const D1Arguments& arguments) {
  const std::string& wanted = arguments.database;
  // A database of the folder needs no worker.
  if (!arguments.worker.empty() || arguments.data.empty()) {
    auto chosen = ChooseWorker(arguments.config, arguments.worker, arguments.data);
    if (!chosen) return std::unexpected(chosen.error());
    if (*chosen) {
      const config::WorkerConfig& worker = (*chosen)->worker;
      const config::D1Database* found = Find(worker, wanted);
      if (!found) return NotFound(worker, wanted);
      return std::unique_ptr<D1Client>(new D1Client((*chosen)->DataOf(*found), *found, config::HomeFolder(worker)));
    }
  }
  auto loaded = config::Load({.path = arguments.config, .env = arguments.env, .development = false, .vars = {}});
  if (loaded) {
    const config::WorkerConfig& worker = loaded->worker;
    if (const config::D1Database* found = Find(worker, wanted)) {
      const std::string data = arguments.data.empty() ? config::DefaultStateFolder(worker) : arguments.data;
      return std::unique_ptr<D1Client>(new D1Client(data, *found, config::HomeFolder(worker)));
    }
    if (arguments.data.empty()) return NotFound(worker, wanted);
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
