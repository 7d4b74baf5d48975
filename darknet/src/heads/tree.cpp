#include "heads/tree.h"

#include <sstream>

#include "heads/head.h"

namespace dn {

Tree read_tree(const std::string& path, const Place& place) {
  Tree tree;
  try {
    std::istringstream lines(read_side_file(path, place.file));
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      std::istringstream words(line);
      std::string name;
      int parent = -1;
      if (!(words >> name >> parent) || parent < -1 || parent >= int(tree.name.size()))
        throw Error(DN_ERROR_DATA, "expected a name and the number of an earlier line or -1",
                    {path, number, "", -1});
      if (tree.parent.empty() || tree.parent.back() != parent) tree.group_size.push_back(0);
      ++tree.group_size.back();
      tree.name.push_back(name);
      tree.parent.push_back(parent);
    }
  } catch (Error& error) {
    error.locate(place);
    throw;
  }
  if (tree.name.empty()) throw Error(DN_ERROR_DATA, path + " is empty, expected a tree", place);
  return tree;
}

void absolute_probabilities(const Tree& tree, float* probabilities) {
  for (size_t i = 0; i < tree.parent.size(); ++i)
    if (tree.parent[i] >= 0) probabilities[i] *= probabilities[tree.parent[i]];
}

}  // namespace dn
