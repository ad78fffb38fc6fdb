#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "brandiron/experiments/decoder_study.h"
#include "watermark_study/statistics.h"

namespace brandiron::experiments {
namespace {

constexpr int kRateHz = 44100;
constexpr double kWideHz = 14000;
constexpr const char* kBaseline = "griffin-lim";

using Rows = std::vector<const TwinResult*>;

Estimate estimate(const Rows& rows, const std::function<double(const TwinResult&)>& value,
                  bool share = false) {
  std::map<std::string, std::vector<double>> by_file;
  for (const TwinResult* r : rows) by_file[r->file].push_back(value(*r));
  return clustered_estimate(by_file, share);
}

std::vector<double> mean_residual(const Rows& rows) {
  std::vector<double> mean;
  for (const TwinResult* r : rows) {
    mean.resize(r->residual_db.size());
    for (std::size_t k = 0; k < mean.size(); ++k) {
      mean[k] += r->residual_db[k] / static_cast<double>(rows.size());
    }
  }
  return mean;
}

/// At the spacings that the files' own combs were looked for.
std::vector<Comb> combs_again(const std::vector<double>& residual, const std::vector<Comb>& like,
                              const CombOptions& options) {
  std::vector<Comb> combs;
  for (const Comb& comb : like) {
    combs.push_back(measure_comb(residual, kRateHz, comb.spacing_hz, options));
  }
  return combs;
}

void compare(const Rows& rows, const std::map<std::string, const TwinResult*>& baseline,
             TwinSummary& s) {
  Rows paired;
  for (const TwinResult* r : rows) {
    if (baseline.contains(r->file)) paired.push_back(r);
  }
  const auto against = [&](double Closeness::*distance, Estimate& gain, Estimate& nearer) {
    const auto difference = [&](const TwinResult& r) {
      return r.closeness.*distance - baseline.at(r.file)->closeness.*distance;
    };
    gain = estimate(paired, difference);
    nearer = estimate(
        paired, [&](const TwinResult& r) { return difference(r) < 0 ? 1.0 : 0.0; }, true);
  };
  against(&Closeness::stft, s.stft_gain, s.stft_nearer);
  against(&Closeness::mel, s.mel_gain, s.mel_nearer);
  against(&Closeness::mel_grid, s.mel_grid_gain, s.mel_grid_nearer);
}

TwinSummary summarise(const Rows& rows, const StudiedDecoder& decoder, const std::string& source,
                      const std::map<std::string, const TwinResult*>& baseline) {
  TwinSummary s;
  s.decoder = decoder.name();
  s.source = source;
  s.files = rows.size();
  s.leaves_comb = decoder.leaves_comb;
  s.stft = estimate(rows, [](const TwinResult& r) { return r.closeness.stft; });
  s.mel = estimate(rows, [](const TwinResult& r) { return r.closeness.mel; });
  s.mel_grid = estimate(rows, [](const TwinResult& r) { return r.closeness.mel_grid; });
  s.si_sdr_db = estimate(rows, [](const TwinResult& r) { return r.closeness.si_sdr_db; });
  s.hz = estimate(rows, [](const TwinResult& r) { return r.bandwidth.hz; });
  s.wide = estimate(
      rows,
      [](const TwinResult& r) {
        return r.bandwidth.hz >= std::min(kWideHz, r.bandwidth.original_hz) ? 1.0 : 0.0;
      },
      true);
  if (s.decoder != kBaseline) compare(rows, baseline, s);
  double cpu_s = 0, seconds = 0;
  s.hz_min = 1e9;
  for (const TwinResult* r : rows) {
    cpu_s += r->cpu_s;
    seconds += r->duration_s * static_cast<double>(r->channels);
    s.hz_min = std::min(s.hz_min, r->bandwidth.hz);
  }
  s.cpu_s_per_s = cpu_s / seconds;
  const std::vector<double> residual = mean_residual(rows);
  s.combs = combs_again(residual, rows.front()->combs, {});
  s.high_combs = combs_again(residual, rows.front()->high_combs, {.low_hz = 5000});
  if (!s.combs.empty()) {
    s.comb_files = estimate(
        rows, [](const TwinResult& r) { return r.combs.front().present() ? 1.0 : 0.0; }, true);
  }
  return s;
}

std::vector<MarkSummary> summarise_marks(const std::vector<MarkResult>& marks,
                                         const std::vector<StudiedDecoder>& decoders) {
  std::vector<std::string> names = {"none"};
  for (const StudiedDecoder& d : decoders) names.push_back(d.name());
  std::set<double> crops;
  for (const MarkResult& m : marks) crops.insert(m.crop_s);
  std::vector<MarkSummary> rows;
  for (const std::string& name : names) {
    for (const double seconds : crops) {
      MarkSummary s;
      s.decoder = name;
      s.crop_s = seconds;
      for (const MarkResult& m : marks) {
        if (m.decoder != name || m.crop_s != seconds) continue;
        ++s.files;
        s.present += m.present;
        s.exact += m.exact;
        s.wrong += m.wrong;
      }
      if (s.files == 0) continue;
      const auto n = static_cast<double>(s.files);
      const Interval present = wilson(static_cast<double>(s.present), n);
      const Interval exact = wilson(static_cast<double>(s.exact), n);
      s.present_low = present.low;
      s.present_high = present.high;
      s.exact_low = exact.low;
      s.exact_high = exact.high;
      rows.push_back(s);
    }
  }
  return rows;
}

}  // namespace

DecoderSummary summarise_decoders(const DecoderResults& results,
                                  const std::vector<StudiedDecoder>& decoders) {
  DecoderSummary summary;
  std::map<std::string, const TwinResult*> baseline;
  for (const TwinResult& r : results.twins) {
    if (r.decoder == kBaseline) baseline[r.file] = &r;
  }
  for (const StudiedDecoder& decoder : decoders) {
    std::map<std::string, Rows> by_source;
    Rows all;
    for (const TwinResult& r : results.twins) {
      if (r.decoder != decoder.name()) continue;
      all.push_back(&r);
      by_source[r.source].push_back(&r);
    }
    if (all.empty()) continue;
    summary.residual_db[decoder.name()] = mean_residual(all);
    summary.twins.push_back(summarise(all, decoder, "", baseline));
    if (by_source.size() < 2) continue;
    for (const auto& [source, rows] : by_source) {
      summary.twins.push_back(summarise(rows, decoder, source, baseline));
    }
  }
  summary.marks = summarise_marks(results.marks, decoders);
  return summary;
}

}  // namespace brandiron::experiments
