// talk: the SMTP that leads a client to its deferral (RFC 5321): what it says turns into replies, and no mail
// is ever taken. Nothing here reads, writes or looks at a clock.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace greylisting {

/// Who is to be answered at RCPT, as the client has said it.
struct Envelope {
  std::string helo{};
  std::string sender{};
  std::string recipient{};
  unsigned recipients = 0;  // of this message so far, this one included
};

class Talk {
 public:
  /// In octets. RFC 5321 asks for 512, and more for extensions. A longer line ends the talk.
  static constexpr std::size_t kMaxLine = 2048;
  /// Commands that a client may get wrong, and those it may send at all.
  static constexpr unsigned kMaxErrors = 10;
  static constexpr unsigned kMaxCommands = 1000;

  /// Of the reply to one recipient, without its line end. One that begins with 421 ends the talk.
  using Judge = std::function<std::string(const Envelope&)>;
  /// Told of each line of either side, without its line end.
  using Witness = std::function<void(char direction, std::string_view line)>;

  /// `own_name` is this host's; what cannot be one is `localhost`. Of more recipients than `most_recipients`
  /// in one connection none is judged, and the talk ends.
  Talk(std::string_view own_name, unsigned most_recipients, Judge judge, Witness witness = {});

  /// What is said first.
  std::string greeting();

  /// The replies to what has come, in whatever pieces: lines end with LF, with a CR before it or without.
  /// After the end there are none.
  std::string take(std::string_view bytes);

  /// The last words to a client that takes too long.
  std::string time_is_over();

  bool is_over() const { return is_over_; }

 private:
  std::string reply_to(std::string_view line);
  std::string reply_to_command(std::string_view verb, std::string_view argument);
  std::string hello(std::string_view argument, bool is_extended);
  std::string mail(std::string_view argument);
  std::string rcpt(std::string_view argument);
  std::string data() const;
  std::string goodbye(std::string_view text);
  void say(std::string& replies, std::string_view reply) const;

  std::string own_name_;
  unsigned most_recipients_;
  Judge judge_;
  Witness witness_;

  std::string line_{};  // what has come of it so far
  std::string helo_{};
  std::optional<std::string> sender_{};  // from MAIL on
  std::string refusal_{};                // of the message's last recipient
  unsigned of_message_ = 0;              // recipients
  unsigned of_connection_ = 0;
  unsigned commands_ = 0;
  unsigned errors_ = 0;
  bool is_over_ = false;
};

}  // namespace greylisting
