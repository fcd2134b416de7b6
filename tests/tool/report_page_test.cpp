// The page of greylistctl report in a real Chromium: what it shows are the store's figures; it can be read in
// light and in the dark, on a wide screen, on a telephone and on paper; it asks nothing of anybody.

#include <zlib.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using Arguments = std::vector<std::string>;

constexpr unsigned kWidth = 1280;
constexpr unsigned kHeight = 2400;
constexpr unsigned kTelephone = 390;

bool has_chromium() { return run({.arguments = {"sh", "-c", "command -v chromium"}}).status == 0; }

class Browser {
 public:
  /// Shows the file and ends. Standard output is what `--dump-dom` writes, standard error what the page's
  /// console says, among other things.
  Result show(const fs::path& file, const Arguments& more) const {
    Command command{
        .arguments = {"timeout", "120", "chromium", "--headless", "--no-sandbox", "--disable-gpu",
                      "--disable-background-networking", "--no-first-run", "--hide-scrollbars",
                      "--enable-logging=stderr", "--user-data-dir=" + (home_ / "profile").string()},
        .environment = {{"HOME", home_.path()}, {"LANG", "C.UTF-8"}},
        .directory = home_.path()};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    command.arguments.push_back("file://" + file.string());
    return run(command);
  }

  std::string dom(const fs::path& file, const Arguments& more = {}) const {
    Arguments all{"--dump-dom"};
    all.insert(all.end(), more.begin(), more.end());
    const Result result = show(file, all);
    CAPTURE(result.errors);
    REQUIRE(result.status == 0);
    return result.output;
  }

  void take_screenshot(const fs::path& file, const fs::path& picture, const Arguments& more = {}) const {
    fs::remove(picture);
    Arguments all{"--screenshot=" + picture.string(),
                  "--window-size=" + std::to_string(kWidth) + ',' + std::to_string(kHeight)};
    all.insert(all.end(), more.begin(), more.end());
    const Result result = show(file, all);
    CAPTURE(result.errors);
    REQUIRE(result.status == 0);
  }

 private:
  TemporaryDirectory home_;
};

struct Picture {
  std::size_t width = 0;
  std::size_t height = 0;
  std::set<char> bytes{};  // that come in its pixels
};

std::size_t number_at(const std::string& bytes, std::size_t place) {
  std::size_t number = 0;
  for (std::size_t i = place; i < place + 4; ++i)
    number = number << 8U | static_cast<unsigned char>(bytes.at(i));
  return number;
}

// A PNG (RFC 2083): chunks, of which IHDR begins with the size and IDAT are the compressed pixels.
Picture picture_of(const fs::path& file) {
  const std::string png = read_file(file);
  REQUIRE(png.starts_with("\x89PNG\r\n\x1a\n"));
  Picture picture;
  std::string packed;
  for (std::size_t at = 8; at + 12 <= png.size(); at += number_at(png, at) + 12) {
    const std::string type = png.substr(at + 4, 4);
    if (type == "IHDR") {
      picture.width = number_at(png, at + 8);
      picture.height = number_at(png, at + 12);
    }
    if (type == "IDAT") packed += png.substr(at + 8, number_at(png, at));
  }
  std::vector<unsigned char> pixels((picture.width * 4 + 1) * picture.height);
  uLongf size = pixels.size();
  REQUIRE(uncompress(pixels.data(), &size, reinterpret_cast<const unsigned char*>(packed.data()),
                     packed.size()) == Z_OK);
  for (const unsigned char pixel : pixels) picture.bytes.insert(static_cast<char>(pixel));
  return picture;
}

// What is in the element of that id.
std::string part(const std::string& dom, const std::string& id) {
  const auto begin = dom.find(" id=\"" + id + "\"");
  CAPTURE(id);
  REQUIRE(begin != std::string::npos);
  const auto end = dom.find(
      id == "clients" || id == "recipients" || id == "sender-domains" ? "</table>" : "</section>", begin);
  return dom.substr(begin, end - begin);
}

// The data-value of a cell.
std::string cell(const std::string& part, const std::string& row, const std::string& column) {
  const auto begin = part.find(" data-row=\"" + row + "\"");
  CAPTURE(row, column);
  REQUIRE(begin != std::string::npos);
  const std::string cells = part.substr(begin, part.find("</tr>", begin) - begin);
  std::smatch found;
  REQUIRE(
      std::regex_search(cells, found, std::regex("data-column=\"" + column + "\" data-value=\"([0-9]+)\"")));
  return found[1];
}

