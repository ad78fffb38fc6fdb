#pragma once

#include "surface.h"

namespace brandiron::watermark {

/// How many dB the mark may move each cell at strength 1, from the cells' own levels, dB. Two
/// rules: the mark has even power around each place, as far under the signal as the default
/// strength promises (a cell n dB under its surroundings is moved n dB of depth more: where the
/// music is loud a change costs most signal-to-distortion ratio); and no cell is moved more than
/// keeps the change under the masking threshold that its louder neighbours raise. The verifier
/// computes the same from what it received, as weights; the key has no part in it.
/// @see Zwicker, Fastl, "Psychoacoustics", for the slopes of masking; ITU-R BS.1387 for the offset.
Table mark_depth_db(const Table& cells_db);

}  // namespace brandiron::watermark
