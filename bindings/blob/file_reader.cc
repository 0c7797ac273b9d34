#include "bindings/blob/file_reader.h"

#include <optional>
#include <string>

#include "bindings/blob/blob.h"
#include "bindings/encoding/base64.h"
#include "bindings/fetch/mime_type.h"

namespace verge::bindings {
namespace {

Result<> CheckSize(Cx& cx, const Blob& blob) {
  if (blob.data().size > BlobStore::SizeLimit(cx.isolate)) return RangeError("Invalid string length");
  return {};
}

bool IsBlob(v8::Local<v8::Value> value) { return Unwrap<Blob>(value) != nullptr; }

double BlobSize(Blob* blob) { return static_cast<double>(blob->data().size); }

// The charset of its type, or null.
std::optional<std::string> BlobCharset(Blob* blob) {
  std::optional<MimeType> type = ParseMimeType(blob->type());
  const std::string* charset = type ? type->Parameter("charset") : nullptr;
  if (!charset) return std::nullopt;
  return *charset;
}

// Each byte a code unit.
Result<ByteString> BlobToBinaryString(Cx& cx, Blob* blob) {
  if (auto checked = CheckSize(cx, *blob); !checked) return std::unexpected(checked.error());
  return ByteString{blob->data().ToString()};
}

Result<ByteString> BlobToDataUrl(Cx& cx, Blob* blob) {
  if (auto checked = CheckSize(cx, *blob); !checked) return std::unexpected(checked.error());
  const std::string& type = blob->type();
  return ByteString{"data:" + (type.empty() ? std::string("application/octet-stream") : type) + ";base64," +
                    Base64Encode(blob->data().ToString())};
}

}  // namespace

constinit const GlobalFunction kFileReaderNatives[5] = {
    Function<"isBlob", &IsBlob>(),
    Function<"blobSize", &BlobSize>(),
    Function<"blobCharset", &BlobCharset>(),
    Function<"blobToBinaryString", &BlobToBinaryString>(),
    Function<"blobToDataUrl", &BlobToDataUrl>(),
};

}  // namespace verge::bindings
