// leak_check: lets the leak sanitizer look at a program that has become another user. It looks from a process
// of its own, which the system forbids then. Has an effect with SANITIZE=1 alone.

#include <sys/prctl.h>
#include <unistd.h>

/// The sanitizer asks this when the program has ended, right before it looks: 1 keeps it from that.
extern "C" int __lsan_is_turned_off() {
  if (geteuid() != getuid() && seteuid(getuid()) != 0) return 1;
  prctl(PR_SET_DUMPABLE, 1);
  return 0;
}
