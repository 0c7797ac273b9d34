// The store in memory alone: one lock, least recently used objects go first. No disk.
#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "cache/answer.h"
#include "cache/body.h"
#include "cache/conditional.h"
#include "cache/flight_table.h"
#include "cache/lease_table.h"
#include "cache/purge_log.h"
#include "cache/service.h"

namespace verge::cache {

// ---- Bodies

namespace {

class BodyReader final : public http::BodySource {
 public:
  BodyReader(EntryRef entry, std::shared_ptr<Executor> executor, std::optional<ByteRange> range)
      : entry_(std::move(entry)),
        executor_(std::move(executor)),
        position_(range ? range->begin : 0),
        end_(range ? range->end : UINT64_MAX) {
    if (range) {
      length_ = range->size();
    } else {
      length_ = entry_->size();
    }
  }

  void Pull(http::BodySink* sink) override {
    sink_ = sink;
    Advance();
  }
  void Cancel() override {
    sink_ = nullptr;
    entry_.reset();
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }

 private:
  void Advance() {
    if (!sink_) return;
    const http::Ref<BodyReader> self(this);
    if (!entry_) {
      std::exchange(sink_, nullptr)->OnError(http::BodyError::kCancelled, "The body was cancelled.");
      return;
    }
    Body::Chunk chunk = entry_->body()->Read(position_, end_, executor_, [self] { self->Advance(); });
    switch (chunk.kind) {
      case Body::Chunk::Kind::kLater:
        return;
      case Body::Chunk::Kind::kBytes:
        position_ += chunk.bytes.size();
        std::exchange(sink_, nullptr)->OnChunk(std::move(chunk.bytes));
        return;
      case Body::Chunk::Kind::kEnd:
        std::exchange(sink_, nullptr)->OnEnd();
        return;
      case Body::Chunk::Kind::kError:
        std::exchange(sink_, nullptr)->OnError(http::BodyError::kFailed, chunk.message);
        return;
    }
  }

  EntryRef entry_;
  const std::shared_ptr<Executor> executor_;
  uint64_t position_;
  const uint64_t end_;
  std::optional<uint64_t> length_;
  http::BodySink* sink_ = nullptr;
};

// Parts of multipart/byteranges, one after the other.
class PartsReader final : public http::BodySource, private http::BodySink {
 public:
  PartsReader(EntryRef entry, const Answer& answer, std::shared_ptr<Executor> executor)
      : entry_(std::move(entry)),
        executor_(std::move(executor)),
        ranges_(answer.ranges),
        multipart_(*answer.multipart) {}

  void Pull(http::BodySink* sink) override {
    if (next_ < ranges_.size() && !part_) {
      part_ = OpenBody(entry_, executor_, ranges_[next_]);
      sink->OnChunk(http::Bytes::Copy(multipart_.preludes[next_++]));
      return;
    }
    if (part_) {
      sink_ = sink;
      const http::Ref<http::BodySource> part = part_;
      part->Pull(this);
      return;
    }
    if (std::exchange(ended_, true)) {
      sink->OnEnd();
    } else {
      sink->OnChunk(http::Bytes::Copy(multipart_.epilogue));
    }
  }
  void Cancel() override {
    sink_ = nullptr;
    if (part_) part_->Cancel();
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return multipart_.length; }

 private:
  void OnChunk(http::Bytes chunk) override { std::exchange(sink_, nullptr)->OnChunk(std::move(chunk)); }
  void OnEnd() override {
    part_.reset();
    Pull(std::exchange(sink_, nullptr));
  }
  void OnError(http::BodyError error, std::string_view message) override {
    std::exchange(sink_, nullptr)->OnError(error, message);
  }

  const EntryRef entry_;
  const std::shared_ptr<Executor> executor_;
  const std::vector<ByteRange> ranges_;
  const Multipart multipart_;
  http::Ref<http::BodySource> part_;
  http::BodySink* sink_ = nullptr;
  size_t next_ = 0;
  bool ended_ = false;
};

// Pulls a body into a writer. Keeps itself.
class Filler final : public http::RefCounted, private http::BodySink {
 public:
  Filler(http::Ref<http::BodySource> upstream, std::shared_ptr<Writer> writer,
         std::move_only_function<void(EntryRef)> done)
      : upstream_(std::move(upstream)), writer_(std::move(writer)), done_(std::move(done)) {}

  void Start() {
    self_ = http::Ref<Filler>(this);
    Read();
  }

