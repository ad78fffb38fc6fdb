#include "brandiron/core/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "brandiron/core/error.h"
#include "version_config.h"

namespace brandiron {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string why() { return std::strerror(errno); }

[[noreturn]] void output_error(const fs::path& path, const std::string& what) {
  throw Error(ErrorCode::kOutput, path.string() + ": cannot be written: " + what);
}

void refuse_existing(const fs::path& target, bool overwrite) {
  std::error_code ignored;
  if (!overwrite && fs::exists(target, ignored)) {
    output_error(target, "it exists already; give --overwrite to replace it");
  }
}

fs::path temporary_name(const fs::path& target) {
  // The counter separates threads; pid separates processes; the extension stays, because encoders
  // and tag writers look at it.
  static std::atomic<unsigned> counter{0};
  return target.parent_path() /
         (".tmp." + target.stem().string() + "." + std::to_string(::getpid()) + "." +
          std::to_string(counter++) + target.extension().string());
}

void sync_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY));
  if (fd.get() >= 0) ::fsync(fd.get());
}

}  // namespace

std::string read_file(const fs::path& path, std::size_t max_bytes) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) throw Error(ErrorCode::kIo, path.string() + ": cannot be read: " + why());
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::kIo, path.string() + ": is a folder, expected a file");
  }
  std::string bytes;
  if (S_ISREG(status.st_mode)) {
    bytes.reserve(std::min(static_cast<std::size_t>(status.st_size), max_bytes));
  }
  char block[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(ErrorCode::kIo, path.string() + ": cannot be read: " + why());
    if (n == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(n) > max_bytes) {
      throw Error(ErrorCode::kIo, path.string() + ": is larger than the " +
                                      std::to_string(max_bytes) + " bytes allowed here");
    }
    bytes.append(block, static_cast<std::size_t>(n));
  }
}

AtomicFile::AtomicFile(const fs::path& target, bool overwrite, unsigned mode)
    : target_(target), temporary_(temporary_name(target)), overwrite_(overwrite) {
  std::error_code error;
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, error))
    output_error(target, "there is no folder " + folder.string());
  if (fs::is_directory(target, error)) output_error(target, "it is a folder");
  refuse_existing(target, overwrite);
  const Descriptor fd(::open(path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (fd.get() < 0) output_error(target, why());
}

AtomicFile::~AtomicFile() = default;

void AtomicFile::commit() {
  {
    const Descriptor fd(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0 || ::fsync(fd.get()) != 0) output_error(target_, why());
  }
  if (overwrite_) {
    if (::rename(path().c_str(), target_.c_str()) != 0) output_error(target_, why());
  } else if (::link(path().c_str(), target_.c_str()) == 0) {  // fails if somebody was faster
    ::unlink(path().c_str());
  } else if (errno == EEXIST) {
    refuse_existing(target_, false);
    output_error(target_, "it exists already");
  } else if (::rename(path().c_str(), target_.c_str()) != 0) {  // no hard links on this volume
    output_error(target_, why());
  }
  temporary_.release();
  sync_folder(target_.parent_path());
}

void write_file(const fs::path& path, std::string_view bytes, bool overwrite, unsigned mode) {
  AtomicFile file(path, overwrite, mode);
  {
    const Descriptor fd(::open(file.path().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (fd.get() < 0 || ::fchmod(fd.get(), mode) != 0) output_error(path, why());
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) output_error(path, why());
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  file.commit();
}

fs::path home_folder() {
  if (const char* home = std::getenv("BRANDIRON_HOME"); home != nullptr && *home != '\0') {
    if (fs::is_directory(fs::path(home) / "configs")) return home;
    throw Error(ErrorCode::kConfig, std::string("BRANDIRON_HOME=") + home +
                                        ": has no configs/ folder; point it at the installed share "
                                        "folder or a source checkout");
  }
  std::error_code ignored;
  const fs::path binary = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path installed = binary.parent_path().parent_path() / "share" / "brandiron";
  if (fs::is_directory(installed / "configs", ignored)) return installed;
  // A build tree inside a checkout: walk up from the binary before trusting the compiled-in path.
  for (fs::path up = binary.parent_path(); up.has_relative_path(); up = up.parent_path()) {
    if (fs::is_directory(up / "configs" / "persona", ignored)) return up;
  }
  const fs::path source = BRANDIRON_SOURCE_DIR;
  if (fs::is_directory(source / "configs", ignored)) return source;
  throw Error(ErrorCode::kConfig,
              "cannot find configs/ and models/: set BRANDIRON_HOME to the folder that holds them");
}

namespace {

// $own, $xdg/brandiron, ~/below_home/brandiron or a folder for this boot, made on demand.
fs::path user_folder(const char* own, const char* xdg, const fs::path& below_home) {
  const auto from = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value != nullptr ? fs::path(value) : fs::path();
  };
  fs::path folder = from(own);
  if (folder.empty() && !from(xdg).empty()) folder = from(xdg) / "brandiron";
  if (folder.empty() && !from("HOME").empty()) folder = from("HOME") / below_home / "brandiron";
  if (folder.empty()) folder = fs::temp_directory_path() / "brandiron";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::kOutput, folder.string() + ": cannot be made: " + error.message() +
                                        "; set " + own + " to a writable folder");
  }
  return folder;
}

}  // namespace

fs::path cache_folder() { return user_folder("BRANDIRON_CACHE", "XDG_CACHE_HOME", ".cache"); }

fs::path data_folder() {
  return user_folder("BRANDIRON_DATA", "XDG_DATA_HOME", fs::path(".local") / "share");
}

}  // namespace brandiron