std::string tile(const std::string& dom, const std::string& key) {
  std::smatch found;
  CAPTURE(key);
  REQUIRE(std::regex_search(dom, found, std::regex("data-tile=\"" + key + "\" data-value=\"([0-9]+)\"")));
  return found[1];
}

std::string sum(const Installation& installation, const std::string& condition) {
  return installation.sql("SELECT COALESCE(SUM(total), 0) FROM greylisting_history WHERE " + condition)
      .at(0)
      .at(0)
      .value();
}

// Four weeks, of which one day has nothing; of all kinds and hours, in sizes that differ. What they are of is
// the store's; the page has to say the same.
void fill_history(const Installation& installation) {
  std::string rows;
  const auto add = [&](const std::string& period, const std::string& kind, const std::string& name,
                       int total) {
    rows += (rows.empty() ? "('" : ", ('") + period + "', '" + kind + "', '" + name + "', 'mx1', " +
            std::to_string(total) + ')';
  };
  const std::string today = installation.now().substr(0, 10);
  for (int day = 0; day < 28; ++day) {
    if (day == 9) continue;
    const std::string date = installation.sql("SELECT " + installation.seconds_from_now(-86400 * (28 - day)))
                                 .at(0)
                                 .at(0)
                                 .value()
                                 .substr(0, 10);
    for (int hour = 0; hour < 24; hour += 1 + day % 3) {
      const std::string period = date + (hour < 10 ? " 0" : " ") + std::to_string(hour) + ":00:00";
      const int busy = 10 + (day * 7 + hour * 3) % 40;
      add(period, "decision", "known", busy * 5);
      add(period, "decision", "retried", busy);
      add(period, "decision", "new", busy * 2);
      add(period, "decision", "denied", busy / 4);
      if (day == 20) add(period, "decision", "error", 1);
      add(period, "wait", "1200", busy - 3);
      add(period, "wait", "7500", 3);
      add(period, "first-retry", "300", busy / 2);
      add(period, "first-retry", "1200", busy);
    }
    const std::string midnight = date + " 00:00:00";
    for (const char* const wait :
         {"30", "120", "400", "700", "2400", "4500", "20000", "30000", "50000", "90000"})
      add(midnight, "wait", wait, 300 + day);
    add(midnight, "record", "passed", 100 + day);
    add(midnight, "record", "retried", day);
    add(midnight, "record", "never-retried", 200 - day);
    add(midnight, "client", "198.51.100.0/24", 60 + day);
    add(midnight, "client", "2001:db8:7::/64", 20);
    add(midnight, "sender-domain", "spam.example", 90);
    add(midnight, "sender-domain", "<b>\"x\"&.example", 5);
    add(midnight, "recipient", "bob@example.org", 120 - day);
    add(midnight, "pool", "pool.example", 1 + day % 2);
  }
  installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES " + rows);
}

// A page with `page` in a frame as wide as a telephone, and what a script in it finds there: how wide the
// page is, the least contrast (WCAG 2) of its letters to what is behind them, in hundredths, which
// texts of a chart touch each other, and how many commands do not fit; and as on paper how many tables cannot
// be seen, how much that is of no use there can, and how many bars have no pattern though another is larger,
// or have one though they are the largest.
std::string page_of_frame(const std::string& page) {
  return R"(<!DOCTYPE html><body><iframe src=")" + page + R"(" width=")" + std::to_string(kTelephone) +
         R"(" height="900" style="border:0"></iframe><script>
