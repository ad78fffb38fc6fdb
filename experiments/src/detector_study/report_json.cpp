#include <nlohmann/json.hpp>

#include "brandiron/experiments/detector_study.h"

namespace brandiron::experiments {
namespace {

using Json = nlohmann::ordered_json;

Json interval(const std::optional<std::pair<double, double>>& bounds) {
  return bounds ? Json{bounds->first, bounds->second} : Json();
}

Json figure(const StudyFigure& f) {
  return {{"value", f.value},
          {"by_recording", interval(f.by_recording)},
          {"by_source", interval(f.by_source)}};
}

Json maybe(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

Json rates(const std::vector<StudyRate>& list) {
  Json out = Json::array();
  for (const StudyRate& r : list) {
    out.push_back({{"fpr", r.fpr}, {"tpr", figure(r.tpr)}, {"supported_by_n", r.supported}});
  }
  return out;
}

Json row_json(const RowFigures& r) {
  return {{"row", r.row},
          {"title", r.title},
          {"kind", r.kind},
          {"num_ai", r.num_ai},
          {"num_human", r.num_human},
          {"errors", r.errors},
          {"auc", figure(r.auc)},
          {"rates", rates(r.rates)},
          {"fixed_threshold", {{"tpr", r.fixed_tpr}, {"fpr", r.fixed_fpr}}},
          {"drift", {{"mean", r.drift_mean}, {"max", r.drift_max}}},
          {"auc_over_fourier", r.over_fourier ? figure(*r.over_fourier) : Json()}};
}

Json source_json(const SourceFigures& s) {
  return {{"source", s.source},      {"n", s.n},     {"recordings", s.recordings},
          {"flagged", s.flagged},    {"fpr", s.fpr}, {"wilson", {s.low, s.high}},
          {"threshold", s.threshold}};
}

Json group_json(const GroupFigures& g) {
  return {{"group", g.group},
          {"n", g.n},
          {"auc", figure(g.auc)},
          {"nested_tpr", g.nested_tpr},
          {"wilson", {g.low, g.high}},
          {"supported_by_n", g.supported},
          {"auc_by_source", g.auc_by_source},
          {"left_out_auc", maybe(g.left_out_auc)},
          {"left_out_tpr", maybe(g.left_out_tpr)}};
}

Json nested_json(const DetectorFigures& d) {
  if (!d.nested) return {};
  return {{"fpr", d.nested_fpr},
          {"wilson", {d.nested_low, d.nested_high}},
          {"tpr", d.nested_tpr},
          {"precision", d.precision},
          {"precision_at_upper_fpr", d.precision_low}};
}

template <class T, class F>
Json list(const std::vector<T>& items, const F& one) {
  Json out = Json::array();
  for (const T& item : items) out.push_back(one(item));
  return out;
}

Json segments_json(const std::optional<SegmentFigures>& s) {
  if (!s) return {};
  return {{"tracks", s->tracks}, {"segments", s->segments},
          {"auc", s->auc},       {"boundaries", s->boundaries},
          {"missed", s->missed}, {"boundary_error_s", maybe(s->boundary_error_s)}};
}

Json permutation_json(const std::optional<PermutationFigures>& p) {
  if (!p) return {};
  return {{"dealt", p->by_source ? "sources" : "recordings"},
          {"units", p->units},
          {"deals", p->deals},
          {"mean_auc", p->mean_auc},
          {"middle_95", {p->low, p->high}},
          {"p", maybe(p->p)}};
}

Json detector_object(const DetectorFigures& d) {
  return {{"name", d.name},
          {"failure", d.failure},
          {"num_ai", d.num_ai},
          {"num_human", d.num_human},
          {"ai_recordings", d.ai_recordings},
          {"human_recordings", d.human_recordings},
          {"ai_sources", d.ai_sources},
          {"human_sources", d.human_sources},
          {"errors", d.errors},
          {"auc", figure(d.auc)},
          {"eer", figure(d.eer)},
          {"rates", rates(d.rates)},
          {"nested_1_percent", nested_json(d)},
          {"ece", maybe(d.ece)},
          {"brier", maybe(d.brier)},
          {"realtime_wall", d.realtime_wall},
          {"realtime_cpu", d.realtime_cpu},
          {"attacks",
           {{"mean_auc", figure(d.mean_auc)},
            {"worst_auc", figure(d.worst_auc)},
            {"mean_over_fourier", d.mean_over_fourier ? figure(*d.mean_over_fourier) : Json()},
            {"worst_over_fourier", d.worst_over_fourier ? figure(*d.worst_over_fourier) : Json()}}},
          {"rows", list(d.rows, row_json)},
          {"sources", list(d.sources, source_json)},
          {"groups", list(d.groups, group_json)},
          {"labels", list(d.labels,
                          [](const LabelFigures& l) {
                            return Json{
                                {"label", l.label},     {"n", l.n},
                                {"flagged", l.flagged}, {"wilson", {l.low, l.high}},
                                {"mean_p", l.mean_p},   {"auc_over_human", l.auc_over_human}};
                          })},
          {"marks", list(d.marks,
                         [](const MarkFigures& m) {
                           return Json{{"what", m.what},
                                       {"pairs", m.pairs},
                                       {"auc", figure(m.auc)},
                                       {"mean_change", m.mean_change}};
                         })},
          {"permuted_labels", permutation_json(d.permuted)},
          {"permuted_labels_taught", permutation_json(d.taught_anew)},
          {"segments", segments_json(d.segments)}};
}

}  // namespace

std::string detector_json(const DetectorSummary& summary) {
  return Json{{"schema", "brandiron.detector-study/1"},
              {"run", Json::parse(summary.header_json, nullptr, false)},
              {"prevalence", summary.prevalence},
              {"notes", summary.notes},
              {"detectors", list(summary.detectors, detector_object)}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace brandiron::experiments
