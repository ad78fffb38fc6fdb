#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "brandiron/core/files.h"
#include "fake_maker.h"

namespace brandiron::experiments {
namespace {

CorpusRecipe parse(const std::string& toml) {
  return parse_corpus_recipe(Config::from_text(toml, "r.toml"), "r");
}

std::string refusal(const std::string& toml) {
  try {
    parse(toml);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfig) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "taken: " << toml;
  return "";
}

void expect_words(const std::string& text, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    EXPECT_NE(text.find(word), std::string::npos) << word << "\nis not in: " << text;
  }
}

TEST(CorpusRecipe, NeedsNothingButTheNumberOfSongs) {
  const CorpusRecipe recipe = parse("songs = 3");
  EXPECT_EQ(recipe.songs, 3u);
  EXPECT_GE(recipe.personas.size(), 12u);
  EXPECT_EQ(recipe.presets.size(), 1u);
  EXPECT_EQ(items_of_song(recipe, 2).size(), 1u);
}

TEST(CorpusRecipe, SaysWhatIsWrongWhereAndWhatWasExpected) {
  expect_words(refusal("name = 'x'"), {"songs", "missing"});
  expect_words(refusal("songs = 0"), {"r.toml:1", "songs", "found 0", "1 to"});
  expect_words(refusal("songs = 2\nsong = 3"), {"r.toml:2", "unknown key", "did you mean songs"});
  expect_words(refusal("songs = 2\n[personas]\nelvis = 1"), {"r.toml:3", "elvis", "rust-hollow"});
  expect_words(refusal("songs = 2\n[presets]\nfull = 1"),
               {"presets.full", "needs a neural decoder"});
  expect_words(refusal("songs = 2\n[twins]\ndecoder = 0.5"), {"twins.decoder", "twin_decoders"});
  expect_words(refusal("songs = 2\n[twins]\nmix = 1.5"), {"r.toml:3", "0", "1"});
  expect_words(refusal("songs = 2\n[codecs]\nwma-64 = 1"), {"r.toml:3", "wma-64", "mp3-128"});
  expect_words(refusal("songs = 2\n[codecs]\nmp3-9999 = 1"), {"mp3-9999"});
  expect_words(refusal("songs = 2\n[[attacks]]\nname = 'A b'\nchain = 'none'"), {"A b", "a-z"});
  expect_words(refusal("songs = 2\n[[attacks]]\nname = 'a'\nchain = 'nois(3)'"), {"nois"});
  expect_words(refusal("songs = 2\nduration_s = [50, 20]"), {"r.toml:2", "low <= high"});
  expect_words(refusal("songs = 2\nduration_s = 5"), {"15 to 900"});
  expect_words(refusal("songs = 2\nseed = 1048576"), {"seed", "1048575"});
  expect_words(refusal("songs = 2\n[splits]\ntrain = 0.5\ntest = 0.2"), {"sum to", "expected 1"});
  expect_words(refusal("songs = 2\n[splits]\nby = ['singer']"), {"singer", "persona"});
}

TEST(CorpusRecipe, RefusesASourceInTwoSplits) {
  expect_words(refusal("songs = 9\n[splits]\nby = ['persona']\ntrain = 0.5\ntest = 0.5\n"
                       "[splits.personas]\ntrain = ['rust-hollow']\ntest = ['rust-hollow']"),
               {"splits.personas.test", "rust-hollow", "train already"});
  expect_words(refusal("songs = 9\n[decoders]\ndac = 1\n[splits]\nby = ['decoder']\ntrain = 0.5\n"
                       "test = 0.5"),
               {"decoders", "leave 0", "train"});
}

TEST(CorpusRecipe, IsTheSameWhenItsCanonicalTextIsReadBack) {
  const CorpusRecipe recipe = some_of_everything();
  const std::string text = corpus_recipe_toml(recipe);
  const CorpusRecipe again = parse(text);
  EXPECT_EQ(corpus_recipe_toml(again), text);
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    const auto a = items_of_song(recipe, song), b = items_of_song(again, song);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(item_line(a[i]), item_line(b[i]));
  }
}

