#include "bindings/encoding/text_decoder.h"

#include <simdutf.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "bindings/encoding/decoder.h"
#include "bindings/encoding/encoding_labels.h"
#include "bindings/encoding/utf8.h"

namespace verge::bindings {
namespace {

enum Slot { kOptionsSlot, kStateSlot, kSlots };

struct TextDecoderOptions {
  bool fatal = false;
  bool ignore_bom = false;

  static bool Read(Cx& cx, v8::Local<v8::Object> object, TextDecoderOptions* out) {
    return ReadMember(cx, object, Name::kFatal, &out->fatal) &&
           ReadMember(cx, object, Name::kIgnoreBom, &out->ignore_bom);
  }
};

struct TextDecodeOptions {
  bool stream = false;

  static bool Read(Cx& cx, v8::Local<v8::Object> object, TextDecodeOptions* out) {
    return ReadMember(cx, object, Name::kStream, &out->stream);
  }
};

// [AllowShared] BufferSource
struct AllowSharedBufferSource {
  // What V8 keeps within the object itself has no address that lasts, and is copied.
  using Storage = std::array<uint8_t, 64>;
  static_assert(std::tuple_size_v<Storage> >= V8_TYPED_ARRAY_MAX_SIZE_IN_HEAP);

  // No user code may run while the result is in use.
  std::span<const uint8_t> Bytes(Storage* storage) const {
    if (object.IsEmpty()) return {};
    if (object->IsArrayBufferView()) {
      v8::MemorySpan<uint8_t> contents =
          object.As<v8::ArrayBufferView>()->GetContents(v8::MemorySpan<uint8_t>(storage->data(), storage->size()));
      return {contents.data(), contents.size()};
    }
    if (object->IsArrayBuffer()) {
      v8::Local<v8::ArrayBuffer> buffer = object.As<v8::ArrayBuffer>();
      return {static_cast<const uint8_t*>(buffer->Data()), buffer->ByteLength()};
    }
    v8::Local<v8::SharedArrayBuffer> buffer = object.As<v8::SharedArrayBuffer>();
    return {static_cast<const uint8_t*>(buffer->Data()), buffer->ByteLength()};
  }

  v8::Local<v8::Value> object;
};

// The options as one word, the lowest bit 0 (V8 wants an aligned pointer).
struct Options {
  Encoding encoding;
  bool fatal;
  bool ignore_bom;