 private:
  void Read() {
    if (reading_) {
      again_ = true;
      return;
    }
    const http::Ref<Filler> keep(this);
    reading_ = true;
    do {
      again_ = false;
      upstream_->Pull(this);
    } while (again_ && self_);
    reading_ = false;
  }
  void OnChunk(http::Bytes chunk) override {
    if (writer_->Append(std::move(chunk)) == Writer::Result::kRefused) {
      upstream_->Cancel();
      Finish(nullptr);
      return;
    }
    Read();
  }
  void OnEnd() override { Finish(writer_->Commit()); }
  void OnError(http::BodyError, std::string_view message) override {
    writer_->Abort(message);
    Finish(nullptr);
  }
  void Finish(EntryRef entry) {
    const http::Ref<Filler> keep = std::move(self_);
    if (done_) std::exchange(done_, nullptr)(std::move(entry));
  }

  http::Ref<http::BodySource> upstream_;
  const std::shared_ptr<Writer> writer_;
  std::move_only_function<void(EntryRef)> done_;
  http::Ref<Filler> self_;
  bool reading_ = false;
  bool again_ = false;
};

}  // namespace

Entry::Entry(std::string key, Metadata metadata, std::shared_ptr<Body> body, uint64_t sequence)
    : key_(std::move(key)),
      metadata_(std::move(metadata)),
      body_(std::move(body)),
      sequence_(sequence),
      overhead_bytes_(512 + key_.size() + metadata_.fields.bytes()) {}
Entry::~Entry() = default;
std::optional<uint64_t> Entry::size() const { return body_->size(); }
bool Entry::complete() const { return body_->complete(); }
std::optional<http::Bytes> Entry::WholeBody() const { return body_->Whole(); }

http::Ref<http::BodySource> OpenBody(const EntryRef& entry, std::shared_ptr<Executor> executor,
                                     std::optional<ByteRange> range) {
  return http::MakeRef<BodyReader>(entry, std::move(executor), range);
}

void Fill(http::Ref<http::BodySource> upstream, std::shared_ptr<Writer> writer, std::shared_ptr<Executor>,
          std::move_only_function<void(EntryRef)> done) {
  http::MakeRef<Filler>(std::move(upstream), std::move(writer), std::move(done))->Start();
}

// ---- Answers

Answer AnswerFrom(const Entry& entry, const RequestView& request, const Verdict& verdict, Time now,
                  const AnswerOptions& options) {
  Answer answer;
  answer.status = entry.status();
  answer.status_text = entry.metadata().status_text;
  const auto add = [&answer](std::string_view name, std::string value) {
    answer.text.push_back(std::make_unique<std::string>(std::move(value)));
    answer.fields.push_back({name, *answer.text.back()});
  };
  const Fields stored = entry.fields();
  answer.fields.reserve(stored.size() + 4);
  const std::optional<uint64_t> size = entry.size();
  answer.length = size;
  std::optional<ByteRange> one;
  if (options.conditions && entry.status() == 200 && IsNotModified(request.fields, stored, now)) {
    answer.status = 304;
    answer.status_text = {};
    answer.has_body = false;
    answer.length.reset();
  } else if (options.ranges && entry.status() == 200 && size && request.method == "GET") {
    const auto range = FindField(request.fields, "range");
    if (range && IfRangeHolds(request.fields, stored, now)) {
      const RangeResult result = ParseRange(*range, *size, answer.ranges);
      if (result == RangeResult::kUnsatisfiable) {
        answer.status = 416;
        answer.has_body = false;
        answer.length = 0;
      } else if (result == RangeResult::kSatisfiable) {
        answer.status = 206;
        if (answer.ranges.size() == 1) {
          one = answer.ranges[0];
          answer.length = one->size();
        } else {
          answer.multipart = MakeMultipart(answer.ranges, *size, FindField(stored, "content-type").value_or(""),
                                           "verge-" + std::to_string(entry.sequence()) + "-part");
          answer.length = answer.multipart->length;
        }
      }
      if (answer.status != 200) answer.status_text = {};
    }
  }
  if (request.method == "HEAD") answer.has_body = false;
  for (const HeaderField& field : stored) {
    const bool describes = http::EqualsIgnoreCase(field.name, "content-type");
    if (answer.multipart && describes) continue;
    if (answer.status == 416 && (describes || http::EqualsIgnoreCase(field.name, "content-encoding"))) continue;
    answer.fields.push_back(field);
  }
  if (answer.multipart) add("Content-Type", answer.multipart->content_type);
  if (one) add("Content-Range", ContentRange(*one, *size));
  if (answer.status == 416) add("Content-Range", UnsatisfiedRange(*size));
  if (options.age) add("Age", std::to_string(std::max<int64_t>(verdict.age.count(), 0)));
  if (!options.cache_status.empty()) answer.fields.push_back({"Cf-Cache-Status", options.cache_status});
  return answer;
}

http::Ref<http::BodySource> AnswerBody(const EntryRef& entry, const Answer& answer,
                                       std::shared_ptr<Executor> executor) {
  if (!answer.has_body) return nullptr;
  if (answer.multipart) return http::MakeRef<PartsReader>(entry, answer, std::move(executor));
  if (answer.ranges.size() == 1) return OpenBody(entry, std::move(executor), answer.ranges[0]);
  return OpenBody(entry, std::move(executor));
}

// ---- The store

class ServiceCore {
 public:
  explicit ServiceCore(Options given)
      : options(std::move(given)),
        leases(std::make_shared<LeaseTable>(*options.clock, options.refresh_time, options.refresh_pause)),
        flights(std::make_shared<FlightTable>()) {}

