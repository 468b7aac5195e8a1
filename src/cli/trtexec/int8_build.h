// What `--int8` builds of a model that is not quantized: the model quantized by calibration. Integers are a permission, like halves: where both
// are permitted on a device, the network is also built without integers, and with them only in layers that gain, and the one that is expected to be
// the fastest is kept. The accuracy of what it makes is the business of --accuracy.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "cli/console.h"
#include "cli/trtexec/options.h"

namespace burnish::cli::trtexec {

Engine build_int8(const Options& o, const BuildConfig& config, Console& console);

/// The layers of both networks that are expected to take at least as long in the first: all of the node counts that a layer became a part of.
/// Reports as Engine::report() gives them; empty where sizes are open.
std::set<std::string, std::less<>> layers_without_gain(std::string_view quantized, std::string_view plain);

}  // namespace burnish::cli::trtexec
