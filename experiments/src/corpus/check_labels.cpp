#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/marker.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/corpus_labels.h"
#include "brandiron/gen/song.h"
#include "folder.h"
#include "making.h"
#include "song_options.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

bool can_be_compared(const Item& item) { return item.kind == "song" || item.kind == "twin"; }

/// Where in the manifest the songs are that are compared, rising. Read once for that: its lines are
/// too long to be kept.
std::vector<std::size_t> draw_songs(const fs::path& manifest, const CorpusLabelOptions& options) {
  std::vector<std::size_t> places;
  ManifestReader reader(manifest);
  std::size_t at = 0;
  while (auto line = reader.next(false)) {
    if (can_be_compared(line->item)) places.push_back(at);
    ++at;
  }
  if (places.size() <= options.songs) return places;
  std::vector<std::uint32_t> order(places.size());
  std::iota(order.begin(), order.end(), 0U);
  Rng(options.seed, "corpus/labels").shuffle(order);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < options.songs; ++i) chosen.push_back(places[order[i]]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<ManifestItem> read_songs(const fs::path& manifest,
                                     const std::vector<std::size_t>& places) {
  std::vector<ManifestItem> songs;
  ManifestReader reader(manifest);
  std::size_t at = 0;
  while (songs.size() < places.size()) {
    auto line = reader.next(true);
    if (!line) break;
    if (places[songs.size()] == at++) songs.push_back(std::move(*line));
  }
  return songs;
}

/// A song made again, with what is heard of it.
struct Again {
  SongSound sound;
  std::string song_json, pcm_sha256;
};

Again make_again(const Item& item, const SongTools& tools, Networks& networks,
                 const fs::path& file) {
  gen::GenerateOptions options = song_options(item);
  options.mix.keep_stems = true;
  gen::Song song = gen::generate_song(options, networks.of(options));
  const NullMarker none;
  const gen::Published published =
      gen::publish(song, item.marked ? *tools.marker : none, file, item_publishing(item));
  Again again;
  again.song_json = published.song_json;
  again.pcm_sha256 = published.pcm_sha256;
  for (gen::Stem& stem : song.mix.stems) {
    // The lead is compared as it was sung.
    if (stem.name != "lead_vocal") {
      again.sound.stems.emplace_back(stem.name, std::move(stem.audio));
    }
  }
  again.sound.stems.emplace_back("lead_vocal_dry", std::move(song.lead.audio));
  return again;
}

/// What the corpus says of a song; what its line has no room for, the song made again says.
StatedLabels stated_of(const fs::path& folder, const ManifestItem& line, const Again& again) {
  StatedLabels made = read_stated_labels(again.song_json, line.item.id);
  made.id = line.item.id;
  if (!line.facts) return made;
  if (!line.facts->song_json.empty()) {
    const fs::path file = folder / line.facts->song_json;
    StatedLabels stated = read_stated_labels(read_file(file), file.string());
    stated.id = line.item.id;
    return stated;
  }
  StatedLabels stated = read_stated_labels(line.text, line.item.id);
  stated.f0_hop_s = made.f0_hop_s;
  stated.f0_hz = std::move(made.f0_hz);
  return stated;
}

SongFindings compare(const fs::path& folder, const ManifestItem& line, const SongTools& tools,
                     Networks& networks, const CorpusLabelOptions& options, const fs::path& room) {
  const fs::path file = room / (line.item.id + "." + line.item.format);
  Again again = make_again(line.item, tools, networks, file);
  if (line.facts && !line.facts->pcm_sha256.empty() && line.facts->pcm_sha256 != again.pcm_sha256) {
    throw Error(ErrorCode::kFormat,
                "made again it has other samples than the manifest's "
                "(pcm_sha256): its stems are not those of the file");
  }
  const bool kept = line.facts && !line.facts->file.empty();
  again.sound.mix = read_audio(kept ? folder / line.facts->file : file);
  again.sound.key = options.key;
  fs::remove(file);
  return check_song_labels(stated_of(folder, line, again), again.sound);
}

}  // namespace

std::vector<SongFindings> check_corpus_labels(const fs::path& folder,
                                              const CorpusLabelOptions& options,
                                              const SongTools& tools) {
  const fs::path manifest = manifest_of(folder);
  const std::vector<ManifestItem> songs = read_songs(manifest, draw_songs(manifest, options));
  const TemporaryPath room(folder / (".tmp.labels." + std::to_string(::getpid())));
  make_folder(room.path());
  Networks networks(tools);
  std::vector<SongFindings> findings(songs.size());
  Progress progress("labels", songs.size(), "songs");
  parallel_for(songs.size(), options.jobs, [&](std::size_t i) {
    try {
      findings[i] = compare(folder, songs[i], tools, networks, options, room.path());
    } catch (const Error& failure) {
      findings[i].error = failure.what();
    }
    findings[i].id = songs[i].item.id;
    progress.add(1, songs[i].item.id);
  });
  progress.finish();
  return findings;
}

}  // namespace brandiron::experiments