onload = () => {
  const page = document.querySelector('iframe').contentDocument;
  const numbers = color => color.match(/[\d.]+/g).map(Number);
  const light = color => {
    const [r, g, b] = numbers(color).map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
    return 'rgb(0, 0, 0)';
  };
  let least = 2100;
  for (const e of page.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim() !== '') || e.closest('title, desc')) continue;
    const style = page.defaultView.getComputedStyle(e);
    const a = light(e.ownerSVGElement ? style.fill : style.color), b = light(behind(e));
    least = Math.min(least, Math.round(100 * (Math.max(a, b) + .05) / (Math.min(a, b) + .05)));
  }
  const touching = [];
  for (const chart of page.querySelectorAll('.chart')) {
    const texts = [...chart.querySelectorAll('text')].filter(e => e.getBoundingClientRect().width > 0);
    for (const [i, e] of texts.entries()) {
      const a = e.getBoundingClientRect();
      for (const other of texts.slice(i + 1)) {
        const b = other.getBoundingClientRect();
        if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
          touching.push(e.textContent + '/' + other.textContent);
      }
    }
  }
  const width = page.documentElement.scrollWidth;
  const cut = [...page.querySelectorAll('td code')].map(e => e.closest('.scroll'))
    .filter(e => e.scrollWidth > e.clientWidth).length;
  for (const rule of page.styleSheets[0].cssRules)
    if (rule.media && rule.media.mediaText.startsWith('print')) rule.media.mediaText = 'all';
  const bars = of => [...page.querySelectorAll('.chart rect')].filter(e =>
    e.matches(of) && page.defaultView.getComputedStyle(e).fill.startsWith('url(')).length;
  const kinds = '.accepted, .deferred, .rejected, .undecided';
  const flat = page.querySelectorAll('.chart rect:is(' + kinds + '):not(.largest)').length -
    bars(':is(' + kinds + '):not(.largest)') + bars('.largest:not(.undecided)');
  const seen = what => [...page.querySelectorAll(what)].filter(e => e.checkVisibility()).length;
  const hidden = page.querySelectorAll('details:not(.long) table').length - seen('details:not(.long) table');
  const useless = seen('nav') + seen('summary') + seen('details.long table') +
    (getComputedStyle(page.body).backgroundColor === 'rgb(255, 255, 255)' ? 0 : 1);
  document.body.textContent = 'width=' + width + ' contrast=' + least + 
    ' hidden=' + hidden + ' useless=' + useless + ' cut=' + cut + ' flat=' + flat + ' patterns=' + bars('*') + ' touching=' + touching.join();
};
</script></body>)";
}

}  // namespace

TEST_CASE("The page of a report shows the store's figures in a real browser", "[report][page]") {
  if (!has_chromium()) {
    WARN("chromium is not installed: the report's page is not looked at");
    return;
  }
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend);
  installation.sql("SELECT 1");
  for (const auto& file : fs::recursive_directory_iterator(installation.home())) {
    if (file.path().extension() == ".journal") fs::remove(file.path());
  }
  fill_history(installation);
  const TemporaryDirectory here;
  const fs::path file = here / "report.html";
  const Result written = run({.arguments = {built("greylistctl"), "--home", installation.home(), "report",
                                            "--since", "40d", "--html", file}});
  CAPTURE(written.errors);
  REQUIRE(written.status == 0);

  const Browser browser;
  const std::string dom = browser.dom(file);
  const std::string accepted = "kind = 'decision' AND name IN ('known', 'retried')";
  CHECK(tile(dom, "accepted") == sum(installation, accepted));
  CHECK(tile(dom, "deferred") == sum(installation, "kind = 'decision' AND name = 'new'"));
  CHECK(tile(dom, "rejected") == sum(installation, "kind = 'decision' AND name = 'denied'"));
  CHECK(tile(dom, "errors") == sum(installation, "kind = 'decision' AND name = 'error'"));
  CHECK(tile(dom, "never-retried") == sum(installation, "kind = 'record' AND name = 'never-retried'"));

  const std::string decisions = part(dom, "decisions");
  const std::string records = part(dom, "records");
  std::size_t days = 0;
  for (const auto& row : installation.sql("SELECT DISTINCT SUBSTR(period, 1, 10) FROM greylisting_history")) {
    const std::string& day = row.at(0).value();
    const std::string of_day = " AND SUBSTR(period, 1, 10) = '" + day + "'";
    CHECK(cell(decisions, day, "accepted") == sum(installation, accepted + of_day));
    CHECK(cell(decisions, day, "deferred") ==
          sum(installation, "kind = 'decision' AND name = 'new'" + of_day));
    CHECK(cell(decisions, day, "waited") == sum(installation, "kind = 'wait'" + of_day));
    CHECK(cell(records, day, "passed") == sum(installation, "kind = 'record' AND name = 'passed'" + of_day));
    CHECK(cell(records, day, "never_retried") ==
          sum(installation, "kind = 'record' AND name = 'never-retried'" + of_day));
    ++days;
  }
  CHECK(days == 27);
  for (const auto& row :
       installation.sql("SELECT DISTINCT SUBSTR(period, 1, 16) FROM greylisting_history WHERE kind = "
                        "'decision'")) {
    const std::string& hour = row.at(0).value();
    CHECK(cell(decisions, hour, "accepted") ==
          sum(installation, accepted + " AND SUBSTR(period, 1, 16) = '" + hour + "'"));
  }
  const std::string hours = part(dom, "hours");
  for (const std::string hour : {"00", "07", "23"})
    CHECK(cell(hours, hour + ":00", "deferred") ==
          sum(installation, "kind = 'decision' AND name = 'new' AND SUBSTR(period, 12, 2) = '" + hour + "'"));
  const std::string waits = part(dom, "waits");
  CHECK(cell(waits, "15 to 30 min", "count") == sum(installation, "kind = 'wait' AND name = '1200'"));
  CHECK(cell(waits, "2 to 4 h", "count") == sum(installation, "kind = 'wait' AND name = '7500'"));
  const std::string blocks = part(dom, "blocks");
  CHECK(cell(blocks, "5 min", "in_time") == sum(installation, "kind = 'first-retry'"));
  CHECK(cell(blocks, "15 min", "in_time") == sum(installation, "kind = 'first-retry' AND name = '1200'"));
  CHECK(cell(blocks, "55 min (now)", "in_time") == "0");
  CHECK(cell(part(dom, "clients"), "198.51.100.0/24", "count") ==
        sum(installation, "kind = 'client' AND name = '198.51.100.0/24'"));
  CHECK(cell(part(dom, "sender-domains"), "&lt;b&gt;&quot;x&quot;&amp;.example", "count") ==
        sum(installation, "kind = 'sender-domain' AND name LIKE '<b>%'"));
  CHECK(cell(part(dom, "recipients"), "bob@example.org", "count") == sum(installation, "kind = 'recipient'"));
  CHECK(cell(part(dom, "pools"), "pool.example", "in_vain") == sum(installation, "kind = 'pool'"));
}

