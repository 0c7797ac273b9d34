// A KV namespace as a worker sees it (https://developers.cloudflare.com/kv/api/).
#ifndef BINDINGS_KV_KV_NAMESPACE_H_
#define BINDINGS_KV_KV_NAMESPACE_H_

#include <v8.h>

#include <memory>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "kv/namespace.h"

namespace verge::bindings {

struct KvBody;
struct KvKeys;
struct KvListOptions;
struct KvPutOptions;

// env.NS. Usable from any invocation, and from nowhere else: every operation belongs to the one that asked for it.
//
// A hot get() is settled in place. Everything else comes back through the shard's mailbox.
class KvNamespace final : public Native {
 public:
  static const ClassSpec kSpec;

  explicit KvNamespace(std::shared_ptr<kv::Namespace> name_space) : namespace_(std::move(name_space)) {}

  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, std::shared_ptr<kv::Namespace> name_space);

 private:
  std::shared_ptr<kv::Namespace> namespace_;

  struct Members;
};

}  // namespace verge::bindings

#endif  // BINDINGS_KV_KV_NAMESPACE_H_
