#include "decoder_corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/fft.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/table.h"
#include "brandiron/gen/song.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;

constexpr int kRateHz = 44100;
constexpr std::size_t kHeldOutEvery = 5;  // clips
constexpr double kSilentRms = 3e-4;

std::vector<std::int16_t> quantised(std::span<const float> samples) {
  std::vector<std::int16_t> out;
  out.reserve(samples.size());
  for (const float x : samples) {
    out.push_back(static_cast<std::int16_t>(std::lrint(std::clamp(x, -1.0F, 1.0F) * 32767.0F)));
  }
  return out;
}

/// The whole mix (left and right in turn) and the voice alone.
std::vector<DecoderTrack> song_tracks(std::uint64_t seed, std::size_t index, double seconds) {
  const std::vector<std::string> personas = gen::list_personas();
  gen::GenerateOptions options;
  options.persona = gen::load_persona(personas[index % personas.size()]);
  options.spec.seed = seed;
  options.spec.duration_s = seconds;
  options.mix.keep_stems = false;
  const gen::Song song = gen::generate_song(options);
  const std::string name = fmt::format("{}-{}", options.persona.id, seed);
  return {{name + "/mix", false, quantised(song.mix.master.channel(index % 2))},
          {name + "/voice", false, quantised(song.lead.audio.channel(0))}};
}

bool is_free(const std::string& licence) {
  const auto begins = [&](const char* with) { return licence.rfind(with, 0) == 0; };
  const bool share_alike = licence.find("SA") != std::string::npos;
  const bool narrow =
      licence.find("NC") != std::string::npos || licence.find("ND") != std::string::npos;
  if (share_alike || narrow) return false;
  return begins("CC0") || begins("CC BY") || begins("CC-BY") || begins("MIT") || begins("Public") ||
         begins("public");
}

void add_clips(const DecoderCorpusPlan& plan, DecoderCorpus& corpus) {
  if (plan.clips.empty() || (plan.sources.empty() && plan.narrow.empty())) return;
  const fs::path manifest = plan.clips / "manifest.tsv";
  if (!fs::exists(manifest)) {
    corpus.notes.push_back(manifest.string() + " is not there: songs alone");
    return;
  }
  std::size_t taken = 0;
  const Table clips = parse_tsv(read_file(manifest), manifest.string());
  clips.require({"file", "source", "licence"});
  for (std::size_t row = 0; row < clips.rows.size(); ++row) {
    const std::string& file = clips.at(row, "file");
    const std::string& licence = clips.at(row, "licence");
    const bool narrow =
        std::any_of(plan.narrow.begin(), plan.narrow.end(),
                    [&](const std::string& beginning) { return file.starts_with(beginning); });
    if (!narrow && std::find(plan.sources.begin(), plan.sources.end(), clips.at(row, "source")) ==
                       plan.sources.end()) {
      continue;
    }
    if (!is_free(licence)) {
      corpus.notes.push_back(file + ": left out, its licence is " + licence);
      continue;
    }
    AudioBuffer audio = read_audio(plan.clips / file);
    if (audio.rate_hz() < kRateHz && !narrow) {
      corpus.notes.push_back(fmt::format("{}: left out, {} Hz", file, audio.rate_hz()));
      continue;
    }
    if (audio.rate_hz() != kRateHz) audio = resample(audio, kRateHz);
    auto& to = ++taken % kHeldOutEvery == 0 ? corpus.held_out : corpus.learnt;
    for (std::size_t c = 0; c < std::min<std::size_t>(2, audio.num_channels()); ++c) {
      to.push_back({fmt::format("{}#{}", file, c), true, quantised(audio.channel(c))});
    }
  }
}

double rms(std::span<const float> x) {
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(sum / static_cast<double>(x.size()));
}

