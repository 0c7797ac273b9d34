#include "confine/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace verge::confine {
namespace {

std::unexpected<std::string> Failed(const char* what) {
  return std::unexpected(std::string(what) + ": " + strerrordesc_np(errno));
}

}  // namespace

std::expected<User, std::string> FindUser(const std::string& name) {
  errno = 0;
  if (const passwd* found = getpwnam(name.c_str())) return User{found->pw_name, found->pw_uid, found->pw_gid};
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
  if (error != std::errc() || end != name.data() + name.size() || uid == static_cast<uid_t>(-1)) {
    return std::unexpected("there is no user \"" + name + "\"");
  }
  if (const passwd* found = getpwuid(uid)) return User{found->pw_name, found->pw_uid, found->pw_gid};
  return User{name, uid, uid};
}

std::expected<void, std::string> BecomeUser(const User& user) {
  if (geteuid() != 0) return std::unexpected("only root can run as another user");
  // A number without an account has no other groups.
  if ((getpwuid(user.uid) ? initgroups(user.name.c_str(), user.gid) : setgroups(0, nullptr)) != 0) {
    return Failed("setting its groups");
  }
  if (setresgid(user.gid, user.gid, user.gid) != 0) return Failed("setresgid");
  if (setresuid(user.uid, user.uid, user.uid) != 0) return Failed("setresuid");
  if (user.uid != 0 && (setuid(0) == 0 || geteuid() == 0)) return std::unexpected("the way back to root is still open");
  return DropCapabilities();
}

std::expected<void, std::string> DropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return Failed("capget");
  const uint32_t kept = geteuid() == 0 ? (1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH) : 0;
  // What could be had again by running something goes first: that itself takes a capability.
  if (data[0].effective & (1u << CAP_SETPCAP)) {
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
      if (capability >= 32 || (kept & (1u << capability)) == 0) prctl(PR_CAPBSET_DROP, capability);
    }
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);  // fails before Linux 4.3, which has none
  data[0].permitted &= kept;
  data[0].effective = data[0].permitted;
  data[1].permitted = data[1].effective = 0;
  data[0].inheritable = data[1].inheritable = 0;
  if (syscall(SYS_capset, &header, data) != 0) return Failed("capset");
  return {};
}

std::expected<void, std::string> ForbidNewPrivileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("PR_SET_NO_NEW_PRIVS");
  return {};
}

}  // namespace verge::confine
