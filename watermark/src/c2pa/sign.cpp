#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "claim.h"
#include "container.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20U;
const std::string kNoHash(32, '\0');

std::string digest(std::string_view first, std::string_view second) {
  Sha256 hash;
  hash.update(first);
  hash.update(second);
  return from_hex(hash.hex());
}

}  // namespace

Credentials Credentials::read(const std::filesystem::path& chain,
                              const std::filesystem::path& key) {
  return {read_file(chain, kMaxPemBytes), read_file(key, kMaxPemBytes)};
}

std::string sign(std::string_view file, const Disclosure& disclosure,
                 const Credentials& credentials) {
  const CoseSigner signer(credentials.chain_pem, credentials.key_pem);
  const Container container = container_of(file);
  std::optional<Parent> parent;
  if (const auto old = find_store(file, container)) {
    parent = Parent{file.substr(old->start, old->size), verify(file, Trust{})};
  }
  const ClaimBuilder claim(disclosure, parent ? &*parent : nullptr);
  Slot slot = open_slot(file, container);
  Exclusion hole{slot.before.size() - slot.excluded_header, 0};
  // The store holds its own size: grows to a fixed point, for a larger number is never shorter.
  std::size_t size = 0;
  for (std::size_t next = 1; next != size;) {
    size = next;
    hole.length = size + slot.excluded_header;
    next = std::max(size, claim.store({hole}, kNoHash, signer, false).size());
  }
  slot.set_store_size(slot.before, size);
  const std::string hash = digest(std::string_view(slot.before).substr(0, hole.start), slot.after);
  const std::string store = claim.store({hole}, hash, signer, true);
  if (store.size() != size)
    throw Error(ErrorCode::kInternal, "C2PA: the manifest changed its size");
  return std::move(slot.before.append(store).append(slot.after));
}

std::string sign_sidecar(std::string_view file, const Disclosure& disclosure,
                         const Credentials& credentials) {
  const CoseSigner signer(credentials.chain_pem, credentials.key_pem);
  return ClaimBuilder(disclosure, nullptr).store({}, digest(file, {}), signer, true);
}

std::filesystem::path sidecar_path(const std::filesystem::path& file) {
  std::filesystem::path path = file;
  return path.replace_extension(".c2pa");
}

std::filesystem::path sign_file(const std::filesystem::path& in, const std::filesystem::path& out,
                                const Disclosure& disclosure, const Credentials& credentials,
                                bool overwrite) {
  const std::string bytes = read_file(in, std::size_t{4} << 30U);
  if (container_of(bytes) != Container::kSidecar) {
    write_file(out, sign(bytes, disclosure, credentials), overwrite);
    return out;
  }
  const std::filesystem::path sidecar = sidecar_path(out);
  write_file(sidecar, sign_sidecar(bytes, disclosure, credentials), overwrite);
  std::error_code ignored;
  if (!std::filesystem::equivalent(in, out, ignored)) write_file(out, bytes, overwrite);
  return sidecar;
}

}  // namespace brandiron::watermark::c2pa
