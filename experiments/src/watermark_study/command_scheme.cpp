#include <fmt/format.h>
#include <atomic>
#include <regex>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/temporary.h"
#include "process/child_process.h"
#include "watermark_study/chain.h"
#include "watermark_study/scheme.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

struct Preset {
  const char *name, *embed, *verify, *success, *presence;
  std::size_t payload_bits;
  double strength;
};

// audiowmark lists every pattern that it decodes, of unmarked audio too: it has no decision about
// presence. Its reading counts as exact when the payload is anywhere in the list, which is kind to
// it; "present" then says the same, and wrong payloads cannot be counted.
constexpr Preset kPresets[] = {
    {"audiowmark", "audiowmark add --test-key {key} --strength {strength} {in} {out} {payload}",
     "audiowmark get --test-key {key} {in}", R"(pattern +\S+ +{payload})", "", 128, 10}};

class CommandScheme final : public Scheme {
 public:
  CommandScheme(std::uint64_t seed, StudyTool tool, fs::path scratch)
      : seed_(seed), tool_(std::move(tool)), scratch_(std::move(scratch)) {}

  std::string name() const override { return tool_.name; }
  double strength() const override { return tool_.strength; }
  bool decides_presence() const override { return !tool_.presence.empty(); }

  std::string payload(const std::string& file, int key) const override {
    return study_payload(seed_, file, key, tool_.payload_bits / 4);
  }

  Marked embed(const AudioBuffer& audio, int key, const std::string& payload) const override {
    const TemporaryPath in(fresh("in")), out(fresh("out"));
    write(audio, in.path());
    const ChildResult result = run_child(words(tool_.embed, in.path(), out.path(), key, payload));
    if (result.status != 0 || !fs::exists(out.path())) {
      throw Error(ErrorCode::kFormat, fmt::format("{}: embedding ended with status {}: {}",
                                                  tool_.name, result.status, last_line(result)));
    }
    AudioBuffer marked = read_audio(out.path());
    // Some tools pad the last block.
    if (marked.num_frames() > audio.num_frames()) marked.resize_frames(audio.num_frames());
    return {std::move(marked), result.cpu_s, ""};
  }

  Reading read(const AudioBuffer& audio, int key, const std::string& payload,
               double /*p_threshold*/) const override {
    const TemporaryPath in(fresh("read"));
    write(audio, in.path());
    const ChildResult result = run_child(words(tool_.verify, in.path(), {}, key, payload));
    Reading reading;
    reading.cpu_s = result.cpu_s;
    reading.exact = !payload.empty() && matches(result, tool_.success, payload, true);
    reading.present =
        tool_.presence.empty() ? reading.exact : matches(result, tool_.presence, payload, false);
    reading.wrong = !tool_.presence.empty() && reading.present && !reading.exact;
    reading.p = 1;  // a command line has no p-value
    return reading;
  }

 private:
  static void write(const AudioBuffer& audio, const fs::path& path) {
    WriteOptions options;
    options.sample_format = SampleFormat::kPcm24;
    options.overwrite = true;
    write_audio(path, audio, options);
  }

  fs::path fresh(const std::string& what) const {
    return scratch_ / fmt::format("{}-{}.wav", what, counter_++);
  }

  std::vector<std::string> words(const std::string& command, const fs::path& in,
                                 const fs::path& out, int key, const std::string& payload) const {
    std::vector<std::string> words = split_words(command);
    for (std::string& word : words) {
      word = replace_all(word, "{in}", in.string());
      word = replace_all(word, "{out}", out.string());
      word = replace_all(word, "{payload}", payload);
      word = replace_all(word, "{key}", std::to_string(key));
      word = replace_all(word, "{strength}", fmt::format("{:g}", tool_.strength));
    }
    return words;
  }

  static bool matches(const ChildResult& result, const std::string& pattern,
                      const std::string& payload, bool need_status) {
    if (need_status && result.status != 0) return false;
    if (pattern.empty()) return result.status == 0;
    return std::regex_search(result.output, std::regex(replace_all(pattern, "{payload}", payload)));
  }

  static std::string last_line(const ChildResult& result) {
    std::string text = result.output;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }

  std::uint64_t seed_;
  StudyTool tool_;
  fs::path scratch_;
  mutable std::atomic<unsigned> counter_{0};
};

}  // namespace

StudyTool parse_study_tool(const std::string& text) {
  for (const Preset& p : kPresets) {
    if (text == p.name) {
      return {p.name, p.embed, p.verify, p.success, p.presence, p.payload_bits, p.strength};
    }
  }
  const std::size_t equals = text.find('=');
  const std::size_t first = text.find(';', equals == std::string::npos ? 0 : equals);
  if (equals == std::string::npos || equals == 0 || first == std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                "evaluate: --tool \"" + text +
                    "\": expected audiowmark or \"name=embed command;verify command[;regex]\"");
  }
  StudyTool tool;
  tool.name = text.substr(0, equals);
  tool.embed = text.substr(equals + 1, first - equals - 1);
  const std::size_t second = text.find(';', first + 1);
  tool.verify = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  if (second != std::string::npos) tool.success = text.substr(second + 1);
  for (const std::string* command : {&tool.embed, &tool.verify}) {
    if (command->find("{in}") == std::string::npos) {
      throw Error(ErrorCode::kInvalidArgument,
                  "evaluate: --tool " + tool.name + ": \"" + *command + "\" lacks {in}");
    }
  }
  if (tool.embed.find("{out}") == std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                "evaluate: --tool " + tool.name + ": \"" + tool.embed + "\" lacks {out}");
  }
  return tool;
}

bool study_tool_available(const StudyTool& tool) {
  const std::vector<std::string> words = split_words(tool.embed);
  return !words.empty() && !find_program(words[0]).empty();
}

std::unique_ptr<Scheme> make_command_scheme(std::uint64_t seed, const StudyTool& tool,
                                            const fs::path& scratch) {
  return std::make_unique<CommandScheme>(seed, tool, scratch);
}

}  // namespace brandiron::experiments
