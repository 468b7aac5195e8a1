// Fuzzes the parser of graph texts: arbitrary text is a graph or an Error. What was read must verify, print, and read back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ir/text.h"
#include "ir/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const burnish::Graph graph = burnish::parse_graph({reinterpret_cast<const char*>(data), size});
    burnish::verify(graph);
    burnish::PrintOptions options;
    options.inline_elements = INT64_MAX;
    const std::string text = burnish::print(graph, options);
    if (burnish::print(burnish::parse_graph(text), options) != text) __builtin_trap();
  } catch (const burnish::Error& error) {
    if (error.code() == burnish::StatusCode::internal) __builtin_trap();
  }
  return 0;
}
