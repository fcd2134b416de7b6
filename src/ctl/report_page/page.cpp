#include "ctl/report_page/page.h"

#include <vector>

#include "ctl/report/words.h"
#include "ctl/report_page/charts.h"
#include "ctl/report_page/html.h"
#include "ctl/report_page/sections.h"
#include "ctl/report_page/style.h"
#include "text/printable.h"
#include "version.h"

namespace greylisting::ctl {
namespace {

std::string html(const Section& section) {
  const std::string id = section.id;
  return element("section",
                 element("h2", escaped(section.title), attribute("id", id + "-head")) + section.content,
                 attribute("id", id) + attribute("aria-labelledby", id + "-head"));
}

std::string head(const Figures& figures) {
  return "<head>\n<meta charset=\"utf-8\">\n"
         // Nothing is fetched, nothing is run.
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
         "style-src "
         "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n"
         "<link rel=\"icon\" href=\"data:,\">\n" +
         element("title", escaped("Greylisting" + mail_to(figures) + " on " + one_line(figures.host)) + ", " +
                              figures.period.first + " to " + figures.period.last) +
         element("style", std::string(kReportStyle)) + "</head>\n";
}

// A day that is not over says how far it goes.
std::string subtitle(const Figures& figures) {
  std::string text = figures.host.empty() ? "" : one_line(figures.host) + ", ";
  text += figures.period.first == figures.period.last ? figures.period.first
                                                      : figures.period.first + " to " + figures.period.last;
  return text + (figures.is_so_far(figures.period.last) ? ", as of " + figures.made.substr(11, 5) + " UTC"
                                                        : ", whole days in UTC");
}

std::string introduction(const Figures& figures, const std::vector<Section>& sections) {
  std::string links;
  for (const Section& section : sections)
    links +=
        element("li", element("a", escaped(section.title), attribute("href", std::string("#") + section.id)));
  return element(
      "header",
      element("h1", escaped("Greylisting" + mail_to(figures))) +
          element("p", escaped(subtitle(figures)), " class=\"period\"") +
          paragraph("A server that brings mail for the first time is asked to try again a little later. Real "
                    "mail servers do, and are remembered; most software that sends spam does not.") +
          element("nav", element("ul", links), " aria-label=\"On this page\""));
}

}  // namespace

std::string page(const Figures& figures) {
  const std::vector<Section> all = sections(figures);
  std::string content;
  for (const Section& section : all) content += html(section);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n" + head(figures) + "<body>\n" + chart_patterns() +
         introduction(figures, all) + element("main", content) +
         element("footer", "Made on " + figures.made + " UTC by greylistctl " + std::string(kVersion) +
                               ". All times are UTC.") +
         "</body>\n</html>\n";
}

}  // namespace greylisting::ctl
