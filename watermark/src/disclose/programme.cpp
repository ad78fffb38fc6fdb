#include "programme.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/watermark/stream.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kBlockFrames = 16384;

// The search for changes of speed costs seconds, and what is to be released is no attacked copy.
VerifyOptions plain_search() {
  VerifyOptions options;
  options.search_warps = false;
  return options;
}

}  // namespace

void play(const std::filesystem::path& in, const std::function<void(const AudioBuffer&)>& tap) {
  AudioReader reader(in);
  for (AudioBuffer block = reader.read(kBlockFrames); !block.empty();
       block = reader.read(kBlockFrames)) {
    tap(block);
  }
}

Programme survey(const std::filesystem::path& in, const Key* key) {
  Programme programme;
  programme.info = probe_audio(in);
  std::optional<VerifyStream> verify;
  if (key != nullptr) {
    verify.emplace(programme.info.rate_hz, programme.info.num_channels, std::vector<Key>{*key},
                   plain_search());
  }
  double energy = 0;
  std::uint64_t frames = 0;
  play(in, [&](const AudioBuffer& block) {
    programme.peak = std::max(programme.peak, block.peak());
    const double rms = block.rms();
    energy += rms * rms * static_cast<double>(block.num_frames());
    frames += block.num_frames();
    if (verify) verify->push(block);
  });
  if (frames == 0) {
    throw Error(ErrorCode::kFormat, in.string() + ": holds no audio that decodes");
  }
  programme.info.num_frames = frames;
  programme.rms = std::sqrt(energy / static_cast<double>(frames));
  if (verify) programme.mark = verify->finish().front();
  return programme;
}

EmbedReport rewrite(const std::filesystem::path& in, const Programme& programme,
                    const std::filesystem::path& out, const Rewriting& rewriting,
                    const WriteOptions& write, const std::function<void(const AudioBuffer&)>& tap) {
  const int rate_hz = programme.info.rate_hz;
  const std::size_t num_channels = programme.info.num_channels;
  AudioBuffer before, after;
  if (rewriting.notice != nullptr) {
    before = fitted_notice(*rewriting.notice, rate_hz, num_channels, programme.rms, true);
    if (rewriting.notice_at_end) {
      after = fitted_notice(*rewriting.notice, rate_hz, num_channels, programme.rms, false);
    }
  }
  WriteOptions options = write;
  options.overwrite = true;  // the caller's temporary
  AudioWriter writer(out, rate_hz, num_channels, options);
  const auto put = [&](const AudioBuffer& block) {
    if (block.empty()) return;
    writer.write(block);
    tap(block);
  };
  std::optional<EmbedStream> embed;
  if (rewriting.key != nullptr) {
    StreamFormat format{rate_hz, num_channels, 0, std::max(programme.peak, before.peak())};
    format.num_frames = programme.info.num_frames + before.num_frames() + after.num_frames();
    embed.emplace(format, *rewriting.key, rewriting.payload, rewriting.embed);
  }
  const auto take = [&](const AudioBuffer& block) { put(embed ? embed->push(block) : block); };
  if (!before.empty()) take(before);
  play(in, take);
  if (!after.empty()) take(after);
  EmbedReport report;
  if (embed) {
    put(embed->finish());
    report = embed->report();
  }
  writer.finish();
  return report;
}

}  // namespace brandiron::watermark
