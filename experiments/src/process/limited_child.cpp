#include "process/limited_child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "brandiron/core/error.h"
#include "process/child_process.h"

namespace brandiron::experiments {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

/// A pipe whose ends close with it and never reach a child by accident.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) {
      throw Error(ErrorCode::kUnsupported, std::string("no pipe: ") + std::strerror(errno));
    }
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read() { close_one(ends_[0]); }
  void close_write() { close_one(ends_[1]); }

 private:
  static void close_one(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }
  int ends_[2] = {-1, -1};
};

// Between fork and exec only what is safe in a child of a threaded process.
[[noreturn]] void become(const char* program, char* const* arguments, int out, int err, int failure,
                         pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::execv(program, arguments);
  const int code = errno;
  [[maybe_unused]] const ssize_t told = ::write(failure, &code, sizeof code);
  ::_exit(127);
}

/// Reads both streams until they end, the time is over, or there is too much.
void read_streams(Pipe& out, Pipe& err, pid_t child, Clock::time_point start,
                  const LimitedChildOptions& options, LimitedChildResult& result) {
  const auto kill_all = [&] { ::kill(-child, SIGKILL); };
  char block[65536];
  while (out.read_end() >= 0 || err.read_end() >= 0) {
    const double left = options.timeout_s - seconds_since(start);
    if (left <= 0) {
      result.timed_out = true;
      return kill_all();
    }
    pollfd ends[2] = {{out.read_end(), POLLIN, 0}, {err.read_end(), POLLIN, 0}};
    if (::poll(ends, 2, static_cast<int>(left < 1 ? left * 1000 + 1 : 1000)) < 0) continue;
    for (int i = 0; i < 2; ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const ssize_t n = ::read(ends[i].fd, block, sizeof block);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        (i == 0 ? out : err).close_read();
        continue;
      }
      std::string& text = i == 0 ? result.output : result.words;
      text.append(block, static_cast<std::size_t>(n));
      if (i == 1 && text.size() > 2 * options.most_words) {
        text.erase(0, text.size() - options.most_words);
      }
    }
    if (result.output.size() > options.most_output) {
      result.too_much = true;
      return kill_all();
    }
  }
}

/// Waits for its end; a child that has closed its streams and hangs is killed in time as well.
void wait_for(pid_t child, Clock::time_point start, const LimitedChildOptions& options,
              LimitedChildResult& result) {
  int status = 0;
  rusage usage{};
  for (;;) {
    const pid_t done = ::wait4(child, &status, WNOHANG, &usage);
    if (done == child) break;
    if (done < 0 && errno != EINTR) break;
    if (seconds_since(start) > options.timeout_s && !result.timed_out) {
      result.timed_out = true;
      ::kill(-child, SIGKILL);
    }
    ::usleep(2000);
  }
  ::kill(-child, SIGKILL);  // what it may have left behind
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.wall_s = seconds_since(start);
}

}  // namespace

LimitedChildResult run_limited_child(const std::vector<std::string>& words,
                                     const LimitedChildOptions& options) {
  const std::string program = words.empty() ? "" : find_program(words[0]);
  if (program.empty()) {
    throw Error(ErrorCode::kUnsupported,
                (words.empty() ? std::string("no program to run") : words[0]) +
                    ": no such program on PATH");
  }
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  Pipe out, err, failure;
  const auto start = Clock::now();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    throw Error(ErrorCode::kUnsupported, words[0] + ": cannot be started: " + std::strerror(errno));
  }
  if (child == 0) {
    become(program.c_str(), arguments.data(), out.write_end(), err.write_end(), failure.write_end(),
           parent);
  }
  ::setpgid(child, child);  // whichever of the two comes first
  out.close_write();
  err.close_write();
  failure.close_write();
  int code = 0;
  ssize_t told = 0;
  while ((told = ::read(failure.read_end(), &code, sizeof code)) < 0 && errno == EINTR) {
  }
  LimitedChildResult result;
  if (told != static_cast<ssize_t>(sizeof code)) {
    read_streams(out, err, child, start, options, result);
  }
  wait_for(child, start, options, result);
  if (told == static_cast<ssize_t>(sizeof code)) {
    throw Error(ErrorCode::kUnsupported, words[0] + ": cannot be started: " + std::strerror(code));
  }
  if (result.words.size() > options.most_words) {
    result.words.erase(0, result.words.size() - options.most_words);
  }
  return result;
}

}  // namespace brandiron::experiments
