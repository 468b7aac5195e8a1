// Lines are written whole, under a lock, so that messages of several threads never mix.
#include "cli/console.h"

#include <cstdio>
#include <ctime>

#include "base/text.h"

namespace burnish::cli {
namespace {

char letter_of(Severity severity) {
  switch (severity) {
    case Severity::error: return 'E';
    case Severity::warning: return 'W';
    case Severity::info: return 'I';
    case Severity::verbose: return 'V';
  }
  return '?';
}

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  return fmt::format("[{:02}/{:02}/{:04}-{:02}:{:02}:{:02}]", parts.tm_mon + 1, parts.tm_mday, parts.tm_year + 1900, parts.tm_hour,
                     parts.tm_min, parts.tm_sec);
}

std::string_view plain_prefix(Severity severity) {
  switch (severity) {
    case Severity::error: return "error: ";
    case Severity::warning: return "warning: ";
    default: return "";
  }
}

}  // namespace

void Console::say(Severity severity, std::string_view message) {
  if (severity == Severity::verbose and not verbose_) return;
  std::string text;
  const std::string prefix =
      style_ == Style::timestamped ? fmt::format("{} [{}] ", timestamp(), letter_of(severity)) : std::string(plain_prefix(severity));
  for (const std::string_view line : split(message, '\n')) {
    text += prefix;
    text += line;
    text += '\n';
  }
  const bool serious = severity == Severity::error or severity == Severity::warning;
  const std::lock_guard lock(mutex_);
  std::FILE* const stream = serious ? stderr : stdout;
  if (serious) std::fflush(stdout);
  std::fwrite(text.data(), 1, text.size(), stream);
}

void Console::raw(std::string_view line) {
  const std::lock_guard lock(mutex_);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

Logger Console::logger() {
  return [this](Severity severity, std::string_view message) { say(severity, message); };
}

}  // namespace burnish::cli
