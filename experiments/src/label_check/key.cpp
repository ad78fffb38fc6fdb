#include "label_check/key.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace brandiron::experiments::labels {
namespace {

constexpr double kPieceSeconds = 0.5;
constexpr double kQuiet = 0.05;  // of the strongest piece

/// How usual a triad is in a key, by degree in semitones: textbook functions, not counted from our
/// songs. Harmonic minor's V beside v; blues and mixolydian bVII.
double usualness(int degree, bool minor_triad, bool minor_key) {
  struct Row {
    int degree;
    bool minor_triad;
    double weight;
  };
  static constexpr std::array<Row, 11> kMajor = {{{0, false, 10},
                                                  {5, false, 7},
                                                  {7, false, 7},
                                                  {9, true, 3},
                                                  {2, true, 3},
                                                  {4, true, 1.5},
                                                  {10, false, 1},
                                                  {2, false, 1},
                                                  {5, true, 0.7},
                                                  {9, false, 0.5},
                                                  {4, false, 0.5}}};
  static constexpr std::array<Row, 8> kMinor = {{{0, true, 10},
                                                 {5, true, 5},
                                                 {10, false, 4},
                                                 {7, false, 3},
                                                 {8, false, 3},
                                                 {3, false, 2.5},
                                                 {7, true, 2},
                                                 {5, false, 1.5}}};
  const auto look = [&](const auto& rows) {
    for (const Row& row : rows) {
      if (row.degree == degree && row.minor_triad == minor_triad) return row.weight;
    }
    return 0.1;
  };
  return minor_key ? look(kMinor) : look(kMajor);
}

struct Piece {
  Triad triad;
  double loudness = 0;
};

std::vector<Piece> heard_pieces(const Chromagram& chroma, const Chromagram& bass) {
  std::vector<Piece> pieces;
  double loudest = 0;
  const double end = static_cast<double>(chroma.frames.size()) * chroma.hop_s;
  for (double t = 0; t + kPieceSeconds <= end; t += kPieceSeconds) {
    const Chroma mean = chroma.mean(t, t + kPieceSeconds);
    double sum = 0;
    for (const double x : mean) sum += x;
    pieces.push_back({nearest_triad(mean, bass.mean(t, t + kPieceSeconds)), sum});
    loudest = std::max(loudest, sum);
  }
  std::erase_if(pieces, [&](const Piece& p) { return p.loudness <= kQuiet * loudest; });
  return pieces;
}

double log_usual(const Triad& triad, const Triad& key) {
  return std::log(usualness((triad.root_pc - key.root_pc + 12) % 12, triad.minor, key.minor));
}

}  // namespace

bool estimate_key(const Chromagram& chroma, const Chromagram& bass, Triad& key) {
  const std::vector<Piece> pieces = heard_pieces(chroma, bass);
  if (pieces.size() < 4) return false;
  double best = -1e30;
  for (int root = 0; root < 12; ++root) {
    for (const bool minor : {false, true}) {
      const Triad candidate{root, minor};
      double sum = 0;
      for (const Piece& piece : pieces) sum += log_usual(piece.triad, candidate);
      sum /= static_cast<double>(pieces.size());
      // A song begins at home more often than not, and ends there.
      for (std::size_t i = 0; i < 4; ++i) {
        sum += 0.06 * log_usual(pieces[i].triad, candidate);
        sum += 0.12 * log_usual(pieces[pieces.size() - 1 - i].triad, candidate);
      }
      if (sum > best) {
        best = sum;
        key = candidate;
      }
    }
  }
  return true;
}

}  // namespace brandiron::experiments::labels