TEST(CorpusRecipe, RefusesAPersonaThatHasChanged) {
  std::string text = corpus_recipe_toml(parse("songs = 2"));
  const auto at = text.find("[persona_sha256]");
  ASSERT_NE(at, std::string::npos);
  const auto digit = text.find("= \"", at) + 3;
  text[digit] = text[digit] == 'a' ? 'b' : 'a';
  expect_words(refusal(text), {"persona_sha256", "was made with"});
}

TEST(CorpusRecipe, EveryOneThatIsShippedPlansWithoutLeakage) {
  std::size_t found = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(home_folder() / "configs" / "corpus")) {
    const CorpusRecipe recipe = load_corpus_recipe(entry.path().string());
    const CorpusPlan plan = plan_corpus(recipe);
    EXPECT_TRUE(plan.leaks.empty()) << entry.path();
    EXPECT_EQ(plan.all.songs, recipe.songs) << entry.path();
    EXPECT_NO_THROW(check_leakage(recipe, plan));
    ++found;
  }
  EXPECT_GE(found, 6u);
  EXPECT_EQ(load_corpus_recipe("lean-bench").songs, 20u);
}

// Items
// -----------------------------------------------------------------------------------------

TEST(CorpusItems, AreTheSameInAnyOrderAndMoreSongsChangeNone) {
  const CorpusRecipe recipe = some_of_everything();
  CorpusRecipe more = recipe;
  more.songs = 1000;
  for (std::size_t back = recipe.songs; back-- > 0;) {
    const auto a = items_of_song(recipe, back), b = items_of_song(more, back);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(item_line(a[i]), item_line(b[i]));
  }
  EXPECT_THROW(items_of_song(recipe, recipe.songs), Error);
}

TEST(CorpusItems, ANewSectionLeavesTheOtherDrawsAlone) {
  const CorpusRecipe plain = some_of_everything();
  const CorpusRecipe more = some_of_everything("[themes]\nroad = 1\n");
  for (std::size_t song = 0; song < plain.songs; ++song) {
    const Item a = items_of_song(plain, song).front(), b = items_of_song(more, song).front();
    EXPECT_EQ(a.persona, b.persona);
    EXPECT_EQ(a.duration_s, b.duration_s);
    EXPECT_EQ(b.theme, "road");
  }
}

TEST(CorpusItems, HaveOneThingDifferentFromTheirOriginal) {
  CorpusRecipe recipe = some_of_everything();
  recipe.songs = 300;
  std::map<std::string, int> seen;
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    const std::vector<Item> items = items_of_song(recipe, song);
    const Item& original = items.front();
    EXPECT_EQ(original.twin, "original");
    for (std::size_t i = 1; i < items.size(); ++i) {
      const Item& item = items[i];
      EXPECT_EQ(item.index, i);
      EXPECT_EQ(item.parent_id, original.id);
      EXPECT_EQ(item.split, original.split);
      EXPECT_EQ(item.seed, original.seed);
      EXPECT_EQ(item.persona == original.persona, item.twin != "persona");
      EXPECT_EQ(item.decoder == original.decoder, item.twin.rfind("decoder-", 0) != 0);
      EXPECT_EQ(item.marked == original.marked, item.twin != "unmarked");
      EXPECT_EQ(item.producedness == original.producedness, item.twin != "mix");
      EXPECT_EQ(item.is_reencoded(), item.kind != "twin");
      ++seen[item.twin.empty() ? item.kind : item.twin];
    }
  }
  for (const char* kind :
       {"decoder-dac", "decoder-istft", "persona", "mix", "unmarked", "codec", "attack"}) {
    EXPECT_GT(seen[kind], 30) << kind;
  }
}

