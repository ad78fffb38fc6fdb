#include "learned_front_end.h"

#include <algorithm>
#include <string>
#include <utility>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/models/safetensors.h"
#include "brandiron/watermark/lattice.h"

namespace brandiron::app {
namespace {

class LearnedFrontEnd : public watermark::FrontEndModel {
 public:
  explicit LearnedFrontEnd(models::LatticeNet net) : net_(std::move(net)) {}

  void refine(const watermark::LatticeTables& lattice) const override {
    const std::vector<float> weights =
        net_.refine({lattice.rows, lattice.levels_db, lattice.depth_db, lattice.weights});
    std::copy(weights.begin(), weights.end(), lattice.weights.begin());
  }

 private:
  models::LatticeNet net_;
};

}  // namespace

std::filesystem::path front_end_weights() {
  return home_folder() / "models" / "weights" / "watermark-front-end.safetensors";
}

std::shared_ptr<const watermark::FrontEndModel> make_front_end(models::LatticeNet net) {
  const auto bands = static_cast<std::size_t>(net.config().num_bands);
  if (bands != watermark::lattice_bands()) {
    throw Error(ErrorCode::kModel, "front end: the network has " + std::to_string(bands) +
                                       " bands, expected " +
                                       std::to_string(watermark::lattice_bands()) +
                                       "; train it again or use --front-end classical");
  }
  return std::make_shared<LearnedFrontEnd>(std::move(net));
}

std::shared_ptr<const watermark::FrontEndModel> load_front_end(
    const std::filesystem::path& weights) {
  if (!std::filesystem::exists(weights)) return nullptr;
  return make_front_end(models::LatticeNet::from_tensors(models::read_safetensors(weights)));
}

}  // namespace brandiron::app
