#include "studied_decoders.h"

#include <algorithm>
#include <filesystem>

#include "brandiron/core/error.h"
#include "brandiron/core/log.h"
#include "brandiron/models/decoder_net.h"
#include "learned_decoder.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using experiments::StudiedDecoder;

constexpr const char* kBaseline = "griffin-lim";

std::vector<fs::path> weights_of(const DecoderChoice& choice) {
  std::vector<fs::path> files(choice.weights.begin(), choice.weights.end());
  if (!choice.families.empty()) {
    for (const std::string& family : choice.families) {
      if (family != kBaseline) files.push_back(decoder_weights(family));
    }
    return files;
  }
  if (!files.empty()) return files;
  for (const models::DecoderFamily& family : models::decoder_families()) {
    const fs::path path = decoder_weights(family.name);
    if (fs::exists(path)) files.push_back(path);
  }
  if (files.empty()) {
    throw Error(ErrorCode::kModel,
                "decoders: there are no weights (models/weights/decoder-*.safetensors); train some "
                "with `brandiron train decoder --family F`, or say --family griffin-lim");
  }
  return files;
}

StudiedDecoder studied(const fs::path& weights, double kbps) {
  StudiedDecoder decoder{load_decoder(weights, kbps)};
  decoder.leaves_comb = models::decoder_family(decoder.model->identity().family).upsampling ==
                        models::DecoderFamily::Upsampling::kTransposed;
  return decoder;
}

/// At the bit rates asked for that it has; a family without any is there once.
void add_decoder(const fs::path& weights, const std::vector<double>& kbps,
                 std::vector<StudiedDecoder>& decoders) {
  const StudiedDecoder whole = studied(weights, 0);
  if (kbps.empty() || whole.model->identity().bitrate_kbps == 0) {
    decoders.push_back(whole);
    return;
  }
  for (const double rate : kbps) {
    try {
      decoders.push_back(studied(weights, rate));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidArgument) throw;
      log_warning(error.what() + std::string("; left out"));
    }
  }
}

}  // namespace

void add_decoder_choice(CLI::App& verb, DecoderChoice& choice) {
  verb.add_option("--family", choice.families,
                  "hifigan encodec dac nearest istft, griffin-lim for the baseline alone (default: "
                  "all whose weights are there)");
  verb.add_option("--weights", choice.weights, "files of `brandiron train decoder`");
  verb.add_option("--kbps", choice.kbps,
                  "bit rates of one channel, for families that quantise (default: the weights')")
      ->delimiter(',')
      ->check(CLI::Range(0.05, 1000.0));
}

std::vector<StudiedDecoder> studied_decoders(const DecoderChoice& choice) {
  std::vector<StudiedDecoder> decoders = {{experiments::make_griffin_lim(), false, false}};
  for (const fs::path& weights : weights_of(choice)) add_decoder(weights, choice.kbps, decoders);
  const bool baseline_alone = !choice.families.empty() && choice.weights.empty() &&
                              std::all_of(choice.families.begin(), choice.families.end(),
                                          [](const std::string& f) { return f == kBaseline; });
  if (decoders.size() == 1 && !baseline_alone) {
    throw Error(ErrorCode::kInvalidArgument, "decoders: none has a bit rate of --kbps");
  }
  return decoders;
}

}  // namespace brandiron::app
