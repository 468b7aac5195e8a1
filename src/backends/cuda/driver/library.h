// Shared libraries opened at run time, so that one binary serves machines with and without a GPU.
// The symbol tables of this folder use it. It looks where the loader looks, in the usual folders of CUDA toolkits, and in the folders that
// NVIDIA's Python packages install into beside the `python3` that is first on the path. It never throws: a missing library is a reason.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace burnish::cuda {

class Library {
 public:
  /// Tries the names in order, each in every place.
  explicit Library(std::span<const std::string_view> names);

  bool is_open() const { return handle_ != nullptr; }
  /// Why it is not open: the names that were looked for, and what the loader said last.
  const std::string& reason() const { return reason_; }
  const std::string& path() const { return path_; }
  void* symbol(const char* name) const;
  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;  // never closed: libraries of drivers do not survive it
  std::string path_;
  std::string reason_;
};

/// Fills one entry of a symbol table; remembers the first that is missing.
template <class Function>
void load_symbol(const Library& library, const char* name, Function& function, std::string& missing) {
  function = reinterpret_cast<Function>(library.symbol(name));
  if (function == nullptr and missing.empty()) missing = name;
}

}  // namespace burnish::cuda
