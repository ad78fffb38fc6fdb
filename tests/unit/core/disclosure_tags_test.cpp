#include "brandiron/core/disclosure_tags.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace brandiron {
namespace {

DisclosureFacts facts() {
  DisclosureFacts facts;
  facts.title = "Iron";
  facts.artist = "Tin Saint";
  facts.provider = "Brandiron";
  facts.system = "brandiron";
  facts.system_version = "9.9";
  facts.created = "2026-11-23T00:34:00Z";
  facts.content_id = "0198a3c4-0000-7000-8000-0123456789ab";
  facts.persona = "tin-saint/1";
  facts.source_type = SourceType::kRules;
  facts.credits = {AiShare::kFull, AiShare::kPartial, AiShare::kFull, AiShare::kUnstated,
                   AiShare::kNone};
  facts.mark = {true, "brandiron-lf/1", "01234567", "0123456789abcdef", 1.0, 20.0};
  facts.more_tags = {{"SEED", "7"}, {"TITLE", "another"}};
  return facts;
}

Tags with(const char* key, const std::string& value) {
  Tags tags = disclosure_tags(facts());
  std::erase_if(tags, [&](const auto& tag) { return tag.first == key; });
  if (!value.empty()) tags.emplace_back(key, value);
  return tags;
}

bool complains(const Tags& tags, const std::string& about) {
  const auto found = read_disclosure_tags(tags);
  if (!found) return false;
  return std::any_of(found->problems.begin(), found->problems.end(),
                     [&](const std::string& p) { return p.find(about) != std::string::npos; });
}

TEST(DisclosureTags, HoldTheFactsUnderTheirNames) {
  const Tags tags = disclosure_tags(facts());
  EXPECT_EQ(tag_value(tags, "AI_GENERATED"), "true");
  EXPECT_EQ(tag_value(tags, "DIGITALSOURCETYPE"),
            "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia");
  EXPECT_EQ(tag_value(tags, "AIGC"),
            R"({"Label":"1","ContentProducer":"Brandiron",)"
            R"("ProduceID":"0198a3c4-0000-7000-8000-0123456789ab","ReservedCode1":"",)"
            R"("ContentPropagator":"","PropagateID":"","ReservedCode2":""})");
  EXPECT_EQ(
      tag_value(tags, "AI_CREDITS"),
      R"({"vocals":"full","instrumentation":"partial","composition":"full","lyrics":"none"})");
  EXPECT_EQ(tag_value(tags, "AI_LYRICS"), "none");
  EXPECT_TRUE(tag_values(tags, "AI_POST_PRODUCTION").empty());
  EXPECT_EQ(tag_value(tags, "DATE"), "2026-11-23");
  EXPECT_EQ(tag_value(tags, "SEED"), "7");
  EXPECT_EQ(tag_values(tags, "TITLE"), std::vector<std::string>{"Iron"});
}

TEST(DisclosureTags, AreReadBackWithoutComplaint) {
  const auto found = read_disclosure_tags(disclosure_tags(facts()));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->problems, std::vector<std::string>{});
  EXPECT_TRUE(found->ai_generated);
  EXPECT_EQ(found->source_type, SourceType::kRules);
  EXPECT_EQ(found->credits, facts().credits);
  EXPECT_EQ(found->generator, "brandiron 9.9");
  EXPECT_EQ(found->content_id, facts().content_id);
  EXPECT_EQ(found->watermark_payload, "0123456789abcdef");
  ASSERT_TRUE(found->aigc.has_value());
  EXPECT_EQ(found->aigc->label, "1");
  EXPECT_EQ(found->aigc->produce_id, facts().content_id);
}

TEST(DisclosureTags, AreNotSeenInOrdinaryFiles) {
  EXPECT_FALSE(read_disclosure_tags({}).has_value());
  EXPECT_FALSE(read_disclosure_tags({{"TITLE", "AI"}, {"COMMENT", "recorded live"}}).has_value());
}

TEST(DisclosureTags, NameWhatIsMissing) {
  for (const char* key : {"AI_GENERATED", "DIGITALSOURCETYPE", "GENERATOR", "PROVIDER", "CREATED",
                          "CONTENT_ID", "AIGC"}) {
    EXPECT_TRUE(complains(with(key, ""), std::string(key) + " is missing")) << key;
  }
}

