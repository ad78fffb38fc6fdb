#pragma once

#include "surface.h"

namespace brandiron::watermark {

/// How many dB the mark may move each cell at strength 1, from the cells' own levels: little where
/// the music is loud, for there the mark costs most signal-to-distortion ratio, more where it is
/// soft, for there it is masked by its neighbours. The verifier computes the same from what it
/// received, as weights; the key has no part in it.
Table mark_depth_db(const Table& cells_db);

}  // namespace brandiron::watermark
