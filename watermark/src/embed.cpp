#include <algorithm>
#include <cmath>
#include <complex>
#include <string>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/watermark.h"
#include "code.h"
#include "gains.h"
#include "pattern.h"
#include "simd.h"
#include "surface.h"
#include "windows.h"

namespace brandiron::watermark {
namespace {

constexpr int kMinRateHz = 8000;
constexpr double kMinDurationS = 5.0;
constexpr double kReadBackS = 60.0;
constexpr double kNearSilenceRms = 3e-4;  // -70 dBFS
// Full statistic that presence needs at 1e-9: the any-word route of the bound, all searches
// counted.
constexpr double kNeededZ = 13.7;

void check(const AudioBuffer& audio, const EmbedOptions& options) {
  if (audio.rate_hz() < kMinRateHz) {
    throw Error(ErrorCode::kInvalidArgument, "embed: sample rate is " +
                                                 std::to_string(audio.rate_hz()) +
                                                 " Hz, expected at least 8000; resample first");
  }
  if (!(options.strength >= 0.1 && options.strength <= 4.0)) {
    throw Error(ErrorCode::kInvalidArgument,
                "embed: strength is " + std::to_string(options.strength) + ", expected 0.1 to 4");
  }
  if (audio.has_non_finite()) {
    throw Error(ErrorCode::kInvalidArgument,
                "embed: the audio holds NaN or infinite samples, expected finite ones");
  }
}

constexpr std::size_t kUnmarkedBand = kNumBands;

// The band in which each FFT bin's centre lies.
std::vector<std::size_t> band_of_bins(std::size_t num_bins, double bin_hz) {
  constexpr BandEdges edges = band_edges_hz();
  std::vector<std::size_t> band(num_bins, kUnmarkedBand);
  for (std::size_t k = 0; k < num_bins; ++k) {
    const double hz = static_cast<double>(k) * bin_hz;
    for (std::size_t b = 0; b < kNumBands; ++b) {
      if (hz >= edges[b] && hz < edges[b + 1]) band[k] = b;
    }
  }
  return band;
}

BRANDIRON_WIDE void scale_bins(std::complex<float>* spectrum, const float* gain, std::size_t n) {
  float* x = reinterpret_cast<float*>(spectrum);
  for (std::size_t k = 0; k < n; ++k) {
    x[2 * k] *= gain[k];
    x[2 * k + 1] *= gain[k];
  }
}

BRANDIRON_WIDE void add_product(float* out, const float* a, const float* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += a[i] * b[i];
}

// The mark itself: what the gains add to one channel, by weighted overlap-add.
class Marking {
 public:
  Marking(const Table& gains, int rate_hz)
      : gains_(gains),
        rate_hz_(rate_hz),
        size_(window_samples(rate_hz)),
        fft_(size_),
        shape_(sqrt_hann_window(size_)),
        band_(band_of_bins(fft_.num_bins(),
                           static_cast<double>(rate_hz) / static_cast<double>(size_))) {
    first_bin_ = last_bin_ = 0;
    for (std::size_t k = 0; k < band_.size(); ++k) {
      if (band_[k] == kUnmarkedBand) continue;
      if (last_bin_ == 0) first_bin_ = k;
      last_bin_ = k + 1;
    }
  }

  std::vector<float> make(std::span<const float> signal) const {
    const std::size_t hop = size_ / 2;
    const std::size_t count = signal.size() / hop + 2;
    std::vector<float> mark(count * hop + size_, 0.0F);  // shifted by half a window
    std::vector<float> block(size_), gain(fft_.num_bins());
    std::vector<std::complex<float>> spectrum(fft_.num_bins());
    for (std::size_t w = 0; w < count && gains_.rows > 0; ++w) {
      cut_window(signal, w * hop, shape_, block);
      fft_.forward(block, spectrum);
      set_gain(w * hop, gain);
      scale_bins(spectrum.data(), gain.data(), spectrum.size());
      fft_.inverse(spectrum, block);
      add_product(mark.data() + w * hop, block.data(), shape_.data(), size_);
    }
    mark.erase(mark.begin(), mark.begin() + static_cast<std::ptrdiff_t>(hop));
    mark.resize(signal.size());
    return mark;
  }

 private:
  // Gain minus one for each bin: only the change is synthesised, unmarked bins stay bit for bit.
  void set_gain(std::size_t centre, std::vector<float>& gain) const {
    const double second = static_cast<double>(centre) / rate_hz_;
    const auto t = std::min(static_cast<std::size_t>(second * kCellsPerSecond), gains_.rows - 1);
    const float* row = gains_.row(t);
    for (std::size_t k = first_bin_; k < last_bin_; ++k) gain[k] = row[band_[k]] - 1.0F;
  }

