#include "brandiron/core/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

namespace fs = std::filesystem;

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() /
              ("brandiron-config-" + std::to_string(getpid()) + "-" + info->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  fs::path folder_;
};

/// The message of the kConfig error that `action` throws; fails the test when it throws none.
std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kConfig) << e.what();
    const std::string message = e.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  ADD_FAILURE() << "expected an Error";
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ConfigTest, ReadsEveryTypeUnderItsDottedKey) {
  const Config c = Config::from_text(R"(
title = "Iron Rain"
[train]
epochs = 3
rate = 0.5
fast = true
[[sections]]
label = "verse"
bars = [4, 8.5]
[[sections]]
label = "chorus"
names = ["a", "b"]
)");
  EXPECT_EQ(c.get_string("title"), "Iron Rain");
  EXPECT_EQ(c.get_int("train.epochs"), 3);
  EXPECT_DOUBLE_EQ(c.get_double("train.rate"), 0.5);
  EXPECT_DOUBLE_EQ(c.get_double("train.epochs"), 3.0);
  EXPECT_TRUE(c.get_bool("train.fast", false));
  EXPECT_EQ(c.array_size("sections"), 2u);
  EXPECT_EQ(c.get_string("sections.1.label"), "chorus");
  EXPECT_EQ(c.get_doubles("sections.0.bars"), (std::vector<double>{4, 8.5}));
  EXPECT_EQ(c.get_strings("sections.1.names"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(c.get_strings("title"), (std::vector<std::string>{"Iron Rain"}));
  EXPECT_EQ(c.children(""), (std::vector<std::string>{"sections", "title", "train"}));
  EXPECT_TRUE(c.has_table("train"));
  EXPECT_FALSE(c.has_table("title"));
  EXPECT_FALSE(c.has("train"));
  EXPECT_EQ(c.get_string("sections.0.label"), "verse");
  EXPECT_NO_THROW(c.check_all_used());
}

TEST_F(ConfigTest, FallsBackOnlyWhenTheKeyIsAbsent) {
  const Config c = Config::from_text("a = 1\n");
  EXPECT_EQ(c.get_int("a", 7), 1);
  EXPECT_EQ(c.get_int("b", 7), 7);
  EXPECT_EQ(c.get_string("s", "x"), "x");
  EXPECT_EQ(c.get_strings("l", {"d"}), (std::vector<std::string>{"d"}));
  EXPECT_DOUBLE_EQ(c.get_double("d", 0.25), 0.25);
}

TEST_F(ConfigTest, NamesFileLineFoundAndExpectedForAWrongType) {
  const Config c = Config::from_text("\n\nepochs = \"many\"\nlist = [1]\n[t]\nx = 1.5\n", "x.toml");
  EXPECT_EQ(message_of([&] { c.get_int("epochs"); }),
            "x.toml:3: epochs: found \"many\" (string), expected an integer");
  EXPECT_EQ(message_of([&] { c.get_int("t.x"); }),
            "x.toml:6: t.x: found 1.5 (number), expected an integer");
  EXPECT_TRUE(
      contains(message_of([&] { c.get_double("list", 1.0); }), "x.toml:4: list: found a list"));
  EXPECT_TRUE(contains(message_of([&] { c.get_string("t", "x"); }), "found a table"));
  EXPECT_TRUE(contains(message_of([&] { c.get_bool("t.x", true); }), "expected true or false"));
}

TEST_F(ConfigTest, SaysHowToSupplyAMissingKey) {
  const Config c = Config::from_text("a = 1\n", "x.toml");
  EXPECT_EQ(message_of([&] { c.get_double("train.rate"); }),
            "x.toml: train.rate: missing, expected a number; add it or pass --set train.rate=...");
}

TEST_F(ConfigTest, RefusesNumbersOutsideTheirRangeWithTheOrigin) {
  Config c = Config::from_text("v = 2.5\n", "x.toml");
  EXPECT_DOUBLE_EQ(c.get_double_in("v", 0, 0, 3), 2.5);
  EXPECT_EQ(message_of([&] { c.get_double_in("v", 0, 0, 1); }),
            "x.toml:1: v: found 2.5, expected 0.0 to 1.0");
}

TEST_F(ConfigTest, SuggestsTheNearestKnownKeyForAnUnknownOne) {
  const Config c = Config::from_text("[train]\nepohcs = 3\n", "configs/x.toml");
  c.get_int("train.epochs", 1);
  c.get_double("train.rate", 1);
  EXPECT_EQ(message_of([&] { c.check_all_used(); }),
            "configs/x.toml:2: train.epohcs: unknown key; did you mean train.epochs?");
}

TEST_F(ConfigTest, SuggestsTheRightTableWhenTheKeyStandsInAWrongOne) {
  const Config c = Config::from_text("[trian]\nepochs = 3\n", "x.toml");
  c.get_int("train.epochs", 1);
  EXPECT_TRUE(contains(message_of([&] { c.check_all_used(); }), "did you mean train.epochs?"));
}

TEST_F(ConfigTest, ListsTheKnownKeysWhenNothingIsNear) {
  const Config c = Config::from_text("[t]\nzzzzzz = 3\n", "x.toml");
  c.get_int("t.alpha", 1);
  c.get_int("t.beta", 1);
  EXPECT_EQ(message_of([&] { c.check_all_used(); }),
            "x.toml:2: t.zzzzzz: unknown key; known here: t.alpha, t.beta");
}

TEST_F(ConfigTest, RejectsAnEmptyListNobodyAskedFor) {
  const Config c = Config::from_text("l = []\n", "x.toml");
  EXPECT_TRUE(contains(message_of([&] { c.check_all_used(); }), "x.toml:1: l: unknown key"));
  EXPECT_TRUE(c.get_strings("l", {"fallback"}).empty());
  EXPECT_NO_THROW(c.check_all_used());
}

TEST_F(ConfigTest, TreatsKeysUnderAMarkedPrefixAsRead) {
  const Config c = Config::from_text("[a]\nx = 1\n[ab]\ny = 2\n", "x.toml");
  c.mark_used("a");
  EXPECT_TRUE(contains(message_of([&] { c.check_all_used(); }), "ab.y"));
  c.mark_used("");
  EXPECT_NO_THROW(c.check_all_used());
}

TEST_F(ConfigTest, LaterFilesWinAndEveryValueRemembersItsOrigin) {
  write("base.toml", "a = 1\nb = 2\nlist = [1, 2, 3]\n[t]\nx = 1\n");
  const auto top = write("top.toml", "extends = \"base.toml\"\nb = 20\nlist = [9]\nt.y = 5\n");
  const Config c = Config::from_file(top);
  EXPECT_EQ(c.get_int("a"), 1);
  EXPECT_EQ(c.get_int("b"), 20);
  EXPECT_EQ(c.get_int("t.x"), 1);
  EXPECT_EQ(c.get_int("t.y"), 5);
  EXPECT_EQ(c.get_doubles("list"), (std::vector<double>{9}));
  EXPECT_EQ(c.origin("a"), (folder_ / "base.toml").string() + ":1");
  EXPECT_EQ(c.origin("b"), top.string() + ":2");
  EXPECT_EQ(c.origin("list"), top.string() + ":3");
  EXPECT_EQ(c.origin("nothing"), "");
  EXPECT_FALSE(c.has("extends"));
}

TEST_F(ConfigTest, LaterBasesOverrideEarlierOnes) {
  write("one.toml", "a = 1\nb = 1\n");
  write("two.toml", "b = 2\n");
  const Config c = Config::from_file(write("top.toml", "extends = [\"one.toml\", \"two.toml\"]\n"));
  EXPECT_EQ(c.get_int("a"), 1);
  EXPECT_EQ(c.get_int("b"), 2);
}

TEST_F(ConfigTest, ReplacesTablesByScalarsAndScalarsByTables) {
  write("base.toml", "[a]\nx = 1\n[b]\ny = 1\n");
  const Config c =
      Config::from_file(write("top.toml", "extends = \"base.toml\"\na = 5\nb.y.z = 6\n"));
  EXPECT_EQ(c.get_int("a"), 5);
  EXPECT_FALSE(c.has("a.x"));
  EXPECT_FALSE(c.has("b.y"));
  EXPECT_EQ(c.get_int("b.y.z"), 6);
}

TEST_F(ConfigTest, CatchesCyclesOfExtends) {
  write("a.toml", "extends = \"b.toml\"\n");
  write("b.toml", "x = 1\nextends = [\"./a.toml\"]\n");
  const auto m = message_of([&] { Config::from_file(folder_ / "a.toml"); });
  EXPECT_TRUE(contains(m, "b.toml:2: extends: cycle back to ")) << m;
  const auto self = write("self.toml", "extends = \"self.toml\"\n");
  EXPECT_TRUE(contains(message_of([&] { Config::from_file(self); }), "cycle"));
}

TEST_F(ConfigTest, AllowsADiamondButNotATowerOfThem) {
  write("d0.toml", "x = 1\n");
  for (int i = 1; i <= 40; ++i) {
    const std::string below = "\"d" + std::to_string(i - 1) + ".toml\"";
    write("d" + std::to_string(i) + ".toml", "extends = [" + below + ", " + below + "]\n");
  }
  EXPECT_EQ(Config::from_file(folder_ / "d2.toml").get_int("x"), 1);
  EXPECT_TRUE(contains(message_of([&] { Config::from_file(folder_ / "d40.toml"); }), "more than"));
}

TEST_F(ConfigTest, NamesTheLineThatExtendsAMissingFile) {
  const auto top = write("top.toml", "a = 1\nextends = \"nowhere.toml\"\n");
  const auto m = message_of([&] { Config::from_file(top); });
  EXPECT_TRUE(contains(m, "top.toml:2: extends: ")) << m;
  EXPECT_TRUE(contains(m, "nowhere.toml")) << m;
}

TEST_F(ConfigTest, ReportsAMissingFileAndAFolderAsConfigurationErrors) {
  EXPECT_TRUE(contains(message_of([&] { Config::from_file(folder_ / "none.toml"); }), "none.toml"));
  message_of([&] { Config::from_file(folder_); });
}

TEST_F(ConfigTest, TextFromElsewhereCannotOpenFiles) {
  EXPECT_TRUE(contains(message_of([] { Config::from_text("extends = \"/etc/passwd\"\n"); }),
                       "works in files only"));
}

TEST_F(ConfigTest, SetWinsOverFilesAndParsesTheValueAsToml) {
  Config c = Config::from_text("a = 1\nt.x = 1\nname = \"n\"\n", "x.toml");
  c.set("a=2");
  c.set("t.x = 0.5");
  c.set("name=rust-hollow");
  c.set("new.list=[1, 2]");
  c.set("flag=true");
  c.set("quoted=\"a b\"");
  c.set("empty=");
  EXPECT_EQ(c.get_int("a"), 2);
  EXPECT_DOUBLE_EQ(c.get_double("t.x"), 0.5);
  EXPECT_EQ(c.get_string("name"), "rust-hollow");
  EXPECT_EQ(c.get_doubles("new.list"), (std::vector<double>{1, 2}));
  EXPECT_TRUE(c.get_bool("flag", false));
  EXPECT_EQ(c.get_string("quoted"), "a b");
  EXPECT_EQ(c.get_string("empty"), "");
  EXPECT_EQ(c.origin("a"), "--set");
  EXPECT_EQ(c.origin("new.list"), "--set");
}

TEST_F(ConfigTest, ATitleSetOnTheCommandLineMayLookLikeANumberOrADate) {
  Config c;
  c.set("title=1984");
  c.set("when=2024-01-01");
  c.set("both=1\nother = 2");
  EXPECT_EQ(c.get_string("title"), "1984");
  EXPECT_EQ(c.get_int("title"), 1984);
  EXPECT_EQ(c.get_string("when"), "2024-01-01");
  EXPECT_EQ(c.get_string("both"), "1\nother = 2");
  EXPECT_FALSE(c.has("other"));
}

TEST_F(ConfigTest, SetReachesIntoListsOfTablesAndRefusesHoles) {
  Config c = Config::from_text("[[s]]\nlabel = \"a\"\n[[s]]\nlabel = \"b\"\n", "x.toml");
  c.set("s.1.label=z");
  EXPECT_EQ(c.get_string("s.1.label"), "z");
  c.set("s.2.label=new");
  EXPECT_EQ(c.array_size("s"), 3u);
  EXPECT_TRUE(contains(message_of([&] { c.set("s.9.label=x"); }), "expected an index up to 3"));
  EXPECT_TRUE(contains(message_of([&] { c.set("s.one.label=x"); }), "is a list of 3"));
}

TEST_F(ConfigTest, RefusesAssignmentsThatAreNone) {
  Config c = Config::from_text("a = 1\n", "x.toml");
  for (const char* bad : {"", "=", "a", "=1", ".a=1", "a.=1", "a..b=1", "a b=1", "a\n=1"}) {
    message_of([&] { c.set(bad); });
  }
  EXPECT_EQ(message_of([&] { c.set("a.b=1"); }),
            "--set a.b: a is 1 (integer) (x.toml:1), expected a table");
}

TEST_F(ConfigTest, MergeReplacesOursAndKeepsOrigins) {
  Config a = Config::from_text("x = 1\ny = 1\n", "a.toml");
  a.merge(Config::from_text("y = 2\n", "b.toml"));
  EXPECT_EQ(a.get_int("x"), 1);
  EXPECT_EQ(a.get_int("y"), 2);
  EXPECT_EQ(a.origin("y"), "b.toml:1");
}

TEST_F(ConfigTest, CopiesAreIndependent) {
  Config a = Config::from_text("x = 1\n");
  Config b = a;
  b.set("x=2");
  EXPECT_EQ(a.get_int("x"), 1);
  EXPECT_EQ(b.get_int("x"), 2);
}

TEST_F(ConfigTest, JsonIsSortedFlatAndItsHashFollowsTheValues) {
  Config c = Config::from_text("b = [1, 2]\na.z = 0.1\na.b = \"q\\\"\"\n[[s]]\nk = true\n");
  EXPECT_EQ(c.to_json(), R"({"a.b":"q\"","a.z":0.1,"b":[1,2],"s.0.k":true})");
  const std::string before = c.sha256();
  EXPECT_EQ(before.size(), 64u);
  c.set("a.z=0.2");
  EXPECT_NE(c.sha256(), before);
  c.set("a.z=0.1");
  EXPECT_EQ(c.sha256(), before);
  c.set("bytes=\xff\xfe");
  EXPECT_NO_THROW(c.to_json());
}

TEST_F(ConfigTest, ReportsSyntaxErrorsWithTheirPlace) {
  const auto m = message_of([] { Config::from_text("a = 1\nb = = 2\n", "x.toml"); });
  EXPECT_EQ(m.rfind("x.toml:2:", 0), 0u) << m;
  message_of([] { Config::from_text("a = 1\na = 2\n", "x.toml"); });
  message_of([] { Config::from_text(std::string("a = \0 1\n", 8), "x.toml"); });
  message_of([] { Config::from_text("a = \"\xff\xfe\"\n", "x.toml"); });
}

TEST_F(ConfigTest, RefusesDatesInfinitiesAndKeysWithDotsInside) {
  EXPECT_TRUE(contains(message_of([] { Config::from_text("d = 2024-01-01\n"); }), "quote it"));
  EXPECT_TRUE(contains(message_of([] { Config::from_text("x = inf\n"); }), "finite"));
  EXPECT_TRUE(contains(message_of([] { Config::from_text("x = nan\n"); }), "finite"));
  EXPECT_TRUE(contains(message_of([] { Config::from_text("\"a.b\" = 1\n"); }), "dot"));
  message_of([] { Config::from_text("\"a\\nb\" = 1\n"); });
  message_of([] { Config::from_text("\"\" = 1\n"); });
}

TEST_F(ConfigTest, SurvivesHostileNestingAndSize) {
  const auto repeat = [](const std::string& s, int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += s;
    return out;
  };
  const int many = 300000;
  message_of([&] { Config::from_text("x = " + repeat("[", many) + "\n"); });
  message_of([&] { Config::from_text("x = " + repeat("{a=", many) + "\n"); });
  message_of([&] { Config::from_text(repeat("a.", many) + "a = 1\n"); });
  message_of([&] { Config::from_text("[" + repeat("a.", many) + "a]\n"); });
  message_of([&] { Config::from_text("x = {" + repeat("a.", many) + "a = 1}\n"); });
  message_of(
      [&] { Config::from_text("x = [\"\"\"q\"\"\"\", {" + repeat("a.", many) + "a = 1}]\n"); });
  message_of([&] { Config::from_text("x = ['''q''''', {" + repeat("'a'.", many) + "a = 1}]\n"); });
  message_of([&] { Config::from_text(repeat("#", 5 << 20)); });
  // Dots in text and in numbers are nobody's nesting.
  const Config c =
      Config::from_text("s = \"" + repeat(".", 1000) + "\"\nl = [" + repeat("0.5, ", 100) +
                        "1.0]\n# " + repeat(".", 100) + "\nt = '''" + repeat(".\n", 100) + "'''\n");
  EXPECT_EQ(c.get_doubles("l").size(), 101u);
  EXPECT_EQ(c.get_string("s").size(), 1000u);
}

TEST_F(ConfigTest, ReadsManyKeysQuickly) {
  std::string text;
  for (int i = 0; i < 50000; ++i)
    text += "key_" + std::to_string(i) + " = " + std::to_string(i) + "\n";
  const Config c = Config::from_text(text);
  EXPECT_EQ(c.get_int("key_49999"), 49999);
  message_of([&] { c.check_all_used(); });
}

TEST_F(ConfigTest, GettersMayRunInSeveralThreads) {
  const Config c = Config::from_text("a = 1\nb = 2\n");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&c, t] {
      for (int i = 0; i < 2000; ++i)
        c.get_int("k" + std::to_string(t) + "_" + std::to_string(i), 0);
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(c.get_int("a"), 1);
}

}  // namespace
}  // namespace brandiron
