// Property names that C++ reads or writes often, created once for each isolate.
#ifndef BINDINGS_CORE_NAMES_H_
#define BINDINGS_CORE_NAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace verge::bindings {

// In the order of kNameTexts.
enum class Name : uint8_t {
  kBody,
  kCache,
  kCf,
  kCode,
  kCredentials,
  kDuplex,
  kEncodeBody,
  kFatal,
  kFetch,
  kHeaders,
  kIgnoreBom,
  kIntegrity,
  kKeepalive,
  kMessage,
  kMethod,
  kMode,
  kName,
  kRedirect,
  kReferrer,
  kReferrerPolicy,
  kSignal,
  kStack,
  kStatus,
  kStatusText,
  kStream,
  kThen,
  kTransfer,
  kUrl,
  kWebSocket,
  kWindow,
  // On `internal`.
  kDomException,
  kCreateAbortSignal,
  kSignalAbort,
  kFollowSignal,
  kDispatchGlobal,
  kInspect,
  kCreateNativeStream,
  kTakeNativeSource,
  kIsReadableStream,
  kIsStreamDisturbed,
  kIsStreamLocked,
  kTeeStream,
  kReadAllBytes,
  kCreateBodyPump,
  kCreateStreamFromBytes,
  kCancelStream,
  kConsumeStream,
  kExhaustStream,
  kMoveStream,
  kPumpStream,
  kReportException,
  kReportRejection,
  kDispatchFetch,
  kHasGlobalListener,
  kPull,
  kCancel,
  kCount,
};

inline constexpr std::array<std::string_view, static_cast<size_t>(Name::kCount)> kNameTexts = {
    "body", "cache", "cf", "code", "credentials", "duplex", "encodeBody", "fatal", "fetch", "headers", "ignoreBOM",
    "integrity", "keepalive", "message", "method", "mode", "name", "redirect", "referrer", "referrerPolicy", "signal",
    "stack", "status", "statusText", "stream", "then", "transfer", "url", "webSocket", "window",
    // On `internal`.
    "DOMException", "createAbortSignal", "signalAbort", "followSignal", "dispatchGlobal", "inspect",
    "createNativeStream", "takeNativeSource", "isReadableStream", "isStreamDisturbed", "isStreamLocked", "teeStream",
    "readAllBytes", "createBodyPump", "createStreamFromBytes", "cancelStream", "consumeStream", "exhaustStream",
    "moveStream", "pumpStream", "reportException", "reportRejection", "dispatchFetch", "hasGlobalListener", "pull",
    "cancel"};

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_NAMES_H_
