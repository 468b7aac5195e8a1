// @backend@.@id@: TODO what it computes, and by what means.
#include "tactics/registry.h"

namespace burnish::@backend@ {
namespace {

using namespace tactics;

class @Name@Kernel final : public Kernel {
 public:
  Status run(RunContext&, std::span<const BufferRef> in, std::span<const BufferRef> out, void* workspace) const noexcept override {
    (void)in, (void)out, (void)workspace;  // TODO
    return {};
  }
};

class @Name@ final : public Tactic {
 public:
  std::string_view id() const override { return "@backend@.@id@"; }
  uint32_t revision() const override { return 1; }

  Verdict supports(const OpRequest& request) const override {
    if (request.has_epilogue()) return Verdict::no("takes no epilogue");
    return Verdict::no("not written yet");  // TODO every refusal says why
  }

  void variants(const OpRequest& request, VariantSink& sink) const override {
    (void)request, (void)sink;  // TODO sink.offer(...) for each format, with an estimate in seconds
  }

  std::unique_ptr<Kernel> build(BuildContext&, const OpRequest&, const Variant&) const override {
    return std::make_unique<@Name@Kernel>();
  }
};

}  // namespace

void register_@register@(Registry& registry) { registry.add(std::make_unique<@Name@>()); }

}  // namespace burnish::@backend@
