#include "name_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "free_port.h"
#include "process/dns.h"

namespace greylisting::test {
namespace {

constexpr const char* kProof = "started.invalid";

}  // namespace

NameServer::NameServer(const std::vector<std::string>& records) {
  const std::string port = std::to_string(free_port());
  address_ = "127.0.0.1:" + port;
  Command command{.arguments = {"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                                "--pid-file=", "--user=root", "--port=" + port, "--listen-address=127.0.0.1",
                                "--bind-interfaces", "--no-resolv", "--no-hosts", "--local=/#/",
                                "--local-ttl=3600", std::string("--txt-record=") + kProof + ",yes"}};
  for (const std::string& record : records) command.arguments.push_back("--" + record);
  server_ = std::make_unique<BackgroundProcess>(command, directory_ / "log");
  for (;;) {
    if (!server_->is_running()) throw std::runtime_error("dnsmasq: " + read_file(directory_ / "log"));
    Dns dns(address_, Dns::Clock::now() + std::chrono::seconds(1));
    if (dns.ask(kProof, DnsType::txt).status == DnsAnswer::Status::found) break;
    std::this_thread::yield();
  }
}

SilentNameServer::SilentNameServer()
    : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      address_("127.0.0.1:" + std::to_string(bind_to_free_port(socket_))) {}

SilentNameServer::~SilentNameServer() { close(socket_); }

}  // namespace greylisting::test
