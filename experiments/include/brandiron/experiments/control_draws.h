#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace brandiron::experiments {

// Draws of controls that depend on nothing but the corpus seed and the song's index, and still come
// out even over the corpus.

/// The number, from 0, of the item of a class that belongs to a song; none when the song has none.
/// Of n songs in a row, n * share have one, to within one. @throws Error(kInvalidArgument) for a
/// share outside 0 to 1.
std::optional<std::uint64_t> control_number(std::uint64_t corpus_seed, const std::string& kind,
                                            double share, std::uint64_t song);

/// Whether item `number` of a class is marked: one of each pair (0 and 1, 2 and 3 ...), which one
/// is drawn. Of any n items in a row n/2 are, to within one.
bool is_marked_half(std::uint64_t corpus_seed, const std::string& kind, std::uint64_t number);

/// Which of `size` things item `number` takes: each once before any comes again.
/// @throws Error(kInvalidArgument) when there are none.
std::size_t draw_in_turn(std::uint64_t corpus_seed, const std::string& kind, std::uint64_t number,
                         std::size_t size);

}  // namespace brandiron::experiments
