#include "judge.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <span>

#include "front_end.h"
#include "search.h"
#include "warp.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kPeaksPerAlignment = 3;
constexpr std::size_t kCandidates = 4;
// A code word is only looked for where the pilot stands out a little; below, decoding is idle.
// A segment that can prove anything answers with a pilot of about 6; the null's highest is 4.2.
constexpr double kMinSegmentPilotZ = 4.5;
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
  double min_pilot_z;
};

bool better(const Hit& a, const Hit& b) {
  if (a.bound.ln_p_payload != b.bound.ln_p_payload) {
    return a.bound.ln_p_payload < b.bound.ln_p_payload;
  }
  return a.bound.ln_p < b.bound.ln_p;
}

// Folded weights of all alignments, with the spectra that every key correlates with.
struct Evidence {
  explicit Evidence(std::vector<Folded> of_alignments) : folded(std::move(of_alignments)) {
    for (const Folded& one : folded) spectra.push_back(transform(one));
  }
  std::vector<Folded> folded;
  std::vector<FoldedSpectrum> spectra;
};

// The strongest answer of the evidence.
Hit strongest(const Search& search, const Evidence& evidence) {
  const std::vector<Folded>& folded = evidence.folded;
  std::vector<Hit> candidates;
  for (std::size_t a = 0; a < folded.size(); ++a) {
    for (const Searcher::Peak& peak :
         search.searcher.search(evidence.spectra[a], kPeaksPerAlignment)) {
      candidates.push_back({a, peak.column, peak.z, {}, {}});
    }
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Hit& a, const Hit& b) { return a.pilot_z > b.pilot_z; });
  candidates.resize(std::min(candidates.size(), kCandidates));
  Hit best;
  for (Hit& hit : candidates) {
    if (hit.pilot_z < search.min_pilot_z) break;
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
  const Hit own = strongest(search, Evidence(std::move(folded)));
  return better(own, best) ? own : best;
}

// What one set of alignments says: the whole chapter, then its segments.
Opinion judge(const Searcher& searcher, Decoder& decoder, const std::vector<Alignment>& alignments,
              const Evidence& evidence, const std::vector<Span>& spans, double ln_places,
              double ln_wanted) {
  // Half of the allowance goes to the whole, half is shared by the segments.
  const double ln_whole = ln_places + std::numbers::ln2;
  const Search whole_search{searcher, decoder, ln_whole, kMinPilotZ};
  const Search segment_search{
      searcher, decoder, ln_whole + std::log(static_cast<double>(spans.size())), kMinSegmentPilotZ};
  const Hit whole = strongest(whole_search, evidence);
  const bool whole_is_valid = whole.bound.ln_p_payload <= ln_wanted;
  Opinion opinion;
  opinion.bound = whole.bound;
  opinion.readout = whole.readout;
  for (const Span& span : spans) {
    // A piece of one segment has said what its segment says.
    const Hit hit = spans.size() == 1 ? whole
                                      : read_segment(segment_search, alignments, whole,
                                                     whole_is_valid, ln_wanted, span);
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

namespace {

// Keys are taken in bunches: what does not depend on them is computed once for each bunch.
constexpr std::size_t kKeysAtOnce = 32;

// A payload that was read through many wrong bits may have been read on nearly the right axes.
constexpr double kFewWrongBits = 0.2;

bool reads_well(const Opinion& opinion, double ln_wanted) {
  return opinion.bound.ln_p_payload <= ln_wanted && opinion.readout.bit_error_rate < kFewWrongBits;
}

struct Chapter {
  const PowerSurface& power;
  const VerifyOptions& options;
  FrontEnd front;
  Evidence evidence;
  std::vector<Span> spans;
  double ln_plain = 0, ln_warped = 0, ln_wanted = 0;
  std::optional<WarpSearch> warps;
};

Opinion judge_warped(const Chapter& chapter, const Searcher& searcher, Decoder& decoder,
                     const std::vector<Alignment>& warped) {
  Opinion opinion = judge(searcher, decoder, warped, Evidence(fold_all(warped)), chapter.spans,
                          chapter.ln_warped, chapter.ln_wanted);
  opinion.speed_ratio = kCellSeconds / warped.front().cell_s;
  opinion.pitch_ratio = warped.front().pitch_ratio;
  return opinion;
}

void judge_bunch(Chapter& chapter, std::span<const Key> keys, std::vector<Opinion>& opinions) {
  Decoder decoder;
  std::vector<std::unique_ptr<Searcher>> searchers;
  std::vector<const Searcher*> unread;
  std::vector<std::size_t> unread_at;
  for (const Key& key : keys) {
    searchers.push_back(std::make_unique<Searcher>(key));
    opinions.push_back(judge(*searchers.back(), decoder, chapter.front.alignments, chapter.evidence,
                             chapter.spans, chapter.ln_plain, chapter.ln_wanted));
    if (reads_well(opinions.back(), chapter.ln_wanted)) continue;
    unread.push_back(searchers.back().get());
    unread_at.push_back(opinions.size() - 1);
  }
  const bool search = chapter.options.search_warps && chapter.front.duration_s >= kMinWarpS;
  if (unread.empty() || !search) return;
  if (!chapter.warps) {
    chapter.warps.emplace(chapter.power, chapter.front.alignments, chapter.options.front_end.get());
  }
  const std::vector<std::vector<Alignment>> warped = chapter.warps->find(unread);
  for (std::size_t i = 0; i < unread.size(); ++i) {
    if (warped[i].empty()) continue;
    Opinion other = judge_warped(chapter, *unread[i], decoder, warped[i]);
    Opinion& own = opinions[unread_at[i]];
    if (says_more(other, own, chapter.ln_wanted)) own = std::move(other);
  }
}

}  // namespace

std::vector<Opinion> judge_chapter(const PowerSurface& power, const std::vector<Key>& keys,
                                   const VerifyOptions& options) {
  FrontEnd front(power, options.front_end.get());
  Evidence evidence(std::move(front.folded));
  std::vector<Span> spans = cut_segments(front.duration_s, options.segment_s);
  Chapter chapter{power, options, std::move(front), std::move(evidence), std::move(spans), 0,
                  0,     0,       std::nullopt};
  // Half of the allowance goes to the axes as they are, half to warped ones; all keys share it.
  const double num_keys = options.count_keys ? static_cast<double>(keys.size()) : 1.0;
  const double ln_shares = std::numbers::ln2 + std::log(num_keys);
  chapter.ln_plain = ln_shares + std::log(static_cast<double>(kPhases * kCycleCells));
  chapter.ln_warped = ln_shares + WarpSearch::ln_places(power.duration_s());
  chapter.ln_wanted = std::log(options.p_threshold);
  std::vector<Opinion> opinions;
  for (std::size_t from = 0; from < keys.size(); from += kKeysAtOnce) {
    judge_bunch(chapter, std::span(keys).subspan(from, std::min(kKeysAtOnce, keys.size() - from)),
                opinions);
  }
  return opinions;
}

}  // namespace brandiron::watermark
