#include "sqlite/statement.h"

#include "sqlite/database.h"

namespace verge::sqlite {

Result<bool> Statement::Step() {
  if (bind_error_ != SQLITE_OK) [[unlikely]] {
    Reset();
    return std::unexpected(ErrorOf(sqlite3_db_handle(stmt_), std::exchange(bind_error_, SQLITE_OK)));
  }
  int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(stmt_);
    return false;
  }
  // Before the reset, which can overwrite the message.
  Error error = ErrorOf(sqlite3_db_handle(stmt_), code);
  sqlite3_reset(stmt_);
  return std::unexpected(std::move(error));
}

Result<> Statement::Run() {
  for (;;) {
    Result<bool> row = Step();
    if (!row) return std::unexpected(std::move(row).error());
    if (!*row) return {};
  }
}

std::string_view Statement::Text(int column) const {
  // In this order: the text is what the length is counted of.
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(stmt_, column));
  return {text ? text : "", static_cast<size_t>(sqlite3_column_bytes(stmt_, column))};
}

std::string_view Statement::Blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  return {bytes ? bytes : "", static_cast<size_t>(sqlite3_column_bytes(stmt_, column))};
}

void Statement::Release() {
  if (!stmt_) return;
  if (entry_) {
    sqlite3_reset(stmt_);
    sqlite3_clear_bindings(stmt_);
    entry_->lent = false;
  } else {
    sqlite3_finalize(stmt_);
  }
  stmt_ = nullptr;
  entry_ = nullptr;
  bind_error_ = SQLITE_OK;
}

void StatementCache::Clear() {
  index_.clear();
  for (Statement::Entry& entry : entries_) sqlite3_finalize(entry.stmt);
  entries_.clear();
}

Statement StatementCache::Take(std::string_view sql) {
  Statement statement;
  auto found = index_.find(sql);
  if (found == index_.end() || found->second->lent) return statement;
  entries_.splice(entries_.begin(), entries_, found->second);
  Statement::Entry& entry = entries_.front();
  entry.lent = true;
  statement.stmt_ = entry.stmt;
  statement.entry_ = &entry;
  return statement;
}

Statement StatementCache::Keep(std::string_view sql, sqlite3_stmt* stmt) {
  Statement statement;
  statement.stmt_ = stmt;
  // One of the same text is lent: this one goes when it is done.
  if (capacity_ == 0 || index_.contains(sql)) return statement;
  for (auto entry = entries_.end(); index_.size() >= capacity_ && entry != entries_.begin();) {
    --entry;
    if (entry->lent) continue;
    index_.erase(entry->sql);
    sqlite3_finalize(entry->stmt);
    entry = entries_.erase(entry);
  }
  entries_.push_front({this, std::string(sql), stmt, true});
  index_.emplace(entries_.front().sql, entries_.begin());
  statement.entry_ = &entries_.front();
  return statement;
}

}  // namespace verge::sqlite