  [[nodiscard]] void* Pack() const {
    return reinterpret_cast<void*>(static_cast<uintptr_t>(encoding) << 3 | uintptr_t{fatal} << 2 |
                                   uintptr_t{ignore_bom} << 1);
  }
  static Options Unpack(void* word) {
    auto bits = reinterpret_cast<uintptr_t>(word);
    return {static_cast<Encoding>(bits >> 3), (bits & 4) != 0, (bits & 2) != 0};
  }
};

void* Pack(const DecoderState& state) {
  uintptr_t bits = state.pending[0] | state.pending[1] << 8 | state.pending[2] << 16 |
                   static_cast<uintptr_t>(state.pending_count) << 24 | static_cast<uintptr_t>(state.shift_set) << 32 |
                   uintptr_t{state.output_flag} << 40 | uintptr_t{state.bom_seen} << 41 |
                   uintptr_t{state.do_not_flush} << 42;
  return reinterpret_cast<void*>(bits << 1);
}

DecoderState UnpackState(void* word) {
  uintptr_t bits = reinterpret_cast<uintptr_t>(word) >> 1;
  return {.pending = {static_cast<uint8_t>(bits), static_cast<uint8_t>(bits >> 8), static_cast<uint8_t>(bits >> 16)},
          .pending_count = static_cast<uint8_t>(bits >> 24),
          .shift_set = static_cast<uint8_t>(bits >> 32),
          .output_flag = (bits >> 40 & 1) != 0,
          .bom_seen = (bits >> 41 & 1) != 0,
          .do_not_flush = (bits >> 42 & 1) != 0};
}

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Error TooLong() { return Error{ErrorKind::kRangeError, "Invalid string length"}; }

Result<v8::MaybeLocal<v8::String>> NewTwoByteString(v8::Isolate* isolate, std::u16string_view text) {
  if (text.size() > static_cast<size_t>(v8::String::kMaxLength)) return std::unexpected(TooLong());
  return v8::String::NewFromTwoByte(isolate, reinterpret_cast<const uint16_t*>(text.data()), v8::NewStringType::kNormal,
                                    static_cast<int>(text.size()));
}

// From UTF-8 that has been checked.
Result<v8::MaybeLocal<v8::String>> NewStringFromValidUtf8(v8::Isolate* isolate, std::string_view text) {
  size_t length = simdutf::utf16_length_from_utf8(text.data(), text.size());
  if (length == text.size()) return NewOneByteString(isolate, text);
  if (length > static_cast<size_t>(v8::String::kMaxLength)) return std::unexpected(TooLong());
  auto convert = [&](char16_t* buffer) -> Result<v8::MaybeLocal<v8::String>> {
    // Half the memory, for as long as the string lives, when all of it is Latin-1.
    auto* latin1 = reinterpret_cast<char*>(buffer);
    if (simdutf::convert_utf8_to_latin1(text.data(), text.size(), latin1) == length) {
      return NewOneByteString(isolate, {latin1, length});
    }
    (void)simdutf::convert_valid_utf8_to_utf16(text.data(), text.size(), buffer);
    return NewTwoByteString(isolate, {buffer, length});
  };
  constexpr size_t kOnStack = 512;
  if (length <= kOnStack) {
    char16_t buffer[kOnStack];
    return convert(buffer);
  }
  auto buffer = std::make_unique_for_overwrite<char16_t[]>(length);
  return convert(buffer.get());
}

std::unexpected<Error> InvalidData(Cx& cx, Encoding encoding) {
  return std::unexpected(
      cx.MakeTypeError("The encoded data was not valid for encoding " + std::string(EncodingName(encoding)) + "."));
}

Result<v8::MaybeLocal<v8::String>> DecodeUtf8(Cx& cx, const Options& options, DecoderState* state,
                                              std::span<const uint8_t> bytes, bool flush) {
  std::string_view text = AsText(bytes);
  std::string joined;
  if (state->pending_count > 0) {
    joined.reserve(state->pending_count + text.size());
    joined.append(reinterpret_cast<const char*>(state->pending), state->pending_count);
    joined.append(text);
    text = joined;
    state->pending_count = 0;
  }
  if (!flush) {
    size_t keep = IncompleteUtf8Suffix(text);
    std::ranges::copy(text.substr(text.size() - keep), state->pending);
    state->pending_count = static_cast<uint8_t>(keep);
    text.remove_suffix(keep);
  }
  if (!state->bom_seen && !text.empty()) {
    state->bom_seen = true;
    if (!options.ignore_bom && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  }
  if (simdutf::validate_utf8(text.data(), text.size())) return NewStringFromValidUtf8(cx.isolate, text);
  if (options.fatal) {
    state->pending_count = 0;
    return InvalidData(cx, options.encoding);
  }
  return NewStringFromValidUtf8(cx.isolate, RepairUtf8(std::string(text)));
}

Result<v8::MaybeLocal<v8::String>> DecodeOther(Cx& cx, const Options& options, DecoderState* state,
                                               std::span<const uint8_t> bytes, bool flush) {
  bool ascii_stays = options.encoding != Encoding::kUtf16le && options.encoding != Encoding::kUtf16be &&
                     options.encoding != Encoding::kIso2022Jp;
  if (ascii_stays && state->pending_count == 0 &&
      simdutf::validate_ascii(reinterpret_cast<const char*>(bytes.data()), bytes.size())) {
    return NewOneByteString(cx.isolate, AsText(bytes));
  }
  std::u16string out;
  if (!DecodeToUtf16(options.encoding, state, bytes, flush, options.fatal, &out)) {
    state->pending_count = 0;
    return InvalidData(cx, options.encoding);
  }
  std::u16string_view text = out;
  bool has_bom = options.encoding == Encoding::kUtf16le || options.encoding == Encoding::kUtf16be;
  if (has_bom && !state->bom_seen && !text.empty()) {
    state->bom_seen = true;
    if (!options.ignore_bom && text.front() == 0xFEFF) text.remove_prefix(1);
  }
  return NewTwoByteString(cx.isolate, text);
}

}  // namespace

template <>
struct Convert<AllowSharedBufferSource> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, AllowSharedBufferSource* out) {
    if (!value->IsArrayBufferView() && !value->IsArrayBuffer() && !value->IsSharedArrayBuffer()) {
      return ThrowNotOfType(cx, "ArrayBuffer or ArrayBufferView");
    }
    out->object = value;
    return true;
  }
};

struct TextDecoder::Members {
  // https://encoding.spec.whatwg.org/#dom-textdecoder
  static Result<> Construct(Cx& cx, std::optional<DomString> label, TextDecoderOptions init) {
    return Initialize(cx, cx.self, label, init);
  }

