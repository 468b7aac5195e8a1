// An engine that Python runs. Several threads may call one object: each call takes a session of its own from a pool that grows to the
// number of calls at once. The interpreter's lock is free while the network runs. It never keeps the caller's arrays after a call.
#pragma once

#include <mutex>
#include <vector>

#include "arrays.h"

namespace burnish::python {

class Runner {
 public:
  explicit Runner(Engine engine, const SessionConfig& config = {});

  /// Inputs by name (a mapping), in order (a list or tuple), or the only one. Returns a dict of all outputs.
  nb::object run(nb::handle inputs, nb::handle out);
  /// Inputs in order. Returns the only output, or a tuple of all.
  nb::object call(const nb::args& inputs);
  /// Inputs by name; the named outputs in their order, or all where `names` is None or empty.
  nb::list run_list(nb::handle names, nb::handle feed);
  /// As `run`, and tells the seconds of each step: a list of (name, seconds).
  nb::list profile(nb::handle inputs);

  const Engine& engine() const { return engine_; }

 private:
  using Handles = std::vector<nb::handle>;
  using Objects = std::vector<nb::object>;
  class Lease;

  struct Call;  // what one call holds: inputs, a session, outputs

  Handles by_name(nb::handle mapping, const std::vector<Port>& ports, const char* what) const;
  Handles in_order(nb::handle inputs) const;
  Call prepared(const Handles& inputs);
  bool sizes_known(Call& call) const;
  void make_outputs(Call& call, const Handles& out) const;
  Objects run_ports(const Handles& inputs, const Handles& out);
  Objects run_tensors(Call& call) const;

  Engine engine_;
  SessionConfig config_;
  std::vector<Port> inputs_, outputs_;
  bool fixed_ = true;     // all sizes
  bool strings_ = false;  // among inputs or outputs: they pass as tensors
  std::mutex mutex_;
  std::vector<Session> idle_;
};

}  // namespace burnish::python
