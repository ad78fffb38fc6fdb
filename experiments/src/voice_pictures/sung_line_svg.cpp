#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/hash.h"
#include "brandiron/experiments/voice_pictures.h"
#include "picture/chart.h"
#include "picture/sound_pictures.h"

namespace brandiron::experiments {
namespace {

constexpr double kLeft = 46, kTop = 58, kWidth = 720, kHeight = 190, kBottom = 26;
constexpr double kLowHz = 60, kHighHz = 14000;
constexpr int kGreys = 24;  // levels of the picture: compresses well, and no eye sees more

double y_of(double hz) {
  return kTop + kHeight * (1 - std::log2(hz / kLowHz) / std::log2(kHighHz / kLowHz));
}

class Page {
 public:
  Page(const std::string& title, const gen::SungPart& part)
      : part_(part), seconds_(part.audio.duration_s()) {
    text_ = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" font-family="sans-serif" font-size="10">)"
        "\n"
        R"(<rect width="100%" height="100%" fill="#fff"/><text x="{:.0f}" y="16" font-size="13" font-weight="bold">{}</text>)"
        "\n",
        kLeft + kWidth + 10, kTop + kHeight + kBottom, kLeft, html_escape(title));
  }

  void spectrogram() {
    SpectrogramOptions options;
    options.width = static_cast<std::size_t>(kWidth);
    options.height = static_cast<std::size_t>(kHeight);
    options.low_hz = kLowHz;
    options.high_hz = kHighHz;
    options.range_db = 75;
    Picture picture = spectrogram_picture(part_.audio, options);
    for (std::uint8_t& p : picture.pixels) {
      p = static_cast<std::uint8_t>(p * kGreys / 256 * 255 / (kGreys - 1));
    }
    text_ += fmt::format(
        R"(<image x="{}" y="{}" width="{}" height="{}" href="data:image/png;base64,{}"/>)"
        "\n",
        kLeft, kTop, kWidth, kHeight, to_base64(encode_png(picture, ember_palette())));
  }

  void axes() {
    for (const double hz : {100.0, 300.0, 1000.0, 3000.0, 10000.0}) {
      text_ += fmt::format(
          R"(<text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text><path d="M{:.0f} {:.1f}h4" stroke="#000"/>)"
          "\n",
          kLeft - 6, y_of(hz) + 3,
          hz < 1000 ? fmt::format("{:.0f} Hz", hz) : fmt::format("{:.0f} kHz", hz / 1000),
          kLeft - 4, y_of(hz));
    }
  }

  // The pitch as the engine drove it, white under a thin dark line.
  void pitch() {
    std::string path;
    bool open = false;
    for (std::size_t f = 0; f < part_.f0_hz.size(); ++f) {
      const auto hz = static_cast<double>(part_.f0_hz[f]);
      if (hz > kLowHz) {
        path += fmt::format("{}{:.1f} {:.1f}", open ? "L" : "M",
                            x_of(static_cast<double>(f) * part_.f0_hop_s), y_of(hz));
      }
      open = hz > kLowHz;
    }
    text_ += fmt::format(
        R"(<path d="{0}" fill="none" stroke="#fff" stroke-width="2.4"/><path d="{0}" fill="none" stroke="#06c" stroke-width="1.1"/>)"
        "\n",
        path);
  }

  void phones() {
    for (const gen::SungPhone& p : part_.phones) {
      text_ += fmt::format(
          R"(<path d="M{:.1f} {:.0f}v8" stroke="#999"/><text x="{:.1f}" y="{:.0f}" text-anchor="middle" font-size="7.5">{}</text>)"
          "\n",
          x_of(p.start_s), kTop + kHeight, x_of(0.5 * (p.start_s + p.end_s)), kTop + kHeight + 18,
          html_escape(p.phone));
    }
  }

  // A row a kind, above the picture.
  void techniques() {
    static constexpr std::array<std::pair<const char*, const char*>, 6> kKinds = {
        {{"scoop", "#2a7"},
         {"vibrato", "#06c"},
         {"fall", "#a3c"},
         {"fry", "#850"},
         {"growl", "#c40"},
         {"rasp", "#e90"}}};
    for (std::size_t k = 0; k < kKinds.size(); ++k) {
      const double y = 22 + 6.0 * static_cast<double>(k);
      const auto& [kind, colour] = kKinds[k];
      text_ += fmt::format(
          R"(<text x="{:.0f}" y="{:.1f}" text-anchor="end" font-size="6.5" fill="{}">{}</text>)"
          "\n",
          kLeft - 6, y + 5, colour, kind);
      for (const gen::Technique& t : part_.techniques) {
        if (t.kind != kind) continue;
        const double from = x_of(std::max(0.0, t.start_s));
        text_ +=
            fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="4.4" fill="{}"/>)"
                        "\n",
                        from, y, std::max(1.0, x_of(std::min(seconds_, t.end_s)) - from), colour);
      }
    }
  }

  std::string finish() { return text_ + "</svg>\n"; }

 private:
  double x_of(double s) const { return kLeft + kWidth * s / seconds_; }

  const gen::SungPart& part_;
  double seconds_;
  std::string text_;
};

}  // namespace

std::string sung_line_svg(const std::string& title, const gen::SungPart& part) {
  Page page(title, part);
  page.spectrogram();
  page.axes();
  page.pitch();
  page.phones();
  page.techniques();
  return page.finish();
}

}  // namespace brandiron::experiments
