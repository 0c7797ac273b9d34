#include "runtime/shard.h"

#include <time.h>

#include <algorithm>

#include "runtime/invocation.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {
namespace {

constexpr uint32_t kInitialSlots = 1024;
constexpr int64_t kNsPerMs = 1'000'000;

// Below this, wall time stands for CPU time: reading the thread's clock costs half a microsecond.
constexpr int64_t kReadCpuAboveNs = kNsPerMs;

int64_t ReadClock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

}  // namespace

Shard::Shard(const ShardOptions& options) : options_(options) {
  uv_loop_init(&loop_);
  loop_.data = this;
  wake_.data = this;
  uv_async_init(&loop_, &wake_, [](uv_async_t* handle) { static_cast<Shard*>(handle->data)->RunPosted(); });

  mailbox_ = ShardMailbox::Create(&loop_);
  timers_ = std::make_unique<TimerQueue>(&loop_);
  watchdog_slot_ = options_.watchdog->Acquire();
  invocations_.resize(kInitialSlots);
  mask_ = kInitialSlots - 1;
  cpu_base_ns_ = ReadClock(CLOCK_THREAD_CPUTIME_ID);
}

Shard::~Shard() {
  to_dispose_.clear();
  mailbox_->Close();
  client_.reset();
  timers_.reset();
  options_.watchdog->Release(watchdog_slot_);
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void Shard::Run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Shard::Stop() { uv_stop(&loop_); }

http::Client& Shard::client() {
  if (!client_) client_ = http::Client::Create(&loop_, options_.outbound);
  return *client_;
}

void Shard::Post(std::function<void()> task) {
  bool first = false;
  {
    std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) uv_async_send(&wake_);
}

void Shard::RunPosted() {
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

uint32_t Shard::Add(Invocation* invocation) {
  if (++open_ > invocations_.size() / 2) Grow();
  for (;;) {
    uint32_t id = next_id_++;
    if (id == 0) continue;  // 0 says "none"
    InvocationSlot& slot = invocations_[id & mask_];
    if (slot.invocation) continue;
    slot = {id, invocation};
    return id;
  }
}

void Shard::Remove(uint32_t id) {
  InvocationSlot& slot = invocations_[id & mask_];
  if (slot.id != id) return;
  slot = {};
  --open_;
}

void Shard::Grow() {
  std::vector<InvocationSlot> bigger(invocations_.size() * 2);
  auto mask = static_cast<uint32_t>(bigger.size() - 1);
  // Two ids that differed below the old mask still do.
  for (const InvocationSlot& slot : invocations_) {
    if (slot.invocation) bigger[slot.id & mask] = slot;
  }
  invocations_ = std::move(bigger);
  mask_ = mask;
}

void Shard::DisposeLater(std::unique_ptr<WorkerIsolate> isolate) {
  to_dispose_.push_back(std::move(isolate));
  if (to_dispose_.size() == 1) Post([this] { to_dispose_.clear(); });
}

int64_t Shard::CpuOfTurn(int64_t wall_ns) {
  if (wall_ns < kReadCpuAboveNs) [[likely]]
    return wall_ns;
  // The clock's last reading may lie far back, so this is an upper bound, as the wall time is: the smaller one counts.
  int64_t now = ReadClock(CLOCK_THREAD_CPUTIME_ID);
  int64_t cpu = now - cpu_base_ns_;
  cpu_base_ns_ = now;
  return std::min(cpu, wall_ns);
}

double Shard::WallMs(int64_t monotonic_ns) {
  // The wall clock can be set; it is looked at again every second.
  if (monotonic_ns - wall_offset_read_ns_ > 1000 * kNsPerMs || wall_offset_ns_ == 0) {
    wall_offset_ns_ = ReadClock(CLOCK_REALTIME) - monotonic_ns;
    wall_offset_read_ns_ = monotonic_ns;
  }
  return static_cast<double>(monotonic_ns + wall_offset_ns_) / kNsPerMs;
}

}  // namespace verge::runtime
