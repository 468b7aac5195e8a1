// Matching pinned choices to nodes by name, and to candidates by tactic and variant text.
#include "tactics/pinned.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/text.h"

namespace burnish::tactics {
namespace {

std::vector<std::string_view> views_of(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string_view close = nearest(word, views_of(known));
  return close.empty() ? std::string() : fmt::format("; did you mean `{}`?", close);
}

bool matches(const Candidate& candidate, const Choice& choice) {
  return name_of(candidate) == choice.tactic and (choice.variant.empty() or candidate.variant.text() == choice.variant);
}

[[noreturn]] void fail_unmatched(const NodeCandidates& node, const std::string& name, const Choice& choice) {
  std::vector<std::string> variants;
  std::vector<std::string> tactics;
  for (const Candidate& candidate : node.candidates) {
    const std::string tactic = name_of(candidate);
    if (std::ranges::find(tactics, tactic) == tactics.end()) tactics.push_back(tactic);
    if (tactic == choice.tactic) variants.push_back(candidate.variant.text());
  }
  if (variants.empty())
    fail("the choices give node `{}` the tactic `{}`, which does not take it; available: {}{}", name, choice.tactic,
         fmt::join(tactics, ", "), did_you_mean(choice.tactic, tactics));
  fail("the choices give node `{}` the variant `{}` of {}, which does not exist; available: {}{}", name, choice.variant, choice.tactic,
       fmt::join(variants, "; "), did_you_mean(choice.variant, variants));
}

}  // namespace

std::vector<std::string> unique_names(const Graph& graph, const CandidateSet& found) {
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (const NodeCandidates& node : found.nodes) {
    const Node& named = graph.node(node.node);
    const std::string base = named.name.empty() ? std::string(named.op.name()) : named.name;
    std::string name = base;
    while (seen.contains(name)) name = fmt::format("{}#{}", base, ++seen[base]);
    seen.emplace(name, 1);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::vector<uint32_t>> allowed_candidates(const Graph& graph, const CandidateSet& found, const Choices* pinned) {
  std::vector<std::vector<uint32_t>> allowed;
  for (const NodeCandidates& node : found.nodes) {
    allowed.emplace_back(node.candidates.size());
    std::iota(allowed.back().begin(), allowed.back().end(), 0U);
  }
  if (pinned == nullptr) return allowed;
  const std::vector<std::string> names = unique_names(graph, found);
  for (const auto& [name, choice] : pinned->nodes) {
    const auto place = std::ranges::find(names, name);
    if (place == names.end()) fail("the choices name the node `{}`, which this network does not have{}", name, did_you_mean(name, names));
    const auto index = static_cast<size_t>(place - names.begin());
    const Choice& wanted = choice;
    std::erase_if(allowed[index], [&](uint32_t candidate) { return not matches(found.nodes[index].candidates[candidate], wanted); });
    if (allowed[index].empty()) fail_unmatched(found.nodes[index], name, wanted);
  }
  return allowed;
}

Choices fitting(const Choices& all, const Graph& graph, const CandidateSet& found) {
  Choices kept;
  if (all.nodes.empty()) return kept;
  const std::vector<std::string> names = unique_names(graph, found);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto choice = all.nodes.find(names[i]);
    if (choice == all.nodes.end()) continue;
    const auto& candidates = found.nodes[i].candidates;
    if (std::ranges::any_of(candidates, [&](const Candidate& candidate) { return matches(candidate, choice->second); }))
      kept.nodes.insert(*choice);
  }
  return kept;
}

}  // namespace burnish::tactics
