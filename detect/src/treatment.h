// Treatments are core's; the detector draws them for both classes.
#pragma once

#include "brandiron/core/audio/treatment.h"

namespace brandiron::detect {

using brandiron::fill_template;
using brandiron::Treatment;
using brandiron::TreatmentStep;

}  // namespace brandiron::detect
