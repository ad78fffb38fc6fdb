#include "corpus_export/card.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "brandiron/core/version.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

struct KnownLicence {
  const char* spdx;
  const char* hub;  ///< as Hugging Face spells it
  const char* url;
};

constexpr std::array<KnownLicence, 9> kLicences{{
    {"CC0-1.0", "cc0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"},
    {"CC-BY-4.0", "cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/"},
    {"CC-BY-SA-4.0", "cc-by-sa-4.0", "https://creativecommons.org/licenses/by-sa/4.0/"},
    {"CC-BY-NC-4.0", "cc-by-nc-4.0", "https://creativecommons.org/licenses/by-nc/4.0/"},
    {"CC-BY-NC-SA-4.0", "cc-by-nc-sa-4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"},
    {"CC-BY-3.0", "cc-by-3.0", "https://creativecommons.org/licenses/by/3.0/"},
    {"CC-BY-SA-3.0", "cc-by-sa-3.0", "https://creativecommons.org/licenses/by-sa/3.0/"},
    {"MIT", "mit", "https://opensource.org/license/mit"},
    {"Apache-2.0", "apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"},
}};

const KnownLicence* known(const std::string& spdx) {
  const auto found = std::find_if(kLicences.begin(), kLicences.end(),
                                  [&](const KnownLicence& l) { return spdx == l.spdx; });
  return found == kLicences.end() ? nullptr : &*found;
}

/// YAML takes JSON strings as they are.
std::string quoted(const std::string& text) { return ordered_json(text).dump(); }

