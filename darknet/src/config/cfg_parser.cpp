#include "config/section.h"
#include "core/error.h"

namespace dn {

const Entry* Section::find(const std::string& key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

// Darknet deletes blanks anywhere in a line: "fil ters = 1" is filters=1.
static std::string without_blanks(const std::string& line) {
  std::string kept;
  for (const char ch : line)
    if (ch != ' ' && ch != '\t' && ch != '\r' && ch != '\n') kept += ch;
  return kept;
}

std::vector<Section> parse_cfg(const std::string& text, const std::string& name) {
  std::vector<Section> sections;
  size_t start = 0;
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) start = 3;  // a byte order mark
  if (text.find('\0') != std::string::npos)
    throw Error(DN_ERROR_CFG, "holds a zero byte, expected a text file", {name, -1, "", -1});
  for (int number = 1; start < text.size(); ++number) {
    size_t end = text.find('\n', start);
    if (end == std::string::npos) end = text.size();
    std::string line = without_blanks(text.substr(start, end - start));
    start = end + 1;
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    // compat: AlexeyAB keeps "# text" behind a value, where it spoils names ("leaky#x" becomes
    // relu); hank-ai reads it as a comment, and so do we.
    line = line.substr(0, line.find('#'));
    if (line[0] == '[') {
      if (line.back() != ']' || line.size() < 3)
        throw Error(DN_ERROR_CFG, format("'%.60s' is no section, expected [name]", line.c_str()),
                    {name, number, "", -1});
      sections.push_back({line.substr(1, line.size() - 2), number, {}});
      continue;
    }
    const size_t equals = line.find('=');
    const Place here = {name, number, sections.empty() ? "" : sections.back().type, -1};
    if (equals == std::string::npos || equals == 0)
      throw Error(DN_ERROR_CFG, format("cannot read '%.60s', expected key=value", line.c_str()),
                  here);
    if (sections.empty())
      throw Error(DN_ERROR_CFG,
                  format("'%.60s' stands before any section, expected [net] first", line.c_str()),
                  here);
    const std::string key = line.substr(0, equals);
    if (equals + 1 == line.size())
      throw Error(DN_ERROR_CFG,
                  format("%s has no value, expected %s=value", key.c_str(), key.c_str()), here);
    sections.back().entries.push_back({key, line.substr(equals + 1), number});
  }
  if (sections.empty())
    throw Error(DN_ERROR_CFG, "has no sections, expected [net] first", {name, -1, "", -1});
  if (sections[0].type != "net" && sections[0].type != "network")
    throw Error(DN_ERROR_CFG,
                format("the first section is [%s], expected [net]", sections[0].type.c_str()),
                {name, sections[0].line, sections[0].type, -1});
  return sections;
}

}  // namespace dn
