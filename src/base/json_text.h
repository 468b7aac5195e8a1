// JSON as text, whatever bytes its strings hold: names in models need not be UTF-8. Called by whoever writes a report or an export; it reads nothing.
#pragma once

#include <string>

namespace burnish {

/// Bytes that are not UTF-8 become replacement characters, where dump() alone would throw. `indent`: -1 for one line.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace burnish
