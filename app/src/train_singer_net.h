#pragma once

#include <string>

#include "cli.h"

namespace brandiron::app {

struct TrainSingerArguments {
  std::string voice = "kal16", out;
  bool prepare = false, resume = false;
};

/// Trains the learned singer (configs/train/singer.toml): speech, steps, held-out phrases.
int train_singer_net(Cli& cli, const TrainSingerArguments& arguments);

}  // namespace brandiron::app
