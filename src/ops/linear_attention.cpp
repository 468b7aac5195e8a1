// LinearAttention: attention without a softmax, as a recurrence over a matrix of state for each head. ONNX LinearAttention, opset 27.
// Inputs: query [B,T,Hq*K], key [B,T,H*K], value [B,T,H*V], optional past state [B,H,K,V], optional decay [B,T,H] or [B,T,H*K] (logarithms),
// optional beta [B,T,H] or [B,T,1]. Outputs: [B,T,Hq*V], and the state after the last step.
// Each step: S = S * exp(decay); with the delta rule v = beta * (v - S^T k); S = S + k v^T; output = scale * S^T q.
#include <cmath>

#include "base/error.h"
#include "ops/numbers.h"
#include "ops/operator.h"

namespace burnish::ops {

struct LinearAttention {
  int64_t query_heads = 1;
  int64_t heads = 1;
  bool gated = false;
  bool delta = false;
  double scale = 0;  // 0: one over the root of K
  static constexpr auto fields =
      std::tuple{field("query_heads", &LinearAttention::query_heads), field("heads", &LinearAttention::heads),
                 field("gated", &LinearAttention::gated), field("delta", &LinearAttention::delta), field("scale", &LinearAttention::scale)};
};

namespace {

enum Input : size_t { query_input, key_input, value_input, state_input, decay_input, beta_input };

Dim per_head(const Dim& extent, int64_t heads, std::string_view name) {
  if (extent.is_constant() and extent.value() % heads != 0)
    fail("the {} features of the {} do not divide into {} heads", extent.value(), name, heads);
  return floor_div(extent, Dim(heads));
}

void expect_equal(const Dim& a, const Dim& b, std::string_view what) {
  if (a.is_constant() and b.is_constant() and a != b) fail("{} differ: {} and {}", what, a.text(), b.text());
}

void check_steps(const Shape& shape, const Shape& query, std::string_view name) {
  if (shape.rank() != 3) fail("the {} has shape {}; it must be [batch, steps, features]", name, shape.text());
  expect_equal(shape[0], query[0], "batch sizes");
  expect_equal(shape[1], query[1], "numbers of steps");
}

struct Sizes {
  Dim key;
  Dim value;
};

Sizes check_shapes(const LinearAttention& op, const Shape& query, const Shape& key, const Shape& value) {
  constexpr int64_t most_heads = int64_t{1} << 20;
  if (op.heads < 1 or op.heads > most_heads or op.query_heads < 1 or op.query_heads > most_heads or op.query_heads % op.heads != 0)
    fail("{} heads of queries do not divide among {} heads of keys and values", op.query_heads, op.heads);
  check_steps(query, query, "query");
  check_steps(key, query, "key");
  check_steps(value, query, "value");
  const Sizes sizes{per_head(query[2], op.query_heads, "query"), per_head(value[2], op.heads, "value")};
  expect_equal(per_head(key[2], op.heads, "key"), sizes.key, "sizes of a head of queries and keys");
  return sizes;
}

void check_gates(const LinearAttention& op, const Shape& query, const Shape* decay, const Shape* beta, const Dim& key_size) {
  if ((decay != nullptr) != op.gated) fail("the decay must be given with the gated rules, and only with them");
  if ((beta != nullptr) != op.delta) fail("beta must be given with the delta rules, and only with them");
  if (decay != nullptr) {
    check_steps(*decay, query, "decay");
    if ((*decay)[2] != Dim(op.heads)) expect_equal((*decay)[2], Dim(op.heads) * key_size, "features of the decay and of the keys");
  }
  if (beta != nullptr) {
    check_steps(*beta, query, "beta");
    if ((*beta)[2] != Dim(1)) expect_equal((*beta)[2], Dim(op.heads), "features of beta and heads");
  }
}

void infer(const LinearAttention& op, InferContext& context) {
  context.expect_inputs(3, 6);
  for (const size_t i : {query_input, key_input, value_input, state_input, decay_input, beta_input})
    if (context.has_input(i) and not is_floating(context.dtype(i)))
      fail("input {} is {}; it must be floating", i, name_of(context.dtype(i)));
  const Shape& query = context.shape(query_input);
  const Sizes sizes = check_shapes(op, query, context.shape(key_input), context.shape(value_input));
  const auto given = [&](size_t i) { return context.has_input(i) ? &context.shape(i) : nullptr; };
  check_gates(op, query, given(decay_input), given(beta_input), sizes.key);
  const Shape state{query[0], op.heads, sizes.key, sizes.value};
  if (const Shape* past = given(state_input)) {
    if (past->rank() != 4) fail("the past state has shape {}; it must be {}", past->text(), state.text());
    for (size_t i = 0; i < 4; ++i) expect_equal((*past)[i], state[i], "sizes of the past state and of keys and values");
  }
  context.output(0, context.dtype(query_input), {query[0], query[1], Dim(op.query_heads) * sizes.value});
  if (context.output_count() > 1)
    context.output(1, context.has_input(state_input) ? context.dtype(state_input) : context.dtype(query_input), state);
}

/// One head of keys and values of one batch entry, as the recurrence steps through it.
struct Head {
  int64_t keys;
  int64_t values;
  double* state;  // [keys, values]
  std::vector<double> wanted;