TEST(DisclosureTags, NameWhatIsWrong) {
  EXPECT_TRUE(complains(with("AI_GENERATED", "perhaps"), "expected true or false"));
  EXPECT_TRUE(complains(with("AI_GENERATED", "false"), "contradicts AI_GENERATED"));
  EXPECT_TRUE(complains(with("DIGITALSOURCETYPE", "algorithmicMedia"), "IPTC"));
  EXPECT_TRUE(complains(
      with("DIGITALSOURCETYPE", "http://cv.iptc.org/newscodes/digitalsourcetype/madeUp"), "IPTC"));
  EXPECT_TRUE(complains(
      with("DIGITALSOURCETYPE", "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"),
      "contradicts"));
  EXPECT_TRUE(complains(with("CREATED", "yesterday"), "CREATED is \"yesterday\""));
  EXPECT_TRUE(complains(with("CONTENT_ID", "42"), "expected a UUID"));
  EXPECT_TRUE(complains(with("WATERMARK", ""), "one is missing"));
  EXPECT_TRUE(complains(with("WATERMARK_PAYLOAD", "xyz"), "16 hex digits"));
  EXPECT_TRUE(complains(with("AI_VOCALS", "some"), "expected none, partial or full"));
  EXPECT_TRUE(complains(with("AI_VOCALS", "none"), "AI_VOCALS contradicts AI_CREDITS"));
  EXPECT_TRUE(complains(with("GENERATOR", "brandiron"), "a name and a version"));
}

TEST(DisclosureTags, CheckEveryFieldOfTheAigcDocument) {
  const std::string good = tag_value(disclosure_tags(facts()), "AIGC");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return with("AIGC", text);
  };
  EXPECT_TRUE(complains(replaced("\"1\"", "\"4\""), "Label is 4"));
  EXPECT_TRUE(complains(replaced("\"1\"", "\"x\""), "Label is \"x\""));
  EXPECT_TRUE(complains(replaced("\"1\"", "1"), "Label is no string"));
  EXPECT_TRUE(complains(replaced("PropagateID", "propagateId"), "PropagateID is missing"));
  EXPECT_TRUE(complains(replaced("PropagateID", "propagateId"), "none of its seven fields"));
  EXPECT_TRUE(complains(replaced("\"Brandiron\"", "\"\""), "ContentProducer is empty"));
  EXPECT_TRUE(complains(replaced("0198a3c4", "1198a3c4"), "ProduceID is not CONTENT_ID"));
  EXPECT_TRUE(complains(with("AIGC", "{"), "no JSON object"));
  EXPECT_TRUE(complains(with("AIGC", "[]"), "no JSON object"));
  EXPECT_TRUE(complains(with("AIGC", std::string(100000, '[')), "no JSON object"));
  EXPECT_TRUE(complains(with("AIGC", std::string("{\"Label\":\"\xFF\"}")), "no JSON object"));
}

TEST(DisclosureTags, GiveOutNoPeopleAndNoControlCharacters) {
  Tags tags = with("PROVIDER", "Evil\x1B[2J\nCo" + std::string(1000, 'x'));
  tags.emplace_back("COMPOSER", "A Person");
  const auto found = read_disclosure_tags(tags);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->provider.find_first_of("\x1B\n"), std::string::npos);
  EXPECT_LE(found->provider.size(), 256U);
  for (const std::string& text : found->problems) {
    EXPECT_EQ(text.find("A Person"), std::string::npos);
  }
}

TEST(Disclosure, DerivesAContentIdFromAHashAndNothingElse) {
  const std::string id = content_id_from_hash(std::string(64, 'f'));
  EXPECT_EQ(id, "ffffffff-ffff-8fff-bfff-ffffffffffff");
  EXPECT_THROW(content_id_from_hash("abcd"), std::exception);
  EXPECT_EQ(new_content_id()[14], '7');
}

TEST(DisclosureTags, KeepTheCommentAndTheDateThatAreThere) {
  const Tags existing = {{"COMMENT", "mine"}, {"DATE", "1999"}};
  const Tags tags = disclosure_tags(facts(), existing);
  EXPECT_EQ(tag_values(tags, "DATE"), std::vector<std::string>{"1999"});
  const std::string comment = tag_value(tags, "COMMENT");
  EXPECT_TRUE(comment.starts_with("mine | AI-generated audio")) << comment;
  EXPECT_EQ(tag_value(disclosure_tags(facts(), {{"COMMENT", comment}}), "COMMENT"), comment);
}

TEST(DisclosureTags, AreTakenFromTheCommentWhenNothingElseIsLeft) {
  const Tags left = {{"COMMENT", tag_value(disclosure_tags(facts()), "COMMENT")}};
  EXPECT_TRUE(complains(left, "only the comment"));
  EXPECT_TRUE(read_disclosure_tags(left)->ai_generated);
}

}  // namespace
}  // namespace brandiron
