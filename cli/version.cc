#include "cli/version.h"

#include <ada.h>
#include <llhttp.h>
#include <openssl/crypto.h>
#include <simdutf.h>
#include <sqlite3.h>
#include <unicode/uversion.h>
#include <uv.h>
#include <v8.h>
#include <zlib.h>

namespace verge::cli {

std::string VersionText() {
  std::string text = "verge " + std::string(kVergeVersion) + "\n";
  auto line = [&text](std::string_view name, std::string_view version) {
    text.append("  ").append(name).append(12 - name.size(), ' ').append(version).append("\n");
  };
  UVersionInfo icu;
  char icu_text[U_MAX_VERSION_STRING_LENGTH];
  u_getVersion(icu);
  u_versionToString(icu, icu_text);
  line("V8", v8::V8::GetVersion());
  line("libuv", uv_version_string());
  line("llhttp", std::to_string(LLHTTP_VERSION_MAJOR) + "." + std::to_string(LLHTTP_VERSION_MINOR) + "." +
                     std::to_string(LLHTTP_VERSION_PATCH));
  line("OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
  line("SQLite", sqlite3_libversion());
  line("ada", ADA_VERSION);
  line("simdutf", SIMDUTF_VERSION);
  line("ICU", icu_text);
  line("zlib", zlibVersion());
  return text;
}

}  // namespace verge::cli
