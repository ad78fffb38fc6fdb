#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::models {

/// How a tensor's numbers lie in the file; in memory they are float32.
enum class TensorStorage { kF32, kF16 };

/// A dense float32 tensor, row-major.
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;  ///< every size >= 1; empty for a scalar
  std::vector<float> data;          ///< product(shape) numbers
  TensorStorage storage = TensorStorage::kF32;
};

/// The content of one *.safetensors file: tensors sorted by name and the `__metadata__` texts.
struct Safetensors {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;

  /// @throws Error(kModel) when there is no such tensor.
  const NamedTensor& tensor(const std::string& name) const;
};

/// `x` as a half holds it: to the nearest, ties to even; infinite above 65519.
float rounded_to_half(float x);

/// Serialises to the safetensors layout: 8-byte little-endian header length, JSON header padded
/// with blanks to a multiple of 8, then the data. The same content always gives the same bytes.
/// @throws Error(kInvalidArgument) when a shape does not fit its data or a name occurs twice.
/// @see https://github.com/huggingface/safetensors (format section of the README)
std::string to_safetensors(const Safetensors& content);

/// Reads bytes of any origin. Accepts F32, F16 and BF16 (widened to float; BF16 counts as F32 from
/// then on). Every length, offset and shape is checked before memory is asked for.
/// @param name stands for the file in messages.
/// @throws Error(kModel) for a truncated file, a header that is no JSON object, overlapping or
/// out-of-range offsets, gaps, sizes that overflow, or an unknown number type.
Safetensors parse_safetensors(std::string_view bytes, const std::string& name);

/// @throws Error(kModel) as parse_safetensors; also when the file is missing or over 1 GiB.
Safetensors read_safetensors(const std::filesystem::path& path);

/// Atomic write. @throws as write_file.
void write_safetensors(const std::filesystem::path& path, const Safetensors& content,
                       bool overwrite = false);

}  // namespace brandiron::models
