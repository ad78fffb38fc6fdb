#include "composition/staff.h"

#include "composition/key_name.h"

namespace brandiron::gen {
namespace {

constexpr std::array<int, 7> kLetterPc = {9, 11, 0, 2, 4, 5, 7};  // A B C D E F G
// Letters in the order in which a signature sharpens them; backwards it flattens.
constexpr std::array<char, 7> kSharpOrder = {'F', 'C', 'G', 'D', 'A', 'E', 'B'};

}  // namespace

int key_fifths(const Score& score) {
  static constexpr std::array<int, 12> kFifthsOfMajor = {0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5};
  return kFifthsOfMajor[static_cast<std::size_t>((score.tonic_pc + (score.minor ? 3 : 0)) % 12)];
}

Speller::Speller(const Score& score) {
  const int fifths = key_fifths(score);
  for (int pc = 0; pc < 12; ++pc) {
    const std::string name = pitch_class_name(pc, fifths < 0);
    by_pc_[static_cast<std::size_t>(pc)] = {name[0], name.size() < 2 ? 0 : name[1] == '#' ? 1 : -1};
  }
  for (int i = 0; i < 7; ++i) {
    const char letter = kSharpOrder[static_cast<std::size_t>(i)];
    const int alter = i < fifths ? 1 : (i >= 7 + fifths ? -1 : 0);
    const int pc = (kLetterPc[static_cast<std::size_t>(letter - 'A')] + alter + 12) % 12;
    by_pc_[static_cast<std::size_t>(pc)] = {letter, alter};
  }
}

Spelling Speller::spell(int midi) const {
  Spelling spelling = by_pc_[static_cast<std::size_t>(midi % 12)];
  // B sharp lies below the C that it sounds as, C flat above its B.
  spelling.octave = (midi - spelling.alter) / 12 - 1;
  return spelling;
}

}  // namespace brandiron::gen
