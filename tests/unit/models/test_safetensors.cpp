#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/models/safetensors.h"

namespace brandiron::models {
namespace {

Safetensors example() {
  Safetensors content;
  content.metadata = {{"licence", "Apache-2.0"}, {"note", "quotes \" and\nnew lines"}};
  content.tensors.push_back({"b.weight", {2, 3}, {1, -2, 3.5F, 0, 1e-30F, -1e30F}});
  content.tensors.push_back({"a.bias", {2}, {0.25F, -0.0F}});
  content.tensors.push_back({"scalar", {}, {7}});
  return content;
}

std::string with_header(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

void expect_refused(const std::string& bytes, const std::string& hint) {
  try {
    parse_safetensors(bytes, "evil");
    ADD_FAILURE() << "accepted: " << hint;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel) << hint;
    EXPECT_NE(std::string(e.what()).find("evil"), std::string::npos) << e.what();
  }
}

TEST(Safetensors, ComesBackAsWritten) {
  const Safetensors before = example();
  const Safetensors after = parse_safetensors(to_safetensors(before), "memory");
  EXPECT_EQ(after.metadata, before.metadata);
  ASSERT_EQ(after.tensors.size(), 3U);
  for (const NamedTensor& tensor : before.tensors) {
    EXPECT_EQ(after.tensor(tensor.name).shape, tensor.shape);
    EXPECT_EQ(after.tensor(tensor.name).data, tensor.data);
  }
}

TEST(Safetensors, TheSameContentGivesTheSameBytesWhateverTheOrder) {
  Safetensors turned = example();
  std::swap(turned.tensors[0], turned.tensors[2]);
  EXPECT_EQ(to_safetensors(example()), to_safetensors(turned));
}

TEST(Safetensors, HeaderIsPaddedSoThatDataIsAligned) {
  const std::string bytes = to_safetensors(example());
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(length % 8, 0U);
  EXPECT_EQ(bytes[8], '{');
}

TEST(Safetensors, ReadsHalfAndBrainFloats) {
  std::string data;
  for (const std::uint16_t half : {0x3C00, 0xC000, 0x0001, 0x7C00}) {
    data.append(reinterpret_cast<const char*>(&half), 2);
  }
  const auto f16 = parse_safetensors(
      with_header(R"({"x":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}})", data), "memory");
  EXPECT_EQ(f16.tensor("x").data[0], 1.0F);
  EXPECT_EQ(f16.tensor("x").data[1], -2.0F);
  EXPECT_FLOAT_EQ(f16.tensor("x").data[2], 5.9604645e-8F);
  EXPECT_EQ(f16.tensor("x").data[3], std::numeric_limits<float>::infinity());
  const auto bf16 = parse_safetensors(
      with_header(R"({"x":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})", "\x80\x3F"),
      "memory");
  EXPECT_EQ(bf16.tensor("x").data[0], 1.0F);
}

TEST(Safetensors, HalvesComeBackRoundedAndInHalfTheSpace) {
  Safetensors content;
  NamedTensor tensor;
  tensor.name = "halves";
  tensor.storage = TensorStorage::kF16;
  // One, the nearest half of 1/3, ties to even, the least and a halved subnormal, the greatest.
  tensor.data = {1, 1.0F / 3, 2049, 2051, 0x1p-24F, 0x1p-25F, -65504, 1e-9F};
  tensor.shape = {8};
  content.tensors.push_back(tensor);
  const std::string bytes = to_safetensors(content);
  const NamedTensor back = parse_safetensors(bytes, "memory").tensor("halves");
  const std::vector<float> expected = {1, 0.333251953125F, 2048, 2052, 0x1p-24F, 0, -65504, 0};
  EXPECT_EQ(back.data, expected);
  EXPECT_EQ(back.storage, TensorStorage::kF16);
  EXPECT_EQ(to_safetensors(parse_safetensors(bytes, "memory")), bytes);
  content.tensors[0].storage = TensorStorage::kF32;
  EXPECT_EQ(to_safetensors(content).size() - bytes.size(), 16U);
  EXPECT_TRUE(std::isinf(rounded_to_half(70000)));
  EXPECT_TRUE(std::isnan(rounded_to_half(std::numeric_limits<float>::quiet_NaN())));
  for (std::uint32_t half = 0; half < 0x7C00; ++half) {  // every finite half is its own neighbour
    const float x = std::ldexp(static_cast<float>(half >= 0x400 ? (half & 0x3FFU) | 0x400U : half),
                               half >= 0x400 ? static_cast<int>(half >> 10U) - 25 : -24);
    ASSERT_EQ(rounded_to_half(x), x) << half;
    ASSERT_EQ(rounded_to_half(-x), -x) << half;
  }
}

TEST(Safetensors, RefusesHostileHeaders) {
  const std::string eight(8, '\0');
  expect_refused("", "empty");
  expect_refused("1234567", "shorter than the length");
  expect_refused(std::string(8, '\xFF') + "{}", "length of 2^64-1");
  std::string large(8, '\0');
  large[4] = 1;
  expect_refused(large + "{}", "length of 4 GiB");
  expect_refused(with_header("", ""), "empty header");
  expect_refused(with_header("[]", ""), "array");
  expect_refused(with_header("{", ""), "broken JSON");
  expect_refused(with_header(std::string(100000, '['), ""), "deep nesting");
  expect_refused(with_header(R"({"__metadata__":{"a":1}})", ""), "metadata that is no text");
  expect_refused(with_header(R"({"x":3})", eight), "tensor that is no object");
  expect_refused(with_header(R"({"x":{"dtype":"F32","shape":[2]}})", eight), "no offsets");
  const auto one = [&](const std::string& dtype, const std::string& shape,
                       const std::string& offsets, const std::string& data) {
    expect_refused(with_header(R"({"x":{"dtype":")" + dtype + R"(","shape":)" + shape +
                                   R"(,"data_offsets":)" + offsets + "}}",
                               data),
                   dtype + shape + offsets);
  };
  one("I64", "[1]", "[0,8]", eight);
  one("F32", "[-2]", "[0,8]", eight);
  one("F32", "[2.5]", "[0,8]", eight);
  one("F32", "[2]", "[8,0]", eight);
  one("F32", "[2]", "[-8,0]", eight);
  one("F32", "[2]", "[0,8,8]", eight);
  one("F32", "[2]", "[0,16]", eight);
  one("F32", "[3]", "[0,8]", eight);
  one("F32", "[4611686018427387904,4]", "[0,0]", "");
  one("F32", "[1]", "[4,8]", eight);
  one("F32", "[1]", "[0,4]", eight);
  one("F32", "[1,1,1,1,1,1,1,1,1,2]", "[0,8]", eight);
  expect_refused(with_header(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                             eight),
                 "overlap");
}

TEST(Safetensors, SurvivesEveryTruncationAndSeededDamage) {
  const std::string bytes = to_safetensors(example());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_THROW(parse_safetensors(bytes.substr(0, n), "cut"), Error) << n;
  }
  Rng rng(1, "damage");
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    damaged[rng.below(static_cast<std::uint32_t>(bytes.size()))] =
        static_cast<char>(rng.below(256));
    try {
      for (const NamedTensor& tensor : parse_safetensors(damaged, "damaged").tensors) {
        std::size_t count = 1;
        for (const auto size : tensor.shape) count *= static_cast<std::size_t>(size);
        ASSERT_EQ(tensor.data.size(), count);
      }
    } catch (const Error& e) {
      ASSERT_EQ(e.code(), ErrorCode::kModel) << e.what();
    }
  }
}

TEST(Safetensors, RefusesToWriteWhatItCouldNotRead) {
  Safetensors content;
  content.tensors.push_back({"x", {2}, {1}});
  EXPECT_THROW(to_safetensors(content), Error);
  content.tensors = {{"x", {1}, {1}}, {"x", {1}, {2}}};
  EXPECT_THROW(to_safetensors(content), Error);
}

TEST(Safetensors, AMissingFileIsAModelError) {
  try {
    read_safetensors("/nonexistent/weights.safetensors");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kModel);
  }
}

}  // namespace
}  // namespace brandiron::models
