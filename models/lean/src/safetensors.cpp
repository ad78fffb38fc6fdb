#include "brandiron/models/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::models {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr std::size_t kMaxHeaderBytes = 16U << 20;
constexpr std::size_t kMaxDimensions = 8;
constexpr int kMaxJsonDepth = 8;
constexpr std::size_t kLengthBytes = 8;

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::kModel, fmt::format("{}: not a usable safetensors file: {}; fetch or "
                                             "train the weights again",
                                             name, what));
}

/// product(shape), checked against overflow.
std::size_t num_elements(const std::string& file, const std::string& tensor,
                         const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) fail(file, fmt::format("tensor {} has a negative size", tensor));
    const auto n = static_cast<std::size_t>(size);
    if (n != 0 && count > std::numeric_limits<std::size_t>::max() / 8 / n) {
      fail(file, fmt::format("tensor {} has an absurd shape", tensor));
    }
    count *= n;
  }
  return count;
}

float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  std::uint32_t exponent = (half >> 10U) & 0x1FU;
  std::uint32_t mantissa = half & 0x3FFU;
  if (exponent == 0) {
    if (mantissa == 0) return std::bit_cast<float>(sign);
    exponent = 113;  // a subnormal half is a normal float: shift its leading one into place
    while ((mantissa & 0x400U) == 0) {
      mantissa <<= 1U;
      --exponent;
    }
    return std::bit_cast<float>(sign | (exponent << 23U) | ((mantissa & 0x3FFU) << 13U));
  }
  const std::uint32_t wide = exponent == 31 ? 255U : exponent + 112U;
  return std::bit_cast<float>(sign | (wide << 23U) | (mantissa << 13U));
}

std::uint16_t float_to_half(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);  // not a number
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (magnitude < 0x38800000U) {  // a subnormal half: its unit is 2^-24
    // 0.5 has 2^-24 as the unit of its last place: the sum rounds as it should.
    const float sum = std::bit_cast<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(
        sign | (std::bit_cast<std::uint32_t>(sum) - std::bit_cast<std::uint32_t>(0.5F)));
  }
  const std::uint32_t even = (magnitude >> 13U) & 1U;
  return static_cast<std::uint16_t>(sign | ((magnitude + 0xFFFU + even - (112U << 23U)) >> 13U));
}

struct NumberType {
  std::size_t bytes;
  float (*read)(const char*);
  TensorStorage storage;
};

template <typename T>
T load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

void append(std::string& bytes, std::uint16_t value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  bytes.append(raw, sizeof value);
}

NumberType number_type(const std::string& file, const std::string& dtype) {
  if (dtype == "F32") return {4, [](const char* p) { return load<float>(p); }, TensorStorage::kF32};
  if (dtype == "F16")
    return {2, [](const char* p) { return half_to_float(load<std::uint16_t>(p)); },
            TensorStorage::kF16};
  if (dtype == "BF16") {
    return {2,
            [](const char* p) {
              return std::bit_cast<float>(static_cast<std::uint32_t>(load<std::uint16_t>(p))
                                          << 16U);
            },
            TensorStorage::kF32};
  }
  fail(file, fmt::format("number type '{}' is not F32, F16 or BF16", dtype));
}

/// Parses the header with a depth limit: nlohmann's parser recurses on hostile nesting otherwise.
Json parse_header(const std::string& file, std::string_view text) {
  const auto limit_depth = [](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxJsonDepth) throw Error(ErrorCode::kModel, "header nests too deeply");
    return true;
  };
  try {
    Json header = Json::parse(text.begin(), text.end(), limit_depth);
    if (!header.is_object()) fail(file, "the header is not a JSON object");
    return header;
  } catch (const Json::exception& e) {
    fail(file, fmt::format("the header is not JSON ({})", e.what()));
  } catch (const Error& e) {
    fail(file, e.what());
  }
}

struct Extent {
  std::size_t begin, end;
  std::string name;
};

NamedTensor parse_tensor(const std::string& file, const std::string& name, const Json& entry,
                         std::string_view data, std::vector<Extent>& extents) {
  NamedTensor tensor;
  tensor.name = name;
  std::string dtype;
  std::vector<std::size_t> offsets;
  try {
    dtype = entry.at("dtype").get<std::string>();
    for (const Json& size : entry.at("shape")) {
      if (!size.is_number_integer()) fail(file, fmt::format("tensor {}: shape is not whole", name));
      tensor.shape.push_back(size.get<std::int64_t>());
    }
    for (const Json& offset : entry.at("data_offsets")) {
      if (!offset.is_number_unsigned()) {
        fail(file, fmt::format("tensor {}: offsets are not whole numbers >= 0", name));
      }
      offsets.push_back(offset.get<std::size_t>());
    }
  } catch (const Json::exception& e) {
    fail(file, fmt::format("tensor {}: {}", name, e.what()));
  }
  if (tensor.shape.size() > kMaxDimensions) {
    fail(file, fmt::format("tensor {} has {} dimensions", name, tensor.shape.size()));
  }
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size()) {
    fail(file, fmt::format("tensor {}: data_offsets lie outside the {} bytes of data (truncated?)",
                           name, data.size()));
  }
  const NumberType type = number_type(file, dtype);
  const std::size_t count = num_elements(file, name, tensor.shape);
  if (count * type.bytes != offsets[1] - offsets[0]) {
    fail(file, fmt::format("tensor {}: shape needs {} bytes, data_offsets hold {}", name,
                           count * type.bytes, offsets[1] - offsets[0]));
  }
  extents.push_back({offsets[0], offsets[1], name});
  tensor.storage = type.storage;
  tensor.data.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    tensor.data[i] = type.read(data.data() + offsets[0] + i * type.bytes);
  }
  return tensor;
}

