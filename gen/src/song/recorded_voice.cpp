#include "recorded_voice.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

constexpr double kFade_s = 0.02;   // where the song's end cuts the recording
constexpr double kFrame_s = 0.05;  // of the look for phrases
constexpr double kBreath_s = 0.4;  // a shorter pause is within a phrase
constexpr double kSounds = 1e-4;   // mean square under the loudest frame's: -40 dB

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

bool is_sung(const Section& section) {
  return section.label == "verse" || section.label == "chorus" || section.label == "bridge";
}

/// Where the recording may begin: with a sung section, a bar or more after it ended.
std::vector<double> starts_of(const Score& score, double duration_s) {
  std::vector<double> starts;
  const double bar_s = score.time_s(score.beats_per_bar), end_s = score.time_s(score.num_beats());
  for (const Section& section : score.sections) {
    const double start = score.time_s(static_cast<double>(section.start_bar) * score.beats_per_bar);
    if (!is_sung(section)) continue;
    if (!starts.empty() && start < starts.back() + duration_s + bar_s) continue;
    // Only the first may be cut by the song's end.
    if (!starts.empty() && start + duration_s > end_s) break;
    starts.push_back(start);
  }
  if (starts.empty()) starts.push_back(0);
  return starts;
}

void fade_out(AudioBuffer& audio) {
  const auto fade =
      std::min(audio.num_frames(), static_cast<std::size_t>(kFade_s * audio.rate_hz()));
  const auto samples = audio.channel(0).last(fade);
  for (std::size_t i = 0; i < fade; ++i) {
    samples[i] *= static_cast<float>(fade - i - 1) / static_cast<float>(fade);
  }
}

std::vector<double> frame_powers(const AudioBuffer& mono) {
  const auto frame = static_cast<std::size_t>(kFrame_s * mono.rate_hz());
  std::vector<double> powers;
  for (std::size_t at = 0; at < mono.num_frames(); at += frame) {
    const double rms = mono.slice(at, frame).rms();
    powers.push_back(rms * rms);
  }
  return powers;
}

}  // namespace

RecordedVoice checked_voice(const std::optional<RecordedVoice>& voice,
                            const AudioBuffer& recording) {
  if (!voice) refuse("a song around a recording: its source and licence are missing");
  if (recording.empty() || recording.peak() == 0) {
    refuse("the recording " + voice->source + " is silent; expected a voice");
  }
  RecordedVoice checked = *voice;
  checked.sha256 = pcm16_sha256(recording);
  if (!voice->sha256.empty() && voice->sha256 != checked.sha256) {
    refuse("the recording " + voice->source + " has hash " + checked.sha256.substr(0, 16) +
           "..., expected " + voice->sha256.substr(0, 16) + "...: it is another one");
  }
  return checked;
}

void take_words_away(Score& score) {
  score.lines.clear();
  score.words.clear();
  score.syllables.clear();
  score.vocal.clear();
  score.adapted.clear();
}

void place_voice(Song& song, const AudioBuffer& recording) {
  const int rate_hz = song.options.rate_hz;
  const AudioBuffer voice = resample(recording.to_mono(), rate_hz);
  const double end_s = song.score.time_s(song.score.num_beats());
  song.voice_starts_s = starts_of(song.score, voice.duration_s());
  // The length that `sing` gives its part.
  AudioBuffer& lead = song.lead.audio;
  lead = AudioBuffer(1, static_cast<std::size_t>(std::floor(end_s * rate_hz + 0.5)), rate_hz);
  for (const double start : song.voice_starts_s) {
    const auto at = static_cast<std::size_t>(std::floor(start * rate_hz + 0.5));
    AudioBuffer part = voice.slice(0, lead.num_frames() - std::min(at, lead.num_frames()));
    if (part.num_frames() < voice.num_frames()) fade_out(part);
    lead.add(part, at);
  }
}

Score score_with_phrases(const Song& song) {
  Score score = song.score;
  const std::vector<double> powers = frame_powers(song.lead.audio);
  const double loudest = *std::max_element(powers.begin(), powers.end());
  const double beats_per_s = score.tempo_bpm / 60;
  double end_s = -1;
  for (std::size_t f = 0; f < powers.size(); ++f) {
    if (powers[f] <= kSounds * loudest) continue;
    const double start_s = static_cast<double>(f) * kFrame_s;
    if (score.vocal.empty() || start_s > end_s + kBreath_s) {
      VocalNote note;
      note.start_beat = start_s * beats_per_s;
      note.phrase_start = note.phrase_end = true;
      score.vocal.push_back(note);
    }
    end_s = start_s + kFrame_s;
    score.vocal.back().duration_beats = end_s * beats_per_s - score.vocal.back().start_beat;
  }
  return score;
}

}  // namespace brandiron::gen
