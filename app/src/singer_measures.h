#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "brandiron/gen/speech_corpus.h"
#include "brandiron/models/singer_net.h"

namespace brandiron::app {

/// A phrase as it was spoken, and as the network sees it.
struct SingerPhrase {
  std::size_t voice = 0;
  std::vector<models::SingerPhone> phones;
  std::vector<float> draft;  ///< what the bank has for them
  gen::SpokenPhrase spoken;
};

/// Mean and deviation of each envelope point over the speech, pauses aside.
void set_scale_of(const std::vector<SingerPhrase>& phrases, models::SingerNet& net);

/// By voice, over phrases that were not learnt from, pauses aside: log-spectral distance to the
/// teacher, the draft's beside it, spread over time against the teacher's (1 = as lively), spectral
/// step at phone boundaries against the draft's, and the mean error of the first noise share.
nlohmann::ordered_json measure_singer(const models::SingerNet& net,
                                      const std::vector<SingerPhrase>& phrases,
                                      const std::vector<std::string>& voices);

}  // namespace brandiron::app
