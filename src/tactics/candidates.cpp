// Asks every tactic of a backend about every node, splits the fused nodes that none takes whole, and adds what needs no step at all.
#include "tactics/candidates.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/concurrent.h"
#include "base/error.h"
#include "base/parallel.h"
#include "ops/dynamic_quantize_linear.h"
#include "ops/quantized.h"
#include "tactics/alias.h"
#include "tactics/expand_dynamic_quantize.h"
#include "tactics/expand_quantized.h"
#include "tactics/split_fused.h"

namespace burnish::tactics {
namespace {

constexpr std::string_view reference_id = "ref.reference";

const Backend& usable_backend(const Registry& registry, const std::string& asked) {
  const std::string_view name = asked.empty() ? default_backend(registry) : std::string_view(asked);
  const Backend* backend = registry.find_backend(name);
  if (backend == nullptr) {
    std::vector<std::string_view> known;
    for (const Backend* one : registry.backends()) known.push_back(one->name());
    fail("unknown backend `{}`; this build has: {}", name, fmt::join(known, ", "));
  }
  if (const std::string reason = backend->unavailable(); not reason.empty())
    fail_unsupported("backend `{}` cannot be used: {}", name, reason);
  return *backend;
}

class Collector {
 public:
  Collector(Graph& graph, const Registry& registry, const CandidateConfig& config)
      : graph_(graph),
        registry_(registry),
        config_(config),
        backend_(usable_backend(registry, config.backend)),
        reference_(registry.find_tactic(reference_id)) {
    target_.threads = config.threads > 0 ? config.threads : available_cores();
    target_.device = backend_.fingerprint();
    target_.permitted = config.permitted;
    target_.space = backend_.device() != nullptr ? Space::device : Space::host;
    if (backend_.device() != nullptr and config.fallback) host_tactics_ = registry.tactics_of("cpu");
    std::erase_if(host_tactics_, [](const Tactic* tactic) { return tactic->id().ends_with(".reformat"); });
    if (not config.only_tactic.empty()) {
      tactics_ = {&forced_tactic()};
    } else {
      tactics_ = registry.tactics_of(backend_.name());
      std::erase_if(tactics_, [&](const Tactic* tactic) { return tactic->id().ends_with(".reformat") or is_left_out(*tactic); });
    }
  }

  CandidateSet run() {
    if (target_.space == Space::device) ask_ahead();
    if (config_.only_tactic.empty()) {
      expand_what_nobody_takes();
      split_what_nobody_takes();
    }
    CandidateSet set{.backend = &backend_, .target = target_, .fallback = config_.fallback ? reference_ : nullptr, .nodes = {}};
    std::vector<std::string> faults;
    for (const NodeId id : graph_.order()) {
      try {
        set.nodes.push_back(collect(graph_.node(id)));
      } catch (const Error& error) { faults.emplace_back(error.what()); }
    }
    if (not faults.empty())
      fail_unsupported("{} node(s) cannot run on backend `{}`:\n  {}", faults.size(), backend_.name(), fmt::join(faults, "\n  "));
    return set;
  }

 private:
  bool is_left_out(const Tactic& tactic) const {
    return std::ranges::any_of(config_.left_out, [&](const std::string& beginning) { return tactic.id().starts_with(beginning); });
  }

  const Tactic& forced_tactic() const {
    if (const Tactic* tactic = registry_.find_tactic(config_.only_tactic)) return *tactic;
    std::vector<std::string_view> known;
    for (const Tactic* tactic : registry_.tactics_of(backend_.name())) known.push_back(tactic->id());
    fail("unknown tactic `{}`; backend `{}` has: {}", config_.only_tactic, backend_.name(), fmt::join(known, ", "));
  }

  /// What a tactic says to a request.
  struct Answer {
    Verdict verdict = Verdict::yes();
    VariantSink sink;
  };

  /// Of a hash, requests differ in the values of constants alone, which tactics may look at.
  struct Question {
    Hash128 hash;
    std::vector<std::shared_ptr<const Tensor>> constants;
    auto operator<=>(const Question&) const = default;
  };
  static Question question_of(const OpRequest& request) {
    Question question{request.hash(), {}};
    for (const Operand& input : request.inputs) question.constants.push_back(input.constant);
    return question;
  }

