#include "brandiron/watermark/lattice.h"

#include <algorithm>

#include "brandiron/core/error.h"
#include "code.h"
#include "depth.h"
#include "gains.h"
#include "marking.h"
#include "pattern.h"
#include "surface.h"
#include "whiten.h"

namespace brandiron::watermark {
namespace {

Table table_of(std::span<const float> levels_db) {
  if (levels_db.size() % kNumBands != 0) {
    throw Error(ErrorCode::kInvalidArgument, "lattice: " + std::to_string(levels_db.size()) +
                                                 " levels are no whole rows of " +
                                                 std::to_string(kNumBands));
  }
  Table table(levels_db.size() / kNumBands);
  std::copy(levels_db.begin(), levels_db.end(), table.data.begin());
  return table;
}

}  // namespace

std::size_t lattice_bands() { return kNumBands; }
double lattice_cell_s() { return kCellSeconds; }

struct LatticeReader::Impl {
  EnergySurface surface;
};

LatticeReader::LatticeReader(const AudioBuffer& audio)
    : impl_(std::make_unique<Impl>(Impl{EnergySurface(audio)})) {}
LatticeReader::~LatticeReader() = default;
LatticeReader::LatticeReader(LatticeReader&&) noexcept = default;

std::vector<float> LatticeReader::levels_db(double start_s) const {
  return impl_->surface.cells_db(start_s, kCellSeconds).data;
}

std::vector<float> lattice_depth_db(std::span<const float> levels_db) {
  return mark_depth_db(table_of(levels_db)).data;
}

std::vector<float> lattice_weights(std::span<const float> levels_db) {
  return detection_weights(table_of(levels_db)).data;
}

void change_lattice(AudioBuffer& audio, std::span<const float> changes_db) {
  const Table gains = gains_of(table_of(changes_db));
  Marking marking(audio.rate_hz());
  const std::size_t frames = audio.num_frames(), half = marking.hop();
  std::vector<std::vector<float>> marks(audio.num_channels(),
                                        std::vector<float>(frames + 2 * marking.size()));
  for (std::size_t centre = 0; centre < frames + half; centre += half) {
    const double second = static_cast<double>(centre) / audio.rate_hz();
    const auto row = static_cast<std::size_t>(second * kCellsPerSecond);
    if (row >= gains.rows) break;
    marking.set_gains(gains.row(row));
    for (std::size_t c = 0; c < marks.size(); ++c) {
      marking.add(audio.channel(c), centre, marks[c].data());
    }
  }
  for (std::size_t c = 0; c < marks.size(); ++c) {
    for (std::size_t i = 0; i < frames; ++i) audio.channel(c)[i] += marks[c][i + half];
  }
}

std::vector<std::int8_t> lattice_signs(const Key& key, std::uint64_t payload, std::size_t rows) {
  const Pattern pattern(key);
  const CodeWord word = encode(payload);
  const std::size_t start = start_column(key);
  std::vector<std::int8_t> signs(rows * kNumBands);
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const std::size_t at = (i + start * kNumBands) % (kCycleCells * kNumBands);
    const std::int16_t code = pattern.code[at];
    const int flip = code == Pattern::kPilot ? 1 : word[static_cast<std::size_t>(code)];
    signs[i] = static_cast<std::int8_t>(pattern.sign[at] * flip);
  }
  return signs;
}

}  // namespace brandiron::watermark
