#include "bindings/fetch/local_schemes.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bindings/blob/blob.h"
#include "bindings/fetch/body.h"
#include "bindings/fetch/data_url.h"
#include "bindings/fetch/headers.h"
#include "bindings/fetch/response.h"

namespace verge::bindings {
namespace {

// Throws the reason of an aborted signal. False: it did, or execution was terminated.
bool ThrowIfAborted(Cx& cx, v8::Local<v8::Value> signal) {
  if (signal.IsEmpty()) return true;
  v8::Local<v8::Value> function;
  if (!cx.realm()
           .internals(cx.context)
           ->Get(cx.context, NewSymbolName(cx.isolate, "throwIfAborted"))
           .ToLocal(&function) ||
      !function->IsFunction()) {
    return false;
  }
  return !function.As<v8::Function>()->Call(cx.context, v8::Undefined(cx.isolate), 1, &signal).IsEmpty();
}

Result<v8::Local<v8::Value>> Respond(Cx& cx, const OutgoingRequest& request, std::string_view content_type,
                                     std::optional<uint64_t> length, v8::MaybeLocal<v8::Object> maybe_blob) {
  v8::Local<v8::Value> body = v8::Null(cx.isolate);
  if (request.method != "HEAD") {
    v8::Local<v8::Object> blob;
    if (!maybe_blob.ToLocal(&blob)) return Pending();
    if (auto extracted = ExtractBody(cx, blob, &body); !extracted) return std::unexpected(extracted.error());
  }
  auto headers = std::make_unique<Headers>();
  if (length) headers->SetTrusted("Content-Length", std::to_string(*length));
  headers->SetTrusted("Content-Type", content_type);
  headers->set_immutable(true);
  ada::url_aggregator url = request.url;
  url.set_hash("");
  v8::Local<v8::Object> response;
  v8::Local<v8::Promise::Resolver> resolver;
  if (!Response::NewFetched(cx.isolate, 200, "OK", std::move(headers), body, url.get_href(), false)
           .ToLocal(&response) ||
      !v8::Promise::Resolver::New(cx.context).ToLocal(&resolver) ||
      resolver->Resolve(cx.context, response).IsNothing()) {
    return Pending();
  }
  return resolver->GetPromise().As<v8::Value>();
}

}  // namespace

Result<v8::Local<v8::Value>> FetchLocal(Cx& cx, const OutgoingRequest& request) {
  if (!ThrowIfAborted(cx, request.signal)) return Pending();
  std::string url(request.url.get_href());
  if (request.url.get_protocol() == "data:") {
    auto parsed = ParseDataUrl(url);
    if (!parsed) return TypeError("fetch failed: invalid data: URL.");
    std::string type = parsed->mime_type;
    return Respond(cx, request, type, std::nullopt, Blob::New(cx.isolate, std::move(parsed->body), type));
  }
  if (request.url.get_protocol() == "blob:") {
    if (request.method != "GET") return TypeError("fetch failed: a blob: URL can only be fetched with GET.");
    auto content = FindBlobUrl(cx.isolate, url);
    if (!content) return TypeError("fetch failed: no blob has the URL " + url + ".");
    std::string type = content->type;
    uint64_t size = content->data.size;
    return Respond(cx, request, type, size, Blob::New(cx.isolate, *std::move(content)));
  }
  return TypeError("Fetch API cannot load: " + url);
}

}  // namespace verge::bindings