  /// A device's libraries think long about what they can do for a request, and about several at a time. Equal requests follow when the first of
  /// them is answered, because libraries remember.
  void ask_ahead() {
    std::set<Question> seen;
    std::set<Hash128> begun;
    std::vector<std::pair<Question, OpRequest>> first, further;
    for (const NodeId id : graph_.order()) {
      OpRequest request;
      try {
        request = make_request(graph_, graph_.node(id), target_);
      } catch (const Error&) { continue; }  // told where the node is asked about
      if (not request.regions.empty()) continue;
      Question question = question_of(request);
      if (not seen.insert(question).second) continue;
      (begun.insert(question.hash).second ? first : further).emplace_back(std::move(question), std::move(request));
    }
    ask_all(first);
    ask_all(further);
  }

  void ask_all(const std::vector<std::pair<Question, OpRequest>>& requests) {
    std::vector<std::vector<Answer>> answers(requests.size());
    run_concurrently(requests.size(), [&](size_t i) {
      for (const Tactic* tactic : tactics_) {
        Answer& answer = answers[i].emplace_back();
        answer.verdict = ask(*tactic, requests[i].second, answer.sink);
      }
    });
    for (size_t i = 0; i < requests.size(); ++i) answers_.emplace(requests[i].first, std::move(answers[i]));
  }

  /// One for each of `tactics_`; nullptr where nobody was asked ahead.
  const std::vector<Answer>* answers_to(const OpRequest& request) const {
    if (answers_.empty()) return nullptr;
    const auto found = answers_.find(question_of(request));
    return found == answers_.end() ? nullptr : &found->second;
  }

  bool accepts(const OpRequest& request) const {
    if (const std::vector<Answer>* answers = answers_to(request))
      return std::ranges::any_of(*answers, [](const Answer& answer) { return answer.verdict and not answer.sink.variants.empty(); });
    return std::ranges::any_of(tactics_, [&](const Tactic* tactic) {
      VariantSink sink;
      return ask(*tactic, request, sink) and not sink.variants.empty();
    });
  }

  /// Whether the host takes the whole where the device has no kernel for the anchor either: apart, both halves would cross over.
  bool only_host_accepts(const OpRequest& request) const {
    OpRequest anchor = request;
    anchor.epilogue = {};
    anchor.inputs.resize(request.anchor_inputs);
    anchor.outputs = {{request.epilogue.inputs.at(0), request.outputs.at(0).shape, {}}};
    anchor.wanted = {true};
    if (host_tactics_.empty() or accepts(anchor)) return false;
    return std::ranges::any_of(host_tactics_, [&](const Tactic* tactic) {
      VariantSink sink;
      return ask(*tactic, request, sink) and std::ranges::any_of(sink.variants, can_cross);
    });
  }

  /// A tactic that throws while it is asked has refused.
  static Verdict ask(const Tactic& tactic, const OpRequest& request, VariantSink& sink) {
    try {
      Verdict verdict = tactic.supports(request);
      if (verdict) tactic.variants(request, sink);
      return verdict;
    } catch (const std::exception& error) { return Verdict::no(fmt::format("failed when asked: {}", error.what())); }
  }

  /// Integer products for which there is no kernel, with their epilogue or without, are computed in floating point; dynamic quantization in
  /// plain steps.
  void expand_what_nobody_takes() {
    for (const NodeId id : graph_.order()) {
      const Node& node = graph_.node(id);
      if (node.op.is<ops::DynamicQuantizeLinear>()) {
        if (accepts(make_request(graph_, node, target_))) continue;
        if (const auto patch = expand_dynamic_quantize(graph_, node)) patch->apply(graph_, id);
        continue;
      }
      const auto* fused = node.op.as<ops::Fused>();
      if (not ops::is_quantized_product(fused != nullptr ? fused->anchor : node.op)) continue;
      OpRequest request = make_request(graph_, node, target_);
      if (accepts(request)) continue;
      request.inputs.resize(request.anchor_inputs);
      request.epilogue = {};
      request.outputs = {{DType::f32, request.outputs.at(0).shape, {}}};
      request.wanted = {true};
      if (accepts(request)) continue;
      if (const auto patch = expand_quantized(graph_, node)) patch->apply(graph_, id);
    }
  }

  void split_what_nobody_takes() {
    for (const NodeId id : graph_.order()) {
      const Node& node = graph_.node(id);
      const auto* fused = node.op.as<ops::Fused>();
      if (fused == nullptr) continue;
      const OpRequest request = make_request(graph_, node, target_);
      if (accepts(request) or only_host_accepts(request)) continue;
      const Patch patch =
          in_context([&] { return describe(node); },
                     [&] { return split_fused(graph_, node, *fused, request, [&](const OpRequest& part) { return accepts(part); }); });
      patch.apply(graph_, id);
    }
  }

