// Requests to origins that others wait for: the records behind Flight.
#ifndef CACHE_FLIGHT_TABLE_H_
#define CACHE_FLIGHT_TABLE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/executor.h"
#include "cache/flight.h"

namespace verge::cache {

// Thread-safe.
class FlightTable {
 public:
  // The number of a new flight; nullopt: there is one, and `waiter` will hear.
  std::optional<uint64_t> Join(const std::string& key, std::shared_ptr<Executor> executor, FlightWaiter waiter);
  void Publish(const std::string& key, uint64_t number, const EntryRef& entry);
  void End(const std::string& key, uint64_t number);

 private:
  struct Waiting {
    std::shared_ptr<Executor> executor;
    FlightWaiter waiter;
  };
  struct Record {
    uint64_t number = 0;
    EntryRef published;
    std::vector<Waiting> waiting;
  };

  static void Tell(std::vector<Waiting> waiting, const EntryRef& entry);

  std::mutex mutex_;
  std::unordered_map<std::string, Record> records_;
  uint64_t last_number_ = 0;
};

}  // namespace verge::cache

#endif  // CACHE_FLIGHT_TABLE_H_
