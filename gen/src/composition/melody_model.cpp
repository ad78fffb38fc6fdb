#include "composition/melody_model.h"

#include <fmt/format.h>

#include <array>
#include <system_error>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/models/sequence_model.h"

namespace brandiron::gen {
namespace {

constexpr int kLengthHead = 0, kPitchHead = 1;

void check_shape(const models::SequenceConfig& config, const std::filesystem::path& path) {
  bool fits = config.inputs.size() == kMelodyInputs && config.heads.size() == 2 &&
              config.heads[0].size == static_cast<int>(kMelodyLengths.size()) &&
              config.heads[1].size == kMelodyPitches;
  for (std::size_t i = 0; fits && i < kMelodyInputs; ++i) {
    fits = config.inputs[i].name == melody_input_shapes()[i].name &&
           config.inputs[i].size == melody_input_shapes()[i].size;
  }
  if (fits) return;
  throw Error(ErrorCode::kModel,
              fmt::format("{}: no model of these notes; train it again: brandiron train melody",
                          path.string()));
}

}  // namespace

MelodyModel::MelodyModel(const std::filesystem::path& path)
    : model_(std::make_unique<models::SequenceModel>(models::SequenceModel::read(path))) {
  check_shape(model_->config(), path);
}

MelodyModel::~MelodyModel() = default;

const MelodyModel* MelodyModel::shared() {
  static const std::unique_ptr<const MelodyModel> kModel = [] {
    const auto path = home_folder() / "models" / "weights" / "melody.safetensors";
    std::error_code error;
    return std::filesystem::exists(path, error) ? std::make_unique<const MelodyModel>(path)
                                                : nullptr;
  }();
  return kModel.get();
}

struct MelodyModel::Reader::Impl {
  const models::SequenceModel& model;
  models::SequenceState state;
  MelodyMemory memory;
  MelodyCondition known;
};

MelodyModel::Reader::Reader(const MelodyModel& model)
    : impl_(new Impl{*model.model_, model.model_->start(), {}, {}}) {}

MelodyModel::Reader::~Reader() = default;

void MelodyModel::Reader::expect(const MelodyCondition& next) {
  impl_->known = next;
  impl_->model.step(impl_->state, impl_->memory.inputs(next));
}

std::vector<float> MelodyModel::Reader::lengths() const {
  return impl_->model.log_probabilities(impl_->state, kLengthHead);
}

std::vector<float> MelodyModel::Reader::pitches(int length) const {
  const std::array<int, 1> earlier = {length};
  return impl_->model.log_probabilities(impl_->state, kPitchHead, earlier);
}

void MelodyModel::Reader::add(int pitch, int length, int ticks) {
  impl_->memory.add(impl_->known, pitch, length, ticks);
}

}  // namespace brandiron::gen
