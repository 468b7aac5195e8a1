// One executable, two programs: the file name it was called by decides.
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands/program.h"
#include "cli/trtexec/program.h"

int main(int count, char** words) {
  const std::string name = count > 0 ? words[0] : "burnish";
  const std::vector<std::string> arguments(words + (count > 0 ? 1 : 0), words + count);
  if (std::filesystem::path(name).filename() == "trtexec") return burnish::cli::trtexec::run(name, arguments);
  return burnish::cli::commands::run(name, arguments);
}
