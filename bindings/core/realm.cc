#include "bindings/core/realm.h"

#include "bindings/core/strings.h"
#include "runtime/platform.h"

namespace verge::bindings {

Realm::Realm(v8::Isolate* isolate) : isolate_(isolate), time_origin_(runtime::ThreadClock::WallMs()) {
  names_.resize(kNameTexts.size());
  for (size_t i = 0; i < kNameTexts.size(); ++i) names_[i].Reset(isolate, NewSymbolName(isolate, kNameTexts[i]));
  isolate->SetData(kIsolateSlot, this);
}

Realm::~Realm() {
  // The wrappers die with the isolate, without callbacks.
  while (natives_) delete natives_;
}

void Realm::SetClassTemplate(const ClassSpec& spec, v8::Local<v8::FunctionTemplate> function_template) {
  size_t i = Hash(spec);
  while (templates_[i].spec) i = (i + 1) % kTemplateSlots;
  templates_[i].spec = &spec;
  templates_[i].function_template.Reset(isolate_, function_template);
  templates_[i].instance_template.Reset(isolate_, function_template->InstanceTemplate());
}

v8::Local<v8::Object> Realm::internals(v8::Local<v8::Context> context) const {
  return context->GetEmbedderData(kInternalsSlot).As<v8::Object>();
}

v8::MaybeLocal<v8::Function> Realm::internal_function(v8::Local<v8::Context> context, Name name) const {
  v8::Local<v8::Value> value;
  if (!internals(context)->Get(context, this->name(name)).ToLocal(&value) || !value->IsFunction()) return {};
  return value.As<v8::Function>();
}

v8::MaybeLocal<v8::Value> Realm::CallInternal(v8::Local<v8::Context> context, Name name,
                                              std::span<v8::Local<v8::Value>> arguments) const {
  v8::Local<v8::Function> function;
  if (!internal_function(context, name).ToLocal(&function)) return {};
  return function->Call(context, v8::Undefined(isolate_), static_cast<int>(arguments.size()), arguments.data());
}

}  // namespace verge::bindings
