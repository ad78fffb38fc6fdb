#pragma once

#include <string>

namespace brandiron::experiments {

/// Text as it may stand in a page, attributes included.
std::string html_escape(const std::string& text);

}  // namespace brandiron::experiments
