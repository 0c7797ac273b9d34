// A stored response as the answer to one request: 200, 304, 206 or 416, with Age (RFC 9110, 13 to 15; RFC 9111, 4).
#ifndef CACHE_ANSWER_H_
#define CACHE_ANSWER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/entry.h"
#include "cache/freshness.h"
#include "cache/range.h"

namespace verge::cache {

struct Answer {
  int status = 200;
  std::string_view status_text;     // empty: the standard phrase
  std::vector<HeaderField> fields;  // views into the entry and into `text`; live as long as both
  bool has_body = true;
  std::optional<uint64_t> length;  // of this answer's body (of a HEAD or 304: of what GET would give, or nullopt)
  std::vector<ByteRange> ranges;   // empty: the whole body
  std::optional<Multipart> multipart;
  std::vector<std::unique_ptr<std::string>> text;
};

struct AnswerOptions {
  bool age = true;                // add an Age field
  std::string_view cache_status;  // not empty: the value of a Cf-Cache-Status field that is added
  bool conditions = true;         // If-None-Match and the like are looked at
  bool ranges = true;             // Range is looked at (it never is for an entry whose size is not known yet)
};

// `request` is a GET or HEAD.
Answer AnswerFrom(const Entry& entry, const RequestView& request, const Verdict& verdict, Time now,
                  const AnswerOptions& options = {});

// The answer's body; null if it has none. On the executor's thread, as OpenBody. An answer whose body is all of
// Entry::WholeBody can be sent without.
http::Ref<http::BodySource> AnswerBody(const EntryRef& entry, const Answer& answer, std::shared_ptr<Executor> executor);

}  // namespace verge::cache

#endif  // CACHE_ANSWER_H_
