// The version of Burnish, for applications and for the files it writes.
#pragma once

#include <string_view>

#define BURNISH_VERSION_MAJOR 0
#define BURNISH_VERSION_MINOR 1
#define BURNISH_VERSION_PATCH 0

namespace burnish {

inline constexpr std::string_view version_text() { return "0.1.0"; }

}  // namespace burnish
