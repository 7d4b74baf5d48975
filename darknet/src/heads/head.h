// A detection head: turns its layer's output into boxes with class probabilities.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/shape.h"
#include "darknet/engine.h"
#include "heads/box.h"

namespace dn {

struct Candidate {
  Box box;  // relative to the image
  float objectness = 0;
  float uncertainty[4] = {0, 0, 0, 0};
  std::vector<float> probabilities;  // one per class; 0 where not above the threshold
};

struct DecodeArgs {
  const float* output;  // of one image
  Shape shape;
  int net_width, net_height;
  int image_width, image_height;
  bool letterbox;
  float threshold;
  float hier;
};

class Head {
 public:
  virtual ~Head() = default;
  // Appends what exceeds the threshold, in Darknet's order.
  virtual void decode(const DecodeArgs& args, std::vector<Candidate>& out) const = 0;

  int classes = 0;
  std::vector<float> anchors;  // pairs, in the head's units
  std::vector<int> mask;
  dn_nms_kind nms_kind = DN_NMS_DEFAULT;
  float beta_nms = 0.6f;
};

// The names of nms_kind.
std::vector<std::pair<const char*, dn_nms_kind>> nms_kinds(bool with_corners);

// From the network's input to the image: undoes the bars of a letterbox. Relative boxes.
Box to_image(Box box, const DecodeArgs& args);

// A file with one class number a line (map=).
std::vector<int> read_map(const std::string& path, const std::string& cfg_file);

// Opens a side file named in a cfg: as it is, else beside the cfg. Throws DN_ERROR_FILE.
std::string read_side_file(const std::string& path, const std::string& cfg_file);

}  // namespace dn