TEST(CorpusItems, HaveIdsAndFilesOfTheirOwn) {
  CorpusRecipe recipe = some_of_everything();
  recipe.songs = 2000;
  std::set<std::string> ids, files;
  std::size_t items = 0;
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    for (const Item& item : items_of_song(recipe, song)) {
      ++items;
      ids.insert(item.id);
      files.insert(item_file(item));
    }
  }
  EXPECT_EQ(ids.size(), items);
  EXPECT_EQ(files.size(), items);
  EXPECT_TRUE(files.contains("audio/00001/s01017.flac"));
}

// Plan and leakage
// -----------------------------------------------------------------------------------------

TEST(CorpusPlan, CountsWhatTheItemsAre) {
  CorpusRecipe recipe = some_of_everything();
  recipe.songs = 400;
  const CorpusPlan plan = plan_corpus(recipe);
  std::size_t items = 0;
  double seconds = 0;
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    for (const Item& item : items_of_song(recipe, song)) {
      ++items;
      seconds += item.duration_s;
    }
  }
  EXPECT_EQ(plan.all.songs, 400u);
  EXPECT_EQ(plan.all.items, items);
  EXPECT_NEAR(plan.all.hours, seconds / 3600, 1e-6);
  std::size_t sum = 0;
  for (const CorpusRow& row : plan.splits) {
    sum += row.tally.songs;
    EXPECT_GT(row.tally.songs, row.name == "train" ? 200u : 40u) << row.name;
  }
  EXPECT_EQ(sum, 400u);
  EXPECT_NE(corpus_plan_json(recipe, plan).find("\"schema\":\"brandiron.corpus-plan/1\""),
            std::string::npos);
}

TEST(CorpusPlan, KeepsDecodersInOneSplitWhereTheRecipeAsks) {
  CorpusRecipe recipe = parse(R"(
songs = 600
[decoders]
none = 1
dac = 1
istft = 1
nearest = 1
[twin_decoders]
hifigan = 1
encodec = 1
dac = 1
[twins]
decoder = 0.5
[splits]
by = ["decoder", "seed_block"]
seed_block = 50
train = 0.6
test = 0.4
)");
  const CorpusPlan plan = plan_corpus(recipe);
  EXPECT_TRUE(plan.leaks.empty());
  EXPECT_GE(plan.decoders.size(), 5u);
  recipe.decoders[0].split = "";  // "dac" is open to both
  for (CorpusSource& twin : recipe.twin_decoders) twin.split = "";
  EXPECT_FALSE(plan_corpus(recipe).leaks.empty());
}

TEST(CorpusLeakage, IsFoundWhereItIsPlanted) {
  const CorpusRecipe recipe = some_of_everything();
  const auto breach_of = [&](const std::vector<std::string>& by,
                             const std::function<void(Item&)>& plant) {
    LeakageCheck check(by, 4);
    std::string first;
    for (std::size_t song = 0; song < recipe.songs; ++song) {
      for (Item& item : items_of_song(recipe, song)) {
        plant(item);
        if (const auto breach = check.add(item); breach && first.empty()) first = *breach;
      }
    }
    return first;
  };
  EXPECT_EQ(breach_of({"persona"}, [](Item&) {}), "");
  // One twin of one song in another split.
  expect_words(breach_of({},
                         [](Item& i) {
                           if (i.song == 5 && i.index == 0) i.split = "train";
                           if (i.song == 5 && i.index > 0) i.split = "test";
                         }),
               {"song 5", "train", "test"});
  // One song's persona.
  expect_words(breach_of({"persona"},
                         [](Item& i) {
                           const bool strays = i.song == 7 && i.index == 0;
                           i.composer.clear();
                           i.persona = "singer-of-" + i.split;
                           if (strays) i.persona = "singer-of-train";
                           if (strays && i.split == "train") i.persona = "singer-of-test";
                         }),
               {"persona singer-of-"});
  expect_words(breach_of({"decoder"}, [](Item& i) { i.decoder = "dac"; }), {"decoder dac"});
  expect_words(breach_of({"seed_block"}, [](Item&) {}), {"seed block"});
  expect_words(breach_of({}, [](Item& i) { i.split = "dev"; }), {"dev", "validation"});
}

}  // namespace
}  // namespace brandiron::experiments
