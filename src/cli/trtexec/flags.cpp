// Joins the tables and looks rows up.
#include "cli/trtexec/flags.h"

#include <algorithm>
#include <array>

#include "cli/trtexec/flag_tables.h"

namespace burnish::cli::trtexec {

std::span<const FlagGroup> flag_groups() {
  static const std::array<FlagGroup, 9> groups{{{"Model", model_flags()},
                                                {"Build", build_flags()},
                                                {"Precision", precision_flags()},
                                                {"Inference", inference_flags()},
                                                {"Reporting", reporting_flags()},
                                                {"System", system_flags()},
                                                {"Accuracy", accuracy_flags()},
                                                {"Tuning", tuning_flags()},
                                                {"Burnish's own", own_flags()}}};
  return groups;
}

const Flag* find_flag(std::string_view name) {
  for (const FlagGroup& group : flag_groups()) {
    const auto found = std::find_if(group.flags.begin(), group.flags.end(), [&](const Flag& flag) { return flag.name == name; });
    if (found != group.flags.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string_view> flag_names() {
  std::vector<std::string_view> names;
  for (const FlagGroup& group : flag_groups())
    for (const Flag& flag : group.flags) names.push_back(flag.name);
  return names;
}

}  // namespace burnish::cli::trtexec
