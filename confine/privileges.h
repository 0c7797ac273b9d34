// The rights that a process has by who it is: user, groups, capabilities.
#ifndef CONFINE_PRIVILEGES_H_
#define CONFINE_PRIVILEGES_H_

#include <sys/types.h>

#include <expected>
#include <string>

namespace verge::confine {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// By name or number. The error says what is wrong.
std::expected<User, std::string> FindUser(const std::string& name);

// Becomes that user, with its groups and without any capability, for good. Only root can. The caller has one thread.
std::expected<void, std::string> BecomeUser(const User& user);

// Gives up all capabilities but, for root, those that let it open files of other users (CAP_DAC_OVERRIDE,
// CAP_DAC_READ_SEARCH): a root that runs for root's sake is given files of anybody.
std::expected<void, std::string> DropCapabilities();

// From now on no program that is run gains rights (set-user-ID and the like). What filters and Landlock need.
std::expected<void, std::string> ForbidNewPrivileges();

}  // namespace verge::confine

#endif  // CONFINE_PRIVILEGES_H_
