#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "brandiron/watermark/c2pa.h"
#include "cbor.h"
#include "certificates.h"
#include "container.h"
#include "cose.h"
#include "data_hash.h"
#include "jumbf.h"

namespace brandiron::watermark::c2pa {

/// CBOR items that are read of one store, over all its boxes.
inline constexpr std::size_t kMaxItemsPerStore = std::size_t{1} << 20U;
/// Manifests whose signatures are checked in one store; the work for each is public-key.
inline constexpr std::size_t kMaxJudged = 64;

/// What the manifests of one store share. Each box is hashed once however often it is named, and
/// each manifest judged once, so the work is linear in the store and the file.
struct StoreContext {
  StoreContext(std::string_view file, std::optional<Placed> placed, const Trust& trust);

  std::string_view file;
  std::optional<Placed> placed;
  std::vector<CertificatePtr> anchors, stamp_anchors;
  std::int64_t time_s;  ///< now, or the active manifest's trusted time stamp
  Box store;
  std::size_t item_budget = kMaxItemsPerStore;
  std::map<std::pair<const char*, std::string>, std::string> digests;
  std::map<const Box*, Report> judged;  ///< an entry without a manifest: under way
  /// Code and URL of what the ingredient assertions say of their manifests.
  std::set<std::pair<std::string, std::string>> attested;
};

/// The active manifest's report; not `bound`: without a look at the file it was made for.
/// @throws Error(kFormat) when the store cannot be read at all.
Report judge_store(StoreContext& context, std::string_view store_bytes, bool bound = true);

/// Checks one manifest and fills a report.
class ManifestJudge {
 public:
  /// Only the `active` manifest is bound to the file that is there, if any.
  ManifestJudge(StoreContext& context, const Box& manifest, bool active);

  /// @throws Error(kFormat) when the claim cannot be read at all.
  Report judge();

 private:
  void check_signature();
  void check_time_stamp(const CoseMessage& message);
  void check_credential(const std::vector<CertificatePtr>& chain);
  void check_assertions();
  void check_assertion(const Cbor& reference);
  void read_assertion(const Box& box);
  void check_data_hash(const Box& box, const Cbor& content);
  bool exclusions_fit(const std::vector<Exclusion>& ranges);
  void read_actions(const Box& box, const Cbor& content);
  void read_soft_binding(const Cbor& content);
  void check_ingredient(const Box& box, const Cbor& content);
  void check_parent(const Box& manifest, const std::string& path);
  void read_attested(const Cbor& content);
  bool hash_matches(const Cbor& reference, const Box& box);
  void settle();

  std::string url(const std::string& path) const;
  void good(const std::string& code, const std::string& path, const std::string& text);
  void note(const std::string& code, const std::string& path, const std::string& text);
  void bad(const std::string& code, const std::string& path, const std::string& text);

  StoreContext& context_;
  const Box& manifest_;
  bool active_;
  const Box* assertions_ = nullptr;
  std::string_view claim_bytes_;
  Cbor claim_;
  std::string algorithm_;
  std::int64_t time_s_;
  std::set<const Box*> declared_;
  std::size_t hard_bindings_ = 0;
  bool has_actions_ = false;
  bool has_bound_mark_ = false;
  bool has_soft_binding_ = false;
  Report report_;
};

}  // namespace brandiron::watermark::c2pa
