// Makes voice banks from flite's free voices. Nothing here runs while singing.

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

extern "C" {
#include <flite/cst_cg.h>
#include <flite/cst_diphone.h>
#include <flite/cst_sigpr.h>
#include <flite/flite.h>
cst_voice* register_cmu_us_kal16(const char* voxdir);
cst_voice* register_cmu_us_rms(const char* voxdir);
cst_voice* register_cmu_us_awb(const char* voxdir);
cst_voice* register_cmu_us_slt(const char* voxdir);
extern cst_diphone_db cmu_us_kal16_db;
extern cst_cg_db cmu_us_rms_cg_db;
extern cst_cg_db cmu_us_awb_cg_db;
extern cst_cg_db cmu_us_slt_cg_db;
}

#include <fmt/format.h>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/gen/singer.h"
#include "singing/bank_analysis.h"
#include "singing/teacher.h"

namespace brandiron::gen::singing {
namespace {

// ---------------------------------------------------------------- durations in plain speech

const char* const kDurationTexts[] = {
    "The river took my mother's house and the highway took my pride.",
    "Whiskey and the morning light shine over the yellow fields of corn.",
    "Young boys chase the measure of a vision in the usual hush.",
    "Judge John changed the engine oil while George enjoyed a huge lunch.",
    "She thought both things were worth the path, though neither father would breathe.",
    "A good cook should look for sugar in the woods by the brook.",
    "Five hungry singers bring long songs along the evening road.",
    "We voted for the voice that never gave a cheap excuse.",
    "Boiling oil annoyed the royal boy who found a mouse in the house.",
    "Take a pocket knife, cut the rope, and keep the better half.",
    "Green grass and bitter dust blow across the empty town at night.",
    "Yesterday the preacher watched a large ship catch fire by the shore.",
};

void measure_durations(cst_voice* voice, VoiceBank& bank) {
  std::array<double, kNumPhones> sum{}, count{};
  for (const char* text : kDurationTexts) {
    cst_utterance* utterance = flite_synth_text(text, voice);
    double previous = 0;
    for (cst_item* s = relation_head(utt_relation(utterance, "Segment")); s; s = item_next(s)) {
      const double end = static_cast<double>(item_feat_float(s, "end"));
      const int id = phone_id_from_flite(item_feat_string(s, "name"));
      if (id >= 0) {
        sum[static_cast<std::size_t>(id)] += end - previous;
        count[static_cast<std::size_t>(id)] += 1;
      }
      previous = end;
    }
    delete_utterance(utterance);
  }
  for (std::size_t i = 0; i < kNumPhones; ++i) {
    bank.duration_s[i] = static_cast<float>(count[i] > 0 ? sum[i] / count[i] : 0.09);
  }
}

// ---------------------------------------------------------------- KAL: the diphones themselves

struct Recording {
  std::vector<float> audio;
  std::vector<double> mark;                 // sample of each pitch mark (end of its period)
  double start = 0, boundary = 0, end = 0;  // the diphone within the padded audio, samples
};

// Plays a diphone's own pitch periods through its own LPC filters, with a few periods mirrored at
// both ends so that the analysis windows of the first and last frames see more of the same sound.
Recording decode_diphone(const cst_diphone_db& db, const cst_diphone_entry& entry) {
  constexpr int kMargin = 4;
  const cst_sts_list* sts = db.sts;
  const int count = entry.pb_pm + entry.end_pm;
  std::vector<int> order;
  for (int i = -kMargin; i < count + kMargin; ++i) {
    int k = i < 0 ? -1 - i : i;
    if (k >= count) k = 2 * count - 1 - k;
    order.push_back(entry.start_pm + std::clamp(k, 0, count - 1));
  }
  cst_lpcres* lpc = new_lpcres();
  lpcres_resize_frames(lpc, static_cast<int>(order.size()));
  int total = 0;
  for (const int k : order) total += get_frame_size(sts, k);
  lpcres_resize_samples(lpc, total);
  lpc->lpc_min = sts->coeff_min;
  lpc->lpc_range = sts->coeff_range;
  lpc->num_channels = sts->num_channels;
  lpc->sample_rate = sts->sample_rate;
  Recording out;
  int at = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const int size = get_frame_size(sts, order[i]);
    lpc->frames[i] = get_sts_frame(sts, order[i]);
    const unsigned char* residual = get_sts_residual(sts, order[i]);
    std::copy(residual, residual + size, lpc->residual + at);
    lpc->sizes[i] = size;
    if (i == kMargin) out.start = at;
    if (i == kMargin + static_cast<std::size_t>(entry.pb_pm)) out.boundary = at;
    at += size;
    if (i + 1 == kMargin + static_cast<std::size_t>(count)) out.end = at;
    lpc->times[i] = at;
    out.mark.push_back(at);
  }
  cst_wave* wave = lpc_resynth(lpc);
  for (int i = 0; i < wave->num_samples; ++i) {
    out.audio.push_back(static_cast<float>(wave->samples[i]) / 32768.0F);
  }
  delete_wave(wave);
  delete_lpcres(lpc);
  return out;
}

double period_at(const Recording& recording, double sample) {
  const auto it = std::lower_bound(recording.mark.begin(), recording.mark.end(), sample);
  const auto i = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(
      it - recording.mark.begin(), 1, static_cast<std::ptrdiff_t>(recording.mark.size()) - 1));
  return recording.mark[i] - recording.mark[i - 1];
}

