#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "brandiron/gen/melody_language.h"

namespace brandiron::models {
class SequenceModel;
}

namespace brandiron::gen {

/// The trained model of tunes (experiments/recipes/melody). Immutable and thread safe.
class MelodyModel {
 public:
  /// @throws Error(kIo), Error(kModel) for a file that is not there or no such model.
  explicit MelodyModel(const std::filesystem::path& path);
  ~MelodyModel();
  MelodyModel(const MelodyModel&) = delete;
  MelodyModel& operator=(const MelodyModel&) = delete;

  /// models/weights/melody.safetensors of the home folder; null when it is absent: the grammar of
  /// `sample_melody` then works alone.
  static const MelodyModel* shared();

  /// One way through a tune. Follows notes and says what may come next.
  class Reader {
   public:
    explicit Reader(const MelodyModel& model);
    ~Reader();
    /// ln P of each pitch class (`melody_pitch`) at the note, given its length.
    std::vector<float> pitches(const MelodyCondition& next, int length);
    /// The note that was drawn at the place of the last `pitches`.
    void add(int pitch, int ticks);

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

 private:
  std::unique_ptr<const models::SequenceModel> model_;
};

}  // namespace brandiron::gen
