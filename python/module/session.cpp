#include "session.h"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.h"
#include "errors.h"

namespace burnish::python {
namespace {

std::string names_of(const std::vector<Port>& ports) {
  std::string text;
  for (const Port& port : ports) text += fmt::format("{}`{}`", text.empty() ? "" : ", ", port.info.name);
  return text.empty() ? "none" : text;
}

/// Index of a name; the names a program passes are mostly the very objects it got from us.
size_t find(const std::vector<Port>& ports, nb::handle name) {
  for (size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name.is(name)) return i;
  for (size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name.equal(name)) return i;
  return ports.size();
}

}  // namespace

/// A session out of the pool for the time of one call.
class Runner::Lease {
 public:
  explicit Lease(Runner& runner) : runner_(runner), session_(take(runner)) {}
  ~Lease() {
    const std::lock_guard lock(runner_.mutex_);
    runner_.idle_.push_back(std::move(session_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Session* operator->() { return &session_; }

 private:
  static Session take(Runner& runner) {
    {
      const std::lock_guard lock(runner.mutex_);
      if (not runner.idle_.empty()) {
        Session session = std::move(runner.idle_.back());
        runner.idle_.pop_back();
        return session;
      }
    }
    return Session(runner.engine_, runner.config_);
  }
  Runner& runner_;
  Session session_;
};

Runner::Runner(Engine engine, const SessionConfig& config) : engine_(std::move(engine)), config_(config) {
  for (const TensorInfo& info : engine_.inputs()) inputs_.push_back(port_of(info));
  for (const TensorInfo& info : engine_.outputs()) outputs_.push_back(port_of(info));
  for (const std::vector<Port>* ports : {&inputs_, &outputs_})
    for (const Port& port : *ports) {
      fixed_ = fixed_ and port.fixed;
      strings_ = strings_ or port.info.dtype == DType::string or port.info.kind != ValueKind::tensor;
    }
  idle_.emplace_back(engine_, config_);
}

Runner::Handles Runner::by_name(nb::handle mapping, const std::vector<Port>& ports, const char* what) const {
  if (not PyDict_Check(mapping.ptr())) fail("{}s are given as a dict of name to array, got {}", what, class_name(mapping));
  Handles found(ports.size());
  size_t known = 0;
  for (size_t i = 0; i < ports.size(); ++i) {
    PyObject* const value = PyDict_GetItemWithError(mapping.ptr(), ports[i].name.ptr());
    if (value == nullptr and PyErr_Occurred() != nullptr) throw nb::python_error();
    found[i] = value;
    known += value != nullptr;
  }
  if (known == nb::len(mapping)) return found;
  for (const nb::handle key : nb::borrow<nb::dict>(mapping).keys())
    if (find(ports, key) == ports.size())
      fail("there is no {} {}; the network has {}", what, nb::cast<std::string>(nb::repr(key)), names_of(ports));
  return found;
}

Runner::Handles Runner::in_order(nb::handle inputs) const {
  if (PyDict_Check(inputs.ptr())) return by_name(inputs, inputs_, "input");
  Handles found;
  if (PyTuple_Check(inputs.ptr()) or PyList_Check(inputs.ptr()))
    for (const nb::handle one : inputs) found.push_back(one);
  else found.push_back(inputs);
  if (found.size() != inputs_.size()) fail("the network has {} inputs ({}), got {}", inputs_.size(), names_of(inputs_), found.size());
  return found;
}

struct Runner::Call {
  std::vector<Borrowed> inputs;
  std::unique_ptr<Lease> session;
  std::vector<std::optional<Dims>> sizes;  // of outputs, where sizes are open
  Objects outputs;
  std::vector<Borrowed> held;  // the caller's memory for outputs
  std::vector<std::pair<void*, Memory>> memory;

  void bind() {
    for (size_t i = 0; i < inputs.size(); ++i) (*session)->bind_input(i, inputs[i].data(), inputs[i].memory());
    for (size_t i = 0; i < memory.size(); ++i) (*session)->bind_output(i, memory[i].first, memory[i].second);
  }
};

Runner::Call Runner::prepared(const Handles& given) {
  Call call;
  call.inputs.reserve(given.size());
  for (size_t i = 0; i < given.size(); ++i) {
    const Port& port = inputs_[i];
    if (not given[i].is_valid()) fail("input `{}` is missing; the network has {}", port.info.name, names_of(inputs_));
    call.inputs.push_back(Borrowed::input(given[i], port));
    if (fixed_ and call.inputs[i].dims() != port.info.dims)
      fail("input `{}` should have dimensions {}, got {}", port.info.name, text_of(port.info.dims), text_of(call.inputs[i].dims()));
  }
  return call;
}

/// Tells the session the sizes of open inputs, which may compile for them; false where only running tells those of an output.
bool Runner::sizes_known(Call& call) const {
  for (size_t i = 0; i < call.inputs.size(); ++i) (*call.session)->set_input_dims(i, call.inputs[i].dims());
  for (size_t i = 0; i < outputs_.size(); ++i) {
    call.sizes.push_back((*call.session)->output_dims(i));
    if (not call.sizes.back()) return false;
  }
  return true;
}

/// The engine writes into new arrays, or into the caller's.
void Runner::make_outputs(Call& call, const Handles& out) const {
  call.outputs.resize(outputs_.size());
  call.memory.resize(outputs_.size());
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Port& port = outputs_[i];
    if (i >= out.size() or not out[i].is_valid()) {
      call.outputs[i] = new_array(port, fixed_ ? port.shape : shape_tuple(*call.sizes[i]), call.memory[i].first);
      continue;
    }
    const Dims& dims = fixed_ ? port.info.dims : *call.sizes[i];
    const Borrowed& into = call.held.emplace_back(Borrowed::output(out[i], port));
    if (into.dims() != dims) fail("`out` for `{}` should have dimensions {}, got {}", port.info.name, text_of(dims), text_of(into.dims()));
    call.memory[i] = {into.data(), into.memory()};
    call.outputs[i] = nb::borrow(out[i]);
  }
}

Runner::Objects Runner::run_ports(const Handles& given, const Handles& out) {
  Call call = prepared(given);
  bool known = not strings_;
  if (not fixed_) {
    const nb::gil_scoped_release free;
    call.session = std::make_unique<Lease>(*this);
    known = known and sizes_known(call);
  }
  if (not known) {
    if (std::ranges::any_of(out, [](nb::handle one) { return one.is_valid(); }))
      fail_unsupported("`out` needs outputs whose sizes are known before the run; in this network they depend on data");
    return run_tensors(call);
  }
  make_outputs(call, out);
  Status status;
  {
    const nb::gil_scoped_release free;
    if (call.session == nullptr) call.session = std::make_unique<Lease>(*this);
    call.bind();
    status = (*call.session)->run();
  }
  if (not status) throw Error(status.message(), status.code());
  return std::move(call.outputs);
}

Runner::Objects Runner::run_tensors(Call& call) const {
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    if (call.inputs[i].memory() == Memory::device)
      fail_unsupported("input `{}` lies on a device, but sizes in this network depend on data; copy it to the host", inputs_[i].info.name);
    tensors.push_back(call.inputs[i].tensor(inputs_[i]));
  }
  std::vector<Tensor> made;
  {
    const nb::gil_scoped_release free;
    made = (*call.session)->run(tensors);
  }
  Objects results;
  for (const Tensor& tensor : made) results.push_back(to_numpy(tensor));
  return results;
}

nb::object Runner::run(nb::handle inputs, nb::handle out) {
  const Handles into = out.is_none() ? Handles() : by_name(out, outputs_, "output");
  const Objects made = run_ports(in_order(inputs), into);
  nb::dict results;
  for (size_t i = 0; i < made.size(); ++i) results[outputs_[i].name] = made[i];
  return results;
}

nb::object Runner::call(const nb::args& inputs) {
  const Objects made = run_ports(in_order(inputs), {});
  if (made.size() == 1) return made.front();
  nb::list results;
  for (const nb::object& one : made) results.append(one);
  return nb::tuple(results);
}

nb::list Runner::run_list(nb::handle names, nb::handle feed) {
  const bool all = names.is_none() or nb::len(names) == 0;
  const Objects made = run_ports(by_name(feed, inputs_, "input"), {});
  nb::list results;
  if (all) {
    for (const nb::object& one : made) results.append(one);
    return results;
  }
  for (const nb::handle name : names) {
    const size_t index = find(outputs_, name);
    if (index == made.size()) fail("there is no output {}; the network has {}", nb::cast<std::string>(nb::repr(name)), names_of(outputs_));
    results.append(made[index]);
  }
  return results;
}

nb::list Runner::profile(nb::handle given) {
  Call call = prepared(in_order(given));
  {
    const nb::gil_scoped_release free;
    call.session = std::make_unique<Lease>(*this);
    if (strings_ or (not fixed_ and not sizes_known(call)))
      fail_unsupported("profiling needs sizes that are known before the run; in this network they depend on data");
  }
  make_outputs(call, {});
  std::vector<std::pair<std::string, double>> steps;
  Status status;
  {
    const nb::gil_scoped_release free;
    call.bind();
    std::vector<double> seconds((*call.session)->step_count());
    status = (*call.session)->run_profiled(seconds);
    for (size_t i = 0; i < seconds.size(); ++i) steps.emplace_back((*call.session)->step_name(i), seconds[i]);
  }
  if (not status) throw Error(status.message(), status.code());
  nb::list rows;
  for (const auto& [name, seconds] : steps) rows.append(nb::make_tuple(name, seconds));
  return rows;
}

void add_session(nb::module_& module) {
  nb::class_<Runner>(module, "Session", "Runs one engine. Made by `Engine.session()`.")
      .def("run", &Runner::run, nb::arg("inputs"), nb::kw_only(), nb::arg("out") = nb::none(),
           "Runs once and returns all outputs by name.\n\n"
           "inputs: a dict of name to array, a list in the order of `Engine.inputs`, or the only input. An array is anything with the\n"
           "    buffer protocol or DLPack (numpy, torch on the CPU, CUDA memory for an engine of that device); contiguous arrays of the\n"
           "    right type are read where they lie, others are copied.\n"
           "out: a dict of output name to array or tensor that the engine writes into.")
      .def("__call__", &Runner::call, "Runs with inputs in order; returns the only output, or a tuple of all.")
      .def("run_list", &Runner::run_list, nb::arg("names").none(), nb::arg("feed"),
           "Runs with inputs by name; returns the named outputs, or all where `names` is None, as a list.")
      .def("profile", &Runner::profile, nb::arg("inputs"), "Runs once; returns (step, seconds) for each step, in order.");
}

}  // namespace burnish::python
