#include "sqlite/state_directory.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <memory>

namespace verge::sqlite {
namespace {

constexpr size_t kMaxIdBytes = 128;
constexpr std::string_view kSuffix = ".sqlite";

bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

bool StateDirectory::IsSafeId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && id.front() != '.' && std::ranges::all_of(id, IsIdCharacter);
}

std::string StateDirectory::CheckId(std::string_view id) {
  if (IsSafeId(id)) return "";
  std::string shown;
  for (char c : id.substr(0, kMaxIdBytes)) shown += c >= ' ' && c != '"' && c < 0x7F ? c : '?';
  return std::format(
      "the id \"{}\" cannot be the name of a file: use 1 to {} of the characters A-Z a-z 0-9 . _ -, not "
      "beginning with a dot",
      shown, kMaxIdBytes);
}

StateDirectory StateDirectory::Within(std::string_view space) const {
  return space.empty() ? *this : StateDirectory(std::format("{}/{}", root_, space));
}

std::string StateDirectory::AreaPath(std::string_view area) const { return std::format("{}/{}", root_, area); }

std::string StateDirectory::DatabasePath(std::string_view area, std::string_view id) const {
  return std::format("{}/{}/{}{}", root_, area, id, kSuffix);
}

Result<> StateDirectory::Create(std::string_view area) const {
  const std::string path = AreaPath(area);
  struct stat status;
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      // A part above that may not be written to, but is there, is no hindrance.
      int error = errno;
      if (::stat(part.c_str(), &status) != 0) {
        return FailSystem(std::format("cannot create the folder {}", part), error);
      }
    }
    if (slash == std::string::npos) break;
  }
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return FailSystem(std::format("cannot create the folder {}", path), ENOTDIR);
  }
  return {};
}

std::vector<std::string> StateDirectory::Ids(std::string_view area) const {
  std::vector<std::string> ids;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(AreaPath(area).c_str()), &::closedir);
  while (folder) {
    const dirent* entry = ::readdir(folder.get());
    if (!entry) break;
    std::string_view name(entry->d_name);
    if (!name.ends_with(kSuffix)) continue;
    name.remove_suffix(kSuffix.size());
    if (IsSafeId(name)) ids.emplace_back(name);
  }
  std::ranges::sort(ids);
  return ids;
}

}  // namespace verge::sqlite
