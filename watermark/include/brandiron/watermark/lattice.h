#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/watermark/key.h"

// What a learned front end is trained and judged with: the tables the verifier sees, and the signs
// that the embedder writes. Tables are (rows, lattice_bands()), row-major.
namespace brandiron::watermark {

std::size_t lattice_bands();
double lattice_cell_s();

/// Cell levels of a recording at any shift of the lattice. Computed without a key.
class LatticeReader {
 public:
  explicit LatticeReader(const AudioBuffer& audio);
  ~LatticeReader();
  LatticeReader(LatticeReader&&) noexcept;
  /// dB over a floor; the first cell begins at second `start_s` >= 0.
  std::vector<float> levels_db(double start_s) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What the mark would do to cells of these levels at strength 1, dB.
std::vector<float> lattice_depth_db(std::span<const float> levels_db);
/// The classical front end's detection weights for these levels.
std::vector<float> lattice_weights(std::span<const float> levels_db);

/// Raises each cell by its entry of `changes_db`, a (rows, lattice_bands()) table whose first row
/// is the cell at the start of the audio, in the way in which the embedder does; later cells stay.
/// What somebody can do who knows the lattice and believes to know signs. @throws
/// Error(kInvalidArgument) for a table of no whole rows.
void change_lattice(AudioBuffer& audio, std::span<const float> changes_db);

/// The signs, +-1, in the first `rows` rows of a file that carries `payload` under `key`.
std::vector<std::int8_t> lattice_signs(const Key& key, std::uint64_t payload, std::size_t rows);

}  // namespace brandiron::watermark
