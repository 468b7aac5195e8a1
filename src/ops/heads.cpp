// Heads of attention: see the header.
#include "ops/heads.h"

#include "base/error.h"
#include "ops/gather.h"

namespace burnish::ops {

int64_t head_count(const ImportContext& context, ValueId value) {
  const Dim& heads = context.type(value).shape[1];
  if (not heads.is_constant())
    fail_unsupported("the number of heads must be static, but the shape is {}", context.type(value).shape.text());
  return heads.value();
}

ValueId shared_heads(ImportContext& context, ValueId value, int64_t heads) {
  const int64_t own = head_count(context, value);
  if (own == heads) return value;
  if (own < 1 or heads % own != 0) fail("{} heads of queries do not divide among {} heads of keys and values", heads, own);
  std::vector<int64_t> sources;
  for (int64_t head = 0; head < heads; ++head) sources.push_back(head / (heads / own));
  return context.add(Gather{.axis = 1}, {value, context.constant_i64(std::move(sources))});
}

}  // namespace burnish::ops
