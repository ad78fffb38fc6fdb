#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "audio_io.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "cli.h"

namespace brandiron::app {
namespace {

struct AttackArguments {
  std::string chain, in, out;
  bool list = false;
};

std::string range_text(const EffectParameter& p) {
  std::string text = !p.choices.empty() ? fmt::format("{}", fmt::join(p.choices, " | "))
                     : p.is_text        ? "text"
                                        : fmt::format("{} .. {}", p.low, p.high);
  return text + (p.fallback.empty() ? ", required" : ", default " + p.fallback);
}

void list_as_text() {
  for (const EffectInfo& effect : list_effects()) {
    print_line(fmt::format("{:12} {}{}", effect.name, effect.description,
                           effect.available ? "" : " [not available here: " + effect.remedy + "]"));
    for (const EffectParameter& p : effect.parameters) {
      print_line(fmt::format("    {:18} {} ({})", p.name, p.description, range_text(p)));
    }
    print_line(fmt::format("    e.g. {}", effect.example));
  }
}

void list_as_json() {
  for (const EffectInfo& effect : list_effects()) {
    nlohmann::ordered_json parameters = nlohmann::ordered_json::array();
    for (const EffectParameter& p : effect.parameters) {
      nlohmann::ordered_json entry = {{"name", p.name}, {"description", p.description}};
      if (!p.choices.empty()) entry["choices"] = p.choices;
      if (!p.is_text) {
        entry["low"] = p.low;
        entry["high"] = p.high;
      }
      entry["default"] =
          p.fallback.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(p.fallback);
      parameters.push_back(entry);
    }
    print_line(nlohmann::ordered_json{{"name", effect.name},
                                      {"description", effect.description},
                                      {"example", effect.example},
                                      {"available", effect.available},
                                      {"parameters", parameters}}
                   .dump());
  }
}

int attack(const AttackArguments& arguments, const Globals& globals) {
  if (arguments.list) {
    globals.json ? list_as_json() : list_as_text();
    return 0;
  }
  if (arguments.chain.empty() || arguments.in.empty() || arguments.out.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "attack: expected CHAIN IN OUT (or --list); see brandiron attack --help");
  }
  const EffectChain chain = EffectChain::parse(arguments.chain);
  const AudioBuffer audio = read_input(arguments.in);
  if (globals.dry_run) {
    print_line(chain.to_string());
    return 0;
  }
  const Rng rng(globals.seed.value_or(1), "attack");
  write_output(arguments.out, chain.apply(audio, rng), globals);
  return 0;
}

}  // namespace

void add_attack(Cli& cli) {
  auto arguments = std::make_shared<AttackArguments>();
  CLI::App* sub =
      cli.verb(cli.app, "attack", "apply a chain of effects, to test robustness on your own audio",
               {"brandiron attack \"resample(rate_hz=16000) | mp3(bitrate_kbps=64)\" song.flac "
                "attacked.flac",
                "brandiron attack --list"},
               [&cli, arguments] { return attack(*arguments, cli.globals); });
  sub->add_option("CHAIN", arguments->chain, "e.g. \"speed(ratio=1.05) | noise(snr_db=20)\"");
  sub->add_option("IN", arguments->in, "audio file, or -");
  sub->add_option("OUT", arguments->out, "audio file, or -");
  sub->add_flag("--list", arguments->list, "every effect with its parameters and ranges");
}

}  // namespace brandiron::app