// The sung vowel begins where the folds begin to vibrate: labels in the middle of the aspiration
// are moved to the first voiced frame.
void move_boundary_to_voicing(Diphone& diphone, int left, int right,
                              const std::vector<std::uint8_t>& frames) {
  if (phone_info(left).voiced || !(is_vowel(right) || is_sonorant(right)) || left == kPausePhone) {
    return;
  }
  constexpr int kMostFrames = 9;
  const auto voiced = [&](int i) {
    const std::size_t at = diphone.first_frame + static_cast<std::size_t>(i);
    return frames[at * kFrameBytes + kNumBands] < 128;
  };
  const int total = diphone.left_frames + diphone.right_frames;
  int boundary = diphone.left_frames;
  for (int moved = 0; moved < kMostFrames && boundary + 3 < total; ++moved) {
    if (voiced(boundary) && voiced(boundary + 1)) break;
    ++boundary;
  }
  // The analysis windows are three periods wide: what they call voiced has begun a frame before.
  if (boundary > diphone.left_frames) --boundary;
  diphone.left_frames = static_cast<std::uint16_t>(boundary);
  diphone.right_frames = static_cast<std::uint16_t>(total - boundary);
}

void analyse_recording(const Recording& recording, int rate_hz, int left, int right,
                       EnvelopeAnalysis& analysis, VoiceBank& bank) {
  Diphone& diphone = bank.diphone(left, right);
  diphone.first_frame = static_cast<std::uint32_t>(bank.num_frames());
  diphone.left_frames = diphone.right_frames = 0;
  std::array<float, kNumBands> bands{};
  std::array<float, kNumAperiodicities> shares{};
  const double hop = kFrameHop * rate_hz;
  // Frames lie symmetrically about the boundary, half a hop away from it.
  const auto num_left = static_cast<int>((recording.boundary - recording.start) / hop + 0.5);
  const auto num_right = static_cast<int>((recording.end - recording.boundary) / hop + 0.5);
  for (int i = -num_left; i < num_right; ++i) {
    const double centre = recording.boundary + (i + 0.5) * hop;
    const bool first = i < 0;
    const double f0 = rate_hz / period_at(recording, centre);
    analysis.aperiodicity(recording.audio, centre, f0, shares);
    correct_voicing(first ? left : right, first ? right : left,
                    std::abs(centre - recording.boundary) / rate_hz, shares);
    analysis.envelope(recording.audio, centre, shares[0] > 0.5F ? kUnvoicedF0Hz : f0, bands);
    append_frame(bands, shares, bank.frames);
    ++(first ? diphone.left_frames : diphone.right_frames);
  }
  move_boundary_to_voicing(diphone, left, right, bank.frames);
}

void prepare_kal16(VoiceBank& bank) {
  const cst_diphone_db& db = cmu_us_kal16_db;
  EnvelopeAnalysis analysis(db.sts->sample_rate);
  // "t_-r": recorded inside one syllable's cluster; better for nearly every sung pair than "t-r".
  for (const bool cluster : {true, false}) {
    for (int i = 0; i < db.num_entries; ++i) {
      std::string name = db.diphones[i].name;
      const bool is_cluster = name.find('_') != std::string::npos;
      if (is_cluster != cluster) continue;
      std::erase(name, '_');
      const auto dash = name.find('-');
      const int left = phone_id_from_flite(name.substr(0, dash));
      const int right = phone_id_from_flite(name.substr(dash + 1));
      if (left < 0 || right < 0 || bank.diphone(left, right).exists()) continue;
      analyse_recording(decode_diphone(db, db.diphones[i]), db.sts->sample_rate, left, right,
                        analysis, bank);
    }
  }
}

// ---------------------------------------------------------------- RMS, AWB, SLT: their models'
// cepstra

