#include "decoder_study/records.h"

#include <cmath>
#include <sstream>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::experiments {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr double kResidualSteps = 100;  // a dB

Comb read_comb(const json& row) {
  Comb comb;
  comb.spacing_hz = row.at("spacing_hz");
  comb.multiples = row.at("multiples");
  comb.strength_db = row.at("strength_db");
  comb.peak_db = row.at("peak_db");
  comb.random_p99_db = row.at("random_p99_db");
  comb.rank = row.at("rank");
  return comb;
}

ordered_json combs_json(const std::vector<Comb>& combs) {
  ordered_json rows = ordered_json::array();
  for (const Comb& comb : combs) rows.push_back(comb_json(comb));
  return rows;
}

TwinResult read_twin(const json& row) {
  TwinResult r;
  r.file = row.at("file");
  r.source = row.at("source");
  r.decoder = row.at("decoder");
  r.weights = row.at("weights");
  r.duration_s = row.at("duration_s");
  r.channels = row.at("channels");
  r.cpu_s = row.at("cpu_s");
  const json& c = row.at("closeness");
  r.closeness = {c.at("stft"), c.at("stft_log"), c.at("stft_convergence"),
                 c.at("mel"),  c.at("mel_grid"), c.at("si_sdr_db")};
  r.bandwidth = {row.at("bandwidth_hz"), row.at("original_hz")};
  for (const json& comb : row.at("combs")) r.combs.push_back(read_comb(comb));
  for (const json& comb : row.at("high_combs")) r.high_combs.push_back(read_comb(comb));
  for (const json& step : row.at("residual_cdb")) {
    r.residual_db.push_back(step.get<double>() / kResidualSteps);
  }
  return r;
}

void read_marks(const json& row, std::vector<MarkResult>& marks) {
  for (const json& crop : row.at("crops")) {
    MarkResult m;
    m.file = row.at("file");
    m.source = row.at("source");
    m.decoder = row.at("decoder");
    m.weights = row.at("weights");
    m.crop_s = crop.at("crop_s");
    m.present = crop.at("present");
    m.exact = crop.at("exact");
    m.wrong = crop.at("wrong");
    m.p = crop.at("p");
    m.ber = crop.at("ber");
    marks.push_back(m);
  }
}

}  // namespace

ordered_json comb_json(const Comb& comb) {
  return {{"spacing_hz", comb.spacing_hz},       {"multiples", comb.multiples},
          {"strength_db", comb.strength_db},     {"peak_db", comb.peak_db},
          {"random_p99_db", comb.random_p99_db}, {"rank", comb.rank}};
}

std::string twin_line(const TwinResult& r) {
  ordered_json residual = ordered_json::array();
  for (const double db : r.residual_db) residual.push_back(std::lround(kResidualSteps * db));
  return ordered_json{{"kind", "twin"},
                      {"file", r.file},
                      {"source", r.source},
                      {"decoder", r.decoder},
                      {"weights", r.weights},
                      {"duration_s", r.duration_s},
                      {"channels", r.channels},
                      {"cpu_s", r.cpu_s},
                      {"closeness",
                       {{"stft", r.closeness.stft},
                        {"stft_log", r.closeness.stft_log},
                        {"stft_convergence", r.closeness.stft_convergence},
                        {"mel", r.closeness.mel},
                        {"mel_grid", r.closeness.mel_grid},
                        {"si_sdr_db", r.closeness.si_sdr_db}}},
                      {"bandwidth_hz", r.bandwidth.hz},
                      {"original_hz", r.bandwidth.original_hz},
                      {"combs", combs_json(r.combs)},
                      {"high_combs", combs_json(r.high_combs)},
                      {"residual_cdb", residual}}
      .dump();
}

std::string marks_line(const std::vector<MarkResult>& crops) {
  ordered_json rows = ordered_json::array();
  for (const MarkResult& m : crops) {
    rows.push_back({{"crop_s", m.crop_s},
                    {"present", m.present},
                    {"exact", m.exact},
                    {"wrong", m.wrong},
                    {"p", m.p},
                    {"ber", m.ber}});
  }
  const MarkResult& first = crops.front();
  return ordered_json{{"kind", "marks"},          {"file", first.file},
                      {"source", first.source},   {"decoder", first.decoder},
                      {"weights", first.weights}, {"crops", rows}}
      .dump();
}

DecoderResults read_decoder_results(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kResultsFile;
  std::istringstream lines(read_file(path, std::size_t{1} << 32));
  DecoderResults results;
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    try {
      const json row = json::parse(line);
      const std::string kind = row.value("kind", "");
      if (kind == "twin") results.twins.push_back(read_twin(row));
      if (kind == "marks") read_marks(row, results.marks);
    } catch (const json::exception& error) {
      if (lines.peek() == std::char_traits<char>::eof()) break;  // torn by whatever ended the run
      throw Error(ErrorCode::kFormat,
                  path.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  return results;
}

}  // namespace brandiron::experiments
