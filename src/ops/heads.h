// Heads of attention while it is imported: how many there are, and keys and values shared among heads of queries.
// Called by the importers of the attention operators.
#pragma once

#include "ops/import.h"

namespace burnish::ops {

/// The extent of axis 1 of [B,H,S,D]; Error where it is not static.
int64_t head_count(const ImportContext& context, ValueId value);

/// Each head of keys or values for as many heads of queries as share it.
ValueId shared_heads(ImportContext& context, ValueId value, int64_t heads);

}  // namespace burnish::ops