/// The tensors must tile the data exactly: overlaps and unexplained bytes are both refused.
void check_tiling(const std::string& file, std::vector<Extent> extents, std::size_t data_bytes) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::size_t expected = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != expected) {
      fail(file, fmt::format("tensor {} overlaps another or leaves a gap", extent.name));
    }
    expected = extent.end;
  }
  if (expected != data_bytes) {
    fail(file, fmt::format("{} bytes belong to no tensor", data_bytes - expected));
  }
}

}  // namespace

const NamedTensor& Safetensors::tensor(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const NamedTensor& t) { return t.name == name; });
  if (found == tensors.end()) {
    throw Error(ErrorCode::kModel, fmt::format("weights: tensor {} is missing", name));
  }
  return *found;
}

float rounded_to_half(float x) { return half_to_float(float_to_half(x)); }

std::string to_safetensors(const Safetensors& content) {
  std::vector<const NamedTensor*> order;
  std::set<std::string> names;
  for (const NamedTensor& tensor : content.tensors) {
    if (tensor.name.empty() || tensor.name == "__metadata__" || !names.insert(tensor.name).second) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("safetensors: name '{}' is empty, reserved or used twice", tensor.name));
    }
    if (num_elements("safetensors", tensor.name, tensor.shape) != tensor.data.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("safetensors: shape of {} does not fit its {} numbers", tensor.name,
                              tensor.data.size()));
    }
    order.push_back(&tensor);
  }
  std::sort(order.begin(), order.end(),
            [](const NamedTensor* a, const NamedTensor* b) { return a->name < b->name; });

  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::size_t offset = 0;
  for (const NamedTensor* tensor : order) {
    const bool half = tensor->storage == TensorStorage::kF16;
    const std::size_t end =
        offset + tensor->data.size() * (half ? sizeof(std::uint16_t) : sizeof(float));
    header[tensor->name] = {
        {"dtype", half ? "F16" : "F32"}, {"shape", tensor->shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');

  std::string bytes(kLengthBytes, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += text;
  bytes.reserve(bytes.size() + offset);
  for (const NamedTensor* tensor : order) {
    if (tensor->storage == TensorStorage::kF16) {
      for (const float x : tensor->data) append(bytes, float_to_half(x));
    } else {
      bytes.append(reinterpret_cast<const char*>(tensor->data.data()),
                   tensor->data.size() * sizeof(float));
    }
  }
  return bytes;
}

Safetensors parse_safetensors(std::string_view bytes, const std::string& name) {
  if (bytes.size() < kLengthBytes) fail(name, fmt::format("only {} bytes", bytes.size()));
  const auto header_bytes = load<std::uint64_t>(bytes.data());
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - kLengthBytes) {
    fail(name, fmt::format("header of {} bytes in a file of {}", header_bytes, bytes.size()));
  }
  const Json header =
      parse_header(name, bytes.substr(kLengthBytes, static_cast<std::size_t>(header_bytes)));
  const std::string_view data = bytes.substr(kLengthBytes + static_cast<std::size_t>(header_bytes));

  Safetensors content;
  std::vector<Extent> extents;
  for (const auto& [key, entry] : header.items()) {
    if (key == "__metadata__") {
      if (!entry.is_object()) fail(name, "__metadata__ is not an object");
      for (const auto& [k, v] : entry.items()) {
        if (!v.is_string()) fail(name, fmt::format("__metadata__.{} is not text", k));
        content.metadata[k] = v.get<std::string>();
      }
      continue;
    }
    content.tensors.push_back(parse_tensor(name, key, entry, data, extents));
  }
  check_tiling(name, std::move(extents), data.size());
  return content;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  std::string bytes;
  try {
    bytes = read_file(path);
  } catch (const Error& e) {
    throw Error(ErrorCode::kModel, fmt::format("weights cannot be read: {}", e.what()));
  }
  return parse_safetensors(bytes, path.string());
}

void write_safetensors(const std::filesystem::path& path, const Safetensors& content,
                       bool overwrite) {
  write_file(path, to_safetensors(content), overwrite);
}

}  // namespace brandiron::models
