#include "learned_singer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/models/safetensors.h"
#include "brandiron/models/singer_net.h"

namespace brandiron::app {
namespace {

static_assert(gen::kSingerFrameSize == models::kSingerOutputs);

class LearnedSinger : public gen::SingerModel {
 public:
  LearnedSinger(models::SingerNet net, std::string sha256)
      : net_(std::move(net)), sha256_(std::move(sha256)) {}

  gen::SingerIdentity identity() const override { return {"singer", 1, sha256_}; }

  bool knows_voice(const std::string& voice) const override {
    const auto& voices = net_.config().voices;
    return std::find(voices.begin(), voices.end(), voice) != voices.end();
  }

  std::vector<float> envelopes(std::span<const gen::PhoneFeatures> phones,
                               std::span<const float> draft,
                               const std::string& voice) const override {
    std::vector<float> weights;
    for (const std::string& name : net_.config().voices) {
      weights.push_back(name == voice ? 1.0F : 0.0F);
    }
    if (!knows_voice(voice)) {
      throw Error(ErrorCode::kModel, "learned singer: it has not learnt the voice \"" + voice +
                                         "\"; use --singer bank");
    }
    std::vector<models::SingerPhone> list;
    for (const gen::PhoneFeatures& p : phones) {
      list.push_back({p.id, p.frames, p.stress, p.pitch, p.slope, p.effort_db});
    }
    return net_.envelopes(list, draft, weights);
  }

 private:
  models::SingerNet net_;
  std::string sha256_;
};

}  // namespace

std::filesystem::path singer_weights() {
  return home_folder() / "models" / "weights" / "singer.safetensors";
}

std::shared_ptr<const gen::SingerModel> load_singer(const std::filesystem::path& weights) {
  if (!std::filesystem::exists(weights)) return nullptr;
  const std::string bytes = read_file(weights);
  return std::make_shared<LearnedSinger>(
      models::SingerNet::from_tensors(models::parse_safetensors(bytes, weights.string())),
      sha256_hex(bytes));
}

}  // namespace brandiron::app
