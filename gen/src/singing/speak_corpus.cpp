// Makes the learned singer's speech from flite's free voices. Nothing here runs while singing.

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <set>

extern "C" {
#include <flite/cst_cg.h>
#include <flite/cst_diphone.h>
#include <flite/cst_sts.h>
#include <flite/flite.h>
cst_voice* register_cmu_us_kal16(const char* voxdir);
cst_voice* register_cmu_us_rms(const char* voxdir);
cst_voice* register_cmu_us_awb(const char* voxdir);
cst_voice* register_cmu_us_slt(const char* voxdir);
extern cst_cg_db cmu_us_rms_cg_db, cmu_us_awb_cg_db, cmu_us_slt_cg_db;
}

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/gen/speech_corpus.h"
#include "singing/bank_analysis.h"
#include "singing/teacher.h"

namespace brandiron::gen {
namespace {

using namespace singing;

struct Teacher {
  const char* name;
  cst_voice* (*make)(const char* voxdir);
  const cst_cg_db* model;  ///< of a statistical voice
  const char* speaker;
};

const std::array<Teacher, 4> kTeachers = {{
    {"kal16", register_cmu_us_kal16, nullptr,
     "KAL, a man who lent his voice to Carnegie Mellon's free diphone voice"},
    {"rms", register_cmu_us_rms, &cmu_us_rms_cg_db,
     "RMS, a man recorded for Carnegie Mellon's free ARCTIC databases"},
    {"awb", register_cmu_us_awb, &cmu_us_awb_cg_db,
     "AWB, a man from Scotland recorded for Carnegie Mellon's free ARCTIC databases"},
    {"slt", register_cmu_us_slt, &cmu_us_slt_cg_db,
     "SLT, a woman recorded for Carnegie Mellon's free ARCTIC databases"},
}};

// ---------------------------------------------------------------- what is said

std::string sentence(const std::vector<std::string>& words, Rng& rng) {
  std::string text;
  const std::uint32_t count = 5 + rng.below(5);
  for (std::uint32_t i = 0; i < count; ++i) {
    text += (i == 0 ? "" : " ") + words[rng.below(static_cast<std::uint32_t>(words.size()))];
  }
  return text + ".";
}

// Syllables that no word has: every pair of phones comes up that the diphones have.
std::string nonsense(Rng& rng) {
  std::vector<int> vowels, consonants, codas;
  for (int id = 0; id < kPausePhone; ++id) {
    const std::string name = phone_info(id).name;
    if (is_vowel(id)) vowels.push_back(id);
    if (!is_vowel(id) && name != "ng") consonants.push_back(id);
    if (!is_vowel(id) && name != "w" && name != "y" && name != "hh") codas.push_back(id);
  }
  const auto any = [&](const std::vector<int>& of) {
    return std::string(" ") + phone_info(of[rng.below(static_cast<std::uint32_t>(of.size()))]).name;
  };
  std::string text = "pau";
  for (int i = 0; i < 7; ++i) {
    if (rng.chance(0.9)) text += any(consonants);
    text += any(vowels);
    if (rng.chance(0.5)) text += any(codas);
  }
  return text + " pau";
}

// ---------------------------------------------------------------- how it sounds

struct Spoken {
  std::vector<PhoneFeatures> phones;
  std::vector<float> f0_hz;  // one a frame; 0 = unvoiced
  std::vector<std::uint8_t> frames;
};

std::vector<PhoneFeatures> segments_of(cst_utterance* utterance) {
  std::vector<PhoneFeatures> phones;
  int done = 0;
  for (cst_item* s = relation_head(utt_relation(utterance, "Segment")); s; s = item_next(s)) {
    const int id = phone_id_from_flite(item_feat_string(s, "name"));
    const int end =
        static_cast<int>(static_cast<double>(item_feat_float(s, "end")) / kFrameHop + 0.5);
    if (end <= done) continue;
    PhoneFeatures p;
    p.id = id < 0 ? kPausePhone : id;
    p.frames = end - done;
    if (item_as(s, "SylStructure") != nullptr) {
      p.stress = ffeature_float(s, "R:SylStructure.parent.stress") > 0.5F ? 1 : 0;
    }
    done = end;
    phones.push_back(p);
  }
  return phones;
}

// The phone of each frame, the neighbour nearest to it and the distance to their boundary.
template <typename Visit>
void for_each_frame(const std::vector<PhoneFeatures>& phones, const Visit& visit) {
  std::size_t frame = 0;
  for (std::size_t i = 0; i < phones.size(); ++i) {
    for (int k = 0; k < phones[i].frames; ++k, ++frame) {
      const bool early = 2 * k < phones[i].frames;
      const std::size_t other =
          early ? i - std::min<std::size_t>(i, 1) : std::min(i + 1, phones.size() - 1);
      const double distance = kFrameHop * (0.5 + (early ? k : phones[i].frames - 1 - k));
      visit(frame, phones[i].id, phones[other].id, distance);
    }
  }
}

// KAL's recorded pitch periods: the waveform, at the marks where the periods were put.
Spoken analyse_diphones(cst_utterance* utterance) {
  Spoken out;
  out.phones = segments_of(utterance);
  const cst_wave* wave = utt_wave(utterance);
  const cst_lpcres* lpc = val_lpcres(utt_feat_val(utterance, "target_lpcres"));
  std::vector<float> audio;
  for (int i = 0; i < wave->num_samples; ++i) {
    audio.push_back(static_cast<float>(wave->samples[i]) / 32768.0F);
  }
  EnvelopeAnalysis analysis(wave->sample_rate);
  std::array<float, kNumBands> bands{};
  std::array<float, kNumAperiodicities> shares{}, measured{};
  for_each_frame(out.phones, [&](std::size_t frame, int phone, int neighbour, double distance) {
    const double centre = (static_cast<double>(frame) + 0.5) * kFrameHop * wave->sample_rate;
    const int* mark = std::lower_bound(lpc->times, lpc->times + lpc->num_frames, centre);
    const auto at = std::clamp<std::ptrdiff_t>(mark - lpc->times, 1, lpc->num_frames - 1);
    const double f0 =
        wave->sample_rate / static_cast<double>(std::max(32, lpc->times[at] - lpc->times[at - 1]));
    // The dear half of the work changes slowly: every second frame.
    if (frame % 2 == 0) analysis.aperiodicity(audio, centre, f0, measured);
    shares = measured;
    correct_voicing(phone, neighbour, distance, shares);
    const bool voiced = shares[0] <= 0.5F;
    analysis.envelope(audio, centre, voiced ? f0 : kUnvoicedF0Hz, bands);
    append_frame(bands, shares, out.frames);
    out.f0_hz.push_back(voiced ? static_cast<float>(f0) : 0.0F);
  });
  delete_utterance(utterance);
  return out;
}

Spoken analyse_model(cst_utterance* utterance, const std::vector<CepstrumRow>& basis) {
  Spoken out;
  out.phones = segments_of(utterance);
  const ModelFrames model = model_frames(utterance);
  for_each_frame(out.phones, [&](std::size_t frame, int phone, int neighbour, double distance) {
    append_model_frame(model, frame, phone, neighbour, distance, basis, out.frames);
    out.f0_hz.push_back(model.f0_hz[std::min(frame, model.f0_hz.size() - 1)]);
  });
  return out;
}

// As in the banks: a sung vowel begins where the folds begin to vibrate.
void move_boundaries_to_voicing(Spoken& spoken) {
  constexpr int kMostFrames = 9;
  const auto voiced = [&](std::size_t frame) {
    return spoken.frames[frame * kFrameBytes + kNumBands] < 128;
  };
  std::size_t start = 0;
  for (std::size_t i = 0; i + 1 < spoken.phones.size(); ++i) {
    PhoneFeatures &left = spoken.phones[i], &right = spoken.phones[i + 1];
    start += static_cast<std::size_t>(left.frames);
    if (phone_info(left.id).voiced || left.id == kPausePhone ||
        !(is_vowel(right.id) || is_sonorant(right.id))) {
      continue;
    }
    int moved = 0;
    while (moved < kMostFrames && right.frames - moved > 3 &&
           !(voiced(start) && voiced(start + 1))) {
      ++start;
      ++moved;
    }
    left.frames += moved;
    right.frames -= moved;
  }
}

// Mean pitch of each phone over the phrase's mean, and its slope.
void describe_pitch(Spoken& spoken) {
  double sum = 0, count = 0;
  for (const float f0 : spoken.f0_hz) {
    if (f0 <= 0) continue;
    sum += det::log(static_cast<double>(f0));
    ++count;
  }
  const double mean = count > 0 ? sum / count : 0;
  std::size_t frame = 0;
  for (PhoneFeatures& p : spoken.phones) {
    double n = 0, t = 0, y = 0, tt = 0, ty = 0;
    for (int k = 0; k < p.frames; ++k, ++frame) {
      const auto f0 = static_cast<double>(spoken.f0_hz[frame]);
      if (f0 <= 0) continue;
      const double time = k * kFrameHop, value = det::log(f0) - mean;
      n += 1;
      t += time;
      y += value;
      tt += time * time;
      ty += time * value;
    }
    const double spread = n * tt - t * t;
    p.pitch = n > 0 ? static_cast<float>(y / n) : 0.0F;
    p.slope = n > 3 && spread > 0 ? static_cast<float>((n * ty - t * y) / spread) : 0.0F;
  }
}

float vowel_level_db(const SpokenPhrase& phrase, std::size_t first, int frames) {
  constexpr std::size_t kLow = 4, kHigh = 48;  // about 200-4500 Hz
  const auto at = first + static_cast<std::size_t>(frames / 2);
  const std::vector<float> frame = phrase.decoded(at, 1);
  float sum = 0;
  for (std::size_t b = kLow; b < kHigh; ++b) sum += frame[b];
  return sum / static_cast<float>(kHigh - kLow);
}

// Effort: how loud each vowel is against its kind's mean; consonants take the next vowel's.
void describe_effort(std::vector<SpokenPhrase>& phrases) {
  std::array<double, kNumPhones> sum{}, count{};
  const auto for_each_vowel = [&](SpokenPhrase& phrase, const auto& visit) {
    std::size_t first = 0;
    for (std::size_t i = 0; i < phrase.phones.size(); ++i) {
      const PhoneFeatures& p = phrase.phones[i];
      if (is_vowel(p.id)) visit(i, vowel_level_db(phrase, first, p.frames));
      first += static_cast<std::size_t>(p.frames);
    }
  };
  for (SpokenPhrase& phrase : phrases) {
    for_each_vowel(phrase, [&](std::size_t i, float level) {
      const auto id = static_cast<std::size_t>(phrase.phones[i].id);
      sum[id] += static_cast<double>(level);
      ++count[id];
    });
  }
  for (SpokenPhrase& phrase : phrases) {
    std::size_t done = 0;
    float last = 0;
    for_each_vowel(phrase, [&](std::size_t i, float level) {
      const auto id = static_cast<std::size_t>(phrase.phones[i].id);
      last = std::clamp(level - static_cast<float>(sum[id] / count[id]), -12.0F, 12.0F);
      for (; done <= i; ++done) phrase.phones[done].effort_db = last;
    });
    for (; done < phrase.phones.size(); ++done) phrase.phones[done].effort_db = last;
  }
}

}  // namespace

SpeechCorpus speak_corpus(const SpeechOptions& options, const std::vector<std::string>& words) {
  static std::mutex mutex;  // flite keeps global state
  const std::lock_guard lock(mutex);
  const auto teacher = std::find_if(kTeachers.begin(), kTeachers.end(),
                                    [&](const Teacher& t) { return options.voice == t.name; });
  if (teacher == kTeachers.end() || words.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "speech corpus: voice \"" + options.voice +
                    "\" or its words: expected kal16, rms, awb or slt, and at least one word");
  }
  flite_init();
  cst_voice* voice = teacher->make(nullptr);
  std::vector<CepstrumRow> basis;
  if (teacher->model != nullptr) {
    basis = cepstrum_basis(teacher->model->sample_rate,
                           static_cast<double>(teacher->model->mlsa_alpha));
  }
  SpeechCorpus corpus;
  corpus.voice = options.voice;
  corpus.speaker = teacher->speaker;
  corpus.source = "flite 2.2, libflite_cmu_us_" + options.voice + " (Debian libflite1)";
  corpus.licence =
      "free of charge to use, distribute, modify and sell; notice kept (see NOTICE: flite)";
  corpus.consent = "published by its makers as a free synthesis voice";

  Rng rng = Rng(options.seed, "singer/speech").child(options.voice);
  const auto wanted = static_cast<std::size_t>(options.minutes * 60 / kFrameHop);
  for (std::size_t frames = 0; frames < wanted;) {
    // Sung consonants are longer than spoken ones: most is said slowly.
    feat_set_float(voice->features, "duration_stretch", static_cast<float>(rng.uniform(0.9, 1.6)));
    cst_utterance* utterance = rng.chance(0.3)
                                   ? flite_synth_phones(nonsense(rng).c_str(), voice)
                                   : flite_synth_text(sentence(words, rng).c_str(), voice);
    Spoken spoken =
        teacher->model == nullptr ? analyse_diphones(utterance) : analyse_model(utterance, basis);
    move_boundaries_to_voicing(spoken);
    describe_pitch(spoken);
    frames += spoken.f0_hz.size();
    corpus.phrases.push_back({std::move(spoken.phones), std::move(spoken.frames)});
  }
  describe_effort(corpus.phrases);
  return corpus;
}

}  // namespace brandiron::gen
