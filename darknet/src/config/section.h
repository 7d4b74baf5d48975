// A .cfg text as sections with line numbers.
#pragma once

#include <string>
#include <vector>

namespace dn {

struct Entry {
  std::string key;
  std::string value;
  int line = 0;
};

struct Section {
  std::string type;  // without brackets
  int line = 0;
  std::vector<Entry> entries;

  // The first entry of that key counts, as in Darknet; nullptr where there is none.
  const Entry* find(const std::string& key) const;
};

// Splits a text into sections. name stands in messages. The first section must be [net] or
// [network]. Throws DN_ERROR_CFG.
std::vector<Section> parse_cfg(const std::string& text, const std::string& name);

}  // namespace dn
