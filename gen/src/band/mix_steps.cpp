#include "mix_steps.h"

#include <fmt/format.h>

namespace brandiron::gen::band {

using Kind = EqBand::Kind;

Biquad make_band(const EqBand& band, int rate_hz) {
  switch (band.kind) {
    case Kind::kHighpass:
      return Biquad::highpass(rate_hz, band.hz, band.q);
    case Kind::kLowpass:
      return Biquad::lowpass(rate_hz, band.hz, band.q);
    case Kind::kPeaking:
      return Biquad::peaking(rate_hz, band.hz, band.gain_db, band.q);
    case Kind::kLowShelf:
      return Biquad::low_shelf(rate_hz, band.hz, band.gain_db, band.q);
    case Kind::kHighShelf:
      return Biquad::high_shelf(rate_hz, band.hz, band.gain_db, band.q);
  }
  return {};
}

double produced_ratio(double ratio, double produced) { return 1.0 + (ratio - 1.0) * produced; }

MixStep step_of(const EqBand& band, const char* channel) {
  switch (band.kind) {
    case Kind::kHighpass:
      return {"highpass", {{"hz", band.hz}, {"q", band.q}}, channel};
    case Kind::kLowpass:
      return {"lowpass", {{"hz", band.hz}, {"q", band.q}}, channel};
    case Kind::kPeaking:
      return {"peaking", {{"hz", band.hz}, {"gain_db", band.gain_db}, {"q", band.q}}, channel};
    case Kind::kLowShelf:
      return {"lowshelf", {{"hz", band.hz}, {"gain_db", band.gain_db}, {"q", band.q}}, channel};
    case Kind::kHighShelf:
      return {"highshelf", {{"hz", band.hz}, {"gain_db", band.gain_db}, {"q", band.q}}, channel};
  }
  return {};
}

MixStep step_of(const StripCompressor& c, double produced) {
  return {"compressor",
          {{"threshold_db", c.threshold_db},
           {"ratio", produced_ratio(c.ratio, produced)},
           {"knee_db", kStripKneeDb},
           {"attack_ms", c.attack_ms},
           {"release_ms", c.release_ms},
           {"makeup_db", c.makeup_db}},
          ""};
}

std::string text_of(std::span<const MixStep> steps) {
  std::string text;
  for (const MixStep& step : steps) {
    text += text.empty() ? "" : " | ";
    if (!step.channel.empty()) text += step.channel + ": ";
    text += step.effect + "(";
    const char* separator = "";
    for (const auto& [name, value] : step.settings) {
      text += fmt::format("{}{}={:.6g}", separator, name, value);
      separator = ", ";
    }
    text += ")";
  }
  return text;
}

}  // namespace brandiron::gen::band
