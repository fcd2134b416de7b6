// caller: whoever this process was before it acted as the owner of the store: what a person asks to be
// written is that person's.
#pragma once

#include <sys/types.h>

namespace greylisting::ctl {

/// Remembers who this process acts as now.
class Caller {
 public:
  Caller();

  /// Acts as that user again. Throws std::system_error.
  void come_back() const;

 private:
  uid_t user_;
  gid_t group_;
};

}  // namespace greylisting::ctl
