// Request collapsing: one request to the origin for all that ask for the same at the same time.
#ifndef CACHE_FLIGHT_H_
#define CACHE_FLIGHT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cache/entry.h"

namespace verge::cache {

class FlightTable;

// What waiters hear: an entry, possibly still being written (look whether its vary fits the request); or null, then
// each goes on its own.
using FlightWaiter = std::move_only_function<void(EntryRef entry)>;

// The leader's part. Move-only. Dropping it is Decline. Waiters hear on their executors.
class Flight {
 public:
  Flight(std::shared_ptr<FlightTable> table, std::string key, uint64_t number);
  Flight(Flight&&) noexcept;
  Flight& operator=(Flight&&) noexcept;
  ~Flight();

  // The response's head is there and is stored: those who wait get the entry and read along. Those who come now and do
  // not find it in the store get it, too, until the flight is dropped or the entry's body is complete.
  void Publish(EntryRef entry);

  // Nothing to share: the response is not stored, or there is none.
  void Decline();

 private:
  std::shared_ptr<FlightTable> table_;  // null: over
  std::string key_;
  uint64_t number_ = 0;
};

}  // namespace verge::cache

#endif  // CACHE_FLIGHT_H_
