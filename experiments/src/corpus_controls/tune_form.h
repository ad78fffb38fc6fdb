#pragma once

#include <optional>
#include <string>

namespace brandiron::experiments {

/// How often the tune comes, so that the band's own sections can fill the rest of the duration.
struct TuneForm {
  int strophes = 1;       ///< verse and chorus
  int instrumentals = 0;  ///< each after a chorus, from the first on
  bool last_chorus_again = false;
  bool intro = true;
  /// Of a tune without a second half that comes once: our songs, too, are their chorus where there
  /// is room for nothing else, and a verse would be sung and played by fewer.
  bool is_chorus_alone(bool has_chorus) const { return strophes == 1 && !has_chorus; }
  std::string labels(bool has_chorus) const;  ///< "intro verse chorus ... outro"
};

/// The form whose band sections come nearest to their usual lengths in a song of `bars` bars; none
/// when not even one verse and chorus fit. `pickup`: the tune begins before its first bar, which
/// takes an intro.
std::optional<TuneForm> plan_tune_form(int bars, int verse_bars, int chorus_bars, bool pickup);

}  // namespace brandiron::experiments