  NodeCandidates collect(const Node& node) const {
    NodeCandidates found;
    found.node = node.id;
    found.request = make_request(graph_, node, target_);
    found.request_hash = found.request.hash();
    if (config_.only_tactic.empty()) found.candidates = alias_candidates(graph_, node, found.request, backend_);
    const std::vector<Answer>* answers = answers_to(found.request);
    for (size_t i = 0; i < tactics_.size(); ++i) {
      if (answers != nullptr) add(*tactics_[i], answers->at(i), found);
      else add(*tactics_[i], found);
    }
    if (found.candidates.empty()) {
      for (const Tactic* tactic : host_tactics_) add(*tactic, found);
      std::erase_if(found.candidates, [](const Candidate& candidate) { return not can_cross(candidate.variant); });
    }
    if (found.candidates.empty() and config_.fallback and reference_ != nullptr and
        std::ranges::find(tactics_, reference_) == tactics_.end())
      add(*reference_, found);
    if (found.candidates.empty()) fail("{}: {}", describe(node), reasons(found));
    return found;
  }

  /// What a device hands to the host and takes back has no blocks.
  static bool can_cross(const Variant& variant) {
    const auto plain = [](const Format& format) { return format.layout.blocks.empty(); };
    return std::ranges::all_of(variant.inputs, plain) and std::ranges::all_of(variant.outputs, plain);
  }

  static void add(const Tactic& tactic, NodeCandidates& found) {
    Answer answer;
    answer.verdict = ask(tactic, found.request, answer.sink);
    add(tactic, std::move(answer), found);
  }

  static void add(const Tactic& tactic, Answer answer, NodeCandidates& found) {
    auto& [verdict, sink] = answer;
    if (not verdict) {
      found.refusals.push_back({std::string(tactic.id()), verdict.reason()});
      return;
    }
    for (auto& [what, reason] : sink.refusals) found.refusals.push_back({fmt::format("{} {}", tactic.id(), what), std::move(reason)});
    for (Variant& variant : sink.variants) {
      BURNISH_CHECK(variant.inputs.size() == found.request.inputs.size() and variant.outputs.size() == found.request.outputs.size(),
                    "{} offers a variant that does not fit {}", tactic.id(), found.request.op.name());
      Candidate candidate;
      candidate.tactic = &tactic;
      candidate.variant = std::move(variant);
      found.candidates.push_back(std::move(candidate));
    }
  }

  static std::string reasons(const NodeCandidates& found) {
    if (found.refusals.empty()) return "no tactic offers a variant, and there is no fallback";
    std::vector<std::string> reasons;
    for (const Refusal& refusal : found.refusals) reasons.push_back(fmt::format("{}: {}", refusal.tactic, refusal.reason));
    return fmt::format("{}", fmt::join(reasons, "; "));
  }

  Graph& graph_;
  const Registry& registry_;
  const CandidateConfig& config_;
  const Backend& backend_;
  const Tactic* reference_;
  Target target_;
  std::vector<const Tactic*> tactics_;
  std::vector<const Tactic*> host_tactics_;  // what a device has no kernel for runs on the host
  std::map<Question, std::vector<Answer>> answers_;
};

}  // namespace

CandidateSet candidates(Graph& graph, const CandidateConfig& config) { return candidates(graph, registry(), config); }

CandidateSet candidates(Graph& graph, const Registry& registry, const CandidateConfig& config) {
  return Collector(graph, registry, config).run();
}

std::string name_of(const Candidate& candidate) {
  if (candidate.tactic != nullptr) return std::string(candidate.tactic->id());
  switch (candidate.variant.alias) {
    case Alias::view: return "view";
    case Alias::concat: return "concat";
    case Alias::split: return "split";
    case Alias::none: break;
  }
  BURNISH_CHECK(false, "a candidate has neither tactic nor alias");
}

bool rounds(const OpRequest& request, const Candidate& candidate) {
  const Variant& variant = candidate.variant;
  const auto narrower = [](DType storage, DType model) { return is_floating(model) and byte_size(storage) < byte_size(model); };
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].present and narrower(variant.inputs.at(i).storage, request.inputs[i].type.dtype)) return true;
  for (size_t i = 0; i < request.outputs.size(); ++i)
    if (narrower(variant.outputs.at(i).storage, request.outputs[i].dtype)) return true;
  return variant.knobs.starts_with("math=");
}

}  // namespace burnish::tactics
