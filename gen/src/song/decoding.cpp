#include "decoding.h"

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

constexpr int kDecoderRateHz = 44100;
constexpr const char* kDefaultFamily = "hifigan";

std::string scope_of(const GenerateOptions& options) {
  const std::string& scope = options.decoder.scope;
  if (!scope.empty()) return scope;
  if (options.preset == "vocal") return "voice";
  return options.preset == "full" ? "both" : "mix";
}

}  // namespace

const std::vector<std::string>& decoder_family_names() {
  static const std::vector<std::string> names = {"hifigan", "encodec", "dac", "nearest", "istft"};
  return names;
}

std::string wanted_decoder(const GenerateOptions& options) {
  const std::string& family = options.decoder.family;
  if (family == "none") return "";
  if (!family.empty()) return family;
  return options.preset == "vocal" || options.preset == "full" ? kDefaultFamily : "";
}

Decoding decoding_of(const GenerateOptions& options) {
  const std::string scope = scope_of(options);
  if (scope != "voice" && scope != "mix" && scope != "both") {
    throw Error(ErrorCode::kInvalidArgument,
                "decoder scope \"" + scope + "\" is not known; expected voice, mix or both");
  }
  if (wanted_decoder(options).empty()) return {};
  return {scope != "mix", scope != "voice"};
}

void check_decoder(const GenerateOptions& options, const DecoderModel* decoder) {
  const std::string family = wanted_decoder(options);
  decoding_of(options);  // refuses an unknown scope
  if (family.empty()) return;
  if (decoder == nullptr) {
    throw Error(ErrorCode::kModel,
                "the weights of decoder " + family +
                    " are not there; use --decoder none, or train them with `brandiron train "
                    "decoder --family " +
                    family + "`");
  }
  const std::string given = decoder->identity().family;
  if (given != family) {
    throw Error(ErrorCode::kModel,
                "decoder: the song wants " + family + ", the weights are of " + given);
  }
  if (options.rate_hz != kDecoderRateHz) {
    throw Error(ErrorCode::kUnsupported, "decoder " + family + ": sample rate: found " +
                                             std::to_string(options.rate_hz) +
                                             " Hz, expected 44100; use --decoder none");
  }
}

}  // namespace brandiron::gen
