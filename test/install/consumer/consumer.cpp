// A project of somebody else: opens an engine through the installed headers and library, and asks for one run.
#include <burnish/burnish.h>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const burnish::Engine engine = burnish::Engine::open(arguments[1]);
  burnish::Session session(engine);
  std::vector<burnish::Tensor> inputs;
  for (const burnish::TensorInfo& info : engine.inputs()) inputs.emplace_back(info.dtype, info.dims);
  return session.run(inputs).size() == engine.outputs().size() ? 0 : 1;
}
