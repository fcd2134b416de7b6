#include "mail/expectation.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "mail/sender_form.h"

namespace greylisting {
namespace {

// Where mailboxes are of people who have nothing to do with one another. A name before a dot stands for all
// countries: yahoo.de, yahoo.co.uk.
constexpr std::string_view kProviders =
    " gmail.com googlemail.com aol.com icloud.com me.com mac.com mail.ru bk.ru inbox.ru list.ru "
    "rambler.ru qq.com foxmail.com 163.com 126.com sina.com naver.com web.de t-online.de freenet.de "
    "arcor.de posteo.de mailbox.org orange.fr free.fr wanadoo.fr laposte.net sfr.fr libero.it "
    "virgilio.it tiscali.it alice.it wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz bluewin.ch "
    "ziggo.nl kpnmail.nl telenet.be skynet.be comcast.net verizon.net att.net sbcglobal.net "
    "bellsouth.net cox.net charter.net earthlink.net btinternet.com sky.com ntlworld.com bigpond.com "
    "rediffmail.com uol.com.br bol.com.br terra.com.br proton.me protonmail.com pm.me tutanota.com "
    "fastmail.com zoho.com mail.com hushmail.com ymail.com rocketmail.com protonmail.ch tuta.com "
    "tuta.io tutamail.com keemail.me fastmail.fm zohomail.com zohomail.eu aim.com ya.ru internet.ru "
    "ukr.net i.ua meta.ua abv.bg mail.bg azet.sk post.sk email.cz volny.cz atlas.cz freemail.hu "
    "citromail.hu hanmail.net daum.net nate.com 139.com 189.cn yeah.net vip.163.com aliyun.com "
    "sohu.com tom.com mail.de email.de online.de vodafone.de kabelmail.de mail.ee inbox.lv inbox.lt "
    "aon.at chello.at sunrise.ch hispeed.ch neuf.fr numericable.fr gmx-topmail.de home.nl xs4all.nl "
    "planet.nl hetnet.nl proximus.be scarlet.be telia.com bredband.net online.no mail.dk sapo.pt "
    "mail.pt telefonica.net terra.es inwind.it email.it tim.it tin.it virginmedia.com talktalk.net "
    "tiscali.co.uk blueyonder.co.uk eircom.net rogers.com shaw.ca sympatico.ca videotron.ca "
    "telus.net windstream.net frontier.com centurylink.net juno.com netzero.net optonline.net "
    "roadrunner.com windowslive.com passport.com duck.com mozmail.com privaterelay.appleid.com "
    "simplelogin.com anonaddy.me optusnet.com.au iinet.net.au xtra.co.nz ig.com.br globo.com "
    "docomo.ne.jp ezweb.ne.jp softbank.ne.jp nifty.com biglobe.ne.jp walla.co.il mynet.com ";
constexpr std::array kNames{"yahoo.", "hotmail.", "outlook.", "live.", "msn.", "gmx.", "yandex."};

bool is_of_many(std::string_view domain) {
  const bool is_word = domain.find(' ') == std::string_view::npos;
  return (is_word && kProviders.find(' ' + std::string(domain) + ' ') != std::string_view::npos) ||
         std::ranges::any_of(kNames, [domain](std::string_view name) { return domain.starts_with(name); });
}

// 'e' | recipient | 0 | sender's form, 1 and its domain, or 2. An address has no NUL, and no byte of a normal
// form is taken for a recipient's end.
Expectation of_sender(const Address& sender, const Address& recipient, const Fingerprinter& fingerprinter) {
  const std::string input = 'e' + recipient.text() + '\0' + '\0' + sender_form(sender);
  return {Expected::sender, fingerprinter.of(input), fingerprinter.stored(sender),
          fingerprinter.stored(recipient)};
}

Expectation of_domain(const Address& sender, const Address& recipient, const Fingerprinter& fingerprinter) {
  const std::string input = 'e' + recipient.text() + '\0' + '\1' + std::string(sender.domain());
  return {Expected::domain, fingerprinter.of(input), fingerprinter.stored_domain(sender.domain()),
          fingerprinter.stored(recipient)};
}

}  // namespace

Expectation expected_by(const Address& recipient, const Fingerprinter& fingerprinter) {
  const std::string input = 'e' + recipient.text() + '\0' + '\2';
  return {Expected::anybody, fingerprinter.of(input), "", fingerprinter.stored(recipient)};
}

std::vector<Expectation> expectations_of(const Address& sender, const Address& recipient,
                                         const Fingerprinter& fingerprinter) {
  // An answer goes to the address with the tag that the host has put in, or without it.
  const Address user = Address::sender(recipient.text());
  std::vector<Expectation> expectations;
  if (!sender.text().empty()) {
    expectations.push_back(of_sender(sender, user, fingerprinter));
    expectations.push_back(of_domain(sender, user, fingerprinter));
  }
  expectations.push_back(expected_by(recipient, fingerprinter));
  return expectations;
}

std::vector<Expectation> expected_answers(const std::string& user, const std::string& correspondent,
                                          const Fingerprinter& fingerprinter,
                                          const std::function<bool(std::string_view domain)>& is_own) {
  const Address recipient = Address::sender(user);
  const Address sender = Address::sender(correspondent);
  if (recipient.text().empty() || sender.text().empty() || recipient.domain() == sender.domain() ||
      (is_own && is_own(sender.domain())))
    return {};
  std::vector<Expectation> expectations{of_sender(sender, recipient, fingerprinter)};
  if (!is_of_many(sender.domain())) expectations.push_back(of_domain(sender, recipient, fingerprinter));
  return expectations;
}

}  // namespace greylisting
