// Fitted parts as they stand in the weights' metadata.
#pragma once

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "closed_form.h"

namespace brandiron::detect {

inline nlohmann::json logistic_json(const LogisticModel& m) {
  return {{"mean", m.mean}, {"deviation", m.deviation}, {"weights", m.weights}, {"bias", m.bias}};
}

/// Empty, or `width` columns. @throws Error(kModel) for another shape; nlohmann's own for a missing
/// member.
inline LogisticModel logistic_from(const nlohmann::json& json, std::size_t width) {
  LogisticModel m;
  json.at("mean").get_to(m.mean);
  json.at("deviation").get_to(m.deviation);
  json.at("weights").get_to(m.weights);
  json.at("bias").get_to(m.bias);
  const bool fits =
      m.weights.size() == width && m.mean.size() == width && m.deviation.size() == width;
  if (!fits && !(m.weights.empty() && m.mean.empty() && m.deviation.empty())) {
    throw Error(ErrorCode::kModel, "a logistic regression has another number of columns");
  }
  return m;
}

}  // namespace brandiron::detect
