// Hashes: what an entry's own covers, and whether all of them hold.
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "brandiron/core/hash.h"
#include "brandiron/watermark/registry.h"

namespace brandiron::watermark {
namespace {

constexpr std::string_view kSchemaName = "brandiron.registry/1";

// Length first, so that no two entries have one encoding.
void add_field(Sha256& hash, std::string_view field) {
  std::string length;
  for (int shift = 0; shift < 64; shift += 8) {
    length += static_cast<char>(static_cast<std::uint64_t>(field.size()) >> shift);
  }
  hash.update(length);
  hash.update(field);
}

}  // namespace

std::string registry_hash(const RegistryEntry& entry) {
  const RegistryRecord& r = entry.record;
  Sha256 hash;
  add_field(hash, kSchemaName);
  add_field(hash, std::to_string(entry.sequence));
  for (const std::string* field : {&r.time, &r.payload_hex, &r.key_fingerprint, &r.scheme,
                                   &r.content_sha256, &r.content_id, &r.title, &r.file_name}) {
    add_field(hash, *field);
  }
  add_field(hash, std::to_string(r.duration_ms));
  add_field(hash, r.fingerprint);
  add_field(hash, r.manifest);
  add_field(hash, entry.previous_hash);
  return hash.hex();
}

ChainReport Registry::verify_chain(const std::optional<RegistryHead>& kept) const {
  ChainReport report;
  RegistryHead last;
  bool kept_seen = !kept || kept->sequence == 0;
  const auto blame = [&](std::int64_t sequence, const std::string& problem) {
    if (!report.intact) return;
    report.intact = false;
    report.first_bad = sequence;
    report.problem = problem;
  };
  for_each([&](const RegistryEntry& entry) {
    ++report.entries;
    const std::int64_t expected = last.sequence + 1;
    if (entry.sequence != expected) {
      blame(expected, "the entry is missing: removed");
    } else if (registry_hash(entry) != entry.hash) {
      blame(entry.sequence, "the entry does not have its hash: changed");
    } else if (entry.previous_hash != last.hash) {
      blame(entry.sequence,
            "the entry does not follow the one before: inserted, reordered or "
            "made anew");
    } else if (kept && kept->sequence == entry.sequence) {
      kept_seen = true;
      if (kept->hash != entry.hash) {
        blame(entry.sequence, "the entry is not the head that was kept: made anew");
      }
    }
    last = {entry.sequence, entry.hash};
  });
  if (!kept_seen) {
    blame(last.sequence + 1, "entries are missing up to " + std::to_string(kept->sequence) +
                                 ", the head that was kept: cut off");
  }
  return report;
}

void Registry::export_jsonl(std::ostream& out) const {
  const RegistryHead last = head();
  const nlohmann::ordered_json header{
      {"schema", kSchemaName}, {"entries", last.sequence}, {"head", last.hash}};
  out << header.dump() << '\n';
  for_each([&](const RegistryEntry& entry) {
    if (entry.sequence > last.sequence) return;  // appended meanwhile
    const RegistryRecord& r = entry.record;
    const nlohmann::ordered_json line{{"sequence", entry.sequence},
                                      {"time", r.time},
                                      {"payload_hex", r.payload_hex},
                                      {"key_fingerprint", r.key_fingerprint},
                                      {"scheme", r.scheme},
                                      {"content_sha256", r.content_sha256},
                                      {"content_id", r.content_id},
                                      {"title", r.title},
                                      {"file_name", r.file_name},
                                      {"duration_ms", r.duration_ms},
                                      {"fingerprint", to_base64(r.fingerprint)},
                                      {"manifest", to_base64(r.manifest)},
                                      {"previous_hash", entry.previous_hash},
                                      {"hash", entry.hash}};
    out << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  });
}

}  // namespace brandiron::watermark