std::string header_text(const Context& context, const char* key) {
  const ordered_json& header = context.corpus.header();
  const auto found = header.find(key);
  if (found == header.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

bool is_imported(const Context& context) { return header_text(context, "kind") == "imported"; }

std::string hours(double seconds) { return fmt::format("{:.2f}", seconds / 3600); }

std::string table(const char* name, const std::map<std::string, Tally>& tallies) {
  if (tallies.empty()) return "";
  std::string text = fmt::format("| {} | items | hours |\n|---|---|---|\n", name);
  for (const auto& [key, tally] : tallies) {
    text += fmt::format("| {} | {} | {} |\n", key, tally.items, hours(tally.duration_s));
  }
  return text + "\n";
}

std::string size_category(std::size_t items) {
  const char* const names[] = {"n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M"};
  std::size_t limit = 1000, at = 0;
  while (items >= limit && at + 1 < std::size(names)) {
    limit *= 10;
    ++at;
  }
  return names[at];
}

std::string yaml_licence(const Summary& summary) {
  if (summary.by_licence.size() == 1) {
    const std::string& only = summary.by_licence.begin()->first;
    if (const KnownLicence* licence = known(only)) {
      return fmt::format("license: {}\n", licence->hub);
    }
    return fmt::format("license: other\nlicense_name: {}\n", quoted(only));
  }
  return "license: other\nlicense_name: \"several, see LICENSE\"\n";
}

std::string yaml_features(const CardLayout& layout) {
  std::string text = "  features:\n";
  if (layout.audio_feature) text += "  - name: audio\n    dtype: audio\n";
  for (const Column& column : columns()) {
    text += fmt::format("  - name: {}\n    dtype: {}\n", column.name, feature_type(column.type));
  }
  return text;
}

std::string yaml_data(const Context& context, const CardLayout& layout) {
  std::string text = "configs:\n- config_name: default\n  data_files:\n";
  for (const std::string& split : splits_of(context.summary)) {
    text += fmt::format("  - split: {}\n    path: {}{}{}\n", split, layout.path_prefix, split,
                        layout.path_suffix);
  }
  if (!layout.features) return text;
  text += "dataset_info:\n" + yaml_features(layout) + "  splits:\n";
  for (const std::string& split : splits_of(context.summary)) {
    const Tally& tally = context.summary.by_split.at(split);
    text += fmt::format("  - name: {}\n    num_bytes: {}\n    num_examples: {}\n", split,
                        tally.bytes, tally.items);
  }
  return text;
}

std::string yaml_head(const Context& context, const CardLayout* layout) {
  const Summary& summary = context.summary;
  std::string text = "---\npretty_name: " + quoted(corpus_title(context)) + "\n";
  text += yaml_licence(summary);
  text += "task_categories:\n- audio-classification\n";
  if (!summary.languages.empty()) text += "language:\n";
  for (const std::string& language : summary.languages) text += "- " + language + "\n";
  text += "tags:\n- music\n- synthetic-audio-detection\n";
  if (summary.marked > 0) text += "- audio-watermarking\n";
  if (summary.with_labels > 0) text += "- music-information-retrieval\n";
  text += fmt::format("size_categories:\n- {}\n", size_category(summary.all.items));
  if (layout != nullptr) text += yaml_data(context, *layout);
  return text + "---\n\n";
}

std::string what_it_is(const Context& context) {
  const Summary& summary = context.summary;
  std::string text =
      fmt::format("{} items, {} hours", summary.all.items, hours(summary.all.duration_s));
  text += is_imported(context)
              ? ": recordings of others, listed with hashes, labels and splits.\n\n"
              : ": songs that a program wrote, sang, played and mixed for fictional personas, and "
                "versions of them.\n\n";
  text += table("split", summary.by_split) + table("label", summary.by_label) +
          table("kind", summary.by_kind) + table("persona", summary.by_persona) +
          table("generator", summary.by_generator);
  text += fmt::format(
      "{} items carry a disclosure watermark; {} have labels of beats, chords, "
      "sections, notes and words.\n\n",
      summary.marked, summary.with_labels);
  return text;
}

std::string provenance(const Context& context) {
  std::string text = "## Where it comes from\n\n| | |\n|---|---|\n";
  const std::pair<const char*, const char*> rows[] = {
      {"recipe", "recipe"},
      {"recipe_sha256", "SHA-256 of the resolved recipe"},
      {"seed", "seed"},
      {"generator", "made with"},
      {"git_commit", "at commit"},
      {"source", "source"}};
  for (const auto& [key, name] : rows) {
    const std::string value = header_text(context, key);
    if (!value.empty()) text += fmt::format("| {} | `{}` |\n", name, value);
  }
  text += "\n";
  if (is_imported(context)) {
    return text +
           "The recordings, their labels and, where `split` says so, their splits are their "
           "makers': cite and ask them. Hashes and durations were measured at import.\n\n";
  }
  return text +
         "Every item is a function of the recipe, the seed and the version: the same command makes "
         "the same samples, and each line of the manifest holds what renders its song again. "
         "Labels "
         "are what the generator played, not what somebody heard. No voice is a real person's; the "
         "personas are fictional.\n\n";
}

std::string intended_use(const Context& context) {
  if (is_imported(context)) {
    return "## What it is for\n\nTraining and judging detectors of synthetic music beside other "
           "corpora of the same form.\n\n## What it is not\n\nNot a statement about recordings "
           "that are not listed. A label says what its source says.\n\n";
  }
  return "## What it is for\n\n"
         "- training and judging detectors of synthetic music, with paired versions that differ in "
         "one thing\n"
         "- measuring watermarks and what codecs and attacks do to them\n"
         "- music information retrieval against exact labels\n\n"
         "## What it is not\n\n"
         "- not a sample of the systems that others offer: a detector trained on this alone knows "
         "this generator\n"
         "- not recordings of people, and no model of any singer\n"
         "- not human performance: timing and tuning vary as a program varies them\n"
         "- not for passing songs off as human; marks and tags are there to be read\n\n";
}

/// What the manifest's header says is not in the corpus itself.
std::vector<std::string> missing_items(const Context& context) {
  std::vector<std::string> lines;
  const std::string songs = header_text(context, "missing");
  if (!songs.empty()) lines.push_back("songs " + songs + ": they could not be made");
  const std::string files = header_text(context, "left_out");
  if (!files.empty() && files != "0") {
    lines.push_back(files + " recordings: they could not be read at import");
  }
  return lines;
}

std::string left_out_text(const std::vector<std::string>& left_out) {
  if (left_out.empty()) return "";
  std::string text = "## What is left out\n\n";
  for (const std::string& line : left_out) text += "- " + line + "\n";
  return text + "\n";
}

std::string columns_text() {
  std::string text = "## Columns\n\n| column | type | |\n|---|---|---|\n";
  for (const Column& column : columns()) {
    text +=
        fmt::format("| `{}` | {} | {} |\n", column.name, feature_type(column.type), column.what);
  }
  return text + "\nWhat does not apply is null.\n\n";
}

}  // namespace

std::string licence_url(const std::string& spdx) {
  const KnownLicence* licence = known(spdx);
  return licence == nullptr ? "" : licence->url;
}

std::string corpus_title(const Context& context) {
  if (!context.options.title.empty()) return context.options.title;
  for (const char* key : {"title", "recipe", "source", "kind"}) {
    const std::string value = header_text(context, key);
    if (!value.empty()) return value;
  }
  return "corpus";
}

std::string data_card(const Context& context, const CardLayout* layout,
                      const std::vector<std::string>& left_out) {
  std::string text = yaml_head(context, layout);
  text += "# " + corpus_title(context) + "\n\n" + what_it_is(context);
  if (layout != nullptr && !layout->task.empty()) {
    text += "```python\n" + layout->task + "\n```\n\n";
  }
  text += provenance(context) + intended_use(context);
  text += "## Splits\n\n" +
          std::string(is_imported(context)
                          ? "Clips of one track are in one split.\n\n"
                          : "Versions of one song are in one split; how songs are dealt stands in "
                            "`splits` of the manifest's header.\n\n");
  std::vector<std::string> missing = missing_items(context);
  missing.insert(missing.end(), left_out.begin(), left_out.end());
  text += left_out_text(missing) + columns_text();
  text += "## Licence\n\nSee [LICENSE](LICENSE).\n\n## Check\n\n`sha256sum -c checksums.sha256`\n";
  return text;
}

std::string citation_cff(const Context& context) {
  const std::string maker = "brandiron/" + version();
  std::string text = "cff-version: 1.2.0\nmessage: If you use this corpus, please cite it.\n";
  text += "title: " + quoted(corpus_title(context)) + "\ntype: dataset\nauthors:\n";
  for (const std::string& author : context.options.authors) {
    text += "  - name: " + quoted(author) + "\n";
  }
  if (context.options.authors.empty()) {
    text += is_imported(context) ? "  - name: \"the makers of the recordings, see README.md\"\n"
                                 : "  - name: " + quoted("made with " + maker) + "\n";
  }
  if (context.summary.by_licence.size() == 1 && known(context.summary.by_licence.begin()->first)) {
    text += "license: " + context.summary.by_licence.begin()->first + "\n";
  }
  const std::string recipe = header_text(context, "recipe_sha256");
  if (!recipe.empty()) {
    text += "identifiers:\n  - type: other\n    value: " + quoted("recipe sha256:" + recipe) +
            "\n    description: hash of the resolved recipe\n";
  }
  text += "references:\n  - type: software\n    title: Brandiron\n    version: " + version() +
          "\n    authors:\n      - name: The Brandiron authors\n";
  return text;
}

std::string licence_note(const Context& context) {
  const Summary& summary = context.summary;
  std::string text = corpus_title(context) + "\n\n";
  if (summary.by_licence.empty()) {
    return text + "The manifest names no licence: nothing may be assumed.\n";
  }
  for (const auto& [licence, tally] : summary.by_licence) {
    text += fmt::format("{}: {} of {} items", licence, tally.items, summary.all.items);
    const std::string url = licence_url(licence);
    text += url.empty() ? "\n" : "\n  " + url + "\n";
  }
  if (summary.by_licence.contains("CC0-1.0")) {
    text +=
        "\nTo the extent possible under law, those who made the items under CC0-1.0 have waived "
        "all copyright\nand related rights to them, their labels and this description.\n";
  }
  if (summary.by_licence.size() > 1) {
    text += "\nThe column `licence` says which holds for an item.\n";
  }
  if (summary.marked > 0 || summary.by_label.contains("ai")) {
    text +=
        "\nItems labelled ai are made by a program. Where law asks for disclosure, the tags and "
        "marks in the files\nserve it; a licence does not lift that duty.\n";
  }
  return text;
}

void write_documents(Staging& out, const Context& context, const CardLayout* layout,
                     const std::vector<std::string>& left_out) {
  out.write("README.md", data_card(context, layout, left_out));
  out.write("CITATION.cff", citation_cff(context));
  out.write("LICENSE", licence_note(context));
}

namespace {

/// The corpus folder's own card: documents, and hashes of its files.
class CardWriter : public Writer {
 public:
  CardWriter(Staging& out, const Context& context) : Writer(out), context_(context) {}

  void add(const Exported& item) override {
    if (item.audio.bytes > 0) {
      checksums_ += item.audio.sha256 + "  " + item.item.text("file") + "\n";
    }
  }
  void finish() override {
    const FileHashes manifest = hash_file(context_.corpus.manifest());
    out_.write("corpus.sha256", manifest.sha256 + "  manifest.jsonl\n" + checksums_);
    if (checksums_.empty()) left_out_.emplace_back("audio: the corpus is virtual");
    write_documents(out_, context_, nullptr, left_out_);
  }

 private:
  Context context_;
  std::string checksums_;
};

}  // namespace

std::unique_ptr<Writer> card_writer(Staging& out, const Context& context) {
  return std::make_unique<CardWriter>(out, context);
}

}  // namespace brandiron::experiments::corpus_export