// A nonsense phrase in which the wanted pair stands between ordinary neighbours.
std::string carrier(int left, int right) {
  const std::string a = phone_info(left).name, b = phone_info(right).name;
  const bool va = is_vowel(left), vb = is_vowel(right);
  if (left == kPausePhone) return "pau " + b + (vb ? " t aa pau" : " aa t pau");
  if (right == kPausePhone) return "pau t aa " + (va ? "t " + a : a) + " pau";
  return std::string("pau ") + (va ? "t " : "t aa ") + a + " " + b + (vb ? " t pau" : " aa t pau");
}

void prepare_statistical(cst_voice* voice, const cst_cg_db& db, VoiceBank& bank) {
  const auto basis = cepstrum_basis(db.sample_rate, static_cast<double>(db.mlsa_alpha));
  for (int left = 0; left < kNumPhones; ++left) {
    for (int right = 0; right < kNumPhones; ++right) {
      if (left == kPausePhone && right == kPausePhone) continue;
      const ModelFrames model =
          model_frames(flite_synth_phones(carrier(left, right).c_str(), voice));
      std::size_t at = 0;  // first segment of the pair
      while (at + 1 < model.names.size() && (model.names[at] != phone_info(left).name ||
                                             model.names[at + 1] != phone_info(right).name)) {
        ++at;
      }
      if (at + 1 >= model.names.size()) continue;
      const double start = at > 0 ? model.ends_s[at - 1] : 0.0;
      const double boundary = model.ends_s[at], end = model.ends_s[at + 1];
      const auto frames = [](double s) { return static_cast<int>(s / kFrameHop + 0.5); };
      const int num_left = std::max(2, frames((boundary - start) / 2));
      const int num_right = std::max(2, frames((end - boundary) / 2));
      Diphone& diphone = bank.diphone(left, right);
      diphone.first_frame = static_cast<std::uint32_t>(bank.num_frames());
      diphone.left_frames = static_cast<std::uint16_t>(num_left);
      diphone.right_frames = static_cast<std::uint16_t>(num_right);
      for (int i = -num_left; i < num_right; ++i) {
        const double from = (i + 0.5) * kFrameHop;
        const auto index = static_cast<std::size_t>(std::max(0.0, (boundary + from) / kFrameHop));
        append_model_frame(model, index, i < 0 ? left : right, i < 0 ? right : left, std::abs(from),
                           basis, bank.frames);
      }
      move_boundary_to_voicing(diphone, left, right, bank.frames);
    }
  }
}

struct StatisticalVoice {
  const char* name;
  cst_voice* (*make)(const char* voxdir);
  const cst_cg_db* db;
  const char* speaker;
};

const std::array<StatisticalVoice, 3> kStatisticalVoices = {{
    {"rms", register_cmu_us_rms, &cmu_us_rms_cg_db,
     "RMS, a man recorded for Carnegie Mellon's free ARCTIC databases"},
    {"awb", register_cmu_us_awb, &cmu_us_awb_cg_db,
     "AWB, a man from Scotland recorded for Carnegie Mellon's free ARCTIC databases"},
    {"slt", register_cmu_us_slt, &cmu_us_slt_cg_db,
     "SLT, a woman recorded for Carnegie Mellon's free ARCTIC databases"},
}};

}  // namespace
}  // namespace brandiron::gen::singing

namespace brandiron::gen {

void prepare_voice_bank(const std::string& voice, const std::filesystem::path& out) {
  using namespace singing;
  static std::mutex mutex;  // flite keeps global state
  const std::lock_guard lock(mutex);
  flite_init();
  VoiceBank bank;
  bank.header.voice = voice;
  bank.header.licence =
      "free of charge to use, distribute, modify and sell; notice kept (see NOTICE: flite)";
  bank.header.source = fmt::format("flite 2.2, libflite_cmu_us_{} (Debian libflite1)", voice);
  bank.header.consent = "published by its makers as a free synthesis voice";
  if (voice == "kal16") {
    bank.header.speaker = "KAL, a man who lent his voice to Carnegie Mellon's free diphone voice";
    measure_durations(register_cmu_us_kal16(nullptr), bank);
    prepare_kal16(bank);
  } else {
    const StatisticalVoice* found = nullptr;
    for (const StatisticalVoice& v : kStatisticalVoices) {
      if (voice == v.name) found = &v;
    }
    if (found == nullptr) {
      throw Error(
          ErrorCode::kInvalidArgument,
          "voice \"" + voice + "\": no free voice of that name here; take kal16, rms, awb or slt");
    }
    bank.header.speaker = found->speaker;
    cst_voice* model = found->make(nullptr);
    measure_durations(model, bank);
    prepare_statistical(model, *found->db, bank);
  }
  write_file(out, bank.serialise(), true);
}

}  // namespace brandiron::gen
