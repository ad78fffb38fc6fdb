#pragma once

#include "surface.h"

namespace brandiron::watermark {

/// Turns cell levels into bounded detection weights: subtracts what varies slowly, divides the
/// two-dimensional spectrum (time by bands) by its own smoothed power, so that melody and rhythm
/// stop shouting over the mark, clips, and weights by the depth the mark would have. Without the
/// key.
///
/// For a white pattern in stationary Gaussian clutter of power spectrum S, the best linear
/// statistic correlates with F^-1(F(c)/S): this is that filter with S taken from the file itself,
/// block by block.
Table detection_weights(const Table& cells_db);
/// The same where the depth is known already.
Table detection_weights(const Table& cells_db, const Table& depth_db);

}  // namespace brandiron::watermark
