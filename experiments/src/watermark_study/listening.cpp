#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "page_resources.h"
#include "picture/chart.h"
#include "study_resources.h"
#include "watermark_study/fidelity.h"
#include "watermark_study/material_audio.h"
#include "watermark_study/scheme.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr double kClipS = 10;
constexpr double kShortestS = 1;
constexpr double kLufs = -18;
constexpr double kDifferenceGain = 10;
constexpr double kPeak = 0.99;

struct Clips {
  AudioBuffer unmarked, marked, difference;
};

// Both at one loudness, and as loud as the page's rule says unless a peak would clip.
Clips make_clips(const AudioBuffer& original, const AudioBuffer& marked) {
  const auto frames = static_cast<std::size_t>(kClipS * original.rate_hz());
  const std::size_t start =
      original.num_frames() > frames ? (original.num_frames() - frames) / 2 : 0;
  Clips clips{original.slice(start, frames), marked.slice(start, frames), {}};
  clips.difference = clips.marked;
  clips.difference.add(clips.unmarked, 0, -1.0F);
  clips.difference.apply_gain(static_cast<float>(kDifferenceGain));
  const double before = integrated_loudness(clips.unmarked);
  const double after = integrated_loudness(clips.marked);
  if (!std::isfinite(before) || !std::isfinite(after)) return clips;
  clips.marked.apply_gain(static_cast<float>(std::pow(10.0, (before - after) / 20)));
  const double peak = std::max({clips.unmarked.peak(), clips.marked.peak()});
  const double gain = std::min(std::pow(10.0, (kLufs - before) / 20), kPeak / peak);
  for (AudioBuffer* clip : {&clips.unmarked, &clips.marked, &clips.difference}) {
    clip->apply_gain(static_cast<float>(gain));
  }
  return clips;
}

void write_clip(const fs::path& path, AudioBuffer clip) {
  for (float& x : clip.samples()) x = std::clamp(x, -1.0F, 1.0F);
  WriteOptions options;
  options.overwrite = true;
  options.sample_format = SampleFormat::kPcm16;
  write_audio(path, clip, options);
}

std::string card(std::size_t n, const StudyFile& file, const EmbedResult& measured) {
  return fmt::format(
      "<div class=card data-n={0}><b>{0}. {1}</b> <span class=soft>SDR {2:.1f} dB, noise to mask "
      "{3:.1f} dB</span><p><button data-do=a>A unmarked</button> <button data-do=b>B "
      "marked</button> "
      "<button data-do=x>X which?</button> <button data-do=isa>X is A</button> <button "
      "data-do=isb>X "
      "is B</button> <span class='score soft'></span> &nbsp; <button data-do=d>difference x "
      "10</button> <button data-do=stop>stop</button></p><audio class=a preload=none "
      "src='listen/{0}-unmarked.flac'></audio><audio class=b preload=none "
      "src='listen/{0}-marked.flac'></audio><audio class=d preload=none "
      "src='listen/{0}-difference.flac'></audio></div>",
      n, html_escape(file.id), measured.sdr_db, measured.nmr_db);
}

}  // namespace

void write_listening_page(const StudyOptions& options, std::size_t most) {
  const fs::path folder = options.folder / "listen";
  fs::create_directories(folder);
  const auto scheme = make_brandiron_scheme(options, options.strengths.front());
  std::string cards;
  // Spread over the material, which lists one source after another.
  const std::size_t count = std::min(most, options.files.size());
  for (std::size_t n = 1; n <= count; ++n) {
    const StudyFile& file = options.files[(n - 1) * options.files.size() / count];
    AudioBuffer original;
    try {
      original = read_excerpt(file.path, options.excerpt_s);
    } catch (const Error&) {
      continue;  // the study has said so
    }
    if (original.duration_s() < kShortestS) continue;
    const Marked marked = scheme->embed(original, 0, scheme->payload(file.id, 0));
    EmbedResult measured;
    measure_fidelity(original, marked.audio, measured);
    const Clips clips = make_clips(original, marked.audio);
    write_clip(folder / fmt::format("{}-unmarked.flac", n), clips.unmarked);
    write_clip(folder / fmt::format("{}-marked.flac", n), clips.marked);
    write_clip(folder / fmt::format("{}-difference.flac", n), clips.difference);
    cards += card(n, file, measured);
  }
  const std::string page = fmt::format(
      "<!doctype html><html lang=en><head><meta charset=utf-8><title>The watermark: listen</title>"
      "<style>{}.card button{{border:1px solid "
      "var(--line);border-radius:8px;background:var(--paper);"
      "color:var(--rust);padding:.25rem .7rem;cursor:pointer}}</style></head><body><main><div "
      "class=eyebrow>Brandiron study</div><h1>Marked or not?</h1><p class=soft>{:.0f} s from the "
      "middle of each excerpt, both at one loudness (BS.1770), strength {:g}. Switching keeps the "
      "place. X is A or B, drawn anew after each guess. The difference is ten times as loud as "
      "it is in the file.</p>{}<p><a href='report.html'>The study</a></p></main><script>{}</script>"
      "</body></html>\n",
      kPageCss, kClipS, options.strengths.front(), cards, kListeningJs);
  write_file(options.folder / "listen.html", page, true);
}

}  // namespace brandiron::experiments
