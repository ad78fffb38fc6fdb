#pragma once

#include <cstddef>

#include "brandiron/watermark/watermark.h"
#include "code.h"
#include "pattern.h"
#include "surface.h"

namespace brandiron::watermark {

/// Signed change of each cell of `cells_db`, dB. Its first row carries column `first_column` of the
/// cycle (taken modulo the cycle). A pure function of its arguments: the chunks of a stream and
/// whole files get the same bits wherever their tables agree.
Table cell_changes_db(const Table& cells_db, const Pattern& pattern, const CodeWord& word,
                      std::size_t first_column, double strength);

/// The changes as amplitude gains.
Table gains_of(const Table& changes_db);

}  // namespace brandiron::watermark
