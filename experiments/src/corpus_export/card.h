#pragma once

#include <string>

#include "corpus_export/writer.h"

namespace brandiron::experiments::corpus_export {

/// What the YAML head of a data card says about files.
struct CardLayout {
  std::string task;         ///< what the reader's loader is called with, one line of Python
  bool features;            ///< what the loader gives are our columns
  bool audio_feature;       ///< after a column `audio`
  std::string path_prefix;  ///< data files of a split: prefix + split + suffix
  std::string path_suffix;
};

/// README.md with the YAML head that Hugging Face reads; `layout` null: no data files are named.
std::string data_card(const Context& context, const CardLayout* layout,
                      const std::vector<std::string>& left_out);
std::string citation_cff(const Context& context);
/// What may be done with the corpus, licence by licence.
std::string licence_note(const Context& context);
/// The title of the options, or what the manifest calls the corpus.
std::string corpus_title(const Context& context);
/// README.md, CITATION.cff, LICENSE.
void write_documents(Staging& out, const Context& context, const CardLayout* layout,
                     const std::vector<std::string>& left_out);

/// The web address of a licence's text; "" where it is not known here.
std::string licence_url(const std::string& spdx);

}  // namespace brandiron::experiments::corpus_export