  void decay(const double* gates, bool for_each_key) {
    for (int64_t k = 0; k < keys; ++k) {
      const double factor = std::exp(gates[for_each_key ? k : 0]);
      for (int64_t v = 0; v < values; ++v) state[k * values + v] *= factor;
    }
  }
  void write(const double* key, const double* value, const double* beta) {
    wanted.assign(value, value + values);
    if (beta != nullptr)
      for (int64_t v = 0; v < values; ++v) {
        for (int64_t k = 0; k < keys; ++k) wanted[static_cast<size_t>(v)] -= state[k * values + v] * key[k];
        wanted[static_cast<size_t>(v)] *= *beta;
      }
    for (int64_t k = 0; k < keys; ++k)
      for (int64_t v = 0; v < values; ++v) state[k * values + v] += key[k] * wanted[static_cast<size_t>(v)];
  }
  void read(const double* query, double scale, double* out) const {
    for (int64_t v = 0; v < values; ++v) {
      double sum = 0;
      for (int64_t k = 0; k < keys; ++k) sum += query[k] * state[k * values + v];
      out[v] = scale * sum;
    }
  }
};

std::vector<double> numbers_of(const EvalContext& context, size_t index) {
  if (not context.has_input(index)) return {};
  const Numbers<double> numbers(context.input(index));
  return {numbers.data(), numbers.data() + numbers.size()};
}

void reference(const LinearAttention& op, EvalContext& context) {
  std::vector<Shape> shapes(6);
  for (size_t i = 0; i < 6; ++i)
    if (context.has_input(i)) shapes[i] = Shape(context.input(i).dims());
  const auto given = [&](size_t i) { return context.has_input(i) ? &shapes[i] : nullptr; };
  const Sizes sizes = check_shapes(op, shapes[query_input], shapes[key_input], shapes[value_input]);
  check_gates(op, shapes[query_input], given(decay_input), given(beta_input), sizes.key);
  const int64_t batch = shapes[query_input][0].value();
  const int64_t steps = shapes[query_input][1].value();
  const int64_t keys = sizes.key.value();
  const int64_t values = sizes.value.value();
  const Dims state_dims{batch, op.heads, keys, values};
  if (context.has_input(state_input) and context.input(state_input).dims() != state_dims)
    fail("the past state has shape {}; it must be {}", text_of(context.input(state_input).dims()), text_of(state_dims));
  const std::vector<double> query = numbers_of(context, query_input);
  const std::vector<double> key = numbers_of(context, key_input);
  const std::vector<double> value = numbers_of(context, value_input);
  const std::vector<double> decay = numbers_of(context, decay_input);
  const std::vector<double> beta = numbers_of(context, beta_input);
  std::vector<double> state = numbers_of(context, state_input);
  state.resize(static_cast<size_t>(element_count(state_dims)), 0);
  const double scale = op.scale != 0 ? op.scale : 1 / std::sqrt(static_cast<double>(keys));
  const int64_t gates = op.gated ? shapes[decay_input][2].value() : 0;
  const int64_t betas = op.delta ? shapes[beta_input][2].value() : 0;
  const int64_t shared = op.query_heads / op.heads;
  Tensor& out = context.allocate(0, context.input(query_input).dtype(), {batch, steps, op.query_heads * values});
  NumbersOut<double> y(out);
  for (int64_t entry = 0; entry < batch * op.heads; ++entry) {
    const int64_t h = entry % op.heads;
    Head head{keys, values, state.data() + entry * keys * values, {}};
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t at = entry / op.heads * steps + step;
      const bool for_each_key = gates != op.heads;
      if (op.gated) head.decay(decay.data() + at * gates + h * (for_each_key ? keys : 1), for_each_key);
      head.write(key.data() + (at * op.heads + h) * keys, value.data() + (at * op.heads + h) * values,
                 op.delta ? beta.data() + at * betas + (betas == 1 ? 0 : h) : nullptr);
      for (int64_t q = h * shared; q < (h + 1) * shared; ++q)
        head.read(query.data() + (at * op.query_heads + q) * keys, scale, y.data() + (at * op.query_heads + q) * values);
    }
  }
  y.store();
  if (context.output_count() < 2) return;
  const DType state_type = context.input(context.has_input(state_input) ? state_input : query_input).dtype();
  NumbersOut<double> last(context.allocate(1, state_type, state_dims));
  for (size_t i = 0; i < state.size(); ++i) last[static_cast<int64_t>(i)] = state[i];
  last.store();
}

LinearAttention import(const ImportContext& context) {
  const std::string rule = context.string_or("update_rule", "gated_delta");
  if (rule != "linear" and rule != "gated" and rule != "delta" and rule != "gated_delta")
    fail("update_rule is `{}`; it must be linear, gated, delta or gated_delta", rule);
  return {.query_heads = context.require_int("q_num_heads"),
          .heads = context.require_int("kv_num_heads"),
          .gated = rule.starts_with("gated"),
          .delta = rule.ends_with("delta"),
          .scale = context.float_or("scale", 0)};
}

}  // namespace

void register_linear_attention(Registry& registry) {
  registry.add<LinearAttention>({.name = "LinearAttention",
                                 .infer = infer,
                                 .reference = reference,
                                 .onnx = {{.name = "LinearAttention", .since = 27, .import = import}}});
}

}  // namespace burnish::ops
