#pragma once

#include <filesystem>
#include <memory>
#include <span>

#include "brandiron/gen/lyric_language.h"

namespace brandiron::gen {

/// The lyric model as a reader: says how much lines read like verse. It ranks what the bank offers
/// and writes no word of its own. Immutable and thread safe.
class LyricReader {
 public:
  /// @throws Error(kModel) when the file is no lyric model.
  explicit LyricReader(const std::filesystem::path& weights);
  ~LyricReader();

  /// models/weights/lyrics.safetensors, read once; null where it is not installed: the bank's
  /// grammar then writes alone.
  static const LyricReader* shared();

  /// Mean ln P of the words that the model knows, over lines that follow one another; 0 without
  /// any. Known to about 0.1: the model's own normalisation is trusted.
  double score(std::span<const PlacedLine> lines) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace brandiron::gen
