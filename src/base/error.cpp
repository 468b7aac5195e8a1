#include "base/error.h"

#include <string_view>

namespace burnish {

std::string_view name_of(StatusCode code) {
  switch (code) {
    case StatusCode::ok: return "ok";
    case StatusCode::invalid_argument: return "invalid_argument";
    case StatusCode::out_of_range: return "out_of_range";
    case StatusCode::unsupported: return "unsupported";
    case StatusCode::resource_exhausted: return "resource_exhausted";
    case StatusCode::internal: return "internal";
  }
  return "unknown";
}

Error::Error(std::string message, StatusCode code) : code_(code), message_(std::move(message)), text_(message_) {}

Error& Error::in(std::string context) {
  text_ += "\n  in " + context;
  contexts_.push_back(std::move(context));
  return *this;
}

void fail_check(const char* condition, const char* file, int line, std::string detail) {
  const std::string_view path = file;
  const size_t source = path.rfind("src/");
  const std::string_view shown = source == std::string_view::npos ? path : path.substr(source);
  throw Error(fmt::format("internal error: {} does not hold at {}:{}{}{}", condition, shown, line, detail.empty() ? "" : ": ", detail),
              StatusCode::internal);
}

}  // namespace burnish
