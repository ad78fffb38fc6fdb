#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/progress.h"
#include "brandiron/experiments/sound_pictures.h"
#include "brandiron/gen/song.h"
#include "cli.h"
#include "song_models.h"
#include "studied_decoders.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using experiments::SoundPanel;
using experiments::StudiedDecoder;

constexpr double kMarkTimes = 20;  // what the mark changes is drawn this much louder

struct Arguments {
  std::string persona = "rust-hollow", mix_decoder, out;
  double duration_s = 120, seconds = 6;
  DecoderChoice choice;
};

/// What is drawn: `seconds` from the first sung chorus on.
struct Window {
  double start_s = 0, seconds = 0;
  AudioBuffer of(const AudioBuffer& audio) const {
    const double rate = audio.rate_hz();
    return audio.slice(static_cast<std::size_t>(start_s * rate),
                       static_cast<std::size_t>(seconds * rate));
  }
};

Window window_of(const gen::Song& song, double seconds) {
  Window window{0, std::min(seconds, song.mix.premaster.duration_s())};
  const gen::Score& score = song.score;
  for (const gen::SungPhone& phone : song.lead.phones) {
    const auto& word = score.words.at(static_cast<std::size_t>(phone.word));
    const auto& line = score.lines.at(static_cast<std::size_t>(word.line));
    if (score.sections.at(static_cast<std::size_t>(line.section)).label.rfind("chorus", 0) != 0) {
      continue;
    }
    window.start_s = std::max(0.0, phone.start_s - 0.3);
    break;
  }
  window.start_s = std::min(window.start_s, song.mix.premaster.duration_s() - window.seconds);
  return window;
}

/// Before any work.
void refuse_existing(const Globals& globals, const fs::path& folder) {
  for (const char* name : {"vocal.svg", "band.svg", "mix.svg", "combs.svg"}) {
    if (!globals.overwrite && fs::exists(folder / name)) {
      throw Error(ErrorCode::kOutput, (folder / name).string() + ": exists; use --overwrite");
    }
  }
}

std::string vocal_picture(const gen::Song& song, const Window& window,
                          const std::vector<StudiedDecoder>& decoders, Progress& progress) {
  std::vector<SoundPanel> panels = {{"lead vocal, dry", window.of(song.lead.audio)}};
  for (const StudiedDecoder& d : decoders) {
    panels.push_back({"through " + d.name(), d.model->decode(panels.front().audio)});
    progress.add(1, d.name());
  }
  return experiments::stages_svg("The voice through each decoder", panels,
                                 {.start_s = window.start_s});
}

std::string band_picture(const gen::Song& song, const Window& window) {
  std::vector<SoundPanel> panels;
  for (const gen::Stem& stem : song.mix.stems) {
    SoundPanel panel{stem.name, window.of(stem.audio)};
    std::replace(panel.title.begin(), panel.title.end(), '_', ' ');
    if (panel.audio.peak() > 1e-4F) panels.push_back(std::move(panel));
  }
  return experiments::stages_svg("What goes into the mix, each after its channel strip", panels,
                                 {.start_s = window.start_s, .row_height = 80});
}

/// Premaster, decoded, mastered, marked, and the mark alone.
std::string mix_picture(const gen::Song& song, const Window& window, const std::string& decoder,
                        AudioBuffer decoded_premaster) {
  gen::MixResult decoded;
  decoded.premaster = std::move(decoded_premaster);
  gen::master_mix(decoded, song.options.mix);
  AudioBuffer marked = decoded.master;
  song_marker(false, "demo")->mark(marked, gen::song_id(song.options).substr(0, 16));
  AudioBuffer mark = marked;
  mark.add(decoded.master, 0, -1.0F);
  mark.apply_gain(static_cast<float>(kMarkTimes));
  const std::vector<SoundPanel> panels = {
      {"premaster: the sum of the stems", window.of(song.mix.premaster)},
      {"through " + decoder, window.of(decoded.premaster)},
      {"master", window.of(decoded.master)},
      {"marked: the file as published", window.of(marked)},
      {fmt::format("the mark alone, {:.0f} dB louder", 20 * std::log10(kMarkTimes)),
       window.of(mark)}};
  return experiments::stages_svg("The mix: premaster, decoder, master, mark", panels,
                                 {.start_s = window.start_s});
}

