#include <fmt/format.h>

#include <algorithm>

#include "brandiron/experiments/demo_report.h"

namespace brandiron::experiments {

namespace {

constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kReset = "\x1b[0m";

std::string mark_words(const DemoRow& row) {
  if (!row.mark) {
    return "no answer";
  }
  return row.mark->present ? "found" : "not found";
}

std::string payload_words(const DemoRow& row, const std::string& payload) {
  if (!row.mark || !row.mark->payload_valid) {
    return "-";
  }
  return row.mark->payload_hex == payload ? "right" : "other";
}

std::string detector_words(const DemoRow& row) {
  if (!row.detector) {
    return "-";
  }
  return fmt::format("{:.3f} {}", row.detector->p_ai, row.detector->verdict);
}

}  // namespace

std::string demo_table(const Demo& demo, bool colour) {
  std::size_t width = 10;
  for (const auto& row : demo.rows) {
    width = std::max(width, std::min<std::size_t>(row.name.size(), 38));
  }
  std::string out = fmt::format("{:<{}}  {:<9}  {:>8}  {:<7}  {:<15}  {}\n", "audio", width, "mark",
                                "p-value", "payload", "p(synthetic)", "as it must be");
  out += std::string(width + 62, '-') + "\n";
  for (const auto& row : demo.rows) {
    const bool good = row.as_expected(demo.song.payload_hex);
    const std::string p_value = row.mark ? fmt::format("{:.1e}", row.mark->p_value) : "-";
    out += fmt::format("{:<{}.{}}  {:<9}  {:>8}  {:<7}  {:<15}  {}{}{}\n", row.name, width, width,
                       mark_words(row), p_value, payload_words(row, demo.song.payload_hex),
                       detector_words(row), colour ? (good ? kGreen : kRed) : "",
                       good ? "yes" : "NO", colour ? kReset : "");
  }
  if (demo.disclosure) {
    const DisclosureAnswer& d = *demo.disclosure;
    out += fmt::format("disclosure: watermark {}, manifest {}, tags {}, registry {}: {}\n", d.mark,
                       d.manifest, d.tags, d.registry, d.passes ? "passes" : "DOES NOT PASS");
    if (!d.stripped_verdict.empty()) {
      out += fmt::format("stripped, MP3 64: {}; manifest {}\n", d.stripped_verdict,
                         d.stripped_manifest.empty() ? "NOT found" : d.stripped_manifest);
    }
  }
  for (const auto& note : demo.notes) {
    out += "note: " + note + "\n";
  }
  return out;
}

}  // namespace brandiron::experiments
