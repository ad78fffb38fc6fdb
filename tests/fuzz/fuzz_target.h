#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// A fuzz target reads foreign bytes and may only return or throw brandiron::Error. With clang's
// libFuzzer (preset fuzz) it explores; everywhere else replay.cpp feeds it seeds and their
// mutations.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Inputs that are made rather than stored (audio: recordings do not belong in git).
std::vector<std::string> made_seeds();
