#include "ctl/caller.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace greylisting::ctl {

Caller::Caller() : user_(geteuid()), group_(getegid()) {}

void Caller::come_back() const {
  if (geteuid() != user_ && (seteuid(user_) != 0 || setegid(group_) != 0))
    throw std::system_error(errno, std::generic_category(), "cannot act as the caller again");
}

}  // namespace greylisting::ctl
