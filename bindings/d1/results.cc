#include "bindings/d1/results.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"
#include "bindings/d1/errors.h"
#include "d1/rows.h"

namespace verge::bindings {
namespace {

// How objects of a statement's rows look. Made once for each: its rows share one hidden class.
struct RowShape {
  std::shared_ptr<const d1::Columns> columns;  // keeps the address that this is found by
  v8::Global<v8::DictionaryTemplate> made_from;
  std::vector<v8::Global<v8::String>> names;  // instead, when the template cannot have such names
  std::vector<int> property_of;               // of each column; -1: a later one has the same name
};

class D1Realm final : public RealmPart {
 public:
  static D1Realm& From(v8::Isolate* isolate) { return Realm::From(isolate).part<D1Realm>(Realm::Part::kD1); }

  RowShape& ShapeOf(v8::Isolate* isolate, const std::shared_ptr<const d1::Columns>& columns);

  v8::Global<v8::DictionaryTemplate> result;
  v8::Global<v8::DictionaryTemplate> meta;
  v8::Global<v8::DictionaryTemplate> timings;
  v8::Global<v8::DictionaryTemplate> exec;
  v8::Global<v8::String> served_by;

 private:
  static constexpr size_t kMaxShapes = 1000;
  std::unordered_map<const d1::Columns*, RowShape> shapes_;
};

// Whether V8 can have it in a template: it makes one-byte names, and what looks like an index is none.
bool FitsTemplate(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

RowShape& D1Realm::ShapeOf(v8::Isolate* isolate, const std::shared_ptr<const d1::Columns>& columns) {
  if (auto found = shapes_.find(columns.get()); found != shapes_.end()) return found->second;
  if (shapes_.size() >= kMaxShapes) shapes_.clear();
  RowShape& shape = shapes_[columns.get()];
  shape.columns = columns;
  shape.property_of.assign(columns->names.size(), -1);
  std::vector<std::string_view> names;
  for (int column : columns->object_columns) {
    shape.property_of[static_cast<size_t>(column)] = static_cast<int>(names.size());
    names.emplace_back(columns->names[static_cast<size_t>(column)]);
  }
  if (!names.empty() && std::ranges::all_of(names, FitsTemplate)) {
    shape.made_from.Reset(isolate, v8::DictionaryTemplate::New(isolate, {names.data(), names.size()}));
    return shape;
  }
  for (std::string_view name : names) {
    v8::Local<v8::String> text;
    if (!v8::String::NewFromUtf8(isolate, name.data(), v8::NewStringType::kInternalized, static_cast<int>(name.size()))
             .ToLocal(&text)) {
      text = v8::String::Empty(isolate);
    }
    shape.names.emplace_back(isolate, text);
  }
  return shape;
}

template <size_t N>
v8::Local<v8::Object> Make(v8::Isolate* isolate, v8::Local<v8::Context> context,
                           v8::Global<v8::DictionaryTemplate>* made_from, const std::array<std::string_view, N>& names,
                           std::array<v8::MaybeLocal<v8::Value>, N> values) {
  if (made_from->IsEmpty()) {
    made_from->Reset(isolate, v8::DictionaryTemplate::New(isolate, {names.data(), names.size()}));
  }
  return made_from->Get(isolate)->NewInstance(context, {values.data(), values.size()});
}

v8::MaybeLocal<v8::Value> ToValue(v8::Isolate* isolate, v8::Local<v8::Context> context, const d1::Cell& cell) {
  switch (cell.type) {
    case d1::CellType::kNull:
      return v8::Null(isolate);
    case d1::CellType::kSmallInteger:
      return v8::Integer::New(isolate, static_cast<int32_t>(cell.integer));
    case d1::CellType::kInteger:
      return v8::Number::New(isolate, static_cast<double>(cell.integer));
    case d1::CellType::kReal:
      return v8::Number::New(isolate, cell.real);
    case d1::CellType::kAscii: {
      v8::Local<v8::String> text;
      if (!NewOneByteString(isolate, cell.bytes).ToLocal(&text)) return {};
      return text;
    }
    case d1::CellType::kUtf8: {
      v8::Local<v8::String> text;
      if (!NewString(isolate, cell.bytes).ToLocal(&text)) return {};
      return text;
    }
    case d1::CellType::kBlob:
      return BlobToArray(isolate, context, cell.bytes);
  }
  return v8::Null(isolate);
}

// Objects or arrays of rows, one after the other.
class RowMaker {
 public:
  RowMaker(v8::Isolate* isolate, v8::Local<v8::Context> context, const d1::ResultSet& result)
      : isolate_(isolate),
        context_(context),
        reader_(result.rows),
        columns_(result.columns->names.size()),
        values_(columns_) {}

  v8::MaybeLocal<v8::Object> NextObject(const RowShape& shape) {
    v8::EscapableHandleScope scope(isolate_);
    const size_t count = shape.columns->object_columns.size();
    if (!shape.made_from.IsEmpty()) {
      properties_.resize(count);
      for (size_t i = 0; i < columns_; ++i) {
        const d1::Cell cell = reader_.Next();
        if (shape.property_of[i] < 0) continue;
        v8::Local<v8::Value> value;
        if (!ToValue(isolate_, context_, cell).ToLocal(&value)) return {};
        properties_[static_cast<size_t>(shape.property_of[i])] = value;
      }
      return scope.EscapeMaybe(v8::MaybeLocal<v8::Object>(
          shape.made_from.Get(isolate_)->NewInstance(context_, {properties_.data(), count})));
    }
    if (!ReadValues()) return {};
    v8::Local<v8::Object> object = v8::Object::New(isolate_);
    for (size_t i = 0; i < count; ++i) {
      const auto column = static_cast<size_t>(shape.columns->object_columns[i]);
      if (!object->CreateDataProperty(context_, shape.names[i].Get(isolate_), values_[column]).FromMaybe(false)) {
        return {};
      }
    }
    return scope.Escape(object);
  }

  v8::MaybeLocal<v8::Array> NextArray() {
    v8::EscapableHandleScope scope(isolate_);
    if (!ReadValues()) return {};
    return scope.Escape(v8::Array::New(isolate_, values_.data(), values_.size()));
  }

 private:
  bool ReadValues() {
    for (size_t i = 0; i < columns_; ++i) {
      if (!ToValue(isolate_, context_, reader_.Next()).ToLocal(&values_[i])) return false;
    }
    return true;
  }

  v8::Isolate* isolate_;
  v8::Local<v8::Context> context_;
  d1::RowReader reader_;
  size_t columns_;
  std::vector<v8::Local<v8::Value>> values_;
  std::vector<v8::MaybeLocal<v8::Value>> properties_;
};

// Long results are made without JavaScript, so that nobody but we can see that the turn is to end.
constexpr size_t kRowsPerCheck = 256;

double Milliseconds(double duration) { return std::round(duration * 100) / 100; }

v8::Local<v8::Value> ToMeta(v8::Isolate* isolate, v8::Local<v8::Context> context, D1Realm& realm,
                            const d1::Meta& meta) {
  if (realm.served_by.IsEmpty()) realm.served_by.Reset(isolate, NewSymbolName(isolate, "verge"));
  static constexpr std::array<std::string_view, 1> kTimings = {"sql_duration_ms"};
  static constexpr std::array<std::string_view, 11> kMeta = {
      "served_by",  "served_by_primary", "timings",   "duration",     "changes",       "last_row_id",
      "changed_db", "size_after",        "rows_read", "rows_written", "total_attempts"};
  auto number = [isolate](int64_t value) -> v8::Local<v8::Value> {
    return v8::Number::New(isolate, static_cast<double>(value));
  };
  v8::Local<v8::Value> duration = v8::Number::New(isolate, Milliseconds(meta.duration_ms));
  v8::Local<v8::Value> timings = Make<1>(isolate, context, &realm.timings, kTimings, {duration});
  v8::Local<v8::Value> served_by = realm.served_by.Get(isolate);
  v8::Local<v8::Value> primary = v8::True(isolate);
  v8::Local<v8::Value> changed = v8::Boolean::New(isolate, meta.changed_db);
  return Make<11>(isolate, context, &realm.meta, kMeta,
                  {served_by, primary, timings, duration, number(meta.changes), number(meta.last_row_id), changed,
                   number(meta.size_after), number(meta.rows_read), number(meta.rows_written), number(1)});
}

}  // namespace

v8::MaybeLocal<v8::Value> BlobToArray(v8::Isolate* isolate, v8::Local<v8::Context> context, std::string_view bytes) {
  size_t i = 0;
  v8::Local<v8::Array> array;
  auto next = [&]() -> v8::MaybeLocal<v8::Value> {
    return v8::Integer::New(isolate, static_cast<unsigned char>(bytes[i++]));
  };
  if (!v8::Array::New(context, bytes.size(), next).ToLocal(&array)) return {};
  return array;
}

v8::MaybeLocal<v8::Value> ToResult(v8::Isolate* isolate, v8::Local<v8::Context> context, const d1::ResultSet& result) {
  D1Realm& realm = D1Realm::From(isolate);
  std::vector<v8::Local<v8::Value>> rows;
  if (const size_t count = result.rows.rows(); count > 0) {
    rows.reserve(count);
    const RowShape& shape = realm.ShapeOf(isolate, result.columns);
    RowMaker maker(isolate, context, result);
    for (size_t i = 0; i < count; ++i) {
      v8::Local<v8::Object> row;
      if (!maker.NextObject(shape).ToLocal(&row)) return {};
      rows.push_back(row);
      if (i % kRowsPerCheck == kRowsPerCheck - 1 && isolate->IsExecutionTerminating()) return {};
    }
  }
  static constexpr std::array<std::string_view, 3> kNames = {"success", "meta", "results"};
  v8::Local<v8::Value> success = v8::True(isolate);
  v8::Local<v8::Value> results = v8::Array::New(isolate, rows.data(), rows.size());
  return Make<3>(isolate, context, &realm.result, kNames,
                 {success, ToMeta(isolate, context, realm, result.meta), results})
      .As<v8::Value>();
}

v8::MaybeLocal<v8::Value> ToFirstRow(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                     const d1::ResultSet& result) {
  if (result.rows.rows() == 0) return v8::Null(isolate);
  v8::Local<v8::Object> row;
  RowMaker maker(isolate, context, result);
  if (!maker.NextObject(D1Realm::From(isolate).ShapeOf(isolate, result.columns)).ToLocal(&row)) return {};
  return row;
}

v8::MaybeLocal<v8::Value> ToFirstValue(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                       const d1::ResultSet& result, std::string_view column) {
  if (result.rows.rows() == 0) return v8::Null(isolate);
  const std::vector<std::string>& names = result.columns->names;
  // As in an object, the last of the name.
  const auto found = std::find(names.rbegin(), names.rend(), column);
  if (found == names.rend()) {
    (void)D1Error(isolate, "D1_COLUMN_NOTFOUND", "Column not found (" + std::string(column) + ")", "Column not found");
    return {};
  }
  d1::RowReader reader(result.rows);
  d1::Cell cell;
  for (auto i = names.rend() - found; i > 0; --i) cell = reader.Next();
  return ToValue(isolate, context, cell);
}

v8::MaybeLocal<v8::Value> ToRawRows(v8::Isolate* isolate, v8::Local<v8::Context> context, const d1::ResultSet& result,
                                    bool column_names) {
  std::vector<v8::Local<v8::Value>> rows;
  rows.reserve(result.rows.rows() + 1);
  if (column_names) {
    std::vector<v8::Local<v8::Value>> names;
    for (const std::string& name : result.columns->names) {
      v8::Local<v8::String> text;
      if (!NewString(isolate, name).ToLocal(&text)) return {};
      names.push_back(text);
    }
    rows.push_back(v8::Array::New(isolate, names.data(), names.size()));
  }
  RowMaker maker(isolate, context, result);
  for (size_t i = 0; i < result.rows.rows(); ++i) {
    v8::Local<v8::Array> row;
    if (!maker.NextArray().ToLocal(&row)) return {};
    rows.push_back(row);
    if (i % kRowsPerCheck == kRowsPerCheck - 1 && isolate->IsExecutionTerminating()) return {};
  }
  return v8::Array::New(isolate, rows.data(), rows.size()).As<v8::Value>();
}

v8::MaybeLocal<v8::Value> ToExecResult(v8::Isolate* isolate, v8::Local<v8::Context> context, size_t count,
                                       double duration_ms) {
  static constexpr std::array<std::string_view, 2> kNames = {"count", "duration"};
  v8::Local<v8::Value> number = v8::Number::New(isolate, static_cast<double>(count));
  v8::Local<v8::Value> duration = v8::Number::New(isolate, Milliseconds(duration_ms));
  return Make<2>(isolate, context, &D1Realm::From(isolate).exec, kNames, {number, duration}).As<v8::Value>();
}

}  // namespace verge::bindings
