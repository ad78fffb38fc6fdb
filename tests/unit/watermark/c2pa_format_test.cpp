#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "watermark/src/c2pa/big_endian.h"
#include "watermark/src/c2pa/cbor.h"
#include "watermark/src/c2pa/jumbf.h"

// CBOR and JUMBF: what is written, what is read, what is refused.

namespace brandiron::watermark::c2pa {
namespace {

std::string round_trip(const std::string& hex) {
  return to_hex(Cbor::decode(from_hex(hex)).encode());
}

double seconds_to_refuse(const std::string& input, void (*parse)(const std::string&)) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(parse(input), Error);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void parse_cbor(const std::string& input) { Cbor::decode(input); }
void parse_boxes(const std::string& input) { parse_jumbf(input); }

TEST(Cbor, WritesTheExamplesOfRfc8949) {
  EXPECT_EQ(to_hex(Cbor::integer(0).encode()), "00");
  EXPECT_EQ(to_hex(Cbor::integer(23).encode()), "17");
  EXPECT_EQ(to_hex(Cbor::integer(24).encode()), "1818");
  EXPECT_EQ(to_hex(Cbor::integer(1000).encode()), "1903e8");
  EXPECT_EQ(to_hex(Cbor::integer(1000000).encode()), "1a000f4240");
  EXPECT_EQ(to_hex(Cbor::integer(1000000000000).encode()), "1b000000e8d4a51000");
  EXPECT_EQ(to_hex(Cbor::integer(-1).encode()), "20");
  EXPECT_EQ(to_hex(Cbor::integer(-1000).encode()), "3903e7");
  EXPECT_EQ(to_hex(Cbor::text("IETF").encode()), "6449455446");
  EXPECT_EQ(to_hex(Cbor::bytes("\x01\x02").encode()), "420102");
  EXPECT_EQ(to_hex(Cbor::boolean(true).encode()), "f5");
  EXPECT_EQ(to_hex(Cbor::null().encode()), "f6");
  EXPECT_EQ(to_hex(Cbor::array({Cbor::integer(1), Cbor::array({})}).encode()), "820180");
  EXPECT_EQ(to_hex(Cbor::tag(0, Cbor::text("x")).encode()), "c06178");
}

TEST(Cbor, WritesMapsInTheOrderOfTheirEncodedKeys) {
  const auto map = Cbor::map({{Cbor::text("aa"), Cbor::integer(1)},
                              {Cbor::integer(100), Cbor::integer(2)},
                              {Cbor::text("z"), Cbor::integer(3)},
                              {Cbor::integer(10), Cbor::integer(4)}});
  EXPECT_EQ(to_hex(map.encode()),
            "a40a0418640261"
            "7a03"
            "6261"
            "6101");
}

TEST(Cbor, ReadsBackWhatItWrites) {
  for (const char* hex : {"a26161016162820203", "c11a514b67b0", "fb3ff199999999999a", "f93c00",
                          "1bffffffffffffffff", "3bffffffffffffffff", "62c3bc", "40", "f4", "f0"}) {
    EXPECT_EQ(round_trip(hex), hex);
  }
}

TEST(Cbor, ShortensHeadsThatWereLongerThanNeeded) {
  EXPECT_EQ(round_trip("1900"
                       "01"),
            "01");
}

TEST(Cbor, FindsEntriesByTextAndByNumber) {
  const Cbor map =
      Cbor::decode(from_hex("a3012618216161616161"
                            "62"));
  ASSERT_NE(map.find(33), nullptr);
  EXPECT_EQ(map.find(33)->string(), "a");
  EXPECT_EQ(map.find(1)->kind(), Cbor::Kind::kNegative);
  EXPECT_EQ(map.text_of("a"), "b");
  EXPECT_EQ(map.find("a", Cbor::Kind::kMap), nullptr);
  EXPECT_EQ(map.find("b"), nullptr);
}

TEST(Cbor, RefusesWhatIsNotOneWholeItem) {
  for (const char* hex : {"", "18", "19ff", "62c3", "420", "8201", "0000", "a101", "9f01ff",
                          "7f6161ff", "ff", "1c", "f818", "62c328", "a2616101616102", "c0"}) {
    std::string bytes(hex);
    if (bytes.size() % 2 != 0) bytes.push_back('0');
    EXPECT_THROW(Cbor::decode(from_hex(bytes)), Error) << hex;
  }
}

TEST(Cbor, RefusesDepthAndCountsWithoutWork) {
  EXPECT_LT(seconds_to_refuse(std::string(100'000'000, '\x81'), parse_cbor), 1.0);
  EXPECT_LT(seconds_to_refuse(from_hex("9b7fffffffffffffff"), parse_cbor), 0.1);
  EXPECT_LT(seconds_to_refuse(from_hex("5b7fffffffffffffff"), parse_cbor), 0.1);
  EXPECT_LT(seconds_to_refuse(from_hex("9a05f5e100") + std::string(100'000'000, '\0'), parse_cbor),
            1.0);
  // Nested containers cannot get round the count either.
  std::string nested = from_hex("99ffff");
  for (int i = 0; i < 65535; ++i) nested += from_hex("820000");
  EXPECT_THROW(Cbor::decode(nested), Error);
}

TEST(Jumbf, ReadsBackWhatItWrites) {
  const std::string inner = write_superbox("cbor", "c2pa.actions.v2", write_box("cbor", "\xA0"));
  const std::string store = write_superbox("c2pa", "c2pa", inner);
  const Box box = parse_jumbf(store);
  EXPECT_EQ(box.label, "c2pa");
  EXPECT_EQ(to_hex(box.content_type),
            "63327061001100108000"
            "00aa00389b71");
  ASSERT_NE(box.child("c2pa.actions.v2"), nullptr);
  EXPECT_EQ(box.child("c2pa.actions.v2")->content("cbor"), "\xA0");
  EXPECT_EQ(box.child("c2pa.actions.v2")->whole, inner);
  EXPECT_EQ(box.child("c2pa.actions"), nullptr);
  EXPECT_TRUE(box.content("json").empty());
}

TEST(Jumbf, ReadsSixtyFourBitSizes) {
  const std::string store = write_superbox("c2pa", "c2pa", write_box("cbor", "\xA0"));
  const std::string payload = store.substr(8);
  const std::string wide = be_bytes(1, 4) + "jumb" + be_bytes(payload.size() + 16, 8) + payload;
  EXPECT_EQ(parse_jumbf(wide).content("cbor"), "\xA0");
}

TEST(Jumbf, RefusesEveryCut) {
  const std::string store =
      write_superbox("c2pa", "c2pa", write_superbox("cbor", "a", write_box("cbor", "\xA0")));
  for (std::size_t size = 0; size < store.size(); ++size) {
    EXPECT_THROW(parse_jumbf(store.substr(0, size)), Error) << size;
  }
  EXPECT_THROW(parse_jumbf(store + "x"), Error);
}

TEST(Jumbf, RefusesBoxesThatDoNotAddUp) {
  const std::string child = write_superbox("cbor", "a", "");
  EXPECT_THROW(parse_jumbf(write_superbox("c2pa", "c2pa", child + child)), Error) << "two labels";
  EXPECT_THROW(parse_jumbf(write_superbox("c2pa", "", "")), Error) << "empty label";
  EXPECT_THROW(parse_jumbf(write_superbox("c2pa", "a/b", "")), Error) << "a path as label";
  EXPECT_THROW(parse_jumbf(write_box("jumb", child)), Error) << "no description";
  EXPECT_THROW(parse_jumbf(write_box("cbor", "\xA0")), Error) << "no superbox";
  for (const char* size : {"00000000", "00000007", "ffffffff"}) {
    EXPECT_THROW(parse_jumbf(write_superbox("c2pa", "c2pa", from_hex(size) + "cbor")), Error);
  }
  const std::string huge = be_bytes(1, 4) + "cbor" + std::string(8, '\xFF');
  EXPECT_THROW(parse_jumbf(write_superbox("c2pa", "c2pa", huge)), Error);
}

TEST(Jumbf, RefusesAHundredMegabytesAndTenThousandBoxesFast) {
  std::string large = write_superbox("c2pa", "c2pa", "");
  large.resize(100'000'000);
  EXPECT_LT(seconds_to_refuse(large, parse_boxes), 1.0);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += write_box("cbor", "");
  EXPECT_LT(seconds_to_refuse(write_superbox("c2pa", "c2pa", many), parse_boxes), 1.0);
  std::string deep;
  for (int i = 0; i < 20; ++i) deep = write_superbox("c2ma", "a", deep);
  EXPECT_THROW(parse_jumbf(deep), Error);
}

}  // namespace
}  // namespace brandiron::watermark::c2pa
