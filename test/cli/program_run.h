// Runs one of the programs and keeps what it said. For the tests of this folder; nothing is fed to its standard input.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace burnish::testing {

struct ProgramRun {
  int status = -1;     // 128 + signal where one ended it
  std::string output;  // standard output and error
};

/// `program` is "trtexec" or "burnish".
ProgramRun run_program(const std::string& program, const std::vector<std::string>& arguments);

/// A folder of its own for each test, removed with it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace burnish::testing
