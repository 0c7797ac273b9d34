// The D1 databases of a process, and the threads that work on them.
#ifndef D1_SERVICE_H_
#define D1_SERVICE_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "d1/database.h"
#include "d1/limits.h"
#include "sqlite/periodic.h"
#include "sqlite/state_directory.h"
#include "sqlite/thread_pool.h"

namespace verge::d1 {

// Thread-safe. One for the process; the shards share it.
class Service {
 public:
  // `directory` must outlive it.
  explicit Service(const sqlite::StateDirectory& directory, Limits limits = {});
  // Waits for writes that are queued.
  ~Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The database with that id, which is safe as a file name, in that space of the directory; the same one for
  // everybody. It need not exist yet.
  std::shared_ptr<Database> Get(const std::string& id, const std::string& space = {});

 private:
  // Closes connections that nobody has used for a while.
  void Sweep();

  const sqlite::StateDirectory& directory_;
  const Limits limits_;
  // Their own, so that long queries keep nobody else's commits waiting. What readers have queued may still write.
  sqlite::ThreadPool writers_;
  sqlite::ThreadPool readers_;
  std::mutex mutex_;
  std::map<std::string, sqlite::StateDirectory> spaces_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Database>> databases_;  // by space and id
  sqlite::Periodic sweeper_;                                                            // ends before the rest
};

}  // namespace verge::d1

#endif  // D1_SERVICE_H_
