#include "cli/dev/explorer/calls.h"

#include <algorithm>
#include <format>
#include <vector>

#include "cli/dev/explorer/json_text.h"
#include "config/problem.h"

namespace verge::cli {
namespace {

using Binding = ExplorerSubject::Binding;

std::string BindingsJson(const std::vector<Binding>& bindings) {
  std::string out = "[";
  for (const Binding& each : bindings) {
    if (out.size() > 1) out += ',';
    out += std::format("{{\"binding\":{},\"id\":{},\"title\":{}}}", JsonText(each.name), JsonText(each.id),
                       JsonText(each.title));
  }
  return out + "]";
}

void DescribeWorkers(Call* call, const config::Value& /*parameters*/) {
  std::string out = "{\"workers\":[";
  std::string_view separator;
  for (const auto& worker : call->subject().workers()) {
    out += std::format("{}{{\"name\":{},\"kv\":{},\"d1\":{}}}", separator, JsonText(worker->name),
                       BindingsJson(worker->kv), BindingsJson(worker->d1));
    separator = ",";
  }
  call->Answer(out + "]}");
}

void ListRequests(Call* call, const config::Value& parameters) {
  const config::Value* since = parameters.Find("since");
  const int64_t version = since ? since->AsInteger().value_or(0) : 0;
  call->Answer(call->subject().history.ToJson(static_cast<uint64_t>(std::max<int64_t>(version, 0))));
}

void ClearRequests(Call* call, const config::Value& /*parameters*/) {
  call->subject().history.Clear();
  call->Answer("{}");
}

constexpr NamedCall kCalls[] = {
    {"workers", &DescribeWorkers}, {"requests", &ListRequests},  {"requests/clear", &ClearRequests},
    {"kv/list", &ListKeys},        {"kv/get", &GetKey},          {"kv/put", &PutKey},
    {"kv/delete", &DeleteKey},     {"d1/tables", &ListTables},   {"d1/query", &RunQuery},
    {"cache/list", &ListCache},    {"cache/purge", &PurgeCache},
};

}  // namespace

Call::Handler FindCall(std::string_view name) {
  const auto* found = std::ranges::find(kCalls, name, &NamedCall::name);
  return found == std::end(kCalls) ? nullptr : found->handler;
}

const std::string* TextParameter(const config::Value& parameters, std::string_view name) {
  const config::Value* value = parameters.Find(name);
  return value && value->Is(config::Value::Kind::kString) ? &value->text : nullptr;
}

std::shared_ptr<const ExplorerSubject::Worker> FindWorker(Call* call, const config::Value& parameters) {
  const auto workers = call->subject().workers();
  const std::string* name = TextParameter(parameters, "worker");
  const auto found =
      name ? std::ranges::find(workers, *name, [](const auto& worker) { return worker->name; }) : workers.begin();
  if (found != workers.end()) return *found;
  call->Fail(404, name ? std::format("there is no worker {}", config::Quoted(*name)) : "there is no worker");
  return nullptr;
}

const Binding* FindBinding(const ExplorerSubject::Worker& worker, const std::vector<Binding>& bindings, Call* call,
                           const config::Value& parameters) {
  const std::string* name = TextParameter(parameters, "binding");
  if (!name) {
    call->Fail(400, "\"binding\" is missing");
    return nullptr;
  }
  const auto found = std::ranges::find(bindings, *name, &Binding::name);
  if (found == bindings.end()) {
    call->Fail(404, std::format("{} has no such binding: {}", worker.name, config::Quoted(*name)));
    return nullptr;
  }
  return &*found;
}

}  // namespace verge::cli
