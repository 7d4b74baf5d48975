// Reads and writes .weights files: a header, then each layer's arrays without any mark between.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "darknet/engine.h"
#include "graph/param.h"

namespace dn {

class Layer;

struct WeightsHeader {
  int32_t major = 0, minor = 2, revision = 5;
  uint64_t seen = 0;
  int seen_bytes = 8;
  bool transposed() const { return major > 1000 || minor > 1000; }
};

// Binds the parameters of layers below up_to (all where negative) to a file.
void load_weights(const std::vector<std::unique_ptr<Layer>>& layers, const std::string& path,
                  int up_to, bool strict, WeightsHeader& header, dn_weights_report& report);

void save_weights(const std::vector<std::unique_ptr<Layer>>& layers, const std::string& path,
                  int up_to, const WeightsHeader& header);

}  // namespace dn
