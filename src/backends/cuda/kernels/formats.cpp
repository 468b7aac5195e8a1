#include "backends/cuda/kernels/formats.h"

#include <algorithm>

namespace burnish::cuda {

using tactics::Format;
using tactics::OpRequest;
using tactics::Space;
using tactics::Variant;

std::vector<Layout> usual_layouts(size_t rank) {
  std::vector<Layout> layouts{Layout::row_major(rank)};
  if (rank >= 3) layouts.push_back(Layout::channels_last(rank));
  return layouts;
}

std::vector<std::optional<DType>> usual_storages(const OpRequest& request) {
  std::vector<std::optional<DType>> storages{std::nullopt};
  const auto is_f32 = [](const TensorType& type) { return type.dtype == DType::f32; };
  const bool floats = std::ranges::any_of(request.inputs, [&](const tactics::Operand& operand) { return is_f32(operand.type); }) or
                      std::ranges::any_of(request.outputs, is_f32);
  if (floats)
    for (const DType permitted : request.target.permitted)
      if (permitted == DType::f16 or permitted == DType::bf16) storages.emplace_back(permitted);
  return storages;
}

DType storage_of(DType model, std::optional<DType> lowered) { return model == DType::f32 and lowered ? *lowered : model; }

Format device_format(const TensorType& type, std::optional<DType> lowered, const Layout& layout) {
  return {storage_of(type.dtype, lowered), layout, Space::device};
}

Format device_format(const TensorType& type, std::optional<DType> lowered) {
  return device_format(type, lowered, Layout::row_major(type.shape.rank()));
}

Variant plain_variant(const OpRequest& request, std::optional<DType> lowered) {
  Variant variant;
  for (const tactics::Operand& operand : request.inputs) {
    variant.inputs.push_back(operand.present ? device_format(operand.type, operand.constant ? std::nullopt : lowered) : Format{});
    variant.keeps_constant.push_back(operand.constant != nullptr);
  }
  for (const TensorType& type : request.outputs) variant.outputs.push_back(device_format(type, lowered));
  return variant;
}

double memory_seconds(const OpRequest& request, const Variant& variant) {
  constexpr double launch = 1.5e-6, share_reached = 0.7;
  double bytes = 0;
  for (size_t i = 0; i < request.inputs.size(); ++i)
    if (request.inputs[i].present) bytes += static_cast<double>(stored_bytes(variant.inputs[i], request.dims(i)));
  for (size_t i = 0; i < request.outputs.size(); ++i)
    if (request.wanted[i]) bytes += static_cast<double>(stored_bytes(variant.outputs[i], request.output_dims(i)));
  return launch + bytes / (share_reached * std::max(1e9, gpu().facts().bandwidth));
}

}  // namespace burnish::cuda
