#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/experiments/decoder_study.h"
#include "brandiron/experiments/sound_pictures.h"
#include "picture/chart.h"

namespace brandiron::experiments {
namespace {

constexpr double kRateHz = 44100, kBinHz = kRateHz / kCombWindow;
constexpr double kLowDb = -4, kHighDb = 10;
constexpr double kTop = 44, kRow = 74, kGap = 26, kBottom = 40;

/// One of the two columns of axes.
struct Column {
  double left, width, low_hz, high_hz;
  double x(double hz) const { return left + width * (hz - low_hz) / (high_hz - low_hz); }
};
constexpr Column kWhole{44, 500, 1000, 16000}, kPart{580, 300, 10600, 12600};

double y_of(double row_top, double db) {
  return row_top + kRow * (kHighDb - std::clamp(db, kLowDb, kHighDb)) / (kHighDb - kLowDb);
}

/// The least and the largest of each step of half a pixel, or every bin where they are fewer.
std::string curve(const std::vector<double>& residual, const Column& column, double row_top) {
  std::string path;
  const auto first = static_cast<std::size_t>(std::ceil(column.low_hz / kBinHz));
  const auto last = static_cast<std::size_t>(column.high_hz / kBinHz);
  const auto step = std::max<std::size_t>(
      1, static_cast<std::size_t>(static_cast<double>(last - first) / (2 * column.width)));
  const auto point = [&](std::size_t k) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L",
                        column.x(static_cast<double>(k) * kBinHz), y_of(row_top, residual[k]));
  };
  for (std::size_t k = first; k + step <= last; k += step) {
    const auto from = residual.begin() + static_cast<std::ptrdiff_t>(k);
    const auto [low, high] = std::minmax_element(from, from + static_cast<std::ptrdiff_t>(step));
    point(static_cast<std::size_t>(low - residual.begin()));
    if (low != high) point(static_cast<std::size_t>(high - residual.begin()));
  }
  return path;
}

/// Ticks over a row: short at all multiples of the narrowest spacing, long at those of the next.
std::string ticks(const CombLine& line, const Column& column, double row_top) {
  const std::vector<double> spacings = comb_spacings_hz(static_cast<int>(kRateHz), line.strides);
  std::string paths;
  for (std::size_t level = 0; level < std::min<std::size_t>(2, spacings.size()); ++level) {
    const double hz = spacings[level];
    if (column.width * hz / (column.high_hz - column.low_hz) < 3) continue;  // would be a grey bar
    std::string path;
    for (double f = std::ceil(column.low_hz / hz) * hz; f <= column.high_hz; f += hz) {
      path += fmt::format("M{:.1f} {:.1f}v{}", column.x(f), row_top - (level == 0 ? 5 : 9),
                          level == 0 ? 4 : 8);
    }
    paths += fmt::format(R"(<path d="{}" stroke="{}" stroke-width="{}"/>)"
                         "\n",
                         path, level == 0 ? "#888" : "#000", level == 0 ? "0.7" : "1.1");
  }
  return paths;
}

std::string axes(const Column& column, double row_top, bool names) {
  std::string text =
      fmt::format(R"(<rect x="{}" y="{:.0f}" width="{}" height="{}" fill="#fafafa" stroke="#ccc"/>)"
                  "\n",
                  column.left, row_top, column.width, kRow);
  for (const double db : {0.0, 4.0, 8.0}) {
    text += fmt::format(R"(<path d="M{} {:.1f}h{}" stroke="{}"/>)", column.left, y_of(row_top, db),
                        column.width, db == 0 ? "#bbb" : "#e6e6e6");
    if (names) {
      text += fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end" fill="#555">{:g}</text>)"
                          "\n",
                          column.left - 5, y_of(row_top, db) + 3.5, db);
    }
  }
  return text;
}

std::string frequency_axis(const Column& column, double y, double step_hz) {
  std::string text;
  for (double hz = std::ceil(column.low_hz / step_hz) * step_hz; hz <= column.high_hz;
       hz += step_hz) {
    text += fmt::format(
        R"(<path d="M{0:.1f} {1:.0f}v4" stroke="#555"/><text x="{0:.1f}" y="{2:.0f}" text-anchor="middle" fill="#555">{3:g}</text>)"
        "\n",
        column.x(hz), y, y + 15, 1e-3 * hz);
  }
  return text;
}

std::string caption(const CombLine& line, double row_top) {
  const std::vector<double> spacings = comb_spacings_hz(static_cast<int>(kRateHz), line.strides);
  std::string what = "no strides";
  if (!spacings.empty()) {
    std::string strides;
    for (const int s : line.strides) strides += (strides.empty() ? "" : "-") + fmt::format("{}", s);
    what = fmt::format("strides {}, spacing {:.1f} Hz", strides, spacings.front());
    if (spacings.size() > 1) what += fmt::format(" (long ticks: {:.1f} Hz)", spacings[1]);
  }
  return fmt::format(
      R"(<text x="{}" y="{:.0f}"><tspan font-weight="bold">{}</tspan> <tspan fill="#555">{}</tspan></text>)"
      "\n",
      kWhole.left, row_top - 12, html_escape(line.name), html_escape(what));
}

void check(const std::vector<CombLine>& lines) {
  if (lines.empty()) throw Error(ErrorCode::kInvalidArgument, "combs: no decoder to draw");
  for (const CombLine& line : lines) {
    if (line.residual_db.size() != kCombWindow / 2 + 1) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("combs: {} has {} bins, expected {}", line.name,
                              line.residual_db.size(), kCombWindow / 2 + 1));
    }
  }
}

}  // namespace

std::string combs_svg(const std::string& title, const std::vector<CombLine>& lines) {
  check(lines);
  const double rows = static_cast<double>(lines.size());
  const double height = kTop + rows * (kRow + kGap) + kBottom;
  std::string text = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" font-family="sans-serif" font-size="10">)"
      "\n"
      R"(<rect width="100%" height="100%" fill="#fff"/><text x="{}" y="16" font-size="13" font-weight="bold">{}</text>)"
      "\n",
      kPart.left + kPart.width + 14, height, kWhole.left, html_escape(title));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double top = kTop + kGap - 12 + static_cast<double>(i) * (kRow + kGap);
    text += caption(lines[i], top);
    for (const Column* column : {&kWhole, &kPart}) {
      text += axes(*column, top, column == &kWhole) + ticks(lines[i], *column, top);
      text += fmt::format(
          R"(<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linejoin="round"/>)"
          "\n",
          curve(lines[i].residual_db, *column, top), lines[i].leaves_comb ? "#b23c17" : "#1f5f8b",
          column == &kWhole ? 0.6 : 0.9);
    }
  }
  const double bottom = kTop + kGap - 12 + (rows - 1) * (kRow + kGap) + kRow;
  text += frequency_axis(kWhole, bottom, 2000) + frequency_axis(kPart, bottom, 500);
  text += fmt::format(
      R"(<text x="{:.0f}" y="{:.0f}" text-anchor="middle">frequency, kHz</text><text x="{:.0f}" y="{:.0f}" text-anchor="middle">kHz, magnified</text>)"
      R"svg(<text transform="translate(13 {:.0f}) rotate(-90)" text-anchor="middle">decoded less original, dB over its surroundings</text>)svg"
      "\n",
      kWhole.left + kWhole.width / 2, bottom + 31, kPart.left + kPart.width / 2, bottom + 31,
      0.5 * (kTop + bottom));
  return text + "</svg>\n";
}

}  // namespace brandiron::experiments
