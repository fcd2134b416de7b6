// deferred_tls: linked into statically linked programs only, where the linker (--wrap) sends the call here.
//
// MariaDB's client library starts OpenSSL when it starts itself, which reads files and registers everything:
// half a millisecond for something that a unix socket never uses. It makes the call again, then with room for
// a message, when a connection does turn to TLS; so the first one need not do anything.
//
// OpenSSL also asks for the processor's features before main(), by instructions that take a virtual machine a
// long time. Without them it calculates as on any processor of the kind, which only TLS is worth.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#include <cstddef>

extern "C" {

int __real_ma_tls_start(char* message, std::size_t size);
int __wrap_ma_tls_start(char* message, std::size_t size);
void __real_OPENSSL_cpuid_setup();
void __wrap_OPENSSL_cpuid_setup();

void __wrap_OPENSSL_cpuid_setup() {}

int __wrap_ma_tls_start(char* message, std::size_t size) {
  if (message == nullptr) return 0;
  __real_OPENSSL_cpuid_setup();
  return __real_ma_tls_start(message, size);
}

}  // extern "C"

// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
