#pragma once

#include <map>
#include <string>

#include "corpus_export/writer.h"

namespace brandiron::experiments::corpus_export {

/// A song's labels as JAMS 0.3: beat, chord_harte (chord where a label is outside Harte's
/// shorthands), segment_open, tempo, key_mode, note_midi a part, lyrics a line and a word,
/// tag_open, pitch_contour where the labels have f0. What the labels do not have is not there.
std::string jams_text(const Exported& item, const std::string& corpus);

/// The same for mir_eval, by folder: chords, sections, words, phones as "start end label"; beats
/// and downbeats as one time a line. Only those that the labels have.
std::map<std::string, std::string> lab_texts(const nlohmann::ordered_json& labels);

/// The array below `pointer`, or an empty one.
const nlohmann::ordered_json& list_at(const nlohmann::ordered_json& labels, const char* pointer);

}  // namespace brandiron::experiments::corpus_export
