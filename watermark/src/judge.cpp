#include "judge.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "front_end.h"
#include "search.h"
#include "warp.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kPeaksPerAlignment = 3;
constexpr std::size_t kCandidates = 4;
// A code word is only looked for where the pilot stands out a little; below, decoding is idle.
constexpr double kMinPilotZ = 3.5;
constexpr double kMinWarpS = 5.0;

struct Hit {
  std::size_t alignment = 0;
  std::size_t column = 0;
  double pilot_z = 0;
  Readout readout;
  Bound bound;
};

struct Search {
  const Searcher& searcher;
  Decoder& decoder;
  double ln_hypotheses;
};

bool better(const Hit& a, const Hit& b) {
  if (a.bound.ln_p_payload != b.bound.ln_p_payload) {
    return a.bound.ln_p_payload < b.bound.ln_p_payload;
  }
  return a.bound.ln_p < b.bound.ln_p;
}

// The strongest answer of folded weights, one Folded an alignment.
Hit strongest(const Search& search, const std::vector<Folded>& folded) {
  std::vector<Hit> candidates;
  for (std::size_t a = 0; a < folded.size(); ++a) {
    for (const Searcher::Peak& peak : search.searcher.search(folded[a], kPeaksPerAlignment)) {
      candidates.push_back({a, peak.column, peak.z, {}, {}});
    }
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Hit& a, const Hit& b) { return a.pilot_z > b.pilot_z; });
  candidates.resize(std::min(candidates.size(), kCandidates));
  Hit best;
  for (Hit& hit : candidates) {
    if (hit.pilot_z < kMinPilotZ) break;
    hit.readout =
        read_out(search.searcher.pattern(), folded[hit.alignment], hit.column, search.decoder);
    hit.bound = bound(hit.readout, search.ln_hypotheses);
    if (better(hit, best)) best = hit;
  }
  return best;
}

struct Span {
  double start_s, end_s;
};

std::vector<Span> cut_segments(double duration_s, double segment_s) {
  std::vector<Span> spans;
  for (double from = 0; from < duration_s; from += segment_s) {
    spans.push_back({from, std::min(duration_s, from + segment_s)});
  }
  // A short rest joins its neighbour.
  if (spans.size() > 1 && spans.back().end_s - spans.back().start_s < 0.5 * segment_s) {
    spans[spans.size() - 2].end_s = spans.back().end_s;
    spans.pop_back();
  }
  return spans;
}

std::size_t cell_at(const Alignment& alignment, double second) {
  return static_cast<std::size_t>(
      std::max(0.0, std::ceil((second - alignment.start_s) / alignment.cell_s - 1e-9)));
}

Folded fold_span(const Alignment& alignment, const Span& span) {
  return fold(alignment.weights, cell_at(alignment, span.start_s),
              cell_at(alignment, span.end_s + 1e-6));
}

// First at the place where the whole file answered, then anywhere.
Hit read_segment(const Search& search, const std::vector<Alignment>& alignments, const Hit& whole,
                 bool whole_is_valid, double ln_wanted, const Span& span) {
  Hit best;
  if (whole_is_valid) {
    const Alignment& alignment = alignments[whole.alignment];
    Hit hit = whole;
    hit.column = (whole.column + cell_at(alignment, span.start_s)) % kCycleCells;
    hit.readout = read_out(search.searcher.pattern(), fold_span(alignment, span), hit.column,
                           whole.readout.decoded);
    hit.bound = bound(hit.readout, search.ln_hypotheses);
    best = hit;
    if (best.bound.ln_p_payload <= ln_wanted) return best;
  }
  std::vector<Folded> folded;
  for (const Alignment& alignment : alignments) {
    folded.push_back(fold_span(alignment, span));
  }
  const Hit own = strongest(search, folded);
  return better(own, best) ? own : best;
}

// What one set of alignments says: the whole chapter, then its segments.
Opinion judge(const Searcher& searcher, Decoder& decoder, const std::vector<Alignment>& alignments,
              const std::vector<Folded>& folded, const std::vector<Span>& spans, double ln_places,
              double ln_wanted) {
  // Half of the allowance goes to the whole, half is shared by the segments.
  const double ln_whole = ln_places + std::numbers::ln2;
  const Search whole_search{searcher, decoder, ln_whole};
  const Search segment_search{searcher, decoder,
                              ln_whole + std::log(static_cast<double>(spans.size()))};
  const Hit whole = strongest(whole_search, folded);
  const bool whole_is_valid = whole.bound.ln_p_payload <= ln_wanted;
  Opinion opinion;
  opinion.bound = whole.bound;
  opinion.readout = whole.readout;
  for (const Span& span : spans) {
    const Hit hit =
        read_segment(segment_search, alignments, whole, whole_is_valid, ln_wanted, span);
    opinion.segments.push_back({span.start_s, span.end_s, hit.bound, hit.readout.decoded.payload});
    opinion.bound.ln_p = std::min(opinion.bound.ln_p, hit.bound.ln_p);
    if (hit.bound.ln_p_payload < opinion.bound.ln_p_payload) {
      opinion.bound.ln_p_payload = hit.bound.ln_p_payload;
      opinion.readout = hit.readout;
    }
  }
  return opinion;
}

}  // namespace

bool says_more(const Opinion& a, const Opinion& b, double ln_wanted) {
  const bool a_reads = a.bound.ln_p_payload <= ln_wanted;
  const bool b_reads = b.bound.ln_p_payload <= ln_wanted;
  return a_reads != b_reads ? a_reads : a.bound.ln_p < b.bound.ln_p;
}

std::vector<Opinion> judge_chapter(const PowerSurface& power, const std::vector<Key>& keys,
                                   const VerifyOptions& options) {
  const FrontEndModel* model = options.front_end.get();
  const FrontEnd front(power, model);
  const std::vector<Span> spans = cut_segments(front.duration_s, options.segment_s);
  // Half of the allowance goes to the axes as they are, half to warped ones; all keys share it.
  const double ln_shares = std::numbers::ln2 + std::log(static_cast<double>(keys.size()));
  const double ln_plain =
      ln_shares + std::log(static_cast<double>(front.alignments.size() * kCycleCells));
  const double ln_warped = ln_shares + WarpSearch::ln_places();
  const double ln_wanted = std::log(options.p_threshold);
  Decoder decoder;
  std::optional<WarpSearch> warps;
  std::vector<Opinion> opinions;
  for (const Key& key : keys) {
    const Searcher searcher(key);
    Opinion opinion =
        judge(searcher, decoder, front.alignments, front.folded, spans, ln_plain, ln_wanted);
    const bool unread = opinion.bound.ln_p_payload > ln_wanted;
    if (unread && options.search_warps && front.duration_s >= kMinWarpS) {
      if (!warps) warps.emplace(power, front.alignments, model);
      const std::vector<Alignment> warped = warps->find(searcher);
      if (!warped.empty()) {
        Opinion other =
            judge(searcher, decoder, warped, fold_all(warped), spans, ln_warped, ln_wanted);
        other.speed_ratio = kCellSeconds / warped.front().cell_s;
        other.pitch_ratio = warped.front().pitch_ratio;
        if (says_more(other, opinion, ln_wanted)) opinion = std::move(other);
      }
    }
    opinions.push_back(std::move(opinion));
  }
  return opinions;
}

}  // namespace brandiron::watermark
