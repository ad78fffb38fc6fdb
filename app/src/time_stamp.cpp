#include "time_stamp.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include "brandiron/core/error.h"

namespace brandiron::app {
namespace {

constexpr std::size_t kMaxAnswerBytes = std::size_t{1} << 20U;
constexpr std::size_t kMaxUrlBytes = 2048;

[[noreturn]] void refuse_url(const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument,
              "time-stamping URL: " + why + ", expected http(s)://host[:port]/path");
}

bool is_number_up_to(const std::string& text, int limit) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string::npos && std::stoi(text) > 0 &&
         std::stoi(text) <= limit;
}

void check_host(const std::string& authority) {
  const std::size_t bracket = authority.rfind(']');  // of an IPv6 address
  const std::size_t colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  const std::string host = authority.substr(0, colon);
  const bool plain = host.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789.-_:[]") == std::string::npos;
  if (host.empty() || !plain) refuse_url("no usable host name");
  if (colon != std::string::npos && !is_number_up_to(authority.substr(colon + 1), 65535)) {
    refuse_url("the port is no number from 1 to 65535");
  }
}

// Ends a conversation that drips on for ever: the library's own limits start anew with each byte.
class Deadline {
 public:
  Deadline(httplib::Client& client, std::chrono::seconds timeout)
      : thread_([this, &client, timeout] {
          std::unique_lock lock(mutex_);
          expired_ = !changed_.wait_for(lock, timeout, [this] { return done_; });
          if (expired_) client.stop();
        }) {}
  ~Deadline() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  bool expired() const { return expired_; }

 private:
  std::atomic<bool> expired_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;  // last: it uses what is above
};

std::string post(const Endpoint& to, const std::string& body, std::chrono::seconds timeout) {
  httplib::Client client(to.origin);
  client.set_follow_location(false);
  client.set_connection_timeout(timeout.count());
  client.set_read_timeout(timeout.count());
  client.set_write_timeout(timeout.count());
  client.enable_server_certificate_verification(true);
  std::string answer;
  httplib::Request request;
  request.method = "POST";
  request.path = to.path;
  request.body = body;
  request.set_header("Content-Type", "application/timestamp-query");
  request.set_header("Accept", "application/timestamp-reply");
  request.content_receiver = [&answer](const char* bytes, std::size_t size, std::uint64_t,
                                       std::uint64_t) {
    if (size > kMaxAnswerBytes - answer.size()) return false;
    answer.append(bytes, size);
    return true;
  };
  const Deadline deadline(client, timeout);
  const auto result = client.send(request);
  const std::string who = "time-stamping authority " + to.origin + to.path + ": ";
  // A body without a length looks whole when it is cut off.
  if (!result || deadline.expired()) {
    throw Error(ErrorCode::kRetry, who + "no answer (" + httplib::to_string(result.error()) +
                                       "); try again, or sign without a time stamp");
  }
  if (result->status != 200) {
    throw Error(result->status >= 500 ? ErrorCode::kRetry : ErrorCode::kFormat,
                who + "HTTP status " + std::to_string(result->status) +
                    ", expected 200; redirects are not followed, give the final URL");
  }
  const std::string type = result->get_header_value("Content-Type");
  if (type.substr(0, type.find(';')) != "application/timestamp-reply") {
    throw Error(ErrorCode::kFormat, who + "the answer is no application/timestamp-reply");
  }
  return answer;
}

}  // namespace

Endpoint endpoint_of(const std::string& url) {
  if (url.size() > kMaxUrlBytes) refuse_url("over 2048 bytes");
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c == 0x7F; })) {
    refuse_url("a blank, a control character or one that is not ASCII");
  }
  const std::size_t scheme = url.find("://");
  const std::string name = url.substr(0, std::min(scheme, url.size()));
  if (scheme == std::string::npos || (name != "http" && name != "https")) {
    refuse_url("another scheme");
  }
  if (url.find('#') != std::string::npos) refuse_url("a fragment");
  const std::size_t host = scheme + 3;
  const std::size_t path = std::min(url.find_first_of("/?", host), url.size());
  const std::string authority = url.substr(host, path - host);
  if (authority.find('@') != std::string::npos) refuse_url("a user name");
  check_host(authority);
  const bool has_path = path < url.size() && url[path] == '/';
  std::string rest(has_path ? 0 : 1, '/');
  rest.append(url, path, std::string::npos);
  return {url.substr(0, path), rest};
}

std::function<std::string(const std::string&)> time_stamp_client(const std::string& url,
                                                                 std::chrono::seconds timeout) {
  return [to = endpoint_of(url), timeout](const std::string& request) {
    return post(to, request, timeout);
  };
}

}  // namespace brandiron::app
