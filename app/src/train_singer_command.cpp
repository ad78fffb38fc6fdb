#include "brandiron/core/error.h"
#include "brandiron/gen/singer.h"
#include "cli.h"

namespace brandiron::app {

void add_train_singer(Cli& cli, CLI::App& train) {
  struct Arguments {
    std::string voice = "kal16", out;
    bool prepare = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* sub =
      cli.verb(train, "singer", "make a voice bank from one of flite's free voices",
               {"brandiron train singer --prepare --voice kal16 -o voice-kal16.bank",
                "brandiron train singer --prepare --voice rms -o voice-rms.bank"},
               [&cli, a] {
                 if (!a->prepare) {
                   throw Error(ErrorCode::kUnsupported,
                               "train singer: this version makes voice banks only; give --prepare");
                 }
                 if (!cli.globals.dry_run) gen::prepare_voice_bank(a->voice, a->out);
                 print_line(a->out + ": voice bank " + a->voice);
                 return 0;
               });
  sub->add_flag("--prepare", a->prepare, "analyse the teacher and write its bank");
  sub->add_option("--voice", a->voice, "teacher voice")->check(CLI::IsMember({"kal16", "rms"}));
  sub->add_option("-o,--out", a->out, "bank file")->required();
}

}  // namespace brandiron::app
