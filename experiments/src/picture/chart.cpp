#include "picture/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace brandiron::experiments {
namespace {

constexpr double kWidth = 520, kHeight = 300, kLeft = 52, kRight = 12, kTop = 30, kBottom = 44;
constexpr const char* kColours[] = {"var(--rust)", "var(--blue)", "var(--good)",
                                    "#8a6d1f",     "#7a4fa3",     "var(--soft)"};
constexpr std::size_t kNumColours = sizeof kColours / sizeof kColours[0];

struct Axis {
  double low, high;
  bool logarithmic, reversed;
  double from, to;  // pixels

  double at(double v) const {
    const double a = logarithmic ? std::log10(low) : low, b = logarithmic ? std::log10(high) : high;
    double share = b > a ? ((logarithmic ? std::log10(std::max(v, low)) : v) - a) / (b - a) : 0.5;
    share = std::clamp(share, 0.0, 1.0);
    return from + (reversed ? 1 - share : share) * (to - from);
  }
};

// 1, 2 or 5 times a power of ten: about six of them.
std::vector<double> ticks(const Axis& axis) {
  std::vector<double> found;
  if (axis.logarithmic) {
    const int first = static_cast<int>(std::ceil(std::log10(axis.low) - 1e-9));
    const int last = static_cast<int>(std::floor(std::log10(axis.high) + 1e-9));
    const int step = std::max(1, (last - first) / 6);
    for (int e = first; e <= last; e += step) found.push_back(std::pow(10.0, e));
    return found;
  }
  const double raw = (axis.high - axis.low) / 6;
  if (!(raw > 0)) return {axis.low};
  const double ten = std::pow(10.0, std::floor(std::log10(raw)));
  const double step = ten * (raw / ten > 5 ? 10 : raw / ten > 2 ? 5 : raw / ten > 1 ? 2 : 1);
  for (double v = std::ceil(axis.low / step - 1e-9) * step; v <= axis.high + 1e-9 * step;
       v += step) {
    found.push_back(std::abs(v) < 1e-9 * step ? 0 : v);
  }
  return found;
}

std::string frame_svg(const Chart& chart, const Axis& x, const Axis& y) {
  std::string svg = fmt::format(
      "<text x={} y=16 font-weight=650 fill=currentColor>{}</text>"
      "<text x={} y={} text-anchor=middle class=lbl>{}</text>"
      "<text transform='translate(13 {}) rotate(-90)' text-anchor=middle class=lbl>{}</text>",
      kLeft, html_escape(chart.title), (kLeft + kWidth - kRight) / 2, kHeight - 6,
      html_escape(chart.x_label), (kTop + kHeight - kBottom) / 2, html_escape(chart.y_label));
  for (const double v : ticks(x)) {
    svg += fmt::format(
        "<line x1={0:.1f} x2={0:.1f} y1={1} y2={2} class=grid /><text x={0:.1f} y={3} "
        "text-anchor=middle class=lbl>{4:g}</text>",
        x.at(v), kTop, kHeight - kBottom, kHeight - kBottom + 15, v);
  }
  for (const double v : ticks(y)) {
    svg += fmt::format(
        "<line y1={0:.1f} y2={0:.1f} x1={1} x2={2} class=grid /><text x={3} y={4:.1f} "
        "text-anchor=end class=lbl>{5:g}</text>",
        y.at(v), kLeft, kWidth - kRight, kLeft - 5, y.at(v) + 4, v);
  }
  return svg;
}

std::string series_svg(const ChartSeries& series, const Axis& x, const Axis& y,
                       const std::string& colour) {
  std::string path, marks;
  for (const ChartPoint& p : series.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x.at(p.x), y.at(p.y));
    if (p.high > p.low) {
      marks += fmt::format(
          "<line x1={0:.1f} x2={0:.1f} y1={1:.1f} y2={2:.1f} stroke='{3}' "
          "stroke-opacity=.45 stroke-width=3 />",
          x.at(p.x), y.at(p.low), y.at(p.high), colour);
    }
    if (series.dots) {
      marks += fmt::format(
          "<circle cx={:.1f} cy={:.1f} r=3.2 fill='{}'><title>{} : {:g}, "
          "{:.4g}</title></circle>",
          x.at(p.x), y.at(p.y), colour, html_escape(series.name), p.x, p.y);
    }
  }
  return fmt::format("<path d='{}' fill=none stroke='{}' stroke-width=2 />{}", path, colour, marks);
}

}  // namespace

std::string html_escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string chart_svg(const Chart& chart) {
  double low = 1e300, high = -1e300;
  for (const ChartSeries& s : chart.series) {
    for (const ChartPoint& p : s.points) {
      low = std::min(low, p.x);
      high = std::max(high, p.x);
    }
  }
  if (low > high) return "";
  const Axis x{low, high, chart.log_x, chart.x_falls, kLeft, kWidth - kRight};
  const Axis y{chart.y_min, chart.y_max, chart.log_y, false, kHeight - kBottom, kTop};
  std::string svg = frame_svg(chart, x, y), legend;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const std::string colour = kColours[i % kNumColours];
    svg += series_svg(chart.series[i], x, y, colour);
    legend += fmt::format("<span style='color:{}'>&#9632;</span> {} &nbsp; ", colour,
                          html_escape(chart.series[i].name));
  }
  return fmt::format(
      "<figure class=card><svg class=chart viewBox='0 0 {} {}' role=img>{}</svg>"
      "<figcaption>{}</figcaption></figure>",
      kWidth, kHeight, svg, legend);
}

std::string share_bar_svg(double value, double low, double high, double target) {
  constexpr double kLength = 90;
  std::string svg = fmt::format(
      "<svg class=share viewBox='0 0 {0} 16' width={0} height=16><rect x=0 y=5 width={0} height=6 "
      "rx=3 fill='var(--other)'/><rect x=0 y=5 width={1:.1f} height=6 rx=3 fill='var({2})'/>"
      "<line x1={3:.1f} x2={4:.1f} y1=8 y2=8 stroke='currentColor' stroke-width=1.5 />",
      kLength, kLength * value, target < 0 || value >= target ? "--good" : "--bad", kLength * low,
      kLength * high);
  if (target >= 0) {
    svg += fmt::format(
        "<line x1={0:.1f} x2={0:.1f} y1=1 y2=15 stroke='var(--blue)' "
        "stroke-width=2 />",
        kLength * target);
  }
  return svg + "</svg>";
}

}  // namespace brandiron::experiments
