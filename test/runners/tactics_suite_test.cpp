// The operator suite on every tactic of every backend, each variant forced in turn, against the reference. Buffers are hostile: filled with NaN
// bit patterns before, one element off alignment like a user's may be, or, where a variant permits it, output and input are the same memory.
// Each kernel runs several times; but for the first, it must not allocate. Padding of blocked outputs must hold zeros.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "ir/evaluate.h"
#include "ir/text.h"
#include "runners/cases.h"
#include "runners/kernel_run.h"
#include "tactics/registry.h"

namespace burnish::suite {

using tactics::OpRequest;
using tactics::Variant;

namespace {

constexpr int threads = 2;

/// Makes everything anew: the suite tests kernels, not artifacts.
class PlainContext final : public tactics::BuildContext {
 public:
  int threads() const override { return burnish::suite::threads; }
  Tensor artifact(const Hash128& /*key*/, const std::function<Tensor()>& make) override { return make(); }
  Hash128 hash_of_constant(const std::shared_ptr<const Tensor>& constant) override { return content_hash(*constant); }
};

bool gpu_in_use() {
  const tactics::Backend* cuda = tactics::registry().find_backend("cuda");
  return cuda != nullptr and cuda->unavailable().empty();
}

/// False where the variant refuses late.
bool run_variant(const Run& run, const tactics::Tactic& tactic, const Variant& variant) {
  SCOPED_TRACE(fmt::format("{} {}", tactic.id(), variant.text()));
  PlainContext context;
  std::unique_ptr<tactics::Kernel> kernel;
  try {
    kernel = tactic.build(context, run.request, variant);
  } catch (const Error& error) {
    // What is too slow to ask beforehand may still refuse here, and says so by its code.
    if (error.code() != StatusCode::unsupported) ADD_FAILURE() << "the kernel cannot be built: " << error.what();
    return false;
  }
  run_kernel(run, tactic.id(), *kernel, variant, Placing::planned);
  for (const Placing placing : {Placing::shifted, Placing::planned, Placing::in_place}) {
    if (placing == Placing::in_place and variant.in_place < 0) continue;
    SCOPED_TRACE(placing == Placing::in_place ? "in place" : placing == Placing::shifted ? "one element off alignment" : "again");
    int64_t allocated = run_kernel(run, tactic.id(), *kernel, variant, placing);
    // Counted on all threads, and a GPU's driver has threads of its own: what a kernel allocates, it allocates again.
    if (allocated > 0 and gpu_in_use()) allocated = run_kernel(run, tactic.id(), *kernel, variant, placing);
    if (run.backend.device() == nullptr and not tactic.id().starts_with("ref.")) { EXPECT_EQ(allocated, 0) << "running allocates"; }
  }
  return true;
}

/// "case tactic" -> reason, from the list of what is known to fail.
const std::map<std::string, std::string>& known_failures() {
  static const std::map<std::string, std::string> known = [] {
    std::map<std::string, std::string> read;
    const std::string text = read_text("test/runners/tactics_suite_expectations.txt");
    for (const std::string_view line : split(text, '\n')) {
      const size_t colon = line.find(':');
      if (line.starts_with('#') or colon == std::string_view::npos) continue;
      read.emplace(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    return read;
  }();
  return known;
}

struct Tally {
  std::map<std::string, size_t> by_tactic;    // variants run
  std::map<std::string, size_t> known_fails;  // of each listed failure: how often it failed
};

void run_variants(const Run& run, const tactics::Tactic& tactic, Tally& tally) {
  tactics::VariantSink sink;
  tactic.variants(run.request, sink);
  for (const Variant& variant : sink.variants) {
    if (variant.alias == tactics::Alias::none and run_variant(run, tactic, variant)) ++tally.by_tactic[std::string(tactic.id())];
    if (testing::Test::HasFailure()) return;
  }
}

/// Counts the failures of a listed case instead of reporting them.
void run_known_failure(const std::string& key, const Run& run, const tactics::Tactic& tactic, Tally& tally) {
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter catching(testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    run_variants(run, tactic, tally);
  }
  tally.known_fails[key] += static_cast<size_t>(results.size());
}

void run_tactics(const Run& run, const tactics::Backend& backend, Tally& tally) {
  for (const tactics::Tactic* tactic : tactics::registry().tactics_of(backend.name())) {
    if (not tactic->supports(run.request)) continue;
    const std::string key = fmt::format("{} {}", run.one.name, tactic->id());
    if (known_failures().contains(key)) run_known_failure(key, run, *tactic, tally);
    else run_variants(run, *tactic, tally);
    if (testing::Test::HasFailure()) return;
  }
}

void run_case(const Case& one, const DimBindings& sizes, Tally& tally) {
  Graph graph = graph_of(one);
  graph.bind(sizes);
  if (not can_be_planned(graph)) return;
  const std::vector<Tensor> data = data_for(one, sizes);
  const std::vector<Tensor> expected = evaluate(graph, data);
  const Node& node = graph.node(graph.order().front());
  std::vector<Tensor> inputs;
  for (size_t i = 0, next = 0; i < node.inputs.size(); ++i) {
    const Tensor* constant = graph.constant(node.inputs[i]);
    inputs.push_back(not node.inputs[i].valid() ? Tensor() : constant != nullptr ? *constant : data[next++]);
  }
  for (const tactics::Backend* backend : tactics::registry().backends()) {
    if (not backend->unavailable().empty() or backend->name() == "null") continue;
    for (const std::vector<DType>& permitted : {std::vector<DType>{}, std::vector<DType>{bf16}, std::vector<DType>{f16}}) {
      const bool on_device = backend->device() != nullptr;
      if (not permitted.empty() and permitted[0] == f16 and not on_device) continue;
      const tactics::Target target{.threads = threads,
                                   .device = backend->fingerprint(),
                                   .permitted = permitted,
                                   .space = on_device ? tactics::Space::device : tactics::Space::host};
      OpRequest request = tactics::make_request(graph, node, target);
      run_tactics({*backend, one, request, inputs, expected, threads}, *backend, tally);
      if (request.outputs.size() == 1) continue;
      for (const bool first : {true, false}) {  // the first alone, then all others
        for (size_t i = 0; i < request.wanted.size(); ++i) request.wanted[i] = (i == 0) == first;
        run_tactics({*backend, one, request, inputs, expected, threads}, *backend, tally);
      }
    }
  }
}

Tally& tally() {
  static Tally all;
  return all;
}

class TacticsSuite : public testing::TestWithParam<Case> {
 protected:
  static void TearDownTestSuite() {
    for (const auto& [id, count] : tally().by_tactic) std::cout << fmt::format("{}: {} variants\n", id, count);
  }
};

TEST_P(TacticsSuite, AgreesWithTheReference) {
  const Case& one = GetParam();
  SCOPED_TRACE(one.text());
  if (one.failure) return;
  set_thread_count(threads);
  for (const DimBindings& sizes : one.sizes) run_case(one, sizes, tally());
  for (const auto& [key, reason] : known_failures())
    if (key.starts_with(one.name + " ")) { EXPECT_GT(tally().known_fails[key], 0U) << key << " passes: take its line out of the list"; }
}

INSTANTIATE_TEST_SUITE_P(Cases, TacticsSuite, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace burnish::suite
