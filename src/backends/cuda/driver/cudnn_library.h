// cuDNN 9, opened at run time. It only finds the library and says which version it is: what is called of it is called by cudnn/graph.cpp.
// Tactics ask `reason` before anything else; the backend names the version in its fingerprint. Loaded once; nothing here needs its headers.
#pragma once

#include <string>

namespace burnish::cuda {

struct CudnnLibrary {
  void* handle = nullptr;  // as dlopen gave it
  int version = 0;         // 91900 is 9.19.0
  std::string reason;      // why it cannot be used; empty where it can

  std::string version_text() const;  // "9.19.0"
};

const CudnnLibrary& cudnn_library();

}  // namespace burnish::cuda
