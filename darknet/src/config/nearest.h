// "did you mean": the known word closest to an unknown one.
#pragma once

#include <string>
#include <vector>

namespace dn {

// The word of fewest edits away, or "" when none is close (a third of the letters).
std::string nearest(const std::string& word, const std::vector<std::string>& known);

// " (did you mean x?)" or "".
std::string suggestion(const std::string& word, const std::vector<std::string>& known);

}  // namespace dn
