#include "composition/lyric_reader.h"

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/models/sequence_model.h"

namespace brandiron::gen {
namespace {

std::vector<std::string> listed(const models::SequenceModel& model, const char* key) {
  const auto found = model.metadata().find(key);
  if (found == model.metadata().end()) {
    throw Error(ErrorCode::kModel, std::string("lyric model: no list of ") + key);
  }
  std::vector<std::string> names;
  const std::string& text = found->second;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

}  // namespace

struct LyricReader::Impl {
  models::SequenceModel model;
  LyricLanguage language;

  explicit Impl(models::SequenceModel read)
      : model(std::move(read)), language(listed(model, "words"), listed(model, "rhymes")) {
    const models::SequenceConfig& config = model.config();
    bool fits = config.inputs.size() == kLyricInputs && config.heads.size() == 1 &&
                config.heads[0].size == language.num_tokens();
    for (std::size_t i = 0; fits && i < kLyricInputs; ++i) {
      fits = config.inputs[i].name == kLyricInputNames[i] &&
             config.inputs[i].size == language.size_of(static_cast<LyricInput>(i));
    }
    if (!fits) throw Error(ErrorCode::kModel, "lyric model: its inputs are not those of a line");
  }
};

LyricReader::LyricReader(const std::filesystem::path& weights)
    : impl_(std::make_unique<const Impl>(models::SequenceModel::read(weights))) {}

LyricReader::~LyricReader() = default;

const LyricReader* LyricReader::shared() {
  static const std::unique_ptr<const LyricReader> reader = [] {
    const auto path = home_folder() / "models" / "weights" / "lyrics.safetensors";
    return std::filesystem::exists(path) ? std::make_unique<const LyricReader>(path) : nullptr;
  }();
  return reader.get();
}

double LyricReader::score(std::span<const PlacedLine> lines) const {
  models::SequenceState state = impl_->model.start();
  double sum = 0;
  int words = 0;
  for (const LyricStep& step : impl_->language.read(lines)) {
    impl_->model.step(state, step.inputs);
    // Boundaries follow from the place, and an unknown word is cheap for what it is not.
    if (step.target <= LyricLanguage::kUnknown) continue;
    sum += static_cast<double>(impl_->model.logit(state, 0, step.target));
    ++words;
  }
  return words > 0 ? sum / words : 0.0;
}

}  // namespace brandiron::gen
