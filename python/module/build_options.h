// Options of a build as Python gives them, and a build watched: the interpreter's lock free, progress and signals seen, errors with their stage.
// Shared by all functions of the module that build engines.
#pragma once

#include <optional>
#include <string>

#include "burnish/build.h"
#include "errors.h"
#include "logging.h"

namespace burnish::python {

/// Throws Error where an option does not exist.
BuildConfig config_of(const nb::dict& options);

/// Tells Python how far the build is, lets Ctrl-C through, and remembers which stage it is in. What Python raises stops the build.
class Watch {
 public:
  explicit Watch(nb::object callback) : callback_(std::move(callback)) {}

  bool operator()(std::string_view phase, size_t done, size_t total) {
    if (phase != "timing") stage_ = done < total ? std::string(phase) : std::string();
    const nb::gil_scoped_acquire lock;
    if (raised_) return false;
    try {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      if (not callback_.is_none()) {
        const nb::object answer = callback_(nb::str(phase.data(), phase.size()), done, total);
        return not answer.is(nb::handle(Py_False));
      }
    } catch (nb::python_error& error) {
      raised_.emplace(std::move(error));
      return false;
    }
    return true;
  }

  const std::string& stage() const { return stage_; }
  std::optional<nb::python_error>& raised() { return raised_; }

 private:
  nb::object callback_;
  std::string stage_;
  std::optional<nb::python_error> raised_;
};

/// make(config) without the interpreter's lock.
template <class Make>
auto watched(BuildConfig config, const nb::object& progress, int log_level, const Make& make) {
  Watch watch(progress);
  config.logger = python_logger(log_level);
  config.progress = [&watch](std::string_view phase, size_t done, size_t total) { return watch(phase, done, total); };
  try {
    const nb::gil_scoped_release free;
    return make(config);
  } catch (const Error& error) {
    if (watch.raised()) throw std::move(*watch.raised());
    set_error(error, watch.stage());
  }
  throw nb::python_error();
}

}  // namespace burnish::python
