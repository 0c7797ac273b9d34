#include "config/keys.h"

#include <array>
#include <cstddef>
#include <iterator>

namespace verge::config {
namespace {

using enum KeyScope;
using enum KeyUse;

constexpr Key kKeys[] = {
    // What verge reads.
    {"name", kInherited, kActedOn},
    {"main", kInherited, kActedOn},
    {"compatibility_date", kInherited, kActedOn},
    {"compatibility_flags", kInherited, kActedOn},
    {"rules", kInherited, kActedOn},
    {"limits", kInherited, kActedOn},
    {"cache", kInherited, kActedOn},
    {"vars", kNotInherited, kActedOn},
    {"env", kTopLevel, kActedOn},
    {"$schema", kTopLevel, kActedOn},

    // Accounts, uploads and their bookkeeping.
    {"account_id", kInherited, kUploadOnly},
    {"zone_id", kInherited, kUploadOnly},
    {"compliance_region", kInherited, kUploadOnly},
    {"keep_vars", kTopLevel, kUploadOnly},
    {"legacy_env", kTopLevel, kUploadOnly},
    {"preview_urls", kInherited, kUploadOnly},
    {"send_metrics", kTopLevel, kUploadOnly},
    {"upload_source_maps", kInherited, kUploadOnly},
    {"usage_model", kInherited, kUploadOnly},
    {"workers_dev", kInherited, kUploadOnly},

    // Building and bundling.
    {"alias", kTopLevel, kActedOn},
    {"base_dir", kInherited, kActedOn},
    {"build", kInherited, kActedOn},
    {"define", kNotInherited, kActedOn},
    {"find_additional_modules", kInherited, kActedOn},
    {"jsx_factory", kInherited, kActedOn},
    {"jsx_fragment", kInherited, kActedOn},
    {"keep_names", kInherited, kActedOn},
    {"minify", kInherited, kActedOn},
    {"no_bundle", kInherited, kActedOn},
    {"node_compat", kInherited, kNotYet},
    {"preserve_file_names", kInherited, kUploadOnly},
    {"python_modules", kInherited, kNotYet},
    {"tsconfig", kInherited, kActedOn},

    // How and where the worker runs.
    {"assets", kInherited, kActedOn},
    {"dev", kTopLevel, kActedOn},
    {"exports", kInherited, kNotYet},
    {"first_party_worker", kInherited, kUploadOnly},
    {"logfwdr", kInherited, kUploadOnly},
    {"logpush", kInherited, kUploadOnly},
    {"migrations", kInherited, kNotYet},
    {"observability", kInherited, kUploadOnly},
    {"pages_build_output_dir", kTopLevel, kNotYet},
    {"placement", kInherited, kUploadOnly},
    {"previews", kInherited, kUploadOnly},
    {"route", kInherited, kUploadOnly},
    {"routes", kInherited, kUploadOnly},
    {"site", kTopLevel, kNotYet},
    {"triggers", kInherited, kActedOn},

    // Bindings.
    {"ai", kNotInherited, kNotYet},
    {"ai_search", kNotInherited, kNotYet},
    {"ai_search_namespaces", kNotInherited, kNotYet},
    {"analytics_engine_datasets", kNotInherited, kNotYet},
    {"artifacts", kNotInherited, kNotYet},
    {"browser", kNotInherited, kNotYet},
    {"cloudchamber", kNotInherited, kNotYet},
    {"containers", kNotInherited, kNotYet},
    {"d1_databases", kNotInherited, kActedOn},
    {"data_blobs", kTopLevel, kNotYet},
    {"dispatch_namespaces", kNotInherited, kNotYet},
    {"durable_objects", kNotInherited, kNotYet},
    {"flagship", kNotInherited, kNotYet},
    {"hyperdrive", kNotInherited, kNotYet},
    {"images", kNotInherited, kNotYet},
    {"kv_namespaces", kNotInherited, kActedOn},
    {"media", kNotInherited, kNotYet},
    {"mtls_certificates", kNotInherited, kNotYet},
    {"pipelines", kNotInherited, kNotYet},
    {"queues", kNotInherited, kNotYet},
    {"r2_buckets", kNotInherited, kNotYet},
    {"ratelimits", kNotInherited, kNotYet},
    {"secrets", kNotInherited, kNotYet},
    {"secrets_store_secrets", kNotInherited, kNotYet},
    {"send_email", kNotInherited, kNotYet},
    {"services", kNotInherited, kActedOn},
    {"stream", kNotInherited, kNotYet},
    {"streaming_tail_consumers", kNotInherited, kNotYet},
    {"tail_consumers", kNotInherited, kNotYet},
    {"text_blobs", kTopLevel, kNotYet},
    {"unsafe", kNotInherited, kNotYet},
    {"unsafe_hello_world", kNotInherited, kNotYet},
    {"vectorize", kNotInherited, kNotYet},
    {"version_metadata", kNotInherited, kNotYet},
    {"vpc_networks", kNotInherited, kNotYet},
    {"vpc_services", kNotInherited, kNotYet},
    {"wasm_modules", kTopLevel, kNotYet},
    {"worker_loaders", kNotInherited, kNotYet},
    {"workflows", kNotInherited, kNotYet},
};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kKeys)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kKeys[i].name;
  return names;
}();

}  // namespace

std::span<const Key> KnownKeys() { return kKeys; }

std::span<const std::string_view> KnownKeyNames() { return kNames; }

const Key* FindKey(std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

}  // namespace verge::config
