#include "corpus_controls/tune_form.h"

#include <cstdlib>
#include <limits>

namespace brandiron::experiments {
namespace {

// Bars that intro and outro together, and an instrumental, have at least, usually and at most
// (gen's form.cpp).
constexpr int kEndsLow = 2, kEndsUsual = 8, kEndsHigh = 18;
constexpr int kEndingAlone = 4;
constexpr int kSoloLow = 2, kSoloUsual = 4, kSoloHigh = 16;

}  // namespace

std::string TuneForm::labels(bool has_chorus) const {
  if (is_chorus_alone(has_chorus)) return intro ? "intro chorus outro" : "chorus outro";
  std::string form = "intro";
  for (int s = 0; s < strophes; ++s) {
    form += has_chorus ? " verse chorus" : " verse";
    if (s < instrumentals) form += " instrumental";
  }
  return form + (last_chorus_again ? " chorus" : "") + " outro";
}

std::optional<TuneForm> plan_tune_form(int bars, int verse_bars, int chorus_bars, bool pickup) {
  std::optional<TuneForm> found;
  int least = std::numeric_limits<int>::max();
  const int strophe = verse_bars + chorus_bars;
  for (int s = 1; s * strophe + kEndsLow <= bars; ++s) {
    for (int again = 0; again <= (chorus_bars > 0 ? 1 : 0); ++again) {
      for (int solos = 0; solos <= (s == 1 && chorus_bars == 0 ? 0 : s); ++solos) {
        const int band = bars - s * strophe - again * chorus_bars;
        if (band < kEndsLow + solos * kSoloLow || band > kEndsHigh + solos * kSoloHigh) continue;
        const int off = std::abs(band - kEndsUsual - solos * kSoloUsual);
        if (off >= least) continue;
        least = off;
        found = TuneForm{s, solos, again == 1, /*intro=*/true};
        // As our shortest songs: an intro where there are bars for more than an ending.
        if (found->is_chorus_alone(chorus_bars > 0)) found->intro = pickup || band > kEndingAlone;
      }
    }
  }
  return found;
}

}  // namespace brandiron::experiments
