#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/watermark/c2pa.h"
#include "cbor.h"
#include "certificates.h"
#include "container.h"
#include "data_hash.h"
#include "jumbf.h"

namespace brandiron::watermark::c2pa {

/// Checks the active manifest of one store and fills a report. Each box is hashed once however
/// often it is named, so the work is linear in the store and the file.
class ManifestJudge {
 public:
  ManifestJudge(std::string_view file, std::optional<Placed> placed, const Trust& trust);

  /// @throws Error(kFormat) when the store or the claim cannot be read at all.
  Report judge(std::string_view store_bytes);

 private:
  void check_signature();
  void check_credential(const std::vector<CertificatePtr>& chain);
  void check_assertions();
  void check_assertion(const Cbor& reference);
  void read_assertion(const Box& box);
  void check_data_hash(const Box& box);
  bool exclusions_fit(const std::vector<Exclusion>& ranges);
  void read_actions(const Box& box, const Cbor& content);
  void read_soft_binding(const Cbor& content);
  void check_ingredient(const Box& box, const Cbor& content);
  bool hash_matches(const Cbor& reference, const Box& box);
  void settle();

  std::string url(const std::string& path) const;
  void good(const std::string& code, const std::string& path, const std::string& text);
  void note(const std::string& code, const std::string& path, const std::string& text);
  void bad(const std::string& code, const std::string& path, const std::string& text);

  std::string_view file_;
  std::optional<Placed> placed_;
  std::vector<CertificatePtr> anchors_;
  std::int64_t time_s_;
  Box store_;
  const Box* manifest_ = nullptr;
  const Box* assertions_ = nullptr;
  std::string_view claim_bytes_;
  Cbor claim_;
  std::string algorithm_;
  std::map<std::pair<const char*, std::string>, std::string> digests_;
  std::vector<const Box*> declared_;
  std::size_t hard_bindings_ = 0;
  bool has_actions_ = false;
  Report report_;
};

}  // namespace brandiron::watermark::c2pa
