#include "precision/layer_seconds.h"

#include <vector>

#include <nlohmann/json.hpp>

namespace burnish {

std::map<std::string, double, std::less<>> seconds_by_layer(const Engine& engine) {
  std::map<std::string, double, std::less<>> seconds;
  const auto report = nlohmann::json::parse(engine.report());
  for (const auto& node : report.at("nodes")) {
    const auto origin = node.at("origin").get<std::vector<std::string>>();
    for (const std::string& layer : origin) seconds[layer] += node.at("cost_us").get<double>() * 1e-6 / static_cast<double>(origin.size());
  }
  return seconds;
}

double whole_seconds(const Engine& engine) {
  return nlohmann::json::parse(engine.report()).at("assignment").at("cost_us").get<double>() * 1e-6;
}

}  // namespace burnish
