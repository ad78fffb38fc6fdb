#include "embed_engine.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/error.h"
#include "least_levels.h"
#include "simd.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kLanes = 8;

/// Energies of signal and mark, in eight sums each: a single one is a chain of additions.
struct Energies {
  double signal[kLanes] = {}, mark[kLanes] = {};
};

// out += signal, and the energies of both.
BRANDIRON_WIDE void join(const float* __restrict signal, float* __restrict out, std::size_t n,
                         Energies& sums) {
  Energies e = sums;
  const auto one = [&](std::size_t i, std::size_t lane) {
    const auto s = static_cast<double>(signal[i]), m = static_cast<double>(out[i]);
    e.signal[lane] += s * s;
    e.mark[lane] += m * m;
    out[i] += signal[i];
  };
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) one(i + lane, lane);
  }
  for (; i < n; ++i) one(i, 0);
  sums = e;
}

constexpr std::size_t kMaxChunkCells = 1024;  // 42.7 s
constexpr std::size_t kMinChunkCells = 64;
constexpr std::size_t kBlockFrames = 16384;
constexpr double kHeldSamples = 12e6;  // the aim: 48 MB of signal, and as much again for the mark

// Depends on the format alone, so that a file is cut the same way however it is read.
std::size_t chunk_cells(const StreamFormat& format) {
  const double samples_per_cell =
      format.rate_hz * kCellSeconds * static_cast<double>(format.num_channels);
  std::size_t cells = kMaxChunkCells;
  while (cells > kMinChunkCells &&
         samples_per_cell * static_cast<double>(cells + EmbedEngine::kContextCells) >
             kHeldSamples) {
    cells /= 2;
  }
  return cells;
}

StreamFormat checked(const StreamFormat& format, const EmbedOptions& options) {
  if (format.rate_hz < EmbedEngine::kMinRateHz) {
    throw Error(ErrorCode::kInvalidArgument, "embed: sample rate is " +
                                                 std::to_string(format.rate_hz) +
                                                 " Hz, expected at least 8000; resample first");
  }
  if (format.num_channels == 0) {
    throw Error(ErrorCode::kInvalidArgument, "embed: found 0 channels, expected at least 1");
  }
  if (!(options.strength >= 0.1 && options.strength <= 4.0)) {
    throw Error(ErrorCode::kInvalidArgument,
                "embed: strength is " + std::to_string(options.strength) + ", expected 0.1 to 4");
  }
  if (!(format.peak_limit >= 0)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "embed: peak limit is " + std::to_string(format.peak_limit) + ", expected 0 or more");
  }
  return format;
}

}  // namespace

EmbedEngine::EmbedEngine(const StreamFormat& format, const Key& key, std::uint64_t payload,
                         const EmbedOptions& options, Sink sink)
    : format_(checked(format, options)),
      options_(options),
      sink_(std::move(sink)),
      pattern_(key),
      word_(encode(payload)),
      start_column_(start_column(key)),
      chunk_cells_(chunk_cells(format)),
      cells_(format.rate_hz, format.num_channels),
      marking_(format.rate_hz),
      channels_(format.num_channels) {
  for (Channel& channel : channels_) {
    channel.signal.reserve(latency_frames() + 2 * kBlockFrames);
    channel.mark.reserve(latency_frames() + 2 * kBlockFrames);
  }
}

std::size_t EmbedEngine::latency_frames() const {
  const double cells_s = static_cast<double>(chunk_cells_ + kContextCells) * kCellSeconds;
  return static_cast<std::size_t>(cells_s * format_.rate_hz) + 4 * marking_.size() + kYieldReach;
}

void EmbedEngine::push(std::span<const float* const> channels, std::size_t frames) {
  for (std::size_t c = 0; c < channels_.size(); ++c) {
    const std::span<const float> in(channels[c], frames);
    if (!std::all_of(in.begin(), in.end(), [](float x) { return std::isfinite(x); })) {
      throw Error(ErrorCode::kInvalidArgument,
                  "embed: the audio holds NaN or infinite samples, expected finite ones");
    }
  }
  // In steps, so that chunks leave as soon as they can whatever the block.
  std::vector<const float*> at(channels.begin(), channels.end());
  while (frames > 0) {
    const std::size_t count = std::min(frames, kBlockFrames);
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      channels_[c].signal.insert(channels_[c].signal.end(), at[c], at[c] + count);
    }
    frames_ += count;
    cells_.push(at, count);
    while (cells_.end() >= next_cell_ + chunk_cells_ + kContextCells) run_chunk(false);
    for (const float*& p : at) p += count;
    frames -= count;
  }
}

void EmbedEngine::finish() {
  cells_.finish();
  while (cells_.end() > next_cell_ + chunk_cells_) run_chunk(false);
  run_chunk(true);
}

std::size_t EmbedEngine::cell_of_window(std::size_t window) const {
  const double second = static_cast<double>(window * marking_.hop()) / format_.rate_hz;
  return static_cast<std::size_t>(second * kCellsPerSecond);
}

