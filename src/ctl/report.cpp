#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

#include "ctl/caller.h"
#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "ctl/print/output_file.h"
#include "ctl/report/figures.h"
#include "ctl/report/json.h"
#include "ctl/report/mail.h"
#include "ctl/report/text.h"
#include "ctl/report_page/page.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr int kByDefault = 29;  // days before the last

// The day in which that was, `24h` before now or a date.
std::string day_of(const char* option, const std::string& text, const std::string& now) {
  return date_of(moment_of(option, text, now));
}

// `2026-11-21`, so many days later.
std::string days_later(const std::string& date, std::chrono::days::rep days) {
  return date_of(later(date + " 00:00:00", std::chrono::days(days)));
}

// The first of as many days as the text says, of which that is the last; or a date.
std::string first_day_of(const std::string& text, const std::string& last, const std::string& now) {
  const auto duration = duration_of(text);
  if (!duration) return day_of("--since", text, now);
  const auto days = std::chrono::ceil<std::chrono::days>(*duration);
  return days_later(last, 1 - std::max(days.count(), std::chrono::days::rep{1}));
}

Period period_of(const ReportOptions& options, const std::string& now) {
  const std::string today = date_of(now);
  Period period{.first = today, .last = today};
  if (!options.until.empty()) period.last = std::min(today, day_of("--until", options.until, now));
  period.first = options.since.empty() ? days_later(period.last, -kByDefault)
                                       : first_day_of(options.since, period.last, now);
  if (period.first > period.last) {
    throw UsageError("--since: " + period.first + " is after the last day of the report, " + period.last +
                     "; name an earlier one");
  }
  return period;
}

void leave_names_out(Figures& figures) {
  figures.clients.clear();
  figures.sender_domains.clear();
  figures.recipients.clear();
  figures.pools.clear();
  figures.are_names_left_out = true;
}

Figures read(Administration& administration, const Settings& settings, const Period& period,
             const ReportOptions& options) {
  Figures figures =
      read_figures(administration, settings, period, RecipientDomain::of(options.recipient_domain, settings));
  if (options.no_names) leave_names_out(figures);
  return figures;
}

int mail(Administration& administration, const Settings& settings, const ReportOptions& options) {
  constexpr int kWeek = 7;
  const std::string yesterday = days_later(date_of(administration.now()), -1);
  const Figures day = read(administration, settings, {.first = yesterday, .last = yesterday}, options);
  const Period before{.first = days_later(yesterday, -kWeek), .last = days_later(yesterday, -1)};
  print_mail(day, read(administration, settings, before, options));
  return kDone;
}

}  // namespace

int report(const LoadedSettings& loaded, const ReportOptions& options) {
  const Caller caller;
  if (options.json && options.html == kStandardOutput)
    throw UsageError("--html: standard output is the object's already (--json); name a file");
  const auto administration = open_administration(loaded.settings);
  if (options.mail) return mail(*administration, loaded.settings, options);
  const Period period = period_of(options, administration->now());
  const Figures figures = read(*administration, loaded.settings, period, options);
  caller.come_back();
  if (!options.html.empty()) {
    umask(S_IWGRP | S_IWOTH);  // a web server is to show it, whatever the umask is
    write_whole_file(options.html, page(figures));
  }
  if (options.json) {
    std::cout << json_of(figures).text() << '\n';
  } else if (options.html.empty()) {
    print(figures, options.wide);
  }
  return kDone;
}

}  // namespace greylisting::ctl
