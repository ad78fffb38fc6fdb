#pragma once

#include <string>

#include "brandiron/watermark/key.h"

namespace brandiron::experiments {

/// The key that `name` stands for. It protects nothing: a study says its domain, seed and number in
/// the name, so that it can be repeated. Published figures rest on these names.
watermark::Key study_key(const std::string& name);

}  // namespace brandiron::experiments
