#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/watermark/c2pa.h"
#include "cbor.h"
#include "cose.h"

namespace brandiron::watermark::c2pa {

/// A stretch of a file that the data hash leaves out, in bytes.
struct Exclusion {
  std::size_t start = 0, length = 0;
};

/// A manifest store that was in the file or beside it, and what was thought of it.
struct Parent {
  std::string_view store;
  Report report;
};

/// Whether other readers will be able to read the store's manifests, however wrong they are.
bool can_be_kept(const Parent& parent);

/// Builds the manifest store of one signing; `store` may be called several times, and its size
/// depends on the number of digits in the exclusions alone.
class ClaimBuilder {
 public:
  /// A parent that cannot be kept becomes an ingredient without a manifest.
  /// @throws Error(kInvalidArgument) when the disclosure names no generator or holds no UTF-8.
  ClaimBuilder(const Disclosure& disclosure, const Parent* parent);

  /// A store of an even number of bytes. `data_hash` is 32 bytes; `signer` signs when `sign`,
  /// and else leaves a placeholder.
  std::string store(const std::vector<Exclusion>& exclusions, const std::string& data_hash,
                    CoseSigner& signer, bool sign) const;

 private:
  struct Assertion {
    std::string label;
    std::string box;
  };

  const Assertion& add(const std::string& label, const Cbor& content);
  void add_parent(const Parent& parent);
  void add_soft_binding(const std::string& payload);
  void add_actions(const Disclosure& disclosure);
  void add_training(bool allowed);
  std::string manifest(const std::string& data_hash_assertion, CoseSigner& signer, bool sign) const;

  std::string label_, instance_id_, title_, generator_name_, generator_version_;
  std::string old_manifests_;
  std::vector<Assertion> assertions_;
};

}  // namespace brandiron::watermark::c2pa
