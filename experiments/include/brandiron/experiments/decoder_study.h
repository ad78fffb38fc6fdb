#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/experiments/watermark_study.h"
#include "brandiron/gen/decoder_model.h"

namespace brandiron::experiments {

// How near a twin is to its original
// -------------------------------------------------------------------------------------------

/// Distances between a sound and its re-decoded twin, both of one shape and rate. Each channel is
/// measured by itself; channels whose original is digital silence are left out; means over the
/// rest.
///
/// X, Y: magnitudes of the STFT (periodic Hann, hop a quarter of the window, divided by half the
/// window so that a full-scale sine is 1) of original and twin, not below 1e-5 (-100 dB).
/// - stft_log: mean |ln X - ln Y| over windows and bins;
/// - stft_convergence: ||X - Y|| / ||X|| (Frobenius);
/// - stft: their sum. All three are means over windows of 512, 1024 and 2048 samples.
/// - mel: mean |log10 M - log10 N| of mel magnitudes (of X, Y; Slaney, unit peak, not below 1e-5)
///   at seven resolutions, windows 32 to 2048 with 5 to 320 bands: the mel distance of Kumar et
///   al., NeurIPS 2023.
/// - mel_grid: mean |ln M - ln N| of 128 mel energies up to 22.05 kHz (window 2048, hop 512, power
///   as `power_spectrogram` gives it, not below 1e-5): the very numbers that Griffin-Lim is given
///   and asked to meet.
/// - si_sdr_db: scale-invariant signal-to-distortion ratio, within +-120 dB.
/// @see Yamamoto, Song and Kim, "Parallel WaveGAN", ICASSP 2020 (2.2); Le Roux et al., "SDR -
/// half-baked or well done?", ICASSP 2019.
struct Closeness {
  double stft = 0, stft_log = 0, stft_convergence = 0, mel = 0, mel_grid = 0, si_sdr_db = 0;
};
/// @throws Error(kInvalidArgument) for other shapes or rates, or an original without a sound.
Closeness measure_closeness(const AudioBuffer& original, const AudioBuffer& twin);

/// Mean power over windows and channels in bands of 250 Hz. The original has content where that is
/// within 80 dB of its loudest band; `original_hz` is the upper edge of the last such band. `hz` is
/// the upper edge of the last band before the twin first is more than 10 dB off in four bands on
/// end (1 kHz), and at most `original_hz`.
struct Bandwidth {
  double hz = 0, original_hz = 0;
};
/// @throws as `measure_closeness`.
Bandwidth measure_bandwidth(const AudioBuffer& original, const AudioBuffer& twin);

// The baseline
// -------------------------------------------------------------------------------------------

struct GriffinLimOptions {
  int inversion_steps = 40;  ///< from mel to linear frequency
  int iterations = 32;
  double momentum = 0.99;
  std::uint64_t seed = 1;  ///< of the first phases
  /// @throws Error(kInvalidArgument) outside.
  void validate() const;
};

/// What the decoders must beat: the same mel spectrogram (128 bands to 22.05 kHz, window 2048, hop
/// 512) turned back without learning. Multiplicative updates for the Kullback-Leibler divergence
/// invert the mel bands; the phase is found by the fast Griffin-Lim algorithm. Family
/// "griffin-lim"; it upsamples nothing, so it leaves no comb.
/// @see Lee and Seung, NIPS 2000; Perraudin, Balazs and Sondergaard, WASPAA 2013.
std::shared_ptr<const gen::DecoderModel> make_griffin_lim(const GriffinLimOptions& options = {});

// Combs
// -------------------------------------------------------------------------------------------

inline constexpr std::size_t kCombWindow = 16384, kCombHop = 8192;

/// What is narrow in the averaged spectrum of the twin and is not in the original's, in dB, one
/// number a bin (kCombWindow / 2 + 1 of them).
///
/// Both are averaged in dB (power of an unnormalised STFT, not below 1e-10) over channels and those
/// windows in which the original sounds (over -70 dBFS); each loses its running median (61 bins).
/// @throws as `measure_closeness`; for sounds of one rate and shape of at least one window.
std::vector<double> comb_residual_db(const AudioBuffer& original, const AudioBuffer& twin);

struct CombOptions {
  double low_hz = 1000, high_hz = 16000;
  int random_spacings = 1000;
  std::uint64_t seed = 1;
};

/// A comb looked for at one spacing.
struct Comb {
  double spacing_hz = 0;
  int multiples = 0;         ///< that lie in the band
  double strength_db = 0;    ///< mean residual at the multiples, less that of the bins between
  double peak_db = 0;        ///< largest residual at a multiple, less that of the bins between
  double random_p99_db = 0;  ///< the 99th percentile of random spacings
  double rank = 0;           ///< share of random spacings that are weaker
  /// At least 1.5 dB and above the 99th percentile.
  bool present() const;
};

/// Strength at `spacing_hz` and its rank among random spacings (log-uniform from 0.7 to 1.4 times
/// as wide, none within 2 % of it or 0.5 % of a ratio of whole numbers up to 8 to it).
/// @throws Error(kInvalidArgument) when fewer than two multiples or no bins between are in the
/// band.
Comb measure_comb(std::span<const double> residual_db, int rate_hz, double spacing_hz,
                  const CombOptions& options = {});

/// Where a generator of these strides (in the order they are applied) can leave combs: rate over
/// the product of the last k strides, k = all first. A transposed convolution copies what is at
/// zero frequency to every multiple of the rate that it reads.
std::vector<double> comb_spacings_hz(int rate_hz, const std::vector<int>& strides);

// The study
// -------------------------------------------------------------------------------------------

struct StudiedDecoder {
  std::shared_ptr<const gen::DecoderModel> model;
  bool leaves_comb = false;  ///< upsamples by strided transposed convolution
  bool marks = true;         ///< false: no marks are sent through it
  /// "encodec 12 kbit/s", "istft".
  std::string name() const;
};

struct DecoderStudyOptions {
  std::vector<StudyFile> files;
  std::vector<StudiedDecoder> decoders;
  bool twins = true;            ///< measure twins of every file
  double excerpt_s = 30;        ///< of a twin, from the middle of a file; 0 takes it whole
  std::size_t mark_files = 20;  ///< so many of the files long enough for a crop; 0: no marks
  std::vector<double> crops_s{60, 180};
  /// Of the reader; null is the classical front end.
  std::shared_ptr<const watermark::FrontEndModel> front_end;
  std::uint64_t seed = 1;
  int jobs = 1;
  bool resume = false, overwrite = false;
  std::filesystem::path folder;  ///< results.jsonl is appended to here, a line a file and decoder
};

/// One file through one decoder.
struct TwinResult {
  std::string file, source, decoder;
  std::string weights;  ///< SHA-256 of them; "" without
  double duration_s = 0;
  std::size_t channels = 1;
  double cpu_s = 0;  ///< of decoding
  Closeness closeness;
  Bandwidth bandwidth;
  std::vector<Comb> combs, high_combs;  ///< 1-16 kHz, 5-16 kHz; at comb_spacings_hz
  std::vector<double> residual_db;      ///< to 0.01 dB
};

/// One marked file through one decoder (or "none"), read in a crop.
struct MarkResult {
  std::string file, source, decoder, weights;
  double crop_s = 0;
  bool present = false, exact = false, wrong = false;
  double p = 1, ber = 0;
};

struct DecoderResults {
  std::vector<TwinResult> twins;
  std::vector<MarkResult> marks;
};

/// Runs what is missing; what was measured with other weights of a decoder is measured again. Files
/// of other rates are converted to 44100 Hz first. Returns what was left out, "file (decoder):
/// why". @throws Error(kOutput), Error(kConfig) as `run_watermark_study`.
std::vector<std::string> run_decoder_study(const DecoderStudyOptions& options);
/// @throws Error(kIo), Error(kFormat) naming the line. A torn last line is left out.
DecoderResults read_decoder_results(const std::filesystem::path& folder);

struct TwinSummary {
  std::string decoder, source;  ///< source "" is all of them
  std::size_t files = 0;
  bool leaves_comb = false;
  Estimate stft, mel, mel_grid, si_sdr_db, hz;
  /// Differences to Griffin-Lim on the same files, below 0 is nearer; shares of files that are.
  Estimate stft_gain, mel_gain, mel_grid_gain, stft_nearer, mel_nearer, mel_grid_nearer;
  double hz_min = 0;
  Estimate wide;  ///< share of files at 14 kHz or at the end of the original
  /// Of the residual averaged over the files.
  std::vector<Comb> combs, high_combs;
  Estimate comb_files;     ///< share of files whose own residual has the comb of all strides
  double cpu_s_per_s = 0;  ///< CPU seconds a second of one channel
};

struct MarkSummary {
  std::string decoder;
  double crop_s = 0;
  std::size_t files = 0, present = 0, exact = 0, wrong = 0;
  double present_low = 0, present_high = 1, exact_low = 0, exact_high = 1;  ///< Wilson, 95 %
};

struct DecoderSummary {
  std::vector<TwinSummary> twins;
  std::vector<MarkSummary> marks;
  /// Averaged residual of each decoder, for a picture.
  std::map<std::string, std::vector<double>> residual_db;
};

/// In the order of `decoders`; Griffin-Lim is the one of that name.
DecoderSummary summarise_decoders(const DecoderResults& results,
                                  const std::vector<StudiedDecoder>& decoders);
std::string decoder_text(const DecoderSummary& summary);
std::string decoder_json(const DecoderSummary& summary);  ///< brandiron.decoder-study/1
std::string twins_csv(const DecoderResults& results);
std::string marks_csv(const DecoderResults& results);

}  // namespace brandiron::experiments