// The last chunk takes what follows the last whole cell along.
void EmbedEngine::run_chunk(bool last) {
  const std::size_t end = last ? cells_.end() : next_cell_ + chunk_cells_;
  const std::size_t from = next_cell_ - std::min(next_cell_, kContextCells);
  const std::size_t to = std::min(cells_.end(), end + kContextCells);
  if (end > next_cell_) {
    Table changes = cell_changes_db(cells_.cells_db(from, to), pattern_, word_,
                                    start_column_ + from, options_.strength);
    if (options_.effort == Effort::kBest) turn_down(changes, next_cell_ - from);
    add_windows(gains_of(changes), from, end, last);
  }
  next_cell_ = end;
  const std::size_t next_centre = next_window_ * marking_.hop();
  const std::size_t marked_to = next_centre - std::min(next_centre, marking_.hop());
  cells_.drop_before(end - std::min(end, kContextCells));
  emit(last ? frames_ : marked_to, last);
}

// From row `first` on, which is the first that this chunk owns: of what came before, only the
// levels are left.
void EmbedEngine::turn_down(Table& changes, std::size_t first) const {
  const double first_s = static_cast<double>(next_cell_) * kCellSeconds;
  const auto frame = static_cast<std::size_t>(first_s * format_.rate_hz);
  // No further than the table reaches, however much has arrived.
  const double last_s = first_s + static_cast<double>(changes.rows - first) * kCellSeconds;
  const auto end = std::min(frames_, static_cast<std::size_t>(last_s * format_.rate_hz));
  AudioBuffer mono(1, end - frame, format_.rate_hz);
  const float share = 1.0F / static_cast<float>(channels_.size());
  for (const Channel& channel : channels_) {
    for (std::size_t i = 0; i < mono.num_frames(); ++i) {
      mono.channel(0)[i] += share * channel.signal[frame - base_ + i];
    }
  }
  Table owned(changes.rows - first);
  std::copy_n(changes.row(first), owned.data.size(), owned.data.begin());
  const double offset_s = first_s - static_cast<double>(frame) / format_.rate_hz;
  const std::vector<float> levels = least_levels({std::move(mono), offset_s, owned});
  for (std::size_t t = 0; t < owned.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) changes.row(first + t)[b] *= levels[t];
  }
}

void EmbedEngine::add_windows(const Table& gains, std::size_t first_row, std::size_t end_cell,
                              bool last) {
  const std::size_t hop = marking_.hop();
  std::size_t row_set = SIZE_MAX;
  for (;; ++next_window_) {
    const std::size_t centre = next_window_ * hop;
    if (last ? centre >= frames_ + hop : cell_of_window(next_window_) >= end_cell) break;
    const std::size_t row = std::min(cell_of_window(next_window_), end_cell - 1);
    if (row != row_set) marking_.set_gains(gains.row(row - first_row));
    row_set = row;
    for (Channel& channel : channels_) {
      // `mark` leads `signal` by half a window: a window's first sample is at its centre there.
      channel.mark.resize(std::max(channel.mark.size(), centre - base_ + marking_.size()));
      marking_.add(channel.signal, centre - base_, channel.mark.data());
    }
  }
}

// Samples up to `marked_to` have all of their mark; the ones within reach of a later peak wait.
void EmbedEngine::emit(std::size_t marked_to, bool last) {
  const std::size_t to = last ? marked_to : marked_to - std::min(marked_to, kYieldReach);
  if (to <= emitted_) return;
  for (const Channel& channel : channels_) {
    peak_ = std::max(
        peak_, peak_of(std::span(channel.signal).subspan(emitted_ - base_, marked_to - emitted_)));
  }
  while (emitted_ < to) emit_block(std::min(to, emitted_ + kBlockFrames), marked_to);
  forget(to - std::min(to, kYieldReach + marking_.size()));
}

// Frames [emitted_, to). Peaks up to kYieldReach away on either side count.
void EmbedEngine::emit_block(std::size_t to, std::size_t marked_to) {
  const std::size_t from = emitted_ - std::min(emitted_, kYieldReach);
  const std::size_t count = std::min(marked_to, to + kYieldReach) - from;
  const std::size_t skip = emitted_ - from, lead = marking_.hop();
  const float limit = std::max(format_.peak_limit, peak_);
  std::vector<const float*> planes;
  for (Channel& channel : channels_) {
    const std::span<const float> signal(channel.signal.data() + (from - base_), count);
    channel.mark.resize(std::max(channel.mark.size(), from - base_ + lead + count), 0.0F);
    const float* mark = channel.mark.data() + (from - base_ + lead);
    channel.out.assign(mark, mark + count);
    yield_at_peaks(signal, channel.out, limit);
    Energies sums;
    join(signal.data() + skip, channel.out.data() + skip, to - emitted_, sums);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      signal_energy_ += sums.signal[lane];
      mark_energy_ += sums.mark[lane];
    }
    planes.push_back(channel.out.data() + skip);
  }
  const std::size_t frames = to - emitted_;
  emitted_ = to;
  sink_(planes, frames);
}

void EmbedEngine::forget(std::size_t before) {
  if (before <= base_) return;
  const auto gone = static_cast<std::ptrdiff_t>(before - base_);
  for (Channel& channel : channels_) {
    channel.signal.erase(channel.signal.begin(), channel.signal.begin() + gone);
    channel.mark.erase(channel.mark.begin(), channel.mark.begin() + gone);
  }
  base_ = before;
}

}  // namespace brandiron::watermark