  const Options options;
  const std::shared_ptr<LeaseTable> leases;
  const std::shared_ptr<FlightTable> flights;

  mutable std::mutex mutex;
  Counters counters;
  uint64_t sequence = 0;
  // All entries, the least recently used first, by owner, name and key.
  struct Slot {
    EntryRef entry;
    PurgeLog* purges = nullptr;
    std::string_view name;
    std::string full_key;
    uint64_t bytes = 0;
  };
  std::list<Slot> slots;
  std::unordered_multimap<std::string, std::list<Slot>::iterator> by_key;
  std::map<std::string, std::unique_ptr<PurgeLog>, std::less<>> purges;
  std::map<std::string, std::weak_ptr<NamespaceCore>, std::less<>> namespaces;

  void Drop(std::list<Slot>::iterator slot) {
    const auto [begin, end] = by_key.equal_range(slot->full_key);
    for (auto it = begin; it != end; ++it) {
      if (it->second == slot) {
        by_key.erase(it);
        break;
      }
    }
    counters.memory_bytes -= slot->bytes;
    --counters.objects;
    slots.erase(slot);
  }
};

class NamespaceCore {
 public:
  std::string owner;
  std::string name;
  std::string prefix;  // of full keys
  PurgeLog* purges = nullptr;
};

namespace {

PurgeEffect EffectOn(const NamespaceCore& space, const Entry& entry) {
  return space.purges->Judge(entry.sequence(), space.name, entry.url(), entry.metadata().tags);
}

EntryRef Insert(ServiceCore& core, NamespaceCore& space, const std::string& full_key, EntryRef entry) {
  const std::lock_guard lock(core.mutex);
  if (EffectOn(space, *entry) == PurgeEffect::kHard) return nullptr;
  std::vector<std::list<ServiceCore::Slot>::iterator> variants;
  const auto [begin, end] = core.by_key.equal_range(full_key);
  for (auto it = begin; it != end; ++it) variants.push_back(it->second);
  for (const auto& slot : variants) {
    if (slot->entry->metadata().vary == entry->metadata().vary ||
        slot->entry->metadata().vary.fields.empty() != entry->metadata().vary.fields.empty()) {
      core.Drop(slot);
    }
  }
  const uint64_t bytes = entry->overhead_bytes() + entry->size().value_or(0);
  core.slots.push_back({entry, space.purges, space.name, full_key, bytes});
  core.by_key.emplace(full_key, std::prev(core.slots.end()));
  core.counters.memory_bytes += bytes;
  ++core.counters.objects;
  ++core.counters.stores;
  while (core.counters.memory_bytes > core.options.memory_bytes && core.slots.size() > 1) {
    core.Drop(core.slots.begin());
    ++core.counters.evictions;
  }
  return entry;
}

class MemoryWriter final : public Writer {
 public:
  MemoryWriter(std::shared_ptr<ServiceCore> core, std::shared_ptr<NamespaceCore> space, EntryRef entry)
      : core_(std::move(core)), space_(std::move(space)), entry_(std::move(entry)) {}
  ~MemoryWriter() override { entry_->body()->Fail("The response was not completed."); }

