#pragma once

#include <optional>
#include <string>

namespace brandiron::experiments {

/// How often the tune comes, so that the band's own sections can fill the rest of the duration.
struct TuneForm {
  int strophes = 1;       ///< verse and chorus
  int instrumentals = 0;  ///< each after a chorus, from the first on
  bool last_chorus_again = false;
  std::string labels(bool has_chorus) const;  ///< "intro verse chorus ... outro"
};

/// The form whose band sections come nearest to their usual lengths in a song of `bars` bars; none
/// when not even one verse and chorus fit.
std::optional<TuneForm> plan_tune_form(int bars, int verse_bars, int chorus_bars);

}  // namespace brandiron::experiments
