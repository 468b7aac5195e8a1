// Writes small engines into a folder: what the fuzzer of the engine reader begins with. Usage: engine_seeds FOLDER
// Made anew for each fuzzing, so that they always have the current format and the tactics of this machine.
#include <array>
#include <filesystem>

#include "base/file.h"
#include "ir/text.h"
#include "support/engine_of.h"

namespace {

constexpr std::array<std::string_view, 5> graphs{
    R"(graph "pointwise" {
  %x: f32[2,3] = input
  %b: f32[3] = constant [1, 2, 3]
  %y: f32[2,3] = Pointwise{expr="(f32,f32) add:f32(0,1) relu:f32(2) -> 3"}(%x, %b)
  output %y
})",
    R"(graph "product" {
  %x: f32[2,3] = input
  %w: f32[3,2] = constant [1, 2, 3, 4, 5, 6]
  %m: f32[2,2] = MatMul(%x, %w)
  %y: f32[2,2] = Softmax(%m)
  output %y
})",
    R"(graph "views" {
  %x: f32[2,4] = input
  %shape: i64[2] = constant [4, 2]
  %r: f32[4,2] = Reshape(%x, %shape)
  %t: f32[2,4] = Transpose{perm=[1,0]}(%r)
  %y: f32[4,4] = Concat(%t, %x)
  output %y
})",
    R"(graph "picked" {
  %x: f32[3,4] = input
  %i: i64[2] = input
  %g: f32[2,4] = Gather(%x, %i)
  %axes: i64[1] = constant [1]
  %y: f32[2,1] = Reduce{kind=mean}(%g, %axes)
  output %y
})",
    R"(graph "image" {
  %x: f32[1,2,5,5] = input
  %w: f32[2,2,1,1] = constant [1, 2, 3, 4]
  %c: f32[1,2,5,5] = Conv(%x, %w)
  %p: f32[1,2,2,2] = Pool{kernel=[2,2], strides=[2,2]}(%c)
  output %p
})"};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const std::string_view text : graphs) {
    const burnish::Graph graph = burnish::parse_graph(text);
    burnish::test::engine_of(graph, 1).save(folder / (graph.name + ".engine"));
  }
  return 0;
}
