#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/mapped_file.h"
#include "brandiron/core/temporary.h"
#include "claim.h"
#include "container.h"
#include "parent.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::size_t kMaxPemBytes = std::size_t{1} << 20U;
const std::string kNoHash(32, '\0');
// More than one is needed when numbers in the manifest get longer or a time stamp is larger than
// expected.
constexpr int kMaxRounds = 8;

using Sink = std::function<void(std::string_view)>;

std::string digest(const Slot& slot) {
  Sha256 hash;
  hash.update(slot.head);
  for (const std::string_view stretch : slot.kept) hash.update(stretch);
  hash.update(std::string_view(slot.header).substr(0, slot.header.size() - slot.excluded_header));
  hash.update(slot.after);
  return from_hex(hash.hex());
}

// The store for an opened file, whose headers then hold its size.
std::string store_for(Slot& slot, const ClaimBuilder& claim, CoseSigner& signer) {
  Exclusion hole{slot.size_before() - slot.excluded_header, 0};
  std::size_t size = 0;
  for (int round = 0; round < kMaxRounds; ++round) {
    // The store holds its own size: grows to a fixed point, for a larger number is never shorter.
    for (std::size_t next = size + 1; next != size;) {
      size = next;
      hole.length = size + slot.excluded_header;
      next = std::max(size, claim.store({hole}, kNoHash, signer, false).size());
    }
    slot.set_store_size(slot, size);
    std::string store = claim.store({hole}, digest(slot), signer, true);
    if (store.size() == size) return store;
  }
  throw Error(ErrorCode::kInternal, "C2PA: the manifest changes its size with every signature");
}

void write_signed(std::string_view file, const Disclosure& disclosure,
                  const Credentials& credentials, const ParentManifest& older, const Sink& sink) {
  CoseSigner signer(credentials);
  const Container container = container_of(file);
  std::optional<Parent> parent;
  if (const auto old = find_store(file, container)) {
    parent = Parent{file.substr(old->start, old->size), verify(file, Trust{})};
  } else if (!older.store.empty()) {
    parent = Parent{older.store, older.report};
  }
  const ClaimBuilder claim(disclosure, parent ? &*parent : nullptr);
  Slot slot = open_slot(file, container);
  const std::string store = store_for(slot, claim, signer);
  sink(slot.head);
  for (const std::string_view stretch : slot.kept) sink(stretch);
  sink(slot.header);
  sink(store);
  sink(slot.after);
}

// Appends to a file that exists.
class FileSink {
 public:
  explicit FileSink(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail();
  }
  ~FileSink() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail();
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void close() {
    if (::close(std::exchange(fd_, -1)) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kOutput,
                path_.string() + ": cannot be written: " + std::strerror(errno));
  }
  std::filesystem::path path_;
  int fd_;
};

void sign_to(const std::filesystem::path& path, std::string_view file, const Disclosure& disclosure,
             const Credentials& credentials, const ParentManifest& older) {
  FileSink out(path);
  write_signed(file, disclosure, credentials, older,
               [&out](std::string_view bytes) { out.write(bytes); });
  out.close();
}

}  // namespace

Credentials Credentials::read(const std::filesystem::path& chain,
                              const std::filesystem::path& key) {
  return {read_file(chain, kMaxPemBytes), read_file(key, kMaxPemBytes)};
}

std::string sign(std::string_view file, const Disclosure& disclosure,
                 const Credentials& credentials) {
  std::string out;
  write_signed(file, disclosure, credentials, {}, [&out](std::string_view bytes) { out += bytes; });
  return out;
}

std::string sign_sidecar(std::string_view file, const Disclosure& disclosure,
                         const Credentials& credentials) {
  return sign_sidecar(file, disclosure, credentials, ParentManifest());
}

std::string sign_sidecar(std::string_view file, const Disclosure& disclosure,
                         const Credentials& credentials, const ParentManifest& older) {
  CoseSigner signer(credentials);
  const Parent parent{older.store, older.report};
  const ClaimBuilder claim(disclosure, older.store.empty() ? nullptr : &parent);
  return claim.store({}, from_hex(sha256_hex(file)), signer, true);
}

std::filesystem::path sign_file(const std::filesystem::path& in, const std::filesystem::path& out,
                                const Disclosure& disclosure, const Credentials& credentials,
                                bool overwrite) {
  const MappedFile file(in);
  ParentManifest older;
  older.store = sidecar_store(in);
  if (!older.store.empty()) older.report = verify_sidecar(file.bytes(), older.store, Trust{});
  if (container_of(file.bytes()) != Container::kSidecar) {
    AtomicFile whole(out, overwrite);
    sign_to(whole.path(), file.bytes(), disclosure, credentials, older);
    whole.commit();
    return out;
  }
  const std::filesystem::path sidecar = sidecar_path(out);
  const std::string store = sign_sidecar(file.bytes(), disclosure, credentials, older);
  std::error_code ignored;
  if (std::filesystem::equivalent(in, out, ignored)) {
    write_file(sidecar, store, overwrite);
    return sidecar;
  }
  // Both are made before one of them shows.
  AtomicFile copy(out, overwrite);
  FileSink sink(copy.path());
  sink.write(file.bytes());
  sink.close();
  write_file(sidecar, store, overwrite);
  copy.commit();
  return sidecar;
}

void sign_in_place(const std::filesystem::path& file, const Disclosure& disclosure,
                   const Credentials& credentials) {
  sign_in_place(file, disclosure, credentials, ParentManifest());
}

void sign_in_place(const std::filesystem::path& file, const Disclosure& disclosure,
                   const Credentials& credentials, const ParentManifest& parent) {
  TemporaryPath whole(file.string() + ".signing");
  {
    const MappedFile bytes(file);
    sign_to(whole.path(), bytes.bytes(), disclosure, credentials, parent);
  }
  std::error_code error;
  std::filesystem::permissions(whole.path(), std::filesystem::status(file).permissions(), error);
  std::filesystem::rename(whole.path(), file, error);
  if (error) {
    throw Error(ErrorCode::kOutput, file.string() + ": cannot be replaced: " + error.message());
  }
  whole.release();
}

}  // namespace brandiron::watermark::c2pa
