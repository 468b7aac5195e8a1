#include "backends/cuda/driver/library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace burnish::cuda {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> subfolders(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; not ignored and entry != end; entry.increment(ignored))
    if (entry->is_directory(ignored)) found.push_back(entry->path());
  std::ranges::sort(found);
  return found;
}

/// <prefix>/lib/python3.x/site-packages/nvidia/<part>/lib of the first python3 on the path.
void add_python_folders(std::vector<fs::path>& folders) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (not rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const fs::path bin(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    std::error_code ignored;
    if (not fs::exists(bin / "python3", ignored)) continue;
    for (const fs::path& version : subfolders(bin.parent_path() / "lib")) {
      if (not version.filename().string().starts_with("python3")) continue;
      for (const char* packages : {"site-packages", "dist-packages"})
        for (const fs::path& part : subfolders(version / packages / "nvidia")) folders.push_back(part / "lib");
    }
    return;
  }
}

const std::vector<fs::path>& search_folders() {
  static const std::vector<fs::path> folders = [] {
    std::vector<fs::path> made = {"/usr/local/cuda/lib64",   "/usr/local/cuda/targets/x86_64-linux/lib",
                                  "/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu",
                                  "/usr/lib/wsl/lib",        "/opt/cuda/lib64"};
    add_python_folders(made);
    return made;
  }();
  return folders;
}

}  // namespace

Library::Library(std::span<const std::string_view> names) {
  std::string last;
  const auto open = [&](const std::string& file) {
    handle_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ != nullptr) path_ = file;
    else if (const char* error = dlerror(); error != nullptr) last = error;
    return handle_ != nullptr;
  };
  for (const std::string_view name : names) {
    if (open(std::string(name))) return;
    for (const fs::path& folder : search_folders()) {
      std::error_code ignored;
      if (const fs::path file = folder / name; fs::exists(file, ignored) and open(file.string())) return;
    }
  }
  reason_ = fmt::format("{} was not found ({})", fmt::join(names, " or "), last);
}

void* Library::symbol(const char* name) const { return handle_ == nullptr ? nullptr : dlsym(handle_, name); }

}  // namespace burnish::cuda
