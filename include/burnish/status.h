// Status, the result of running, and Error, the exception of building.
// Everything that runs a network returns a Status and never throws; everything that imports, optimizes or opens a file throws
// an Error. An Error carries a chain of contexts, from the innermost ("node `conv_12` (Conv, opset 13)") to the outermost.
// Neither ever prints: the application decides what to show.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace burnish {

enum class StatusCode : uint8_t { ok, invalid_argument, out_of_range, unsupported, resource_exhausted, internal };

/// The lower-case name of a code, for example "out_of_range".
std::string_view name_of(StatusCode code);

/// Success, or a code with a message that says what to do. Cheap to return on success: no allocation.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status ok() { return {}; }
  bool is_ok() const { return code_ == StatusCode::ok; }
  explicit operator bool() const { return is_ok(); }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::ok;
  std::string message_;
};

/// Thrown while importing, building, reading and writing. `what()` is the message followed by every context, innermost first.
class Error : public std::exception {
 public:
  explicit Error(std::string message, StatusCode code = StatusCode::invalid_argument);

  /// Adds what was being done when the error passed by; returns itself so that a handler can `throw std::move(error.in(...))`.
  Error& in(std::string context);

  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& contexts() const { return contexts_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  StatusCode code_;
  std::string message_;
  std::vector<std::string> contexts_;
  std::string text_;
};

}  // namespace burnish
