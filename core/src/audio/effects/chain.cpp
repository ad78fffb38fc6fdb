#include <algorithm>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "chain_parser.h"
#include "effect.h"

namespace brandiron {

using effects_internal::Step;

namespace {

// 4 hours of 8 channels at 44.1 kHz would fit; a chain of tempo(0.25) must not eat the machine.
constexpr std::size_t kMaxSamples = std::size_t{1} << 32;

void check_input(const AudioBuffer& audio) {
  if (audio.rate_hz() <= 0) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "effect chain: the audio has no sample rate; expected a buffer that was read or made");
  }
  if (audio.has_non_finite()) {
    throw Error(ErrorCode::kInvalidArgument,
                "effect chain: the audio contains NaN or infinity; expected finite samples");
  }
}

}  // namespace

struct EffectChain::Impl {
  std::vector<Step> steps;
};

EffectChain::EffectChain() : impl_(std::make_shared<const Impl>()) {}
EffectChain::~EffectChain() = default;
EffectChain::EffectChain(const EffectChain&) = default;
EffectChain& EffectChain::operator=(const EffectChain&) = default;
// A moved-from chain stays usable: the steps are shared and immutable.
EffectChain::EffectChain(EffectChain&& other) noexcept : impl_(other.impl_) {}
EffectChain& EffectChain::operator=(EffectChain&& other) noexcept {
  impl_ = other.impl_;
  return *this;
}

EffectChain EffectChain::parse(std::string_view text) {
  EffectChain chain;
  chain.impl_ = std::make_shared<const Impl>(Impl{effects_internal::parse_chain(text)});
  return chain;
}

AudioBuffer EffectChain::apply(const AudioBuffer& audio, const Rng& rng) const {
  if (impl_->steps.empty()) return audio;
  check_input(audio);
  AudioBuffer out = audio;
  for (std::size_t i = 0; i < impl_->steps.size(); ++i) {
    // Nothing left to work on (a cut of everything): the rest changes nothing.
    if (out.empty()) break;
    const Step& step = impl_->steps[i];
    out = step.effect->apply(std::move(out), step.arguments, rng.child("effect", i));
    if (out.num_channels() * out.num_frames() > kMaxSamples) {
      throw Error(ErrorCode::kUnsupported, "effect chain: after " + step.effect->info.name +
                                               " the audio has more than 2^32 samples; shorten it");
    }
  }
  return out;
}

std::string EffectChain::to_string() const { return effects_internal::chain_text(impl_->steps); }

bool EffectChain::empty() const { return impl_->steps.empty(); }

bool EffectChain::reads_files() const {
  return std::any_of(impl_->steps.begin(), impl_->steps.end(), [](const Step& step) {
    const auto& parameters = step.effect->info.parameters;
    return std::any_of(parameters.begin(), parameters.end(), [&](const EffectParameter& p) {
      const bool is_path = p.name == "file" || p.name == "ir";
      return is_path && p.is_text && !step.arguments.text(p.name).empty();
    });
  });
}

}  // namespace brandiron
