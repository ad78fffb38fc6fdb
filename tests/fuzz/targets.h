#pragma once

#include <cstddef>
#include <cstdint>

// Every parser of foreign bytes, as libFuzzer wants it. A brandiron::Error is a good answer;
// anything else that escapes is a finding. The corpus test calls the same functions.

namespace brandiron::fuzz {

void audio(const std::uint8_t* bytes, std::size_t size);
void config(const std::uint8_t* bytes, std::size_t size);
void key(const std::uint8_t* bytes, std::size_t size);
void effects(const std::uint8_t* bytes, std::size_t size);
void c2pa(const std::uint8_t* bytes, std::size_t size);
void jumbf(const std::uint8_t* bytes, std::size_t size);
void cbor(const std::uint8_t* bytes, std::size_t size);
void cose(const std::uint8_t* bytes, std::size_t size);
void riff(const std::uint8_t* bytes, std::size_t size);
void tags(const std::uint8_t* bytes, std::size_t size);

}  // namespace brandiron::fuzz
