// static_link: linked into the statically linked plugin only, where the linker (--wrap) sends these calls of
// the client libraries first. What a unix socket with a password needs is done with less; what only a
// dynamically linked program can do is handed over to one (src/process/hand_over.h).
//
// It also ends the process before the libraries start themselves when there is nothing to decide.
//
// The names are the linker's, and reserved for that.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#include <netdb.h>
#include <pwd.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "host/spf.h"
#include "judgement/session.h"
#include "process/hand_over.h"

extern "C" {

int __real_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** addresses);
int __real_usleep(useconds_t time);

int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** addresses);
int __wrap_usleep(useconds_t time);
void* __wrap_dlopen(const char* file, int mode);
servent* __wrap_getservbyname(const char* name, const char* protocol);
passwd* __wrap_getpwuid(uid_t user);
[[noreturn]] void __wrap_exit(int status);

// An address needs no name service.
int __wrap_getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** addresses) {
  addrinfo numeric{};
  if (hints != nullptr) numeric = *hints;
  numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
  const int result = __real_getaddrinfo(host, service, &numeric, addresses);
  if (result == EAI_NONAME) greylisting::hand_over("host names");
  return result;
}

void* __wrap_dlopen(const char* /*file*/, int /*mode*/) {
  greylisting::hand_over("authentication plugins");
  return nullptr;
}

// Of the account's name, when the option file has no user.
passwd* __wrap_getpwuid(uid_t /*user*/) {
  greylisting::hand_over("accounts named like the system's user");
  return nullptr;
}

// The client library asks for the port of the service "mysql", which takes the C library thirty system calls.
// Without an answer it is 3306, the registered one.
servent* __wrap_getservbyname(const char* /*name*/, const char* /*protocol*/) { return nullptr; }

// MariaDB's client library sleeps for a microsecond after each connect, also after one that succeeded; the
// kernel makes at least fifty of it. Where it has to wait it tries again, and doubles the time.
int __wrap_usleep(useconds_t time) { return time <= 1 ? 0 : __real_usleep(time); }

// What main() returns to. Everything is written by then, without the C library's buffers; what is to be freed
// is freed by the kernel.
void __wrap_exit(int status) { _exit(status); }

}  // extern "C"

namespace greylisting {

// In place of that of spf.cpp: the libraries for it would be a part of every start.
std::string spf_result(const Session& /*session*/, const IpAddress& /*client*/, const Settings& /*settings*/,
                       std::chrono::steady_clock::time_point /*end*/, std::vector<std::string>& problems) {
  hand_over("SPF checks");
  problems.push_back(failed_hand_over());
  return "temperror";
}

}  // namespace greylisting

namespace {

constexpr const char* kStartedAgain = "started-again";

int start_again(void* /*nothing*/) {
  const char* const file = greylisting::own_file();
  const std::array<char*, 3> arguments{const_cast<char*>(file), const_cast<char*>(kStartedAgain), nullptr};
  execv(file, arguments.data());
  _exit(0);
}

// Most processes are started for a client that is not greylisted. They end before the libraries start, the
// C++ library with a request for memory, which saves a tenth of their time. What is to be noted of outgoing
// mail this program does when it is started again, by a process that holds nothing that the host waits for.
// Until then it shares this one's memory: to copy that, as fork does, takes as long as all the rest.
void end_if_not_greylisted(int argument_count, char** arguments, char** /*environment*/) {
  if (greylisting::Session::is_greylisted(std::getenv)) return;
  if (greylisting::Session::is_outgoing(std::getenv)) {
    if (argument_count == 2 && std::strcmp(arguments[1], kStartedAgain) == 0) return;
    alignas(16) static std::array<char, 8192> stack;
    close(STDOUT_FILENO);
    if (clone(start_again, stack.data() + stack.size(), CLONE_VM | SIGCHLD, nullptr) < 0) return;
  }
  _exit(0);
}

[[gnu::section(".preinit_array"),
  gnu::used]] void (*const before_initialization)(int, char**, char**) = end_if_not_greylisted;

}  // namespace

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
