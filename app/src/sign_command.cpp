#include "sign_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "brandiron/core/error.h"

extern char** environ;

namespace brandiron::app {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMaxSignatureBytes = 65536;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

// A program that ends early must not end us.
class NoPipeSignal {
 public:
  NoPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoPipeSignal() {
    const timespec now{};
    if (sigismember(&before_, SIGPIPE) == 0) {
      while (::sigtimedwait(&pipe_, nullptr, &now) > 0) continue;
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoPipeSignal(const NoPipeSignal&) = delete;
  NoPipeSignal& operator=(const NoPipeSignal&) = delete;
  const sigset_t& before() const { return before_; }

 private:
  sigset_t pipe_{}, before_{};
};

class Run {
 public:
  Run(const std::vector<std::string>& words, Clock::time_point end)
      : name_("signing command " + words[0] + ": "), end_(end) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0) fail(ErrorCode::kIo, std::strerror(errno));
    Descriptor in_read(in[0]);
    in_ = Descriptor(in[1]);
    if (::pipe2(out, O_CLOEXEC) != 0) fail(ErrorCode::kIo, std::strerror(errno));
    out_ = Descriptor(out[0]);
    Descriptor out_write(out[1]);
    ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    start(words, in_read.get(), out_write.get());
  }
  ~Run() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  std::string answer_to(std::string_view input) {
    std::string output;
    while (out_.open()) {
      pollfd waiting[2] = {{out_.get(), POLLIN, 0}, {in_.get(), POLLOUT, 0}};
      if (::poll(waiting, in_.open() ? 2 : 1, left_ms()) < 0 && errno != EINTR) {
        fail(ErrorCode::kIo, std::strerror(errno));
      }
      if (in_.open() && waiting[1].revents != 0) feed(input);
      if (waiting[0].revents != 0) drain(output);
    }
    wait();
    if (output.empty()) fail(ErrorCode::kIo, "wrote no signature to standard output");
    return output;
  }

 private:
  [[noreturn]] void fail(ErrorCode code, const std::string& why) const {
    throw Error(code, name_ + why);
  }

  int left_ms() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now());
    if (left.count() <= 0) fail(ErrorCode::kRetry, "not done in time; it was ended");
    return static_cast<int>(left.count()) + 1;
  }

  void start(const std::vector<std::string>& words, int in, int out) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setsigmask(&attributes, &quiet_.before());
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    const int error = ::posix_spawnp(&pid_, argv[0], &files, &attributes, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) {
      pid_ = -1;
      fail(ErrorCode::kIo, std::string("cannot be started: ") + std::strerror(error));
    }
  }

  void feed(std::string_view& input) {
    const ssize_t n = ::write(in_.get(), input.data(), input.size());
    if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
    // A program may stop reading when it has what it needs; its signature is checked anyway.
    if (input.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) in_.close();
  }

  void drain(std::string& output) {
    char block[4096];
    const ssize_t n = ::read(out_.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) return out_.close();
    output.append(block, static_cast<std::size_t>(n));
    if (output.size() > kMaxSignatureBytes) {
      fail(ErrorCode::kIo, "over 64 KiB on standard output, expected a signature");
    }
  }

  void wait() {
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0) {
      left_ms();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    pid_ = -1;
    if (!WIFEXITED(status)) fail(ErrorCode::kIo, "was ended by a signal");
    if (WEXITSTATUS(status) != 0) {
      fail(ErrorCode::kIo, "failed with exit code " + std::to_string(WEXITSTATUS(status)));
    }
  }

  NoPipeSignal quiet_;
  std::string name_;
  Clock::time_point end_;
  pid_t pid_ = -1;
  Descriptor in_, out_;
};

}  // namespace

std::vector<std::string> command_words(const std::string& line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == '\0' && blank) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back().push_back(line[++i]);
    } else {
      words.back().push_back(c);
    }
  }
  if (quote != '\0' || words.empty() || words[0].empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "signing command: expected a program and its arguments, quotes closed");
  }
  return words;
}

std::function<std::string(std::string_view)> command_signer(const std::vector<std::string>& words,
                                                            std::chrono::milliseconds timeout) {
  if (words.empty() || words[0].empty()) {
    throw Error(ErrorCode::kInvalidArgument, "signing command: no program");
  }
  return [words, timeout](std::string_view to_be_signed) {
    return Run(words, Clock::now() + timeout).answer_to(to_be_signed);
  };
}

}  // namespace brandiron::app
