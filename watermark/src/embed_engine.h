#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "brandiron/watermark/stream.h"
#include "cell_stream.h"
#include "code.h"
#include "gains.h"
#include "marking.h"
#include "pattern.h"

namespace brandiron::watermark {

/// Marks a stream chunk by chunk. A chunk owns the windows whose centres lie in its cells; its
/// gains depend on its cells and kContextCells on either side, and on where it lies in the stream.
/// So the result does not depend on how the samples arrive, and a whole buffer is marked by the
/// same loop.
class EmbedEngine {
 public:
  static constexpr int kMinRateHz = 8000;
  static constexpr std::size_t kContextCells = 256;  // 10.7 s
  /// Finished samples: planar, one pointer a channel.
  using Sink = std::function<void(std::span<const float* const> channels, std::size_t frames)>;

  EmbedEngine(const StreamFormat& format, const Key& key, std::uint64_t payload,
              const EmbedOptions& options, Sink sink);

  void push(std::span<const float* const> channels, std::size_t frames);
  void finish();

  std::size_t latency_frames() const;
  double signal_energy() const { return signal_energy_; }
  double mark_energy() const { return mark_energy_; }

 private:
  struct Channel {
    std::vector<float> signal;  ///< frames [base_, frames_)
    std::vector<float> mark;    ///< of the frames from half a window before base_ on
    std::vector<float> out;
  };

  void run_chunk(bool last);
  void turn_down(Table& changes, std::size_t first) const;
  void add_windows(const Table& gains, std::size_t first_row, std::size_t end_cell, bool last);
  void emit(std::size_t marked_to, bool last);
  void emit_block(std::size_t to, std::size_t marked_to);
  void forget(std::size_t before);
  std::size_t cell_of_window(std::size_t window) const;

  StreamFormat format_;
  EmbedOptions options_;
  Sink sink_;
  Pattern pattern_;
  CodeWord word_;
  std::size_t start_column_;
  std::size_t chunk_cells_;
  CellStream cells_;
  Marking marking_;
  std::vector<Channel> channels_;
  std::size_t base_ = 0, frames_ = 0, emitted_ = 0;
  std::size_t next_cell_ = 0, next_window_ = 0;
  float peak_ = 0;
  double signal_energy_ = 0, mark_energy_ = 0;
};

}  // namespace brandiron::watermark
