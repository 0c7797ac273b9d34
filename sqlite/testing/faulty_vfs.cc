#include "sqlite/testing/faulty_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace verge::sqlite::testing {
namespace {

std::atomic<int64_t> passes_left{INT64_MAX};
std::atomic<uint32_t> failing_calls{0};
std::atomic<int> failure_code{SQLITE_OK};
std::atomic<bool> is_sticky{false};
std::atomic<bool> has_failed{false};
std::atomic<int64_t> call_count{0};
std::atomic<int64_t> growth_left{INT64_MAX};
std::atomic<bool> short_writes{false};

sqlite3_vfs* Real() { return static_cast<sqlite3_vfs*>(sqlite3_vfs_find("unix")); }

// The code to fail with, or SQLITE_OK.
int Fault(FaultyCall call, int io_error) {
  if ((failing_calls.load() & call) == 0) return SQLITE_OK;
  call_count.fetch_add(1);
  if (passes_left.fetch_sub(1) > 0) return SQLITE_OK;
  if (has_failed.exchange(true) && !is_sticky.load()) return SQLITE_OK;
  int code = failure_code.load();
  return code == SQLITE_IOERR ? io_error : code;
}

struct File {
  sqlite3_file base;
  // The real one lies behind this.
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* From(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
const sqlite3_io_methods* Methods(sqlite3_file* file) { return From(file)->real()->pMethods; }
sqlite3_file* RealOf(sqlite3_file* file) { return From(file)->real(); }

int Close(sqlite3_file* file) { return Methods(file)->xClose(RealOf(file)); }

int Read(sqlite3_file* file, void* out, int count, sqlite3_int64 offset) {
  if (int fault = Fault(kReadCall, SQLITE_IOERR_READ)) return fault;
  return Methods(file)->xRead(RealOf(file), out, count, offset);
}

int Write(sqlite3_file* file, const void* data, int count, sqlite3_int64 offset) {
  int fault = Fault(kWriteCall, SQLITE_IOERR_WRITE);
  if (fault == SQLITE_OK && growth_left.load() != INT64_MAX) {
    sqlite3_int64 size = 0;
    Methods(file)->xFileSize(RealOf(file), &size);
    int64_t growth = offset + count - size;
    if (growth > 0 && growth_left.fetch_sub(growth) < growth) {
      growth_left.fetch_add(growth);
      has_failed.store(true);
      fault = SQLITE_FULL;
    }
  }
  if (fault != SQLITE_OK) {
    if (short_writes.load()) Methods(file)->xWrite(RealOf(file), data, count / 2, offset);
    return fault;
  }
  return Methods(file)->xWrite(RealOf(file), data, count, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (int fault = Fault(kTruncateCall, SQLITE_IOERR_TRUNCATE)) return fault;
  return Methods(file)->xTruncate(RealOf(file), size);
}

int Sync(sqlite3_file* file, int flags) {
  if (int fault = Fault(kSyncCall, SQLITE_IOERR_FSYNC)) return fault;
  return Methods(file)->xSync(RealOf(file), flags);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) { return Methods(file)->xFileSize(RealOf(file), size); }
int Lock(sqlite3_file* file, int lock) { return Methods(file)->xLock(RealOf(file), lock); }
int Unlock(sqlite3_file* file, int lock) { return Methods(file)->xUnlock(RealOf(file), lock); }
int CheckReservedLock(sqlite3_file* file, int* out) { return Methods(file)->xCheckReservedLock(RealOf(file), out); }
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Methods(file)->xFileControl(RealOf(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Methods(file)->xSectorSize(RealOf(file)); }
int DeviceCharacteristics(sqlite3_file* file) { return Methods(file)->xDeviceCharacteristics(RealOf(file)); }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Methods(file)->xShmMap(RealOf(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Methods(file)->xShmLock(RealOf(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Methods(file)->xShmBarrier(RealOf(file)); }
int ShmUnmap(sqlite3_file* file, int remove) { return Methods(file)->xShmUnmap(RealOf(file), remove); }

// Version 2: no memory mapping, so that every read is seen here.
constexpr sqlite3_io_methods kMethods = {
    2,
    Close,
    Read,
    Write,
    Truncate,
    Sync,
    FileSize,
    Lock,
    Unlock,
    CheckReservedLock,
    FileControl,
    SectorSize,
    DeviceCharacteristics,
    ShmMap,
    ShmLock,
    ShmBarrier,
    ShmUnmap,
    nullptr,
    nullptr,
};

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (int fault = Fault(kOpenCall, SQLITE_CANTOPEN)) return fault;
  int code = Real()->xOpen(Real(), name, From(file)->real(), flags, out_flags);
  if (From(file)->real()->pMethods) file->pMethods = &kMethods;
  return code;
}

int Delete(sqlite3_vfs*, const char* name, int sync) {
  if (int fault = Fault(kDeleteCall, SQLITE_IOERR_DELETE)) return fault;
  return Real()->xDelete(Real(), name, sync);
}

}  // namespace

FaultyVfs::FaultyVfs() {
  static sqlite3_vfs vfs = *Real();
  vfs.szOsFile = static_cast<int>(sizeof(File)) + Real()->szOsFile;
  vfs.zName = name();
  vfs.pNext = nullptr;
  vfs.xOpen = Open;
  vfs.xDelete = Delete;
  sqlite3_vfs_register(&vfs, 0);
}

FaultyVfs& FaultyVfs::Get() {
  static FaultyVfs vfs;
  return vfs;
}

void FaultyVfs::Reset() {
  failing_calls.store(0);
  growth_left.store(INT64_MAX);
  short_writes.store(false);
}

void FaultyVfs::FailAfter(int64_t passes, uint32_t calls, int code, bool sticky) {
  failing_calls.store(0);
  passes_left.store(passes);
  failure_code.store(code);
  is_sticky.store(sticky);
  has_failed.store(false);
  call_count.store(0);
  failing_calls.store(calls);
}

void FaultyVfs::LimitGrowth(int64_t bytes) {
  has_failed.store(false);
  growth_left.store(bytes);
}
void FaultyVfs::SetShortWrites(bool on) { short_writes.store(on); }
int64_t FaultyVfs::calls() const { return call_count.load(); }
bool FaultyVfs::failed() const { return has_failed.load(); }

}  // namespace verge::sqlite::testing
