// A class hierarchy (tree=): nodes with parents, consecutive siblings form a softmax group.
#pragma once

#include <string>
#include <vector>

#include "core/error.h"

namespace dn {

struct Tree {
  std::vector<std::string> name;
  std::vector<int> parent;      // of each node, -1 for roots
  std::vector<int> group_size;  // nodes of each group
};

// One "name parent" a line. place tells where the cfg names the file. Throws.
Tree read_tree(const std::string& path, const Place& place);

// Turns conditional probabilities into absolute ones: a node's times its ancestors'.
void absolute_probabilities(const Tree& tree, float* probabilities);

}  // namespace dn