  const Table& gains_;
  double rate_hz_;
  std::size_t size_;
  RealFft fft_;
  std::vector<float> shape_;
  std::vector<std::size_t> band_;
  std::size_t first_bin_ = 0, last_bin_ = 0;
};

// Turns the mark down smoothly around samples that would pass the limit.
void yield_at_peaks(std::span<const float> signal, std::vector<float>& mark, float limit) {
  constexpr std::size_t kReach = 64;
  std::vector<float> share;
  for (std::size_t i = 0; i < mark.size(); ++i) {
    const float sum = signal[i] + mark[i];
    if (std::abs(sum) <= limit) continue;
    if (share.empty()) share.assign(mark.size(), 1.0F);
    const float room = std::max(0.0F, limit - std::abs(signal[i]));
    const float allowed = 0.999F * room / std::abs(mark[i]);
    const std::size_t from = i > kReach ? i - kReach : 0;
    const std::size_t to = std::min(mark.size(), i + kReach + 1);
    for (std::size_t k = from; k < to; ++k) {
      const float away = static_cast<float>(k > i ? k - i : i - k) / static_cast<float>(kReach);
      share[k] = std::min(share[k], allowed + (1.0F - allowed) * away * away);
    }
  }
  if (share.empty()) return;
  for (std::size_t i = 0; i < mark.size(); ++i) mark[i] *= share[i];
}

// From the middle: the ends may be fades.
AudioBuffer excerpt(const AudioBuffer& audio) {
  const auto wanted = static_cast<std::size_t>(kReadBackS * audio.rate_hz());
  if (audio.num_frames() <= wanted) return audio;
  return audio.slice((audio.num_frames() - wanted) / 2, wanted);
}

std::string warning_for(const AudioBuffer& audio, const EmbedReport& report) {
  if (audio.rms() == 0.0) return "silence cannot carry a mark";
  if (audio.rms() < kNearSilenceRms) {
    return "near silence (under -70 dBFS): 16-bit rounding or any codec will erase the mark";
  }
  if (audio.duration_s() < kMinDurationS) {
    return "shorter than 5 s: too short to carry a mark that can be proved";
  }
  if (!report.payload_valid) {
    return report.p_value <= 1e-9
               ? "the mark is present but its payload does not read back: sparse or short audio"
               : "the mark does not read back: too sparse (a tone, a few isolated sounds) or short";
  }
  if (report.capacity_margin_db < 3.0) {
    return "little margin: expect the mark to be lost to strong attacks";
  }
  return "";
}

}  // namespace

EmbedReport embed(AudioBuffer& audio, const Key& key, std::uint64_t payload,
                  const EmbedOptions& options) {
  check(audio, options);
  EmbedReport report;
  if (audio.empty()) {
    report.warning = "no samples";
    return report;
  }
  const Table gains =
      cell_gains(EnergySurface(audio, 1.0, 2).cells_db(0.0, kCellSeconds), Pattern(key),
                 encode(payload), start_column(key, payload), options);
  const Marking marking(gains, audio.rate_hz());
  const float limit = audio.peak();
  double signal_energy = 0, mark_energy = 0;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const std::span<float> signal = audio.channel(c);
    std::vector<float> mark = marking.make(signal);
    yield_at_peaks(signal, mark, limit);
    for (std::size_t i = 0; i < signal.size(); ++i) {
      signal_energy += static_cast<double>(signal[i]) * static_cast<double>(signal[i]);
      mark_energy += static_cast<double>(mark[i]) * static_cast<double>(mark[i]);
      signal[i] += mark[i];
    }
  }
  report.snr_db =
      mark_energy > 0 && signal_energy > 0 ? 10.0 * det::log10(signal_energy / mark_energy) : 0.0;
  if (options.read_back) {
    VerifyOptions plain;
    plain.search_warps = false;
    const Verdict verdict = verify(excerpt(audio), {key}, plain);
    report.p_value = verdict.p_value;
    report.payload_valid = verdict.payload_valid && verdict.payload == payload;
    if (verdict.full_z > 0) {
      report.capacity_margin_db = 20.0 * det::log10(verdict.full_z / kNeededZ);
    }
    report.warning = warning_for(audio, report);
  }
  return report;
}

}  // namespace brandiron::watermark
