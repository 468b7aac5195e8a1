// What each layer of a model takes, as the report of its engine costs it. Whoever weighs layers against one another asks: searches for layers that
// may be reduced. It measures nothing.
#pragma once

#include <map>
#include <string>

#include "burnish/engine.h"

namespace burnish {

/// By the name of an ONNX node; what a step made of several takes is shared out evenly.
std::map<std::string, double, std::less<>> seconds_by_layer(const Engine& engine);

/// Of the whole network.
double whole_seconds(const Engine& engine);

}  // namespace burnish
