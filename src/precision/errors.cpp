#include "precision/errors.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.h"

namespace burnish {
namespace {

/// NaN in `got` alone is as bad as can be.
std::optional<double> cosine_error(const Tensor& wanted, const Tensor& got) {
  double product = 0, square_wanted = 0, square_got = 0;
  for (int64_t i = 0; i < wanted.size(); ++i) {
    const double a = wanted.number(i), b = got.number(i);
    if (not std::isfinite(a)) continue;
    product += a * b;
    square_wanted += a * a;
    square_got += b * b;
  }
  if (square_wanted == 0) return {};
  const double cosine = product / std::sqrt(square_wanted * square_got);
  return std::isfinite(cosine) ? 1 - cosine : 1;
}

std::optional<double> largest_error(const Tensor& wanted, const Tensor& got) {
  double largest = 0, error = 0;
  for (int64_t i = 0; i < wanted.size(); ++i) {
    const double a = wanted.number(i), b = got.number(i);
    if (not std::isfinite(a)) continue;
    largest = std::max(largest, std::abs(a));
    const double difference = std::abs(a - b);
    error = std::isfinite(difference) ? std::max(error, difference) : std::numeric_limits<double>::infinity();
  }
  if (largest == 0) return {};
  return error / largest;
}

/// Counts rows, and those whose largest element moved.
struct Rows {
  int64_t all = 0, moved = 0;

  void add(const Tensor& wanted, const Tensor& got) {
    const size_t axis = wanted.rank() >= 4 ? 1 : wanted.rank() - 1;
    int64_t inner = 1;
    for (size_t i = axis + 1; i < wanted.rank(); ++i) inner *= wanted.dim(i);
    const int64_t extent = wanted.dim(axis);
    if (extent < 2) return;
    const auto largest = [&](const Tensor& tensor, int64_t begin) {
      int64_t best = 0;
      for (int64_t i = 1; i < extent; ++i)
        if (tensor.number(begin + i * inner) > tensor.number(begin + best * inner)) best = i;
      return best;
    };
    for (int64_t row = 0; row < wanted.size() / extent; ++row) {
      const int64_t begin = row / inner * inner * extent + row % inner;
      ++all;
      moved += largest(wanted, begin) != largest(got, begin) ? 1 : 0;
    }
  }
};

bool comparable(const Tensor& wanted, const Tensor& got) {
  return wanted.is_tensor() and is_floating(wanted.dtype()) and wanted.size() > 0 and got.dims() == wanted.dims();
}

/// NaN or infinity in `got` alone makes the noise infinite.
void add_squares(const Tensor& wanted, const Tensor& got, double& signal, double& noise) {
  for (int64_t i = 0; i < wanted.size(); ++i) {
    const double a = wanted.number(i), difference = got.number(i) - a;
    if (not std::isfinite(a)) continue;
    signal += a * a;
    noise += std::isfinite(difference) ? difference * difference : std::numeric_limits<double>::infinity();
  }
}

/// see(wanted, got) for every pair of outputs that can be compared. What has other sizes was decided otherwise by the data.
template <class See>
void for_each_pair(const Outputs& exact, const Outputs& tried, const See& see) {
  for (size_t sample = 0; sample < std::min(exact.size(), tried.size()); ++sample)
    for (size_t i = 0; i < std::min(exact[sample].size(), tried[sample].size()); ++i)
      if (comparable(exact[sample][i], tried[sample][i])) see(exact[sample][i], tried[sample][i]);
}

template <class Measure>
double worst(const Outputs& exact, const Outputs& tried, const Measure& measure) {
  double worst = std::numeric_limits<double>::quiet_NaN();
  for_each_pair(exact, tried, [&](const Tensor& wanted, const Tensor& got) {
    if (const auto error = measure(wanted, got)) worst = std::isnan(worst) ? *error : std::max(worst, *error);
  });
  return worst;
}

}  // namespace

double cosine_error(const Outputs& exact, const Outputs& tried) {
  return worst(exact, tried, [](const Tensor& wanted, const Tensor& got) { return cosine_error(wanted, got); });
}

double largest_error(const Outputs& exact, const Outputs& tried) {
  return worst(exact, tried, [](const Tensor& wanted, const Tensor& got) { return largest_error(wanted, got); });
}

double top1_error(const Outputs& exact, const Outputs& tried) {
  Rows rows;
  for_each_pair(exact, tried, [&](const Tensor& wanted, const Tensor& got) {
    if (wanted.rank() > 0) rows.add(wanted, got);
  });
  return rows.all == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(rows.moved) / static_cast<double>(rows.all);
}

double noise_error(const Outputs& exact, const Outputs& tried) {
  std::vector<double> signal, noise;
  for (size_t sample = 0; sample < std::min(exact.size(), tried.size()); ++sample)
    for (size_t i = 0; i < std::min(exact[sample].size(), tried[sample].size()); ++i) {
      const Tensor &wanted = exact[sample][i], &got = tried[sample][i];
      if (not comparable(wanted, got)) continue;
      signal.resize(std::max(signal.size(), i + 1), 0);
      noise.resize(signal.size(), 0);
      add_squares(wanted, got, signal[i], noise[i]);
    }
  double sum = 0;
  int outputs = 0;
  for (size_t i = 0; i < signal.size(); ++i) {
    if (not(signal[i] > 0)) continue;
    sum += noise[i] / signal[i];
    ++outputs;
  }
  return outputs > 0 ? sum / outputs : std::numeric_limits<double>::quiet_NaN();
}

AccuracyBudget cosine_budget(double least) {
  return {.text = fmt::format("cos:{:g}", least),
          .error = [](const Outputs& exact, const Outputs& tried) { return cosine_error(exact, tried); },
          .limit = 1 - least};
}

AccuracyBudget accuracy_budget(std::string_view text) {
  const size_t colon = text.find(':');
  const std::string_view measure = text.substr(0, colon);
  const std::string_view number = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  double value = 0;
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool reads = not number.empty() and fault == std::errc{} and end == number.data() + number.size();
  const bool in_range = reads and value >= 0 and (measure == "max" or value <= 1);
  if (not in_range or (measure != "cos" and measure != "max" and measure != "top1"))
    fail("the accuracy `{}` does not read: it is cos:0.999, max:1e-2 or top1:0.99", text);
  AccuracyBudget budget = cosine_budget(value);
  budget.text = text;
  if (measure == "max") {
    budget.error = [](const Outputs& exact, const Outputs& tried) { return largest_error(exact, tried); };
    budget.limit = value;
  } else if (measure == "top1") {
    budget.error = [](const Outputs& exact, const Outputs& tried) { return top1_error(exact, tried); };
  }
  return budget;
}

}  // namespace burnish
