#include "bindings/crypto/primitives/jwk.h"

#include <algorithm>

#include "bindings/crypto/primitives/text.h"

namespace verge::crypto {
namespace {

void AppendQuoted(std::string_view text, SecretBytes* out) {
  out->push_back('"');
  // What goes in is base64url and names: nothing to escape.
  out->insert(out->end(), text.begin(), text.end());
  out->push_back('"');
}

}  // namespace

Outcome<> CheckJwk(const Jwk& jwk, std::string_view kty, std::string_view use, bool extractable, Usages usages) {
  if (!jwk.kty || std::string_view(*jwk.kty) != kty) {
    return DataError("The JSON Web Key's \"kty\" must be \"" + std::string(kty) + "\".");
  }
  if (usages != 0 && !use.empty() && jwk.use && std::string_view(*jwk.use) != use) {
    return DataError("The JSON Web Key's \"use\" must be \"" + std::string(use) + "\".");
  }
  if (jwk.key_ops) {
    Usages known = 0;
    for (const std::string& op : *jwk.key_ops) {
      std::optional<Usage> usage = FindUsage(op);
      if (!usage) continue;
      if ((known & *usage) != 0) return DataError("The JSON Web Key's \"key_ops\" has \"" + op + "\" twice.");
      known |= *usage;
    }
    if ((usages & ~known) != 0) {
      return DataError("The JSON Web Key's \"key_ops\" does not have all of the requested usages.");
    }
  }
  if (jwk.ext && !*jwk.ext && extractable) {
    return DataError("The JSON Web Key's \"ext\" does not allow for it to be extractable.");
  }
  return {};
}

Outcome<SecretBytes> JwkBytes(const std::optional<SecretText>& member, std::string_view name, size_t size) {
  if (member) {
    std::optional<SecretBytes> bytes = FromBase64Url(*member);
    if (bytes && !bytes->empty() && (size == 0 || bytes->size() == size)) return *std::move(bytes);
  }
  return DataError("The JSON Web Key's \"" + std::string(name) + "\" is missing or invalid.");
}

SecretText JwkText(Bytes bytes) { return SecretText(ToBase64Url(bytes)); }

SecretBytes JwkToJson(const Jwk& jwk) {
  SecretBytes json;
  auto name = [&json](std::string_view text) {
    json.push_back(json.empty() ? '{' : ',');
    AppendQuoted(text, &json);
    json.push_back(':');
  };
  auto word = [&json](std::string_view text) { json.insert(json.end(), text.begin(), text.end()); };
  for (const JwkMember& member : kJwkMembers) {
    // "ext" and "key_ops" have their places between the others.
    if (member.name == "k" && jwk.ext) {
      name("ext");
      word(*jwk.ext ? "true" : "false");
    }
    if (member.name == "kty" && jwk.key_ops) {
      name("key_ops");
      json.push_back('[');
      for (size_t i = 0; i < jwk.key_ops->size(); ++i) {
        if (i > 0) json.push_back(',');
        AppendQuoted((*jwk.key_ops)[i], &json);
      }
      json.push_back(']');
    }
    const std::optional<SecretText>& value = jwk.*member.value;
    if (!value) continue;
    name(member.name);
    AppendQuoted(*value, &json);
  }
  if (json.empty()) json.push_back('{');
  json.push_back('}');
  return json;
}

}  // namespace verge::crypto
