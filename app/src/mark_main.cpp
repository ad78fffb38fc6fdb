#include "cli.h"

// The vendor's binary: embed, verify, attack. Links core and watermark only.
int main(int argc, char** argv) {
  using namespace brandiron::app;
  Cli cli("Brandiron's watermark alone: embed, verify, attack", "brandiron-mark");
  add_watermark(cli);
  add_attack(cli);
  add_config(cli);
  add_version(cli);
  return run(cli, argc, argv);
}
