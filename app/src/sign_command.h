#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::app {

/// The words of a command line: parted by blanks, with '...' and "..." around what holds some and
/// backslash before single characters. Nothing is expanded. @throws Error(kInvalidArgument) when
/// it is empty or a quote is left open.
std::vector<std::string> command_words(const std::string& line);

/// Signs by a program of the user's, for `c2pa::Credentials::signer`: keys stay in hardware or a
/// service. The program is run without a shell, gets the bytes to be signed on standard input and
/// writes the signature, raw or DER, to standard output; what it writes to standard error shows.
/// @throws Error(kInvalidArgument) when `words` is empty; calls throw Error(kIo) when it cannot be
/// started, fails or writes nothing, and Error(kRetry) when it is not done after `timeout`.
std::function<std::string(std::string_view)> command_signer(
    const std::vector<std::string>& words,
    std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace brandiron::app
