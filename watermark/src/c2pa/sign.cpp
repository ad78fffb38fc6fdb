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

// What comes before the hole that the data hash leaves out: nearly all of a WAV.
Sha256 hash_before(const Slot& slot) {
  Sha256 hash;
  hash.update(slot.head);
  for (const std::string_view stretch : slot.kept) hash.update(stretch);
  hash.update(std::string_view(slot.header).substr(0, slot.header.size() - slot.excluded_header));
  return hash;
}

std::string data_hash(const Sha256& before, const Slot& slot) {
  Sha256 hash = before.fork();
  hash.update(slot.after);
  return from_hex(hash.hex());
}

// Of the whole file. Its first bytes are not read a second time.
std::string file_hash(const Sha256& before, const Slot& slot, std::string_view store) {
  Sha256 hash = before.fork();
  hash.update(std::string_view(slot.header).substr(slot.header.size() - slot.excluded_header));
  hash.update(store);
  hash.update(slot.after);
  return hash.hex();
}

// A file with its store, both complete.
struct Signed {
  Slot slot;
  std::string store;
  Sha256 before;
};

// Makes the store for an opened file, whose headers then hold its size.
void add_store(Signed& made, const ClaimBuilder& claim, CoseSigner& signer) {
  Slot& slot = made.slot;
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
    made.before = hash_before(slot);
    made.store = claim.store({hole}, data_hash(made.before, slot), signer, true);
    if (made.store.size() == size) return;
  }
  throw Error(ErrorCode::kInternal, "C2PA: the manifest changes its size with every signature");
}

Signed sign_slot(std::string_view file, const Disclosure& disclosure,
                 const Credentials& credentials, const ParentManifest& older) {
  CoseSigner signer(credentials);
  const Container container = container_of(file);
  std::optional<Parent> parent;
  if (const auto old = find_store(file, container)) {
    parent = Parent{file.substr(old->start, old->size), verify(file, Trust{})};
  } else if (!older.store.empty()) {
    parent = Parent{older.store, older.report};
  }
  const ClaimBuilder claim(disclosure, parent ? &*parent : nullptr);
  Signed made{open_slot(file, container), {}, {}};
  add_store(made, claim, signer);
  return made;
}

void write_signed(const Signed& made, const Sink& sink) {
  sink(made.slot.head);
  for (const std::string_view stretch : made.slot.kept) sink(stretch);
  sink(made.slot.header);
  sink(made.store);
  sink(made.slot.after);
}

// Whether all that is kept lies where it will lie: the manifest is only added at the end.
bool only_appends(const Slot& slot, std::string_view file) {
  std::size_t at = slot.head.size();
  for (const std::string_view stretch : slot.kept) {
    if (stretch.data() != file.data() + at) return false;
    at += stretch.size();
  }
  return at == file.size() && slot.after.empty();
}

class FileSink {
 public:
  explicit FileSink(const std::filesystem::path& path, int flags = O_CREAT | O_TRUNC)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0600)) {
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
  void to_end() {
    if (::lseek(fd_, 0, SEEK_END) < 0) fail();
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
  write_signed(sign_slot(file, disclosure, credentials, older),
               [&out](std::string_view bytes) { out.write(bytes); });
  out.close();
}

}  // namespace

void Credentials::check() const { static_cast<void>(CoseSigner(*this)); }

Credentials Credentials::read(const std::filesystem::path& chain,
                              const std::filesystem::path& key) {
  return {read_file(chain, kMaxPemBytes), read_file(key, kMaxPemBytes)};
}

std::string sign(std::string_view file, const Disclosure& disclosure,
                 const Credentials& credentials) {
  std::string out;
  write_signed(sign_slot(file, disclosure, credentials, {}),
               [&out](std::string_view bytes) { out += bytes; });
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

std::string sign_in_place(const std::filesystem::path& file, const Disclosure& disclosure,
                          const Credentials& credentials) {
  return sign_in_place(file, disclosure, credentials, ParentManifest());
}

std::string sign_in_place(const std::filesystem::path& file, const Disclosure& disclosure,
                          const Credentials& credentials, const ParentManifest& parent) {
  std::string sha256;
  TemporaryPath whole(file.string() + ".signing");
  {
    const MappedFile mapped(file);
    const Signed made = sign_slot(mapped.bytes(), disclosure, credentials, parent);
    sha256 = file_hash(made.before, made.slot, made.store);
    // A WAV's manifest is its last chunk: nothing has to be moved for it.
    if (only_appends(made.slot, mapped.bytes())) {
      FileSink out(file, 0);
      out.write(made.slot.head);
      out.to_end();
      out.write(made.slot.header);
      out.write(made.store);
      out.close();
      return sha256;
    }
    FileSink out(whole.path());
    write_signed(made, [&out](std::string_view bytes) { out.write(bytes); });
    out.close();
  }
  std::error_code error;
  std::filesystem::permissions(whole.path(), std::filesystem::status(file).permissions(), error);
  std::filesystem::rename(whole.path(), file, error);
  if (error) {
    throw Error(ErrorCode::kOutput, file.string() + ": cannot be replaced: " + error.message());
  }
  whole.release();
  return sha256;
}

}  // namespace brandiron::watermark::c2pa
