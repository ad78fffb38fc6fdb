#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/audio_file.h"
#include "brandiron/watermark/watermark.h"

// Recordings of any length in bounded memory. However a stream is cut into blocks, the samples and
// the verdicts are the same bits, and the same as `embed` and `verify` give over a whole buffer.
namespace brandiron::watermark {

/// What is known of a stream before its first sample.
struct StreamFormat {
  int rate_hz = 44100;
  std::size_t num_channels = 1;
  /// Length, 0 when unknown; only chooses the minute that is read back (the middle one, else the
  /// first).
  std::uint64_t num_frames = 0;
  /// The mark yields where a sample would pass this or the largest sample so far, whichever is
  /// more. `embed` and `embed_file` use the recording's own peak.
  float peak_limit = 32767.0F / 32768.0F;
};

/// Marks a stream. One thread at a time; any number of streams at once.
class EmbedStream {
 public:
  /// @throws Error(kInvalidArgument) as `embed`.
  EmbedStream(const StreamFormat& format, const Key& key, std::uint64_t payload,
              const EmbedOptions& options = {});
  ~EmbedStream();
  EmbedStream(EmbedStream&&) noexcept;

  /// Takes frames; gives those that are finished, in order, often none. @throws
  /// Error(kInvalidArgument) for another shape than the format's or samples that are not finite.
  AudioBuffer push(const AudioBuffer& block);
  /// The rest. In all, as many frames come out as went in.
  AudioBuffer finish();
  /// A frame comes out at the latest when this many more have gone in (53.4 s; less where many
  /// channels at a high rate would fill the memory).
  std::size_t latency_frames() const;
  /// Complete after `finish`.
  EmbedReport report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads a stream for marks, chapter by chapter of 341.3 s; holds one chapter's spectra and no
/// audio. One thread at a time.
class VerifyStream {
 public:
  /// @throws Error(kInvalidArgument) as `verify`.
  VerifyStream(int rate_hz, std::size_t num_channels, std::vector<Key> keys,
               const VerifyOptions& options = {});
  ~VerifyStream();
  VerifyStream(VerifyStream&&) noexcept;

  void push(const AudioBuffer& block);
  /// Planar samples, one pointer a channel.
  void push(std::span<const float* const> channels, std::size_t frames);
  /// One verdict a key, in their order.
  std::vector<Verdict> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `embed` from file to file: one pass for the peak, one for the mark. Writes nothing when `out` is
/// empty. @throws Error as read_audio, embed and write_audio.
EmbedReport embed_file(const std::filesystem::path& in, const std::filesystem::path& out,
                       const Key& key, std::uint64_t payload, const EmbedOptions& options = {},
                       const WriteOptions& write = {});

/// `verify_all` of a file, in blocks. @throws Error as read_audio and verify.
std::vector<Verdict> verify_file(const std::filesystem::path& path, const std::vector<Key>& keys,
                                 const VerifyOptions& options = {});

}  // namespace brandiron::watermark
