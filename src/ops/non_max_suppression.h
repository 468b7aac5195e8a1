// NonMaxSuppression: per image and class, boxes in falling order of score, without those that overlap a chosen one too much.
// ONNX NonMaxSuppression, opsets 10, 11. Inputs: boxes f32 [batch,boxes,4], scores f32 [batch,classes,boxes], optional limit per class (i64),
// optional IoU threshold, optional score threshold (f32). Output: i64 [chosen,3], each row image, class, box.
#pragma once

#include "ops/fields.h"

namespace burnish::ops {

struct NonMaxSuppression {
  bool center_point_box = false;  // boxes are [x_center, y_center, width, height], not [y1, x1, y2, x2]
  static constexpr auto fields = std::tuple{field("center_point_box", &NonMaxSuppression::center_point_box)};
};

}  // namespace burnish::ops