/// The mix through every decoder.
struct DecodedMix {
  std::vector<experiments::CombLine> combs;
  AudioBuffer kept;  ///< what one of them made of it
};

DecodedMix decode_mix(const gen::Song& song, const std::vector<StudiedDecoder>& decoders,
                      const StudiedDecoder& keep, Progress& progress) {
  DecodedMix result;
  for (const StudiedDecoder& d : decoders) {
    AudioBuffer decoded = d.model->decode(song.mix.premaster);
    result.combs.push_back({d.name(), experiments::comb_residual_db(song.mix.premaster, decoded),
                            d.model->identity().strides, d.leaves_comb});
    if (&d == &keep) result.kept = std::move(decoded);
    progress.add(1, d.name());
  }
  return result;
}

const StudiedDecoder& of_the_mix(const std::vector<StudiedDecoder>& decoders,
                                 const std::string& family) {
  for (const StudiedDecoder& d : decoders) {
    if (d.model->identity().family == family || (family.empty() && d.leaves_comb)) return d;
  }
  if (family.empty()) return decoders.back();
  throw Error(ErrorCode::kInvalidArgument,
              "report sound: --mix-decoder " + family + " is not among the decoders drawn");
}

int draw_sound(const Globals& globals, const Arguments& a) {
  const std::vector<StudiedDecoder> decoders = studied_decoders(a.choice);
  const StudiedDecoder& mix_decoder = of_the_mix(decoders, a.mix_decoder);
  gen::GenerateOptions options;
  options.persona = gen::load_persona(a.persona);
  options.spec.seed = globals.seed.value_or(1);
  options.spec.duration_s = a.duration_s;
  refuse_existing(globals, a.out);
  if (globals.dry_run) return 0;
  Progress progress("pictures", 2 * decoders.size() + 1, "stages");
  const gen::Song song = gen::generate_song(options);
  progress.add(1, "song");
  const Window window = window_of(song, a.seconds);
  const fs::path folder = a.out;
  fs::create_directories(folder);
  write_file(folder / "vocal.svg", vocal_picture(song, window, decoders, progress),
             globals.overwrite);
  write_file(folder / "band.svg", band_picture(song, window), globals.overwrite);
  DecodedMix mix = decode_mix(song, decoders, mix_decoder, progress);
  write_file(folder / "mix.svg", mix_picture(song, window, mix_decoder.name(), std::move(mix.kept)),
             globals.overwrite);
  write_file(folder / "combs.svg",
             experiments::combs_svg("What each decoder adds to the averaged spectrum of one mix",
                                    mix.combs),
             globals.overwrite);
  print_line(fmt::format("{}: vocal.svg band.svg mix.svg combs.svg, \"{}\" by {}", a.out,
                         song.score.title, options.persona.name));
  return 0;
}

}  // namespace

void add_report_sound(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "sound", "spectrograms of a song's stages, and the comb that each decoder leaves",
      {"brandiron report sound --family griffin-lim --duration 20 -o out/sound",
       "brandiron report sound --family griffin-lim --duration 20 --persona clay-sparrow "
       "--seed 3 -o out/sound-3"},
      [&cli, a] { return draw_sound(cli.globals, *a); });
  add_decoder_choice(*sub, a->choice);
  sub->add_option("--persona", a->persona, "whose song (default: rust-hollow)");
  sub->add_option("--duration", a->duration_s, "seconds of the song, met within a few bars")
      ->check(CLI::Range(15.0, 900.0));
  sub->add_option("--seconds", a->seconds, "seconds drawn, from the first chorus on")
      ->check(CLI::Range(0.5, 60.0));
  sub->add_option("--mix-decoder", a->mix_decoder,
                  "family that the mix goes through (default: the first that leaves a comb)");
  sub->add_option("-o,--out", a->out, "folder of the SVG pictures")->required();
}

}  // namespace brandiron::app
