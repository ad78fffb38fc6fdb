#include <algorithm>
#include <cmath>

#include "brandiron/core/det_math.h"
#include "singing/envelope.h"
#include "singing/kernels.h"

namespace brandiron::gen::singing {
namespace {

constexpr float kDbToLn = 0.11512925464970229F;
constexpr float kFloorDb = -110.0F;
// Resonances of a uniform tube above the bank's band, and their height above the line.
constexpr double kResonanceHz[] = {5400, 6500, 7700, 8900, 10200, 11600, 13200, 15000};
constexpr double kRippleDb = 2.5;
// Above its fourth formant the bank's speaker falls 20 dB within half an octave; singers do not.
// The vowels' upper resonances never lie lower than this below their mean level at 2.4-3.7 kHz.
constexpr float kVowelDropDb = -6.0F;

double smoothstep(double x) {
  x = std::clamp(x, 0.0, 1.0);
  return x * x * (3 - 2 * x);
}

float sample(const float* values, float index, int count) {
  const float p = std::clamp(index, 0.0F, static_cast<float>(count - 1));
  const int i = std::min(static_cast<int>(p), count - 2);
  return values[i] + (p - static_cast<float>(i)) * (values[i + 1] - values[i]);
}

// A long throat lowers the first formant by the whole scale and the higher ones by three quarters
// of it: what deep male voices measure (F1 8-12 % below average, F2-F4 5-10 %).
double voiced_source_hz(double hz, double alpha) {
  const double upper = 1.0 - 0.75 * (1.0 - alpha);
  const double x = smoothstep((hz - 700.0) / 900.0);
  return hz * ((1.0 - x) / alpha + x / upper);
}

// Hiss and bursts come from the front of the mouth and do not move with the tract's length; what is
// breathed through the whole tract below about 3 kHz (h, aspiration) does.
double unvoiced_source_hz(double hz, double alpha) {
  const double front = smoothstep((hz - 2200.0) / 2800.0);
  return hz * (front + (1.0 - front) / alpha);
}

double octaves(double hz, double reference) { return det::log2(std::max(hz, 1.0) / reference); }

}  // namespace

EnvelopeShaper::EnvelopeShaper(const VoiceParameters& voice, int rate_hz) {
  const double top = 0.5 * rate_hz;
  for (int i = 0;; ++i) {
    hz_.push_back(band_hz(i));
    if (hz_.back() >= top) break;
  }
  const double alpha = std::clamp(voice.formant_scale, 0.5, 1.6);
  for (const double f : hz_) {
    const double source = voiced_source_hz(f, alpha);
    scaled_index_.push_back(static_cast<float>(band_index(source)));
    unvoiced_index_.push_back(static_cast<float>(band_index(unvoiced_source_hz(f, alpha))));
    const double step = band_index(source * 1.01) - band_index(source * 0.99);
    scaled_slope_.push_back(static_cast<float>(step / 0.02));

    const double ring = (f - voice.twang_hz) / 500.0;
    const double nose_dip = (f - 750.0 * alpha) / 200.0, nose_pole = (f - 280.0) / 120.0;
    double db = voice.tilt_db_per_octave * std::max(0.0, octaves(f, 1000.0));
    db += voice.twang_db * det::exp(-0.5 * ring * ring);
    db += voice.nasal * (4.0 * det::exp(-0.5 * nose_pole * nose_pole) -
                         7.0 * det::exp(-0.5 * nose_dip * nose_dip));
    curve_db_.push_back(static_cast<float>(db));

    const double rise = octaves(f, 900.0);
    const double breath = voice.breath_db + (rise > 0 ? 3.0 * rise : 12.0 * rise);
    breath_power_.push_back(
        static_cast<float>(det::exp(0.23025850929940458 * std::min(breath, -6.0))));
    tilt_weight_.push_back(static_cast<float>(std::max(0.0, octaves(f, 500.0))));
    // Centres of the five bands: 0.5 1.5 3 5 7 kHz.
    const double k = f / 1000.0;
    const double share = k < 1.5 ? k - 0.5 : k < 3 ? 1 + (k - 1.5) / 1.5 : 2 + (k - 3) / 2;
    share_index_.push_back(static_cast<float>(std::clamp(share, 0.0, 4.0)));
  }
  vowel_ = make_extension(alpha, 2400, 3700, 3600, 4600, -10.0, true);
  for (float& db : vowel_.curve_db) db += kVowelDropDb;
  voiced_ = make_extension(alpha, 4500, 6000, 5500, 7000, -9.0, true);
  unvoiced_ = make_extension(1.0, 5800, 7200, 6800, 7700, -5.0, false);
  buffer_.resize(hz_.size());
}

EnvelopeShaper::Extension EnvelopeShaper::make_extension(double scale, double anchor_low_hz,
                                                         double anchor_high_hz, double blend_low_hz,
                                                         double blend_high_hz, double slope_db,
                                                         bool resonances) const {
  Extension e;
  e.anchor_low = static_cast<float>(band_index(anchor_low_hz));
  e.anchor_high = static_cast<float>(band_index(anchor_high_hz));
  const double anchor_hz = std::sqrt(anchor_low_hz * anchor_high_hz) * scale;
  for (const double f : hz_) {
    double db = slope_db * octaves(f, anchor_hz);
    if (resonances) {
      double ripple = -0.35;
      for (const double pole : kResonanceHz) {
        const double x = (f - pole * scale) / (0.035 * pole);
        ripple += det::exp(-0.5 * x * x);
      }
      db += kRippleDb * ripple;
    }
    db += -30.0 * std::max(0.0, octaves(f, 15500.0));
    e.curve_db.push_back(static_cast<float>(db));
    const double source = f / scale;
    e.blend.push_back(
        static_cast<float>(smoothstep((source - blend_low_hz) / (blend_high_hz - blend_low_hz))));
  }
  return e;
}

float EnvelopeShaper::anchor_level(const BankFrame& frame, const Extension& extension) {
  float sum = 0, count = 0;
  for (auto i = static_cast<int>(extension.anchor_low);
       i <= static_cast<int>(extension.anchor_high); ++i) {
    sum += frame.bands_db[i];
    count += 1.0F;
  }
  return sum / count;
}

void EnvelopeShaper::shape(const BankFrame& frame, float formant_wobble, float tilt_wobble_db,
                           float gain_db, ShapedFrame& out) {
  const std::size_t n = hz_.size();
  out.harmonic_ln.resize(n);
  out.noise_ln.resize(n);
  const float v = std::clamp((0.65F - frame.shares[0]) / 0.3F, 0.0F, 1.0F);
  out.voicing = v;

  const float voiced_now = anchor_level(frame, voiced_);
  const float vowel_now = anchor_level(frame, vowel_);
  const float unvoiced_now = anchor_level(frame, unvoiced_);
  if (!has_anchor_) {
    voiced_anchor_ = voiced_now;
    vowel_anchor_ = vowel_now;
    unvoiced_anchor_ = unvoiced_now;
    has_anchor_ = true;
  }
  voiced_anchor_ += 0.5F * (voiced_now - voiced_anchor_);
  vowel_anchor_ += 0.5F * (vowel_now - vowel_anchor_);
  // Voiced hiss (z, v) keeps the band that the bank recorded.
  const float vowel_like = v * std::clamp((0.6F - frame.shares[3]) / 0.3F, 0.0F, 1.0F);
  unvoiced_anchor_ += 0.8F * (unvoiced_now - unvoiced_anchor_);

  for (std::size_t i = 0; i < n; ++i) {
    float db = 0;
    if (v > 0) {
      const float position = scaled_index_[i] - formant_wobble * scaled_slope_[i];
      float x = sample(frame.bands_db, position, kNumBands);
      x += voiced_.blend[i] * (voiced_anchor_ + voiced_.curve_db[i] - x);
      const float upper = vowel_anchor_ + vowel_.curve_db[i];
      if (upper > x) x += vowel_like * vowel_.blend[i] * (upper - x);
      db += v * (x + curve_db_[i] + tilt_wobble_db * tilt_weight_[i]);
    }
    if (v < 1) {
      float x = sample(frame.bands_db, unvoiced_index_[i], kNumBands);
      x += unvoiced_.blend[i] * (unvoiced_anchor_ + unvoiced_.curve_db[i] - x);
      db += (1 - v) * x;
    }
    buffer_[i] = db + gain_db;
  }
  for (std::size_t i = 0; i < n; ++i) {
    const float share = sample(frame.shares, share_index_[i], kNumAperiodicities);
    out.noise_ln[i] = std::max(share + v * breath_power_[i], 1e-6F);
    out.harmonic_ln[i] = std::max(1.0F - share, 1e-3F);
  }
  logarithms(out.noise_ln);
  logarithms(out.harmonic_ln);
  for (std::size_t i = 0; i < n; ++i) {
    // 10 log10 by the natural logarithm; both become amplitudes (half the power's exponent).
    const float base = std::max(buffer_[i], kFloorDb) * kDbToLn;
    out.noise_ln[i] = base + 0.5F * out.noise_ln[i];
    out.harmonic_ln[i] = base + 0.5F * out.harmonic_ln[i];
  }
}

}  // namespace brandiron::gen::singing