TEST_CASE("The page of a report can be read, and asks nothing of anybody", "[report][page]") {
  if (!has_chromium()) {
    WARN("chromium is not installed: the report's page is not looked at");
    return;
  }
  const Installation installation(Backend::sqlite);
  installation.sql("SELECT 1");
  fill_history(installation);
  const TemporaryDirectory here;
  const fs::path file = here / "report.html";
  REQUIRE(run({.arguments = {built("greylistctl"), "--home", installation.home(), "report", "--since", "40d",
                             "--html", file}})
              .status == 0);
  const Browser browser;

  const fs::path light = built("report.png");
  browser.take_screenshot(file, light);
  const Picture picture = picture_of(light);
  CHECK(picture.width == kWidth);
  CHECK(picture.height == kHeight);
  CHECK(picture.bytes.size() > 100);
  const std::string in_dark = "--blink-settings=preferredColorScheme=0";
  browser.take_screenshot(file, here / "dark.png", {in_dark});
  CHECK(picture_of(here / "dark.png").bytes.size() > 100);
  CHECK(read_file(here / "dark.png") != read_file(light));

  // Nobody is asked for anything: the page says so itself, and the browser would say what it has kept back.
  const std::string page = read_file(file);
  CHECK_THAT(page, !Contains("http:") && !Contains("https:") && !Contains(" src=") && !Contains("<script") &&
                       !Contains("@import"));
  const Result shown = browser.show(file, {"--dump-dom"});
  CHECK_THAT(shown.errors, !Contains("CONSOLE"));
  write_file(here / "asking.html",
             std::regex_replace(page, std::regex("</main>"), "<img src=\"https://192.0.2.1/x.png\"></main>"));
  const Result asking = browser.show(here / "asking.html", {"--dump-dom"});
  CHECK_THAT(asking.errors, Contains("CONSOLE") && Contains("Content Security Policy"));

  write_file(here / "frame.html", page_of_frame("report.html"));
  for (const std::string& scheme : {std::string("--blink-settings=preferredColorScheme=1"), in_dark}) {
    const std::string found = browser.dom(here / "frame.html", {"--allow-file-access-from-files", scheme});
    CAPTURE(scheme, found);
    std::smatch numbers;
    REQUIRE(std::regex_search(found, numbers,
                              std::regex("width=([0-9]+) contrast=([0-9]+) hidden=([0-9]+) "
                                         "useless=([0-9]+) cut=([0-9]+) flat=([0-9]+) "
                                         "patterns=([0-9]+) touching=([^<]*)</body>")));
    CHECK(std::stoul(numbers[1]) <= kTelephone);
    CHECK(std::stoul(numbers[2]) >= 450);
    CHECK(numbers[3] == "0");
    CHECK(numbers[4] == "0");
    CHECK(numbers[5] == "0");
    CHECK(numbers[6] == "0");
    CHECK(numbers[7] != "0");
    CHECK(numbers[8].str().empty());
  }
}

}  // namespace greylisting::test
