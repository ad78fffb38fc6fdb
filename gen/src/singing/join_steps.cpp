#include <algorithm>
#include <cmath>

#include "brandiron/gen/singer.h"
#include "singing/envelope.h"

namespace brandiron::gen {
namespace {

using singing::BankFrame;

double step_db(const BankFrame& a, const BankFrame& b) {
  double sum = 0;
  for (int k = 0; k < singing::kNumBands; ++k) {
    const auto d = static_cast<double>(a.bands_db[k] - b.bands_db[k]);
    sum += d * d;
  }
  return std::sqrt(sum / singing::kNumBands);
}

}  // namespace

std::vector<double> join_steps_db(const Score& score, const Persona& persona,
                                  const SingerModel* model) {
  const auto bank = singing::load_voice_bank(persona.voice.bank);
  std::vector<double> steps;
  for (const singing::Chunk& chunk : singing::plan_score(score, persona.voice, *bank)) {
    const double start = chunk.start_s();
    const auto frames = static_cast<std::size_t>((chunk.end_s() - start) / singing::kFrameHop) + 4;
    const auto path = singing::envelope_path(chunk, start, frames, *bank, model);
    for (std::size_t i = 1; i < chunk.phones.size(); ++i) {
      // The first frame of the phone, and the one on either side of the join.
      const auto at = static_cast<std::size_t>(
          std::ceil((chunk.phones[i].start_s - start) / singing::kFrameHop));
      if (at < 2 || at + 1 >= frames) continue;
      steps.push_back((step_db(path[at - 2], path[at - 1]) + step_db(path[at - 1], path[at]) +
                       step_db(path[at], path[at + 1])) /
                      3);
    }
  }
  return steps;
}

}  // namespace brandiron::gen
