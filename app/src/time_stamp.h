#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace brandiron::app {

/// Where a URL points.
struct Endpoint {
  std::string origin;  ///< scheme, host and port, e.g. "https://tsa.example:8443"
  std::string path;    ///< with the query; "/" when none is given
};
/// Of "http://host[:port][/path]" or https. @throws Error(kInvalidArgument) for other schemes, user
/// names, fragments, blanks and control characters.
Endpoint endpoint_of(const std::string& url);

/// Sends time-stamp requests (RFC 3161) to an authority, for `c2pa::Credentials::time_stamp`. The
/// server's certificate is checked (https), redirects are not followed, answers over 1 MiB are
/// refused and all of it ends after `timeout`.
/// @throws Error(kInvalidArgument) for a URL that cannot be used; calls throw Error(kRetry) when
/// the authority does not answer and Error(kFormat) when it answers something else.
std::function<std::string(const std::string& request_der)> time_stamp_client(
    const std::string& url, std::chrono::seconds timeout = std::chrono::seconds(20));

}  // namespace brandiron::app
