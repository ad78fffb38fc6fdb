#include "cli.h"

// The vendor's binary: embed, verify, disclose, attack. Links core and watermark only.
int main(int argc, char** argv) {
  using namespace brandiron::app;
  Cli cli("Brandiron's watermark and disclosure alone: embed, verify, disclose, attack",
          "brandiron-mark");
  add_watermark(cli);
  add_disclose(cli);
  add_attack(cli);
  add_config(cli);
  add_version(cli);
  return run(cli, argc, argv);
}
