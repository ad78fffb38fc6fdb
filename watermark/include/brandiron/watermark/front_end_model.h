#pragma once

#include <cstddef>
#include <span>

namespace brandiron::watermark {

/// One lattice of cells as the verifier sees it: (rows, num_bands) tables, row-major. None of it
/// depends on a key.
struct LatticeTables {
  std::size_t rows = 0;
  std::size_t num_bands = 0;
  std::span<const float> levels_db;  ///< of the cells, over a floor
  std::span<const float> depth_db;   ///< what the mark would do to each cell at strength 1
  std::span<float> weights;          ///< in: of the classical front end; out: better ones
};

/// A front end that knows more about music than stationary whitening. It is given tables that were
/// computed without the key and has no way to a key, so its weights are a function of the audio
/// alone: all that the false-positive bound asks for (docs/watermark.md, section 3), whatever it
/// does.
class FrontEndModel {
 public:
  virtual ~FrontEndModel() = default;
  /// Replaces the weights of one lattice; finite ones only, any scale. Thread safe.
  virtual void refine(const LatticeTables& lattice) const = 0;
};

}  // namespace brandiron::watermark
