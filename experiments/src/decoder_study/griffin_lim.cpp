#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/decoder_study.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kMels = 128, kWindow = 2048, kHop = 512, kBins = kWindow / 2 + 1;
// Long sounds are done in pieces, which bounds the memory; they overlap by what is crossfaded.
constexpr std::size_t kPiece = std::size_t{1} << 20, kFade = 8192;

/// The filterbank as a dense matrix would have it, kept by its bands of non-zero weights.
class MelMatrix {
 public:
  explicit MelMatrix(int rate_hz) : column_sums_(kBins) {
    const MelFilterbank bank(kMels, kWindow, rate_hz, 0, std::min(22050.0, 0.5 * rate_hz));
    std::vector<float> unit(kBins), mels(kMels);
    for (std::size_t k = 0; k < kBins; ++k) {
      unit[k] = 1;
      bank.apply(unit, mels);
      unit[k] = 0;
      for (std::size_t m = 0; m < kMels; ++m) {
        if (mels[m] > 0) entries_.push_back({m, k, mels[m]});
        column_sums_[k] += mels[m];
      }
    }
  }

  void forward(std::span<const float> bins, std::span<float> mels) const {
    std::fill(mels.begin(), mels.end(), 0.0F);
    for (const Entry& e : entries_) mels[e.mel] += e.weight * bins[e.bin];
  }
  void transposed(std::span<const float> mels, std::span<float> bins) const {
    std::fill(bins.begin(), bins.end(), 0.0F);
    for (const Entry& e : entries_) bins[e.bin] += e.weight * mels[e.mel];
  }
  /// Per bin, over the bands; 0 where no band reaches.
  std::span<const float> column_sums() const { return column_sums_; }

 private:
  struct Entry {
    std::size_t mel, bin;
    float weight;
  };
  std::vector<Entry> entries_;
  std::vector<float> column_sums_;
};

/// Power >= 0 whose mel energies are those of `power`, one window in place: multiplicative updates
/// for the Kullback-Leibler divergence, from a flat start within each band.
void through_mel(const MelMatrix& matrix, int steps, std::span<float> power) {
  std::vector<float> wanted(kMels), found(kMels), change(kBins);
  matrix.forward(power, wanted);
  const auto sums = matrix.column_sums();
  for (std::size_t k = 0; k < kBins; ++k) power[k] = sums[k] > 0 ? 1.0F : 0.0F;
  for (int i = 0; i < steps; ++i) {
    matrix.forward(power, found);
    for (std::size_t m = 0; m < kMels; ++m) {
      found[m] = found[m] > 1e-20F ? wanted[m] / found[m] : 0.0F;
    }
    matrix.transposed(found, change);
    for (std::size_t k = 0; k < kBins; ++k) {
      if (sums[k] > 0) power[k] *= change[k] / sums[k];
    }
  }
}

/// Keeps the phases of `from`, takes the magnitudes.
void set_magnitudes(std::span<const float> magnitudes, std::span<std::complex<float>> bins) {
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const float re = bins[i].real(), im = bins[i].imag();
    const float size = std::sqrt(re * re + im * im);
    bins[i] =
        size > 1e-20F ? bins[i] * (magnitudes[i] / size) : std::complex<float>(magnitudes[i], 0.0F);
  }
}

class GriffinLim final : public gen::DecoderModel {
 public:
  explicit GriffinLim(const GriffinLimOptions& options) : options_(options) { options.validate(); }

  gen::DecoderIdentity identity() const override {
    gen::DecoderIdentity identity;
    identity.family = "griffin-lim";
    identity.strides = {static_cast<int>(kHop)};
    return identity;
  }

  AudioBuffer decode(const AudioBuffer& audio) const override {
    const MelMatrix matrix(audio.rate_hz());
    AudioBuffer out(audio.num_channels(), audio.num_frames(), audio.rate_hz());
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      for (std::size_t at = 0; at < audio.num_frames(); at += kPiece - kFade) {
        const std::size_t count = std::min(kPiece, audio.num_frames() - at);
        const Rng rng = Rng(options_.seed, "griffin-lim").child("channel", c).child("at", at);
        blend(piece(audio.channel(c).subspan(at, count), matrix, rng), at,
              out.channel(c).subspan(at, count));
        if (at + count == audio.num_frames()) break;
      }
    }
    return out;
  }

 private:
  /// Crossfades over what the piece before left behind.
  static void blend(const std::vector<float>& piece, std::size_t at, std::span<float> out) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const float share =
          at == 0 || i >= kFade ? 1.0F : static_cast<float>(i) / static_cast<float>(kFade);
      out[i] += share * (piece[i] - out[i]);
    }
  }

  std::vector<float> piece(std::span<const float> signal, const MelMatrix& matrix, Rng rng) const {
    std::vector<float> magnitudes = power_spectrogram(signal);
    for (std::size_t t = 0; t < magnitudes.size() / kBins; ++t) {
      through_mel(matrix, options_.inversion_steps,
                  std::span(magnitudes).subspan(t * kBins, kBins));
    }
    Spectrogram guess{magnitudes.size() / kBins, kBins, {}};
    guess.data.resize(magnitudes.size());
    for (std::size_t i = 0; i < magnitudes.size(); ++i) {
      magnitudes[i] = std::sqrt(magnitudes[i]);
      const double phase = 2 * std::numbers::pi * rng.uniform();
      guess.data[i] = {magnitudes[i] * static_cast<float>(det::cos(phase)),
                       magnitudes[i] * static_cast<float>(det::sin(phase))};
    }
    return improve(std::move(guess), magnitudes, signal.size());
  }

  /// The accelerated projections of Perraudin et al., 2013, algorithm 2.
  std::vector<float> improve(Spectrogram guess, const std::vector<float>& magnitudes,
                             std::size_t frames) const {
    const auto momentum = static_cast<float>(options_.momentum);
    Spectrogram before;
    for (int i = 0; i < options_.iterations; ++i) {
      Spectrogram now = stft(istft(guess, frames));
      guess.data = now.data;
      if (i > 0) {
        for (std::size_t k = 0; k < now.data.size(); ++k) {
          guess.data[k] += momentum * (now.data[k] - before.data[k]);
        }
      }
      set_magnitudes(magnitudes, guess.data);
      before = std::move(now);
    }
    return istft(guess, frames);
  }

  GriffinLimOptions options_;
};

}  // namespace

void GriffinLimOptions::validate() const {
  if (inversion_steps < 1 || inversion_steps > 10000 || iterations < 0 || iterations > 10000 ||
      !(momentum >= 0 && momentum < 2)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("Griffin-Lim: found {} steps, {} iterations, momentum {:g}; expected "
                            "1-10000, 0-10000, 0 to below 2",
                            inversion_steps, iterations, momentum));
  }
}

std::shared_ptr<const gen::DecoderModel> make_griffin_lim(const GriffinLimOptions& options) {
  return std::make_shared<GriffinLim>(options);
}

}  // namespace brandiron::experiments