  Result Append(http::Bytes piece) override {
    if (entry_->body()->written() + piece.size() > core_->options.object_bytes) {
      Abort("The response is too large to be kept.");
      return Result::kRefused;
    }
    entry_->body()->Append(std::move(piece));
    return Result::kOk;
  }
  void WhenWritable(std::shared_ptr<Executor> executor, Task task) override { executor->Post(std::move(task)); }
  EntryRef Commit() override {
    const std::optional<uint64_t> announced = entry_->body()->size();
    if (announced && *announced != entry_->body()->written()) {
      Abort("The response is not of the length that it announced.");
      return nullptr;
    }
    entry_->body()->Complete();
    return Insert(*core_, *space_, space_->prefix + entry_->key(), entry_);
  }
  void Abort(std::string_view message) override { entry_->body()->Fail(message); }
  [[nodiscard]] const EntryRef& entry() const override { return entry_; }

 private:
  const std::shared_ptr<ServiceCore> core_;
  const std::shared_ptr<NamespaceCore> space_;
  const EntryRef entry_;
};

}  // namespace

Namespace::Namespace(std::shared_ptr<ServiceCore> service, std::shared_ptr<NamespaceCore> core)
    : service_(std::move(service)), core_(std::move(core)) {}
Namespace::~Namespace() = default;

Found Namespace::Find(std::string_view key, Fields request, Vary vary) {
  const std::string full_key = core_->prefix + std::string(key);
  const std::lock_guard lock(service_->mutex);
  const auto [begin, end] = service_->by_key.equal_range(full_key);
  std::optional<std::list<ServiceCore::Slot>::iterator> best;
  for (auto it = begin; it != end; ++it) {
    const EntryRef& entry = it->second->entry;
    if (vary == Vary::kHonour && !entry->metadata().vary.Matches(request)) continue;
    if (!best || entry->sequence() > (*best)->entry->sequence()) best = it->second;
  }
  if (best) {
    const PurgeEffect effect = EffectOn(*core_, *(*best)->entry);
    if (effect == PurgeEffect::kHard) {
      service_->Drop(*best);
    } else {
      ++service_->counters.hits;
      service_->slots.splice(service_->slots.end(), service_->slots, *best);
      return {(*best)->entry, false, effect == PurgeEffect::kSoft};
    }
  }
  ++service_->counters.misses;
  return {};
}

void Namespace::Load(std::string_view key, Fields request, Vary vary, std::shared_ptr<Executor> executor,
                     std::move_only_function<void(Found)> done) {
  executor->Post([found = Find(key, request, vary), done = std::move(done)]() mutable { done(std::move(found)); });
}

uint64_t Namespace::Ticket() {
  const std::lock_guard lock(service_->mutex);
  return ++service_->sequence;
}

std::expected<std::shared_ptr<Writer>, StoreError> Namespace::Begin(StoreRequest request) {
  if (request.length.value_or(0) > service_->options.object_bytes) return std::unexpected(StoreError::kTooLarge);
  const uint64_t sequence = request.ticket ? request.ticket : Ticket();
  auto entry = std::make_shared<const Entry>(std::move(request.key), std::move(request.metadata),
                                             std::make_shared<Body>(request.length), sequence);
  return std::make_shared<MemoryWriter>(service_, core_, std::move(entry));
}

EntryRef Namespace::Put(StoreRequest request, http::Bytes body) {
  if (body.size() > service_->options.object_bytes) return nullptr;
  const uint64_t sequence = request.ticket ? request.ticket : Ticket();
  auto entry = std::make_shared<const Entry>(std::move(request.key), std::move(request.metadata),
                                             std::make_shared<Body>(std::move(body)), sequence);
  return Insert(*service_, *core_, core_->prefix + entry->key(), entry);
}

EntryRef Namespace::Update(const EntryRef& entry, Metadata metadata) {
  auto updated = std::make_shared<const Entry>(entry->key(), std::move(metadata), entry->body(), Ticket());
  RemoveEntry(entry);
  return Insert(*service_, *core_, core_->prefix + entry->key(), updated);
}

void Namespace::Remove(std::string_view key, std::shared_ptr<Executor> executor,
                       std::move_only_function<void(bool)> done) {
  bool existed = false;
  {
    const std::lock_guard lock(service_->mutex);
    const std::string full_key = core_->prefix + std::string(key);
    for (auto it = service_->by_key.find(full_key); it != service_->by_key.end();
         it = service_->by_key.find(full_key)) {
      existed = existed || EffectOn(*core_, *it->second->entry) != PurgeEffect::kHard;
      service_->Drop(it->second);
    }
  }
  if (executor && done) executor->Post([existed, done = std::move(done)]() mutable { done(existed); });
}

void Namespace::RemoveEntry(const EntryRef& entry) {
  const std::lock_guard lock(service_->mutex);
  const auto [begin, end] = service_->by_key.equal_range(core_->prefix + entry->key());
  for (auto it = begin; it != end; ++it) {
    if (it->second->entry != entry) continue;
    service_->Drop(it->second);
    return;
  }
}

namespace {

PurgeMark MarkOf(const PurgeRequest& request, uint64_t sequence) {
  PurgeMark mark;
  mark.kind = request.kind == PurgeKind::kTag      ? PurgeMark::Kind::kTag
              : request.kind == PurgeKind::kPrefix ? PurgeMark::Kind::kPrefix
                                                   : PurgeMark::Kind::kEverything;
  mark.soft = request.soft;
  mark.text = request.text;
  mark.sequence = sequence;
  return mark;
}

}  // namespace

void Namespace::Purge(const PurgeRequest& request) {
  PurgeMark mark = MarkOf(request, Ticket());
  mark.all_names = false;
  mark.name = core_->name;
  core_->purges->Add(mark);
}

std::optional<RefreshLease> Namespace::TryBeginRefresh(const EntryRef& entry) { return TryBeginRefresh(entry->key()); }

std::optional<RefreshLease> Namespace::TryBeginRefresh(std::string_view key) {
  std::string full_key = core_->prefix + std::string(key);
  const auto number = service_->leases->TryBegin(full_key, service_->options.clock->Now());
  if (!number) return std::nullopt;
  return RefreshLease(service_->leases, std::move(full_key), *number);
}

std::optional<Flight> Namespace::JoinFlight(std::string_view key, std::shared_ptr<Executor> executor,
                                            FlightWaiter waiter) {
  std::string full_key = core_->prefix + std::string(key);
  const auto number = service_->flights->Join(full_key, std::move(executor), std::move(waiter));
  if (!number) return std::nullopt;
  return Flight(service_->flights, std::move(full_key), *number);
}

void Namespace::CountStale() {
  const std::lock_guard lock(service_->mutex);
  ++service_->counters.stale;
}

std::shared_ptr<Service> Service::Create(Options options) {
  return std::shared_ptr<Service>(new Service(std::make_shared<ServiceCore>(std::move(options))));
}
Service::Service(std::shared_ptr<ServiceCore> core) : core_(std::move(core)) {}
Service::~Service() = default;

std::shared_ptr<Namespace> Service::Open(std::string_view owner, std::string_view name) {
  auto space = std::make_shared<NamespaceCore>();
  space->owner = owner;
  space->name = name;
  // Lengths before the texts: no name can be taken for the end of another one.
  space->prefix =
      std::to_string(owner.size()) + ":" + std::string(owner) + std::to_string(name.size()) + ":" + std::string(name);
  const std::lock_guard lock(core_->mutex);
  auto& purges = core_->purges[std::string(owner)];
  if (!purges) purges = std::make_unique<PurgeLog>();
  space->purges = purges.get();
  auto& known = core_->namespaces[space->prefix];
  if (auto existing = known.lock()) {
    space = existing;
  } else {
    known = space;
  }
  return std::make_shared<Namespace>(core_, space);
}

void Service::Purge(std::string_view owner, const PurgeRequest& request) {
  const std::lock_guard lock(core_->mutex);
  auto& purges = core_->purges[std::string(owner)];
  if (!purges) purges = std::make_unique<PurgeLog>();
  purges->Add(MarkOf(request, ++core_->sequence));
}

std::vector<std::string> Service::Owners() const {
  const std::lock_guard lock(core_->mutex);
  std::vector<std::string> owners;
  for (const auto& [owner, purges] : core_->purges) owners.push_back(owner);
  return owners;
}

Counters Service::counters() const {
  const std::lock_guard lock(core_->mutex);
  return core_->counters;
}

Service::Usage Service::usage(std::string_view owner) const {
  const std::lock_guard lock(core_->mutex);
  const auto purges = core_->purges.find(owner);
  Usage usage;
  if (purges == core_->purges.end()) return usage;
  for (const ServiceCore::Slot& slot : core_->slots) {
    if (slot.purges == purges->second.get()) usage.memory_bytes += slot.bytes;
  }
  return usage;
}

void Service::Flush() {}
const Clock& Service::clock() const { return *core_->options.clock; }

}  // namespace verge::cache
