#include "least_levels.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/codec.h"
#include "brandiron/core/audio/resample.h"
#include "gains.h"
#include "marking.h"
#include "whiten.h"

namespace brandiron::watermark {
namespace {

constexpr int kIterations = 3;
constexpr std::size_t kWindowCells = 240, kWindowStep = 60;  // 10 s, 2.5 s
// A payload reads at about 16; the rest is reserve.
constexpr double kWantedZ = 19.0;
constexpr float kQuietest = 0.5F, kLoudest = 1.0F;
constexpr int kCodecRateHz = 48000;

struct Proxy {
  AudioFormat format;
  int bitrate_kbps;  // of one channel
};
// About what MP3 at 64 and Opus at 32 kbit/s leave of a stereo track.
constexpr Proxy kProxies[] = {{AudioFormat::kMp3, 40}, {AudioFormat::kOpus, 20}};

Table scaled(const Table& changes_db, const std::vector<float>& levels) {
  Table out = changes_db;
  for (std::size_t t = 0; t < out.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) out.row(t)[b] *= levels[t];
  }
  return out;
}

AudioBuffer with_mark(const MarkedStretch& stretch, const Table& gains) {
  AudioBuffer out = stretch.mono;
  const double rate_hz = out.rate_hz();
  Marking marking(out.rate_hz());
  const std::span<const float> signal = stretch.mono.channel(0);
  std::vector<float> mark(signal.size() + 2 * marking.size(), 0.0F);
  for (std::size_t centre = 0; centre < signal.size(); centre += marking.hop()) {
    const double cell =
        (static_cast<double>(centre) / rate_hz - stretch.first_cell_s) * kCellsPerSecond;
    const auto row = static_cast<std::size_t>(std::max(0.0, cell));
    marking.set_gains(gains.row(std::min(row, gains.rows - 1)));
    marking.add(signal, centre, mark.data());
  }
  for (std::size_t i = 0; i < signal.size(); ++i) {
    out.channel(0)[i] += mark[i + marking.hop()];
  }
  return out;
}

// Response of each 10 s window of a received table to the changes that were made.
std::vector<double> window_responses(const Table& received_db, const Table& changes_db) {
  const Table weights = detection_weights(received_db);
  const std::size_t rows = std::min(weights.rows, changes_db.rows);
  std::vector<double> answer(rows + 1, 0.0), energy(rows + 1, 0.0);
  for (std::size_t t = 0; t < rows; ++t) {
    answer[t + 1] = answer[t];
    energy[t + 1] = energy[t];
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const auto w = static_cast<double>(weights.row(t)[b]);
      answer[t + 1] += changes_db.row(t)[b] > 0 ? w : -w;
      energy[t + 1] += w * w;
    }
  }
  std::vector<double> z;
  for (std::size_t from = 0; from == 0 || from + kWindowCells <= rows; from += kWindowStep) {
    const std::size_t to = std::min(rows, from + kWindowCells);
    z.push_back((answer[to] - answer[from]) / std::sqrt(energy[to] - energy[from] + 1e-12));
  }
  return z;
}

// The weakest response of each window over the proxies.
std::vector<double> weakest_responses(const MarkedStretch& stretch, const Table& changes_db) {
  const AudioBuffer marked = with_mark(stretch, gains_of(changes_db));
  std::vector<double> weakest;
  for (const Proxy& proxy : kProxies) {
    const AudioBuffer received = codec_round_trip(marked, proxy.format, proxy.bitrate_kbps);
    const std::vector<double> z = window_responses(
        EnergySurface(received).cells_db(stretch.first_cell_s, kCellSeconds), changes_db);
    weakest.resize(z.size(), 1e9);
    for (std::size_t i = 0; i < z.size(); ++i) weakest[i] = std::min(weakest[i], z[i]);
  }
  return weakest;
}

}  // namespace

std::vector<float> least_levels(const MarkedStretch& stretch) {
  const std::size_t rows = stretch.changes_db.rows;
  std::vector<float> levels(rows, kLoudest);
  if (rows < kWindowCells) return levels;  // nothing to spare in a short piece
  if (stretch.mono.rate_hz() > kCodecRateHz) {
    const MarkedStretch slower{resample(stretch.mono, kCodecRateHz), stretch.first_cell_s,
                               stretch.changes_db};
    return least_levels(slower);
  }
  for (int k = 0; k < kIterations; ++k) {
    const std::vector<double> z = weakest_responses(stretch, scaled(stretch.changes_db, levels));
    std::vector<float> wanted(rows, 0.0F);
    for (std::size_t i = 0; i < z.size(); ++i) {
      const auto more = static_cast<float>(kWantedZ / std::max(1.0, z[i]));
      // The last window speaks for the rest of the rows.
      const std::size_t to = i + 1 == z.size() ? rows : i * kWindowStep + kWindowCells;
      for (std::size_t t = i * kWindowStep; t < to; ++t) {
        wanted[t] = std::max(wanted[t], std::clamp(levels[t] * more, kQuietest, kLoudest));
      }
    }
    levels.swap(wanted);
  }
  return levels;
}

}  // namespace brandiron::watermark
