// The rows of the flags, one table for each group of the help. Defined in flags_*.cpp, joined in flags.cpp; nobody else needs them.
#pragma once

#include "cli/trtexec/flags.h"

namespace burnish::cli::trtexec {

std::span<const Flag> model_flags();
std::span<const Flag> build_flags();
std::span<const Flag> precision_flags();
std::span<const Flag> inference_flags();
std::span<const Flag> reporting_flags();
std::span<const Flag> system_flags();
std::span<const Flag> accuracy_flags();
std::span<const Flag> tuning_flags();
std::span<const Flag> own_flags();

}  // namespace burnish::cli::trtexec
