#include "heads/head.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/error.h"

namespace dn {

std::vector<std::pair<const char*, dn_nms_kind>> nms_kinds(bool with_corners) {
  std::vector<std::pair<const char*, dn_nms_kind>> kinds = {
      {"default", DN_NMS_DEFAULT}, {"greedynms", DN_NMS_GREEDY}, {"diounms", DN_NMS_DIOU}};
  if (with_corners) kinds.push_back({"cornersnms", DN_NMS_CORNERS});
  return kinds;
}

Box to_image(Box box, const DecodeArgs& a) {
  if (!a.letterbox) return box;
  int w = a.net_width, h = a.net_height;
  if (float(a.net_width) / a.image_width < float(a.net_height) / a.image_height)
    h = int(int64_t(a.image_height) * a.net_width / a.image_width);
  else
    w = int(int64_t(a.image_width) * a.net_height / a.image_height);
  if (w < 1) w = 1;
  if (h < 1) h = 1;
  const float nw = float(a.net_width), nh = float(a.net_height);
  box.x = (box.x - (nw - float(w)) / 2.f / nw) / (float(w) / nw);
  box.y = (box.y - (nh - float(h)) / 2.f / nh) / (float(h) / nh);
  box.w *= nw / float(w);
  box.h *= nh / float(h);
  return box;
}

std::string read_side_file(const std::string& path, const std::string& cfg_file) {
  std::ifstream file(path, std::ios::binary);
  if (!file && !path.empty() && path[0] != '/') {
    const size_t slash = cfg_file.rfind('/');
    if (slash != std::string::npos)
      file.open(cfg_file.substr(0, slash + 1) + path, std::ios::binary);
  }
  if (!file) fail(DN_ERROR_FILE, "%s: no such file, neither here nor beside the cfg", path.c_str());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<int> read_map(const std::string& path, const std::string& cfg_file) {
  std::istringstream lines(read_side_file(path, cfg_file));
  std::vector<int> map;
  for (std::string line; std::getline(lines, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos)
      map.push_back(std::atoi(line.c_str()));
  return map;
}

}  // namespace dn
