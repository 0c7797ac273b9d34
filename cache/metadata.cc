#include "cache/metadata.h"

#include <vector>

#include "cache/validation.h"
#include "cache/vary.h"

namespace verge::cache {

Metadata MakeMetadata(const RequestView& request, const ResponseView& response, const Rules& rules,
                      const StoreDecision& decision) {
  Metadata metadata;
  metadata.status = response.status;
  metadata.fields = FieldList::Copy(StoredFields(response.fields, rules));
  metadata.lifetime = decision.lifetime;
  metadata.vary = MakeVaryKey(request.fields, response.fields);
  metadata.tags = CacheTags(response.fields);
  metadata.url = request.url;
  return metadata;
}

Metadata RefreshedMetadata(const Entry& stored, const RequestView& request, Fields update, const Rules& rules,
                           Time request_time, Time response_time) {
  std::vector<HeaderField> fields = UpdatedFields(stored.fields(), update);
  Metadata metadata;
  metadata.status = stored.status();
  metadata.status_text = stored.metadata().status_text;
  metadata.fields = FieldList::Copy(fields);
  metadata.vary = MakeVaryKey(request.fields, fields);
  metadata.tags = CacheTags(fields);
  metadata.url = stored.metadata().url;
  metadata.flags = stored.metadata().flags;

  // The validation's own Age says how old the confirmation is; the stored one's Age is in the past.
  if (const auto age = FindField(update, "age")) fields.push_back({"Age", *age});
  metadata.lifetime =
      ComputeLifetime({.status = stored.status(), .fields = fields}, rules, request_time, response_time);
  return metadata;
}

}  // namespace verge::cache
