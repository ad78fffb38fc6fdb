#include "brandiron/gen/persona.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

std::string message_of(const std::string& toml) {
  try {
    parse_persona(Config::from_text(toml, "x.toml"));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    return error.what();
  }
  return "";
}

TEST(Persona, EveryShippedPersonaLoadsAndNamesItself) {
  const std::vector<std::string> names = list_personas();
  ASSERT_GE(names.size(), 12u);
  for (const std::string& name : names) {
    const Persona persona = load_persona(name);
    EXPECT_EQ(persona.id, name);
    EXPECT_EQ(persona.sha256.size(), 64u);
    EXPECT_FALSE(persona.description.empty());
    EXPECT_GE(persona.style.range_high - persona.style.range_low, 10);
  }
}

TEST(Persona, HousePersonaHasTheDocumentedVoice) {
  const Persona p = load_persona("rust-hollow");
  EXPECT_EQ(p.voice.bank, "kal16");
  EXPECT_DOUBLE_EQ(p.voice.formant_scale, 0.96);
  EXPECT_EQ(p.style.range_low, 45);
  EXPECT_EQ(p.style.range_high, 59);
}

TEST(Persona, UnknownNameListsTheKnownOnes) {
  try {
    load_persona("nobody-at-all");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("rust-hollow"), std::string::npos);
  }
}

TEST(Persona, ErrorsNameFileLineKeyAndRange) {
  const std::string error = message_of("id = \"x\"\n[voice]\nrasp = 3.5\n");
  EXPECT_NE(error.find("x.toml:3"), std::string::npos) << error;
  EXPECT_NE(error.find("rasp"), std::string::npos) << error;
}

TEST(Persona, RefusesUnknownKeysBanksKeysGroovesThemesAndNarrowRanges) {
  EXPECT_NE(message_of("id = \"x\"\n[voice]\nraps = 0.5\n"), "");
  EXPECT_NE(message_of("id = \"x\"\n[voice]\nbank = \"someone\"\n"), "");
  EXPECT_NE(message_of("id = \"x\"\n[style]\nkeys = [\"H:maj\"]\n"), "");
  EXPECT_NE(message_of("id = \"x\"\n[style]\ngrooves = [\"polka\"]\n"), "");
  EXPECT_NE(message_of("id = \"x\"\n[style]\nthemes = [\"yacht\"]\n"), "");
  EXPECT_NE(message_of("id = \"x\"\n[style]\nrange_low = 50\nrange_high = 55\n"), "");
  EXPECT_NE(message_of("id = \"x\"\n[style]\nguitar = \"lute\"\n").find("steel, resonator"),
            std::string::npos);
  EXPECT_EQ(message_of("id = \"x\"\n[style]\nguitar = \"resonator\"\n"), "");
  EXPECT_NE(message_of("id = \"Bad Name\"\n"), "");
  EXPECT_NE(message_of("id = \"x\"\n[style]\ntempo_low_bpm = 90\ntempo_high_bpm = 80\n"), "");
  EXPECT_EQ(message_of("id = \"x\"\n"), "");
}

TEST(Persona, SamplingIsAPureFunctionOfTheSeedAndAlwaysParses) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const std::string toml = new_persona_toml(seed, "p");
    EXPECT_EQ(toml, new_persona_toml(seed, "p"));
    const Persona p = parse_persona(Config::from_text(toml));
    EXPECT_EQ(p.id, "p");
  }
  EXPECT_NE(new_persona_toml(1, "p"), new_persona_toml(2, "p"));
}

TEST(Persona, SamplingReachesEveryBankAndTheWholeOfEachTypicalRange) {
  std::map<std::string, int> banks;
  double lowest = 9, highest = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Persona p = parse_persona(Config::from_text(new_persona_toml(seed, "p")));
    ++banks[p.voice.bank];
    lowest = std::min(lowest, p.voice.formant_scale);
    highest = std::max(highest, p.voice.formant_scale);
    if (p.voice.bank == "slt") {
      EXPECT_GE(p.style.range_low, 50);
    }
  }
  EXPECT_EQ(banks.size(), 4u);
  for (const auto& [bank, count] : banks) EXPECT_GT(count, 25) << bank;
  EXPECT_LT(lowest, 0.84);
  EXPECT_GT(highest, 1.07);
}

TEST(Persona, TheShippedSingersUseEveryBankAndBothGenders) {
  std::map<std::string, int> banks;
  for (const std::string& name : list_personas()) ++banks[load_persona(name).voice.bank];
  for (const char* bank : {"kal16", "rms", "awb", "slt"}) EXPECT_GE(banks[bank], 2) << bank;
}

TEST(Persona, DistanceIsZeroToItselfSymmetricAndLargeBetweenShippedOnes) {
  const std::vector<std::string> names = list_personas();
  for (const std::string& a : names) {
    for (const std::string& b : names) {
      const Persona pa = load_persona(a), pb = load_persona(b);
      const double d = persona_distance(pa, pb);
      EXPECT_DOUBLE_EQ(d, persona_distance(pb, pa));
      EXPECT_LE(d, 1.0);
      if (a == b) {
        EXPECT_DOUBLE_EQ(d, 0.0);
      } else {
        EXPECT_GE(d, 0.25) << a << " and " << b << " are too alike";
      }
    }
  }
}

}  // namespace
}  // namespace brandiron::gen
