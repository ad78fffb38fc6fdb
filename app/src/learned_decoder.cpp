#include "learned_decoder.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/models/decoder_net.h"
#include "brandiron/models/safetensors.h"

namespace brandiron::app {
namespace {

class LearnedDecoder : public gen::DecoderModel {
 public:
  LearnedDecoder(models::DecoderNet net, int codebooks, std::string sha256)
      : net_(std::move(net)), codebooks_(codebooks), sha256_(std::move(sha256)) {}

  gen::DecoderIdentity identity() const override {
    const std::string& family = net_.config().family;
    return {family, 1, sha256_, models::decoder_family(family).strides,
            net_.bitrate_kbps(codebooks_)};
  }

  AudioBuffer decode(const AudioBuffer& audio) const override {
    if (audio.rate_hz() != models::kDecoderRateHz) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("decoder {}: found {} Hz, expected {}; resample first",
                              net_.config().family, audio.rate_hz(), models::kDecoderRateHz));
    }
    AudioBuffer out = audio;
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const std::vector<float> made = net_.decode(audio.channel(c), codebooks_);
      std::copy(made.begin(), made.end(), out.channel(c).begin());
    }
    return out;
  }

 private:
  models::DecoderNet net_;
  int codebooks_;
  std::string sha256_;
};

/// The number of quantiser stages that comes to `kbps`.
int codebooks_for(const models::DecoderNet& net, double kbps) {
  const double one = net.bitrate_kbps(1);
  const std::string& family = net.config().family;
  if (one <= 0) {
    if (kbps == 0) return 0;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("decoder {}: it quantises nothing and has no bit rate", family));
  }
  const int most = net.config().codebooks;
  if (kbps == 0) return most;
  const int wanted = static_cast<int>(std::lround(kbps / one));
  if (wanted < 1 || wanted > most) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("decoder {}: {} kbit/s, expected {:.2f} to {:.2f} a channel", family,
                            kbps, one, one * most));
  }
  return wanted;
}

}  // namespace

std::filesystem::path decoder_weights(const std::string& family) {
  models::decoder_family(family);  // refuses what does not exist
  return home_folder() / "models" / "weights" / ("decoder-" + family + ".safetensors");
}

std::shared_ptr<const gen::DecoderModel> load_decoder(const std::filesystem::path& weights,
                                                      double bitrate_kbps) {
  if (!std::filesystem::exists(weights)) {
    throw Error(ErrorCode::kModel, weights.string() +
                                       ": no such weights; train them with `brandiron train "
                                       "decoder --family F`");
  }
  const std::string bytes = read_file(weights);
  models::DecoderNet net =
      models::DecoderNet::from_tensors(models::parse_safetensors(bytes, weights.string()));
  const int codebooks = codebooks_for(net, bitrate_kbps);
  return std::make_shared<LearnedDecoder>(std::move(net), codebooks, sha256_hex(bytes));
}

}  // namespace brandiron::app
