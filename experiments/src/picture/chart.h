#pragma once

#include <string>
#include <vector>

#include "brandiron/experiments/html.h"

namespace brandiron::experiments {

struct ChartPoint {
  double x = 0, y = 0, low = 0, high = 0;  ///< low == high: no interval drawn
};

struct ChartSeries {
  std::string name;
  std::vector<ChartPoint> points;
  bool dots = true;
};

struct Chart {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  double y_min = 0, y_max = 1;
  bool x_falls = false;  ///< the largest value at the left: an attack that gets harder to the right
  std::vector<ChartSeries> series;
};

/// A line chart as an SVG element with its own legend: no script, no outside resource, colours of
/// the page.
std::string chart_svg(const Chart& chart);

/// A bar of `value` (0 .. 1) with its interval and a tick at `target` (negative: none).
std::string share_bar_svg(double value, double low, double high, double target);

}  // namespace brandiron::experiments
