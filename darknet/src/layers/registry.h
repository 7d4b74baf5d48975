// The sections the engine knows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layers/layer.h"

namespace dn {

// A layer for a section type ("convolutional"); nullptr where there is none.
std::unique_ptr<Layer> make_layer(const std::string& type);

// Every section type, first the full name of each layer, then the short ones.
std::vector<std::string> section_types();

}  // namespace dn