/// A Butterworth magnitude of a drawn corner and order, without its phase.
void darken(std::span<float> segment, Rng& rng) {
  const double corner_hz = 1500 * std::exp2(rng.uniform(0, 3));
  const double order = std::exp2(rng.uniform(0, 4));
  const RealFft fft(std::bit_ceil(segment.size()));
  std::vector<float> padded(fft.size(), 0.0F);
  std::copy(segment.begin(), segment.end(), padded.begin());
  std::vector<std::complex<float>> bins(fft.num_bins());
  fft.forward(padded, bins);
  const double hz_a_bin = static_cast<double>(kRateHz) / static_cast<double>(fft.size());
  for (std::size_t k = 0; k < bins.size(); ++k) {
    const double ratio = static_cast<double>(k) * hz_a_bin / corner_hz;
    bins[k] *= static_cast<float>(1 / std::sqrt(1 + std::pow(ratio, 2 * order)));
  }
  fft.inverse(bins, padded);
  std::copy_n(padded.begin(), segment.size(), segment.begin());
}

}  // namespace

DecoderCorpusPlan DecoderCorpusPlan::from_config(const Config& config) {
  DecoderCorpusPlan p;
  const auto count = [&](const char* key, double fallback, double low, double high) {
    return static_cast<std::uint64_t>(config.get_double_in(key, fallback, low, high));
  };
  p.songs = count("data.songs", 40, 1, 100000);
  p.held_out_songs = count("data.held_out_songs", 6, 1, 1000);
  p.first_seed = count("data.first_seed", 1000, 0, 1e15);
  p.song_s = config.get_double_in("data.song_s", 30, 15, 600);
  p.clips = config.get_string("data.clips", "../shared/data/audio");
  p.sources = config.get_strings("data.sources", {});
  p.narrow = config.get_strings("data.narrow", {});
  p.clip_share = config.get_double_in("data.clip_share", 0.3, 0, 1);
  p.dark_share = config.get_double_in("data.dark_share", 0, 0, 1);
  return p;
}

DecoderCorpus make_decoder_corpus(const DecoderCorpusPlan& plan, int jobs) {
  DecoderCorpus corpus;
  const std::size_t total = plan.songs + plan.held_out_songs;
  std::vector<std::vector<DecoderTrack>> songs(total);
  Progress progress("songs", total, "songs");
  parallel_for(total, jobs, [&](std::size_t i) {
    songs[i] = song_tracks(plan.first_seed + i, i, plan.song_s);
    progress.add(1);
  });
  for (std::size_t i = 0; i < total; ++i) {
    auto& to = i < plan.songs ? corpus.learnt : corpus.held_out;
    for (DecoderTrack& track : songs[i]) to.push_back(std::move(track));
  }
  add_clips(plan, corpus);
  return corpus;
}

std::vector<float> draw_segment(const std::vector<DecoderTrack>& tracks,
                                const DecoderCorpusPlan& plan, std::size_t count, Rng& rng) {
  // Songs stand before clips.
  const auto first_clip = std::find_if(tracks.begin(), tracks.end(),
                                       [](const DecoderTrack& track) { return track.clip; });
  const auto songs = static_cast<std::uint32_t>(first_clip - tracks.begin());
  const auto clips = static_cast<std::uint32_t>(tracks.end() - first_clip);
  std::vector<float> segment(count, 0.0F);
  constexpr int kTries = 200;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const bool clip = clips > 0 && (songs == 0 || rng.chance(plan.clip_share));
    const DecoderTrack& track = tracks[clip ? songs + rng.below(clips) : rng.below(songs)];
    if (track.samples.size() < count) continue;
    const std::size_t from =
        rng.below(static_cast<std::uint32_t>(track.samples.size() - count + 1));
    // Levels vary: a decoder hears pianissimo and masters.
    const double gain = std::exp(rng.uniform(-1.4, 0.0)) / 32767.0;
    for (std::size_t i = 0; i < count; ++i) {
      segment[i] = static_cast<float>(gain * track.samples[from + i]);
    }
    if (rms(segment) <= kSilentRms) continue;
    // Without any the places drawn are those that earlier weights learnt from.
    if (plan.dark_share > 0 && rng.chance(plan.dark_share)) darken(segment, rng);
    return segment;
  }
  return segment;
}

}  // namespace brandiron::app
