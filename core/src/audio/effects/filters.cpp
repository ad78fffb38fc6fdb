#include <charconv>
#include <optional>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/error.h"
#include "effect.h"

namespace brandiron::effects_internal {
namespace {

int even_order(const Arguments& a) { return (a.integer("order") + 1) / 2 * 2; }

void cut_band(AudioBuffer& audio, double low_hz, double high_hz, int order) {
  filter(audio, butterworth_highpass(audio.rate_hz(), low_hz, order));
  // A band that reaches the Nyquist frequency has no upper edge to cut.
  if (high_hz < 0.499 * audio.rate_hz()) {
    filter(audio, butterworth_lowpass(audio.rate_hz(), high_hz, order));
  }
}

AudioBuffer lowpass(AudioBuffer audio, const Arguments& a, Rng) {
  if (a.number("hz") < 0.499 * audio.rate_hz()) {
    filter(audio, butterworth_lowpass(audio.rate_hz(), a.number("hz"), even_order(a)));
  }
  return audio;
}

AudioBuffer highpass(AudioBuffer audio, const Arguments& a, Rng) {
  filter(audio, butterworth_highpass(audio.rate_hz(), a.number("hz"), even_order(a)));
  return audio;
}

AudioBuffer bandpass(AudioBuffer audio, const Arguments& a, Rng) {
  cut_band(audio, a.number("low_hz"), a.number("high_hz"), even_order(a));
  return audio;
}

void check_bandpass(const Arguments& a) {
  if (a.number("low_hz") < a.number("high_hz")) return;
  throw Error(ErrorCode::kInvalidArgument, "bandpass: low_hz must be below high_hz");
}

struct Edges {
  double low_hz, high_hz;
};

/// "300-3400".
std::optional<Edges> parse_edges(const std::string& text) {
  Edges edges{};
  const char* end = text.data() + text.size();
  const auto low = std::from_chars(text.data(), end, edges.low_hz);
  if (low.ec != std::errc{} || low.ptr == end || *low.ptr != '-') return std::nullopt;
  const auto high = std::from_chars(low.ptr + 1, end, edges.high_hz);
  if (high.ec != std::errc{} || high.ptr != end) return std::nullopt;
  const bool sane = edges.low_hz >= 1 && edges.low_hz < edges.high_hz && edges.high_hz <= 96000;
  return sane ? std::optional(edges) : std::nullopt;
}

void check_band(const Arguments& a) {
  if (parse_edges(a.text("range_hz"))) return;
  throw Error(ErrorCode::kInvalidArgument, "band: range_hz: found '" +
                                               a.text("range_hz").substr(0, 40) +
                                               "', expected low-high such as 300-3400");
}

AudioBuffer band(AudioBuffer audio, const Arguments& a, Rng) {
  const Edges edges = *parse_edges(a.text("range_hz"));
  cut_band(audio, edges.low_hz, edges.high_hz, 12);
  return audio;
}

AudioBuffer eq(AudioBuffer audio, const Arguments& a, Rng) {
  const double rate = audio.rate_hz(), hz = a.number("hz"), db = a.number("gain_db"),
               q = a.number("q");
  const std::string& kind = a.text("kind");
  if (kind == "low_shelf") {
    filter(audio, {Biquad::low_shelf(rate, hz, db, q)});
  } else if (kind == "high_shelf") {
    filter(audio, {Biquad::high_shelf(rate, hz, db, q)});
  } else {
    filter(audio, {Biquad::peaking(rate, hz, db, q)});
  }
  return audio;
}

AudioBuffer notch(AudioBuffer audio, const Arguments& a, Rng) {
  filter(audio, {Biquad::notch(audio.rate_hz(), a.number("hz"), a.number("q"))});
  return audio;
}

EffectParameter order_parameter() {
  return number_parameter("order", "Butterworth order, even: 6 dB an octave each", 2, 16, "8");
}

}  // namespace

std::vector<Effect> filter_effects() {
  return {
      {{"lowpass",
        "Removes what lies above a frequency.",
        "lowpass(hz=4000)",
        {number_parameter("hz", "-3 dB here", 10, 96000), order_parameter()}},
       lowpass},
      {{"highpass",
        "Removes what lies below a frequency.",
        "highpass(hz=200)",
        {number_parameter("hz", "-3 dB here", 1, 40000), order_parameter()}},
       highpass},
      {{"bandpass",
        "Keeps what lies between two frequencies.",
        "bandpass(low_hz=150, high_hz=8000)",
        {number_parameter("low_hz", "-3 dB here", 1, 40000),
         number_parameter("high_hz", "and here", 10, 96000), order_parameter()}},
       bandpass,
       check_bandpass},
      {{"band",
        "Keeps a band with steep edges (72 dB an octave): a telephone.",
        "band(300-3400)",
        {text_parameter("range_hz", "low-high in Hz", "300-3400")}},
       band,
       check_band},
      {{"eq",
        "One equaliser band.",
        "eq(hz=3000, gain_db=-4, q=1, kind=peak)",
        {number_parameter("hz", "centre, or corner of a shelf", 10, 96000),
         number_parameter("gain_db", "boost or cut", -40, 40),
         number_parameter("q", "centre over bandwidth", 0.1, 30, "0.7071"),
         choice_parameter("kind", "shape", {"peak", "low_shelf", "high_shelf"})}},
       eq},
      {{"notch",
        "Removes one frequency.",
        "notch(hz=1000, q=10)",
        {number_parameter("hz", "centre", 10, 96000),
         number_parameter("q", "centre over bandwidth", 0.1, 100, "10")}},
       notch},
  };
}

}  // namespace brandiron::effects_internal