  static Result<> Initialize(Cx& cx, v8::Local<v8::Object> self, std::optional<DomString> label,
                             TextDecoderOptions init) {
    Encoding encoding = Encoding::kUtf8;
    if (label) {
      std::optional<Encoding> found = EncodingFromLabel(ToUtf8(cx.isolate, *label));
      if (!found || *found == Encoding::kReplacement) {
        return RangeError(cx.Where() + ": The encoding label provided ('" + DescribeValue(cx.isolate, *label) +
                          "') is invalid.");
      }
      encoding = *found;
    }
    Options options = {encoding, init.fatal, init.ignore_bom};
    self->SetAlignedPointerInInternalField(kFirstSlot + kOptionsSlot, options.Pack());
    self->SetAlignedPointerInInternalField(kFirstSlot + kStateSlot, Pack(DecoderState{}));
    return {};
  }

  static Options OptionsOf(Cx& cx) {
    return Options::Unpack(cx.self->GetAlignedPointerFromInternalField(kFirstSlot + kOptionsSlot));
  }

  static v8::Local<v8::String> EncodingLabel(Cx& cx) {
    return NewSymbolName(cx.isolate, EncodingName(OptionsOf(cx).encoding));
  }
  static bool Fatal(Cx& cx) { return OptionsOf(cx).fatal; }
  static bool IgnoreBom(Cx& cx) { return OptionsOf(cx).ignore_bom; }

  // https://encoding.spec.whatwg.org/#dom-textdecoder-decode
  static Result<v8::MaybeLocal<v8::String>> Decode(Cx& cx, std::optional<AllowSharedBufferSource> input,
                                                   TextDecodeOptions decode_options) {
    return Run(cx, cx.self, input, decode_options.stream);
  }

  static Result<v8::MaybeLocal<v8::String>> Run(Cx& cx, v8::Local<v8::Object> self,
                                                const std::optional<AllowSharedBufferSource>& input, bool stream) {
    Options options = Options::Unpack(self->GetAlignedPointerFromInternalField(kFirstSlot + kOptionsSlot));
    DecoderState state = UnpackState(self->GetAlignedPointerFromInternalField(kFirstSlot + kStateSlot));
    if (!state.do_not_flush) state = DecoderState{};
    state.do_not_flush = stream;
    AllowSharedBufferSource::Storage storage;
    std::span<const uint8_t> bytes;
    if (input) bytes = input->Bytes(&storage);
    auto* decode = options.encoding == Encoding::kUtf8 ? &DecodeUtf8 : &DecodeOther;
    Result<v8::MaybeLocal<v8::String>> text = decode(cx, options, &state, bytes, !stream);
    self->SetAlignedPointerInInternalField(kFirstSlot + kStateSlot, Pack(state));
    return text;
  }

  using T = Table<TextDecoder>;
  static constexpr Member kMembers[] = {
      T::Getter<"encoding", &EncodingLabel>(),
      T::Getter<"fatal", &Fatal>(),
      T::Getter<"ignoreBOM", &IgnoreBom>(),
      T::Method<"decode", &Decode>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&Construct>();
};

Result<v8::Local<v8::Object>> TextDecoder::CreateForStream(Cx& cx, v8::Local<v8::Value> label,
                                                           v8::Local<v8::Value> init) {
  cx.class_name = "TextDecoderStream";
  cx.member_name = "";
  std::optional<DomString> encoding;
  TextDecoderOptions options;
  if (!Convert<std::optional<DomString>>::From(cx, label, &encoding) ||
      !Convert<TextDecoderOptions>::From(cx, init, &options)) {
    return Pending();
  }
  v8::Local<v8::Object> decoder;
  if (!NewObject(cx.isolate, kSpec).ToLocal(&decoder)) return Pending();
  if (auto made = Members::Initialize(cx, decoder, encoding, options); !made) return std::unexpected(made.error());
  return decoder;
}

Result<v8::MaybeLocal<v8::String>> TextDecoder::DecodeChunk(Cx& cx, v8::Local<v8::Object> decoder,
                                                            v8::Local<v8::Value> chunk, bool more) {
  if (!IsInstance(decoder, kSpec)) return TypeError("Illegal invocation");
  std::optional<AllowSharedBufferSource> input;
  if (more) {
    if (!chunk->IsArrayBufferView() && !chunk->IsArrayBuffer() && !chunk->IsSharedArrayBuffer()) {
      return TypeError("TextDecoderStream takes bytes: write an ArrayBuffer or a view of one.");
    }
    input.emplace(chunk);
  }
  return Members::Run(cx, decoder, input, more);
}

constinit const ClassSpec TextDecoder::kSpec = {
    .name = "TextDecoder",
    .constructor = Members::kConstructor,
    .members = Members::kMembers,
    .slots = kSlots,
    .slots_only = true,
};

}  // namespace verge::bindings
