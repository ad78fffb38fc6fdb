#include "brandiron/core/error.h"
#include "brandiron/gen/singer.h"
#include "cli.h"
#include "train_singer_net.h"

namespace brandiron::app {

void add_train_singer(Cli& cli, CLI::App& train) {
  auto a = std::make_shared<TrainSingerArguments>();
  CLI::App* sub =
      cli.verb(train, "singer", "train the learned singer, or make a voice bank (--prepare)",
               {"brandiron train singer --config configs/train/singer.toml -o out/train-singer",
                "brandiron train singer --prepare --voice kal16 -o voice-kal16.bank"},
               [&cli, a] {
                 if (!a->prepare) {
#ifdef BRANDIRON_HAS_LEARNED_SINGER
                   return train_singer_net(cli, *a);
#else
          throw Error(ErrorCode::kUnsupported,
                      "train singer: this build has no LibTorch and makes voice banks only; give "
                      "--prepare");
#endif
                 }
                 if (!cli.globals.dry_run) gen::prepare_voice_bank(a->voice, a->out);
                 print_line(a->out + ": voice bank " + a->voice);
                 return 0;
               });
  sub->add_flag("--prepare", a->prepare, "analyse a teacher and write its bank");
  sub->add_option("--voice", a->voice, "teacher voice, with --prepare")
      ->check(CLI::IsMember({"kal16", "rms", "awb", "slt"}));
  sub->add_flag("--resume", a->resume, "keep the speech and go on from the checkpoint");
  sub->add_option("-o,--out", a->out, "bank file; without --prepare: run folder")->required();
}

}  // namespace brandiron::app
