#include "corpus_export/staging.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/temporary.h"

namespace brandiron::experiments::corpus_export {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void output_error(const fs::path& path, const std::string& what) {
  throw Error(ErrorCode::kOutput, path.string() + ": cannot be written: " + what);
}

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), kind, nullptr) != 1) {
      throw Error(ErrorCode::kInternal, "OpenSSL has no such digest");
    }
  }
  void update(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string hex() {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), out, &size);
    return to_hex({reinterpret_cast<const char*>(out), size});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

FileHashes hash_bytes(std::string_view bytes) {
  Digest md5(EVP_md5());
  md5.update(bytes);
  return {sha256_hex(bytes), md5.hex(), bytes.size()};
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) output_error(folder, error.message());
}

bool is_export(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "export.json", ignored);
}

}  // namespace

FileHashes hash_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error(ErrorCode::kIo, path.string() + ": cannot be read: " + std::strerror(errno));
  }
  Digest sha256(EVP_sha256()), md5(EVP_md5());
  std::uint64_t bytes = 0;
  std::string block(std::size_t{1} << 18, '\0');
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    const std::string_view read(block.data(), static_cast<std::size_t>(file.gcount()));
    sha256.update(read);
    md5.update(read);
    bytes += read.size();
  }
  if (file.bad() || fs::is_directory(path)) {
    throw Error(ErrorCode::kIo, path.string() + ": cannot be read");
  }
  return {sha256.hex(), md5.hex(), bytes};
}

fs::path Staging::reserve(const std::string& name) {
  const fs::path path = root_ / name;
  make_folder(path.parent_path());
  return path;
}

void Staging::adopt(const std::string& name) { files_[name] = hash_file(root_ / name); }

void Staging::write(const std::string& name, std::string_view bytes) {
  const fs::path path = reserve(name);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) output_error(path, std::strerror(errno));
  files_[name] = hash_bytes(bytes);
}

void Staging::place(const std::string& name, const fs::path& source, const FileHashes& hashes,
                    bool copy) {
  const fs::path path = reserve(name);
  // An imported corpus may point through symbolic links: what they lead to is linked.
  const bool linked =
      !copy && ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
  if (!linked) {
    std::error_code error;
    fs::copy_file(source, path, error);
    if (error) output_error(path, error.message());
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add, error);
  }
  files_[name] = hashes;
}

void Staging::write_checksums() {
  std::string text;
  for (const auto& [name, hashes] : files_) text += hashes.sha256 + "  " + name + "\n";
  write("checksums.sha256", text);
}

std::uint64_t Staging::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [name, hashes] : files_) sum += hashes.bytes;
  return sum;
}

struct StagedFolder::Impl {
  Impl(fs::path to, fs::path grows) : target(std::move(to)), temporary(std::move(grows)) {}
  fs::path target;
  TemporaryPath temporary;
};

StagedFolder::StagedFolder(const fs::path& target, bool overwrite) {
  fs::path clean = target.lexically_normal();
  if (!clean.has_filename()) clean = clean.parent_path();  // "out/"
  if (clean.empty() || clean == "." || clean.filename() == "..") {
    output_error(target, "name the folder that is to be made");
  }
  std::error_code ignored;
  const bool there = fs::exists(clean, ignored) &&
                     !(fs::is_directory(clean, ignored) && fs::is_empty(clean, ignored));
  if (there && !overwrite)
    output_error(target, "it exists already; give --overwrite to replace it");
  if (there && !is_export(clean)) {
    output_error(target, "it exists and is no earlier export (no export.json): remove it yourself");
  }
  const fs::path parent = clean.has_parent_path() ? clean.parent_path() : fs::path(".");
  make_folder(parent);
  impl_ = std::make_unique<Impl>(
      clean, parent / (".tmp." + clean.filename().string() + "." + std::to_string(::getpid())));
  fs::remove_all(path(), ignored);  // of a process of that number that was killed
  make_folder(path());
}

StagedFolder::~StagedFolder() = default;

const fs::path& StagedFolder::path() const { return impl_->temporary.path(); }

void StagedFolder::publish() {
  const fs::path& target = impl_->target;
  {
    const int fd = ::open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::syncfs(fd) == 0;
    if (fd >= 0) ::close(fd);
    if (!synced) output_error(target, std::strerror(errno));
  }
  std::error_code error;
  const TemporaryPath old(path().string() + ".old");
  if (is_export(target)) fs::rename(target, old.path(), error);
  if (error) output_error(target, error.message());
  fs::rename(path(), target, error);
  if (error) {
    std::error_code ignored;
    if (fs::exists(old.path(), ignored)) fs::rename(old.path(), target, ignored);
    output_error(target, error.message());
  }
  impl_->temporary.release();
}

}  // namespace brandiron::experiments::corpus_export
