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
    /// Goes on to the next note.
    void expect(const MelodyCondition& next);
    /// ln P of each length class (`melody_length`) there.
    std::vector<float> lengths() const;
    /// ln P of each pitch class (`melody_pitch`) there, given the length.
    std::vector<float> pitches(int length) const;
    /// The note that was sung there.
    void add(int pitch, int length, int ticks);

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

 private:
  std::unique_ptr<const models::SequenceModel> model_;
};

}  // namespace brandiron::gen
