#include <gtest/gtest.h>

#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "corpus_export/parquet_file.h"
#include "corpus_export/thrift.h"
#include "support/temporary_folder.h"

namespace brandiron::experiments::corpus_export {
namespace {

TEST(ThriftWriter, WritesTheCompactProtocol) {
  // Field headers hold the step from the field before; integers are zigzag varints.
  ThriftWriter writer;
  writer.begin_struct();
  writer.i32(1, 1);
  writer.i64(3, -2);
  writer.binary(4, "ab");
  writer.begin_struct(5);
  writer.i32(1, 300);
  writer.end_struct();
  writer.list(6, ThriftWriter::kI32, 2);
  writer.element(std::int64_t{0});
  writer.element(std::int64_t{3});
  writer.end_struct();
  EXPECT_EQ(to_hex(writer.bytes()),
            "1502"
            "2603"
            "18026162"
            "1c15d80400"
            "19250006"
            "00");
}

TEST(ThriftWriter, GivesLongListsTheirSizeApart) {
  ThriftWriter writer;
  writer.begin_struct();
  writer.list(1, ThriftWriter::kI32, 15);
  EXPECT_EQ(to_hex(writer.bytes()), "19f50f");
}

TEST(ParquetFile, PutsLevelsBeforeValuesThatMayBeMissing) {
  const testing::TemporaryFolder folder;
  ParquetFile file(folder / "x.parquet", {{"b", CellType::kBoolean, false}});
  file.add({true});
  file.add({Cell()});
  file.add({false});
  file.add({true});
  file.finish({}, "test");
  const std::string bytes = read_file(folder / "x.parquet");
  EXPECT_EQ(bytes.substr(0, 4), "PAR1");
  EXPECT_EQ(bytes.substr(bytes.size() - 4), "PAR1");
  // Runs of one value, one missing, two values; then three bits: 1, 0, 1.
  EXPECT_NE(to_hex(bytes).find("06000000"
                               "0201"
                               "0200"
                               "0401"
                               "05"),
            std::string::npos)
      << to_hex(bytes);
}

TEST(ParquetFile, RefusesARequiredValueThatIsMissing) {
  const testing::TemporaryFolder folder;
  ParquetFile file(folder / "x.parquet", {{"id", CellType::kText, true}});
  EXPECT_ANY_THROW(file.add({Cell()}));
}

}  // namespace
}  // namespace brandiron::experiments::corpus_export
