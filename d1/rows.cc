#include "d1/rows.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>

namespace verge::d1 {
namespace {

bool IsAscii(const unsigned char* text, size_t size) {
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text + i, sizeof word);
    if (word & 0x8080808080808080U) return false;
  }
  for (; i < size; ++i) {
    if (text[i] & 0x80) return false;
  }
  return true;
}

const char* NameOf(sqlite3_stmt* stmt, int column) {
  const char* name = sqlite3_column_name(stmt, column);
  return name ? name : "";
}

}  // namespace

std::shared_ptr<const Columns> Columns::Of(sqlite3_stmt* stmt) {
  auto columns = std::make_shared<Columns>();
  const int count = sqlite3_column_count(stmt);
  columns->names.reserve(static_cast<size_t>(count));
  std::unordered_map<std::string_view, size_t> places;
  for (int i = 0; i < count; ++i) {
    // Reserved: the views stay valid.
    const std::string& name = columns->names.emplace_back(NameOf(stmt, i));
    const auto [place, added] = places.try_emplace(name, columns->object_columns.size());
    if (added) {
      columns->object_columns.push_back(i);
    } else {
      columns->object_columns[place->second] = i;
    }
  }
  return columns;
}

bool Columns::Match(sqlite3_stmt* stmt) const {
  if (sqlite3_column_count(stmt) != static_cast<int>(names.size())) return false;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] != NameOf(stmt, static_cast<int>(i))) return false;
  }
  return true;
}

template <typename T>
void RowBuffer::Put(CellType type, T value) {
  char cell[1 + sizeof(T)];
  cell[0] = static_cast<char>(type);
  std::memcpy(cell + 1, &value, sizeof value);
  bytes_.append(cell, sizeof cell);
}

void RowBuffer::PutBytes(CellType type, const void* data, size_t size) {
  Put(type, static_cast<uint32_t>(size));
  if (size > 0) bytes_.append(static_cast<const char*>(data), size);
}

void RowBuffer::Append(sqlite3_stmt* stmt, int columns) {
  for (int i = 0; i < columns; ++i) {
    switch (sqlite3_column_type(stmt, i)) {
      case SQLITE_INTEGER: {
        const int64_t value = sqlite3_column_int64(stmt, i);
        if (value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max()) {
          Put(CellType::kSmallInteger, static_cast<int32_t>(value));
        } else {
          Put(CellType::kInteger, value);
        }
        break;
      }
      case SQLITE_FLOAT:
        Put(CellType::kReal, sqlite3_column_double(stmt, i));
        break;
      case SQLITE_TEXT: {
        // The text first: asking for its length converts it if need be.
        const unsigned char* text = sqlite3_column_text(stmt, i);
        const auto size = text ? static_cast<size_t>(sqlite3_column_bytes(stmt, i)) : 0;
        PutBytes(IsAscii(text, size) ? CellType::kAscii : CellType::kUtf8, text, size);
        break;
      }
      case SQLITE_BLOB: {
        const void* blob = sqlite3_column_blob(stmt, i);
        PutBytes(CellType::kBlob, blob, blob ? static_cast<size_t>(sqlite3_column_bytes(stmt, i)) : 0);
        break;
      }
      default:
        bytes_ += static_cast<char>(CellType::kNull);
    }
  }
  ++rows_;
}

template <typename T>
T RowReader::Take() {
  T value{};
  std::memcpy(&value, rest_.data(), sizeof value);
  rest_.remove_prefix(sizeof value);
  return value;
}

Cell RowReader::Next() {
  Cell cell;
  cell.type = static_cast<CellType>(rest_.front());
  rest_.remove_prefix(1);
  switch (cell.type) {
    case CellType::kNull:
      break;
    case CellType::kSmallInteger:
      cell.integer = Take<int32_t>();
      break;
    case CellType::kInteger:
      cell.integer = Take<int64_t>();
      break;
    case CellType::kReal:
      cell.real = Take<double>();
      break;
    case CellType::kAscii:
    case CellType::kUtf8:
    case CellType::kBlob: {
      const auto size = Take<uint32_t>();
      cell.bytes = rest_.substr(0, size);
      rest_.remove_prefix(size);
      break;
    }
  }
  return cell;
}

}  // namespace verge::d1
