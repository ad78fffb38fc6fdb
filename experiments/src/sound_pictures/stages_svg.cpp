#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/experiments/sound_pictures.h"
#include "picture/chart.h"
#include "picture/sound_pictures.h"

namespace brandiron::experiments {
namespace {

constexpr double kLeft = 52, kTop = 26, kWidth = 760, kRight = 14, kTitle = 17, kBottom = 24;
constexpr int kLevels = 20;  // compresses well, and no eye sees more

class Stages {
 public:
  Stages(const std::string& title, const std::vector<SoundPanel>& panels,
         const StagesOptions& options)
      : panels_(panels), options_(options) {
    const double height =
        kTop + static_cast<double>(panels.size()) * (kTitle + options.row_height) + kBottom;
    text_ = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" font-family="sans-serif" font-size="10">)"
        "\n"
        R"(<rect width="100%" height="100%" fill="#fff"/><text x="{:.0f}" y="16" font-size="13" font-weight="bold">{}</text>)"
        "\n",
        kLeft + kWidth + kRight, height, kLeft, html_escape(title));
  }

  std::string draw() {
    // One scale: the loudest of all rows is the brightest.
    double top = -1e9;
    for (const SoundPanel& panel : panels_) {
      double own = 0;
      spectrogram_picture(panel.audio, picture_options(), &own);
      top = std::max(top, own);
    }
    for (std::size_t i = 0; i < panels_.size(); ++i) row(i, top);
    time_axis();
    return text_ + "</svg>\n";
  }

 private:
  SpectrogramOptions picture_options() const {
    SpectrogramOptions o;
    o.width = static_cast<std::size_t>(kWidth);
    o.height = static_cast<std::size_t>(options_.row_height);
    o.low_hz = options_.low_hz;
    o.high_hz = options_.high_hz;
    o.range_db = options_.range_db;
    return o;
  }

  double row_top(std::size_t i) const {
    return kTop + kTitle + static_cast<double>(i) * (kTitle + options_.row_height);
  }

  void row(std::size_t i, double top_db) {
    SpectrogramOptions o = picture_options();
    o.top_db = top_db;
    Picture picture = spectrogram_picture(panels_[i].audio, o);
    for (std::uint8_t& p : picture.pixels) {
      p = static_cast<std::uint8_t>(p * kLevels / 256 * 255 / (kLevels - 1));
    }
    text_ += fmt::format(
        R"(<text x="{}" y="{:.0f}">{}</text><image x="{}" y="{:.0f}" width="{}" height="{:.0f}" preserveAspectRatio="none" href="data:image/png;base64,{}"/>)"
        "\n",
        kLeft, row_top(i) - 5, html_escape(panels_[i].title), kLeft, row_top(i), kWidth,
        options_.row_height, to_base64(encode_png(picture, ember_palette())));
    for (const double hz : {100.0, 300.0, 1000.0, 3000.0, 5000.0, 10000.0, 16000.0}) {
      if (hz < options_.low_hz || hz > options_.high_hz) continue;
      if (hz == 16000 && options_.low_hz < 1000) continue;  // too near to 10 kHz to be read
      if (hz == 5000 && options_.low_hz < 1000) continue;
      const double y =
          row_top(i) + options_.row_height * (1 - std::log(hz / options_.low_hz) /
                                                      std::log(options_.high_hz / options_.low_hz));
      text_ += fmt::format(
          R"(<text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text><path d="M{:.0f} {:.1f}h4" stroke="#000"/>)"
          "\n",
          kLeft - 6, y + 3.5,
          hz < 1000 ? fmt::format("{:.0f} Hz", hz) : fmt::format("{:.0f} kHz", hz / 1000),
          kLeft - 4, y);
    }
  }

  void time_axis() {
    const double seconds = panels_.front().audio.duration_s();
    const double y = row_top(panels_.size() - 1) + options_.row_height;
    const double step = seconds > 12 ? 5 : seconds > 1.5 ? 1 : 0.2;
    for (double s = std::ceil(options_.start_s / step) * step; s <= options_.start_s + seconds;
         s += step) {
      const double x = kLeft + kWidth * (s - options_.start_s) / seconds;
      text_ += fmt::format(
          R"(<path d="M{0:.1f} {1:.0f}v4" stroke="#000"/><text x="{0:.1f}" y="{2:.0f}" text-anchor="middle">{3:g} s</text>)"
          "\n",
          x, y, y + 15, s);
    }
  }

  const std::vector<SoundPanel>& panels_;
  StagesOptions options_;
  std::string text_;
};

}  // namespace

std::string stages_svg(const std::string& title, const std::vector<SoundPanel>& panels,
                       const StagesOptions& options) {
  if (panels.empty()) throw Error(ErrorCode::kInvalidArgument, "stages: no sound to draw");
  return Stages(title, panels, options).draw();
}

}  // namespace brandiron::experiments
