// Rows on their way from SQLite to JavaScript: bytes in one piece, written on a pool thread and read on the shard's.
#ifndef D1_ROWS_H_
#define D1_ROWS_H_

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace verge::d1 {

// The columns of a result. Shared by all results of a statement, so that what is derived from it (how row objects look)
// can be kept under its address.
struct Columns {
  std::vector<std::string> names;
  // Indexes of the columns that make up a row object: of columns with the same name the last, at the place of the
  // first.
  std::vector<int> object_columns;

  static std::shared_ptr<const Columns> Of(sqlite3_stmt* stmt);
  // Whether the statement still has these.
  [[nodiscard]] bool Match(sqlite3_stmt* stmt) const;
};

enum class CellType : uint8_t {
  kNull,
  kSmallInteger,  // fits 32 bits
  kInteger,
  kReal,
  kAscii,
  kUtf8,  // or what was stored as such
  kBlob,
};

struct Cell {
  CellType type = CellType::kNull;
  int64_t integer = 0;
  double real = 0;
  std::string_view bytes;  // of kAscii, kUtf8, kBlob; within the buffer
};

class RowBuffer {
 public:
  // The statement's current row.
  void Append(sqlite3_stmt* stmt, int columns);
  void Clear() {
    bytes_.clear();
    rows_ = 0;
  }

  [[nodiscard]] size_t rows() const { return rows_; }
  [[nodiscard]] size_t size() const { return bytes_.size(); }

 private:
  friend class RowReader;
  template <typename T>
  void Put(CellType type, T value);
  void PutBytes(CellType type, const void* data, size_t size);

  std::string bytes_;
  size_t rows_ = 0;
};

// Reads cells in the order in which they were written. The buffer must outlive it.
class RowReader {
 public:
  explicit RowReader(const RowBuffer& buffer) : rest_(buffer.bytes_) {}
  Cell Next();

 private:
  template <typename T>
  T Take();
  std::string_view rest_;
};

}  // namespace verge::d1

#endif  // D1_ROWS_H_
