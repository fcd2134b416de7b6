#include "ctl/report_page/html.h"

namespace greylisting::ctl {

std::string escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string attribute(const char* name, std::string_view value) {
  return std::string(" ").append(name).append("=\"").append(escaped(value)).append("\"");
}

std::string element(const char* name, const std::string& content, const std::string& attributes) {
  return std::string("<") + name + attributes + '>' + content + "</" + name + ">\n";
}

std::string paragraph(const std::string& text) { return element("p", escaped(text)); }

std::string remark(const std::string& text) { return element("p", escaped(text), " class=\"remark\""); }

}  // namespace greylisting::ctl
