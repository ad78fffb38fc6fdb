#include "brandiron/watermark/watermark.h"
#include "label_check/compare.h"

namespace brandiron::experiments::labels {

void compare_mark(const StatedLabels& stated, const SongSound& sound, Findings& out) {
  if (!sound.key) return;
  watermark::VerifyOptions options;
  // What was published was not bent: a search for that would only cost.
  options.search_warps = false;
  const watermark::Verdict verdict = watermark::verify(sound.mix, {*sound.key}, options);
  const auto said = [](bool present, const std::string& payload) {
    return present ? "mark " + payload : std::string("no mark");
  };
  Tally tally("mark");
  const std::string expected = said(stated.marked, stated.payload_hex);
  const std::string found = said(
      verdict.present, verdict.payload_valid ? watermark::payload_hex(verdict.payload) : "unread");
  tally.add(expected == found, expected, found);
  tally.finish(out);
}

}  // namespace brandiron::experiments::labels
