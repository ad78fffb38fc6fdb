#include <fmt/format.h>
#include <link.h>

#include <chrono>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/audio/fft.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/version.h"
#include "cli.h"
#ifdef BRANDIRON_HAS_GEN
#include <fmt/ranges.h>

#include "brandiron/gen/band.h"
#include "brandiron/gen/songwriter.h"
#endif
#ifdef BRANDIRON_HAS_DETECT
#include "brandiron/models/machine.h"
#endif

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string subject, found;
  std::string remedy;  ///< "" when all is well
};

double fft_gflops() {
  constexpr std::size_t kSize = 2048;
  const RealFft fft(kSize);
  std::vector<float> in(kSize, 0.0F);
  in[3] = 1.0F;
  std::vector<std::complex<float>> out(fft.num_bins());
  const auto start = std::chrono::steady_clock::now();
  int rounds = 0;
  std::chrono::duration<double> elapsed{};
  do {
    for (int i = 0; i < 100; ++i) fft.forward(in, out);
    rounds += 100;
    elapsed = std::chrono::steady_clock::now() - start;
  } while (elapsed.count() < 0.05);
  return rounds * 2.5 * kSize * std::log2(static_cast<double>(kSize)) / elapsed.count() * 1e-9;
}

Finding check_fft() {
  const double gflops = fft_gflops();
  return {"FFT", fmt::format("own real FFT, 2048 points: {:.1f} GFLOP/s", gflops),
          gflops > 1.0 ? "" : "slow: is this a Debug build or a busy machine?"};
}

std::string loaded_blas() {
  std::set<std::string> names;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        const fs::path path = info->dlpi_name;
        if (path.filename().string().find("blas") != std::string::npos) {
          std::error_code error;
          static_cast<std::set<std::string>*>(data)->insert(fs::canonical(path, error).string());
        }
        return 0;
      },
      &names);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none loaded" : text;
}

#ifdef BRANDIRON_HAS_DETECT
Finding check_gemm() {
  const double gflops = models::measure_gemm_gflops();
  return {"LibTorch",
          fmt::format("{}, gemm 512: {:.0f} GFLOP/s on one core, BLAS {}", models::torch_version(),
                      gflops, loaded_blas()),
          gflops > 10 ? "" : "slow BLAS: apt-get install libopenblas0-pthread"};
}
#else
Finding check_gemm() { return {"LibTorch", "not in this build; BLAS " + loaded_blas(), ""}; }
#endif

// A codec works when a short tone comes back, not when a header says so.
Finding check_codec(AudioFormat format, const std::string& name) {
  AudioBuffer tone(1, 48000, 48000);
  for (std::size_t i = 0; i < tone.num_frames(); ++i) {
    tone.channel(0)[i] = 0.3F * std::sin(0.05F * static_cast<float>(i));
  }
  try {
    const AudioBuffer back = read_audio_bytes(encode_audio(tone, format), name);
    if (back.rms() > 0.1) return {"codec " + name, "reads and writes", ""};
    return {"codec " + name, "decodes to silence", "apt-get install --reinstall libsndfile1"};
  } catch (const Error& error) {
    return {"codec " + name, error.what(), "apt-get install libsndfile1 (1.2 or newer)"};
  }
}

#ifdef BRANDIRON_HAS_GEN
// What the generator would say is asked of the generator.
Finding asked(const std::string& subject, const std::function<std::string()>& ask) {
  try {
    return {subject, ask(), ""};
  } catch (const Error& error) {
    return {subject, "not usable by generate", error.what()};
  }
}

std::vector<Finding> check_generator() {
  return {asked("sound font", [] { return gen::find_sound_font().string(); }),
          asked("pronunciation", [] {
            return fmt::format("whiskey: {}", fmt::join(gen::pronounce("whiskey"), " "));
          })};
}
#else
std::vector<Finding> check_generator() { return {{"generator", "not in this build", ""}}; }
#endif

Finding check_model(const std::string& file, const std::string& used_by) {
  const fs::path path = home_folder() / "models" / "weights" / file;
  if (fs::exists(path)) return {"model " + file, fmt::format("{} bytes", fs::file_size(path)), ""};
  return {"model " + file, "missing",
          "restore models/weights from the repository (" + used_by + ")"};
}

std::vector<Finding> optional_programs() {
  std::vector<Finding> found;
  for (const EffectInfo& effect : list_effects()) {
    if (!effect.available)
      found.push_back({"effect " + effect.name, "not available", effect.remedy});
  }
  return found;
}

std::vector<Finding> examine() {
  std::vector<Finding> all = {
      {"brandiron", version() + " (" + git_commit() + "), " + machine_name(), ""},
      {"machine", fmt::format("{} cores", std::thread::hardware_concurrency()), ""},
      {"home", home_folder().string(), ""},
      {"cache", cache_folder().string() + " (can be deleted at any time)", ""},
      check_gemm(),
      check_fft(),
      check_codec(AudioFormat::kWav, "WAV"),
      check_codec(AudioFormat::kFlac, "FLAC"),
      check_codec(AudioFormat::kMp3, "MP3"),
      check_codec(AudioFormat::kOggVorbis, "Vorbis"),
      check_codec(AudioFormat::kOpus, "Opus"),
      check_model("voice-kal16.bank", "generate"),
      check_model("voice-rms.bank", "generate"),
      check_model("voice-awb.bank", "generate"),
      check_model("voice-slt.bank", "generate"),
      check_model("detector.safetensors", "detect"),
      check_model("watermark-front-end.safetensors", "watermark verify")};
  for (auto& more : {check_generator(), optional_programs()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

void add_doctor(Cli& cli) {
  cli.verb(
      cli.app, "doctor", "is this machine set up well, and what to do if not",
      {"brandiron doctor", "brandiron doctor --json"}, [&cli] {
        for (const Finding& f : examine()) {
          if (cli.globals.json) {
            print_line(nlohmann::ordered_json{
                {"subject", f.subject},
                {"found", f.found},
                {"ok", f.remedy.empty()},
                {"remedy",
                 f.remedy}}.dump());
          } else {
            print_line(fmt::format("{} {:26} {}{}", f.remedy.empty() ? "ok  " : "LOOK", f.subject,
                                   f.found, f.remedy.empty() ? "" : "\n       -> " + f.remedy));
          }
        }
        return 0;
      });
}

}  // namespace brandiron::app
