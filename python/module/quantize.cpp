// burnish._core.quantize and build_mixed: calibration and accuracy, with samples and measures that are Python's functions.
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include <algorithm>

#include "arrays.h"
#include "base/error.h"
#include "build_options.h"
#include "burnish/mixed_precision.h"
#include "burnish/tune_quantization.h"
#include "runtime/tap.h"

namespace burnish::python {
namespace {

/// What a function of Python raised while the compiler called it: passed on through C++ as an Error, and raised again behind it.
class Raised {
 public:
  template <class Work>
  auto guard(const Work& work) {
    const nb::gil_scoped_acquire lock;
    try {
      return work();
    } catch (nb::python_error& error) { what_.emplace(std::move(error)); }
    fail("a function of the application raised an exception");
  }

  template <class Work>
  auto rethrowing(const Work& work) {
    try {
      return work();
    } catch (const nb::python_error&) {
      if (what_) throw std::move(*what_);
      throw;
    }
  }

 private:
  std::optional<nb::python_error> what_;
};

/// function(index, names of inputs) gives the arrays of all inputs in order, or None behind the last.
SampleBatches batches_of(const nb::object& function, Raised& raised) {
  if (function.is_none()) return {};
  return [&function, &raised](std::span<const TensorInfo> inputs, size_t index) {
    return raised.guard([&] {
      std::vector<Tensor> tensors;
      nb::list names;
      for (const TensorInfo& input : inputs) names.append(input.name);
      const nb::object given = function(index, names);
      if (given.is_none()) return tensors;
      const auto arrays = nb::cast<nb::list>(given);
      if (arrays.size() != inputs.size()) fail("sample {} has {} arrays; the network has {} inputs", index, arrays.size(), inputs.size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        const Port port = port_of(inputs[i]);
        const Borrowed borrowed = Borrowed::input(arrays[i], port);
        if (not std::ranges::equal(borrowed.dims(), inputs[i].dims))
          fail("sample {}: input `{}` takes {}, got {}", index, inputs[i].name, text_of(inputs[i].dims), text_of(borrowed.dims()));
        tensors.push_back(borrowed.tensor(port).clone());
      }
      return tensors;
    });
  };
}

nb::list list_of(const Outputs& outputs) {
  nb::list samples;
  for (const std::vector<Tensor>& sample : outputs) {
    nb::list tensors;
    for (const Tensor& tensor : sample) tensors.append(to_numpy(tensor));
    samples.append(tensors);
  }
  return samples;
}

/// "cos:0.999", or a function of Python's and the largest value that is accepted of it.
AccuracyBudget budget_of(const nb::object& accuracy, Raised& raised) {
  if (nb::isinstance<nb::str>(accuracy)) return accuracy_budget(nb::cast<std::string>(accuracy));
  const auto pair = nb::cast<nb::tuple>(accuracy);
  const nb::handle measure = pair[0];  // the caller holds it; copies of the budget are made without the lock
  AccuracyBudget budget;
  budget.limit = nb::cast<double>(pair[1]);
  budget.text = "the application's measure";
  budget.error = [measure, &raised](const Outputs& exact, const Outputs& tried) {
    return raised.guard([&] { return nb::cast<double>(measure(list_of(exact), list_of(tried))); });
  };
  return budget;
}

struct QuantizeArguments {
  CalibrationConfig calibration;
  QuantizeConfig quantize;
};

QuantizeArguments quantize_arguments(const nb::dict& settings) {
  QuantizeArguments made;
  made.calibration.method = nb::cast<std::string>(settings["method"]);
  made.quantize.activations = nb::cast<std::string>(settings["activations"]) == "i8" ? DType::i8 : DType::u8;
  made.quantize.per_channel = nb::cast<bool>(settings["per_channel"]);
  return made;
}

/// function(name of a node) says whether it is chosen.
std::function<bool(std::string_view)> chosen_nodes(const nb::object& function, Raised& raised) {
  if (function.is_none()) return {};
  return [&function, &raised](std::string_view node) {
    return raised.guard([&] { return nb::cast<bool>(function(nb::str(node.data(), node.size()))); });
  };
}

CalibrationRanges ranges_of(const nb::object& ranges) {
  return ranges.is_none() ? CalibrationRanges() : nb::cast<CalibrationRanges>(ranges);
}

CalibrationRanges calibrate_file(const std::filesystem::path& model, const nb::dict& options, const std::string& method,
                                 const nb::object& batches, const nb::object& progress, int log_level) {
  Raised raised;
  const SampleBatches samples = batches_of(batches, raised);
  return raised.rethrowing([&] {
    return watched(config_of(options), progress, log_level, [&](const BuildConfig& config) {
      CalibrationConfig calibration;
      calibration.method = method;
      calibration.batches = samples;
      calibration.build = config;
      return calibrate(model, calibration);
    });
  });
}

nb::bytes quantize_file(const std::filesystem::path& model, const CalibrationRanges& ranges, const nb::dict& settings,
                        const nb::object& keeps_float) {
  Raised raised;
  QuantizeConfig config = quantize_arguments(settings).quantize;
  config.keeps_float = chosen_nodes(keeps_float, raised);
  const std::string bytes = raised.rethrowing([&] { return quantize(model, ranges, config); });
  return nb::bytes(bytes.data(), bytes.size());
}

/// The quantized model and the report.
nb::tuple tune_file(const std::filesystem::path& model, const nb::dict& options, const nb::dict& settings, const nb::object& batches,
                    const nb::object& accuracy, const nb::object& keeps_float, const nb::object& progress, int log_level) {
  Raised raised;
  const QuantizeArguments arguments = quantize_arguments(settings);
  TuneConfig tuning{.calibration = arguments.calibration, .quantize = arguments.quantize};
  tuning.equalizes = nb::cast<bool>(settings["equalize"]);
  tuning.smooths = nb::cast<bool>(settings["smooth"]);
  tuning.corrects_biases = nb::cast<bool>(settings["correct_bias"]);
  if (not accuracy.is_none()) tuning.accuracy = budget_of(accuracy, raised);
  if (tuning.accuracy and not nb::isinstance<nb::str>(accuracy)) tuning.measure = tuning.accuracy->error;
  tuning.calibration.batches = batches_of(batches, raised);
  tuning.quantize.keeps_float = chosen_nodes(keeps_float, raised);
  const TunedQuantization made = raised.rethrowing([&] {
    return watched(config_of(options), progress, log_level, [&](const BuildConfig& config) {
      tuning.calibration.build = config;
      return tune_quantization(model, tuning);
    });
  });
  return nb::make_tuple(nb::bytes(made.model.data(), made.model.size()), made.report);
}

std::pair<Engine, std::string> build_mixed_file(const std::filesystem::path& model, const nb::dict& options, const nb::object& accuracy,
                                                const nb::object& samples, bool int8, const nb::object& ranges, const std::string& method,
                                                const nb::object& progress, int log_level) {
  Raised raised;
  MixedPrecisionConfig mixed;
  mixed.int8 = int8;
  mixed.calibration = ranges_of(ranges);
  mixed.method = method;
  const AccuracyBudget budget = budget_of(accuracy, raised);
  const SampleBatches batches = batches_of(samples, raised);
  return raised.rethrowing([&] {
    return watched(config_of(options), progress, log_level, [&](const BuildConfig& config) {
      mixed.build = config;
      mixed.build.accuracy = budget;
      mixed.build.samples = batches;
      MixedPrecision made = build_mixed(model, mixed);
      return std::pair(std::move(made.engine), std::move(made.report));
    });
  });
}

/// The engine whose every tensor is an output, and (tensor, node, tactic) of each in order of execution; None where sizes are open.
nb::object tapped(const Engine& engine, bool reference) {
  std::optional<runtime::Tapped> tapped;
  {
    const nb::gil_scoped_release free;
    tapped = runtime::tap(engine, reference);
  }
  if (not tapped) return nb::none();
  nb::list tensors;
  for (const runtime::TappedTensor& one : tapped->tensors) tensors.append(nb::make_tuple(one.name, one.node, one.tactic));
  return nb::make_tuple(nb::cast(tapped->engine), tensors);
}

}  // namespace

void add_quantize(nb::module_& module) {
  module.def("calibrate", calibrate_file, nb::arg("path"), nb::arg("options"), nb::arg("method"), nb::arg("batches"),
             nb::arg("progress").none(), nb::arg("log_level"));
  module.def("quantize", quantize_file, nb::arg("path"), nb::arg("ranges"), nb::arg("settings"), nb::arg("keeps_float").none());
  module.def("tune", tune_file, nb::arg("path"), nb::arg("options"), nb::arg("settings"), nb::arg("batches"), nb::arg("accuracy").none(),
             nb::arg("keeps_float").none(), nb::arg("progress").none(), nb::arg("log_level"));
  module.def("build_mixed", build_mixed_file, nb::arg("path"), nb::arg("options"), nb::arg("accuracy"), nb::arg("samples").none(),
             nb::arg("int8"), nb::arg("ranges").none(), nb::arg("method"), nb::arg("progress").none(), nb::arg("log_level"));
  module.def("read_calibration_cache", [](const std::string& text) { return read_calibration_cache(text); }, nb::arg("text"));
  module.def(
      "calibration_cache", [](const CalibrationRanges& ranges, const std::string& method) { return calibration_cache(ranges, method); },
      nb::arg("ranges"), nb::arg("method"));
  module.def("tapped", tapped, nb::arg("engine"), nb::arg("reference"));
}

}  // namespace burnish::python
