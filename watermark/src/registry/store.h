#pragma once

#include <string>
#include <vector>

#include "brandiron/watermark/registry.h"
#include "registry/sqlite.h"

namespace brandiron::watermark {

/// Schema, and entries to and from rows.
inline constexpr int kRegistrySchema = 1;
/// Columns of an entry, in the order that `entry_of` reads.
inline constexpr const char* kEntryColumns =
    "sequence, time, payload_hex, key_fingerprint, scheme, content_sha256, content_id, title, "
    "file_name, duration_ms, fingerprint, manifest, previous_hash, hash";

/// Makes the tables where there are none. @throws Error for anything that is no registry.
void prepare_registry(const sqlite::Database& database, const std::string& name, bool may_create);
RegistryEntry entry_of(const sqlite::Statement& row);
void insert(sqlite::Statement& statement, const RegistryEntry& entry);
RegistryHead head_of(const sqlite::Database& database);
/// @throws Error(kInvalidArgument) naming the field.
void validate(const RegistryRecord& record);

}  // namespace brandiron::watermark
