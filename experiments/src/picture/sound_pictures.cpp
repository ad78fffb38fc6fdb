#include "picture/sound_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/error.h"

namespace brandiron::experiments {

namespace {

constexpr std::size_t kWindow = 2048;

/// Mean power a column, shape (width, bins): each column averages the windows that fall into it.
std::vector<float> column_power(const AudioBuffer& mono, std::size_t width, std::size_t* num_bins) {
  StftOptions stft_options;
  stft_options.window_samples = kWindow;
  stft_options.hop_samples =
      std::clamp<std::size_t>(mono.num_frames() / (2 * width), 64, kWindow / 2);
  const auto power = power_spectrogram(mono.channel(0), stft_options);
  const std::size_t bins = kWindow / 2 + 1;
  const std::size_t windows = power.size() / bins;
  std::vector<float> columns(width * bins, 0.0F);
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t first = std::min(windows - 1, x * windows / width);
    const std::size_t last = std::clamp((x + 1) * windows / width, first + 1, windows);
    for (std::size_t t = first; t < last; ++t) {
      for (std::size_t k = 0; k < bins; ++k) {
        columns[x * bins + k] += power[t * bins + k] / static_cast<float>(last - first);
      }
    }
  }
  *num_bins = bins;
  return columns;
}

}  // namespace

Picture spectrogram_picture(const AudioBuffer& audio, const SpectrogramOptions& options,
                            double* top_db_used) {
  if (audio.empty() || options.width == 0 || options.height == 0) {
    throw Error(ErrorCode::kInvalidArgument, "spectrogram: no audio or no pixels");
  }
  const AudioBuffer mono = audio.to_mono();
  std::size_t bins = 0;
  const auto columns = column_power(mono, options.width, &bins);
  const double bin_hz = static_cast<double>(mono.rate_hz()) / static_cast<double>(kWindow);
  const double octaves = std::log2(options.high_hz / options.low_hz);

  std::vector<double> level_db(options.width * options.height);
  double top = -300.0;
  for (std::size_t y = 0; y < options.height; ++y) {
    const double from_bottom = static_cast<double>(options.height - 1 - y);
    const double rows = static_cast<double>(options.height);
    const double low = options.low_hz * std::exp2(octaves * from_bottom / rows) / bin_hz;
    const double high = options.low_hz * std::exp2(octaves * (from_bottom + 1.0) / rows) / bin_hz;
    for (std::size_t x = 0; x < options.width; ++x) {
      const float* column = columns.data() + x * bins;
      double power = 0.0;
      if (high - low < 1.0) {  // a row narrower than a bin: interpolate between two bins
        const double centre = std::min(0.5 * (low + high), static_cast<double>(bins - 2));
        const auto k = static_cast<std::size_t>(centre);
        const double t = centre - static_cast<double>(k);
        power = (1.0 - t) * static_cast<double>(column[k]) + t * static_cast<double>(column[k + 1]);
      } else {
        const auto last = std::min(bins, static_cast<std::size_t>(std::ceil(high)));
        for (auto k = static_cast<std::size_t>(low); k < last; ++k) {
          power = std::max(power, static_cast<double>(column[k]));
        }
      }
      const double db = 10.0 * std::log10(power + 1e-20);
      level_db[y * options.width + x] = db;
      top = std::max(top, db);
    }
  }
  if (!std::isnan(options.top_db)) {
    top = options.top_db;
  }
  if (top_db_used != nullptr) {
    *top_db_used = top;
  }
  Picture picture{options.width, options.height, {}};
  picture.pixels.resize(level_db.size());
  std::transform(level_db.begin(), level_db.end(), picture.pixels.begin(), [&](double db) {
    const double t = std::clamp((db - top + options.range_db) / options.range_db, 0.0, 1.0);
    return static_cast<std::uint8_t>(t * 255.0 + 0.5);
  });
  return picture;
}

std::string waveform_path(const AudioBuffer& audio, std::size_t width, double height) {
  if (audio.empty() || width == 0) {
    return {};
  }
  std::string upper;
  std::string lower;
  const std::size_t frames = audio.num_frames();
  const double middle = height / 2.0;
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t first = std::min(frames - 1, x * frames / width);
    const std::size_t last = std::clamp((x + 1) * frames / width, first + 1, frames);
    float low = 0.0F;
    float high = 0.0F;
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const auto samples = audio.channel(c);
      for (std::size_t i = first; i < last; ++i) {
        low = std::min(low, samples[i]);
        high = std::max(high, samples[i]);
      }
    }
    const double scale = middle * 0.97;
    upper += fmt::format("{}{} {:.1f}", x == 0 ? "M" : "L", x,
                         middle - scale * std::min(1.0, static_cast<double>(high)));
    lower =
        fmt::format("L{} {:.1f}", x, middle - scale * std::max(-1.0, static_cast<double>(low))) +
        lower;
  }
  return upper + lower + "Z";
}

}  // namespace brandiron::experiments
