// VariantJudge: for tactics that must ask a slow library before they can list their variants. Opening an engine file shows them the stored
// variant instead of listing all. A judge answers by rules alone; what rules cannot know (whether the library still has the named
// implementation, whether its workspace is large enough) building the kernel finds out.
#pragma once

#include "tactics/tactic.h"

namespace burnish::tactics {

class VariantJudge {
 public:
  virtual ~VariantJudge() = default;
  /// Whether `variant` is one that the tactic, which supports the request, may offer.
  virtual bool may_offer(const OpRequest& request, const Variant& variant) const = 0;
};

}  // namespace burnish::tactics
