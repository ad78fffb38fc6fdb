#include "brandiron/core/error.h"
#include "judge_manifest.h"

// The manifests that a manifest builds on.

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::size_t kMaxListed = 1000;
constexpr std::string_view kPrefix = "self#jumbf=/c2pa/";

}  // namespace

void ManifestJudge::check_ingredient(const Box& box, const Cbor& content) {
  const std::string path = "c2pa.assertions/" + box.label;
  const Cbor* reference = content.find("activeManifest", Cbor::Kind::kMap);
  if (reference == nullptr) reference = content.find("c2pa_manifest", Cbor::Kind::kMap);
  if (reference == nullptr) {
    if (content.text_of("relationship") != "inputTo") {
      note("ingredient.unknownProvenance", path, "an ingredient without a manifest");
    }
    return;
  }
  const std::string name = reference->text_of("url");
  const Box* manifest = name.substr(0, kPrefix.size()) == kPrefix
                            ? context_.store.child(name.substr(kPrefix.size()))
                            : nullptr;
  if (manifest == nullptr || manifest == &manifest_) {
    bad("ingredient.manifest.missing", path, "its manifest is not in the store");
    return;
  }
  if (!hash_matches(*reference, *manifest)) {
    bad("ingredient.manifest.mismatch", path, "its manifest is not the one that was signed");
    return;
  }
  good("ingredient.manifest.validated", path, "ingredient manifest hash matched");
  if (report_.ingredients.size() < kMaxListed) report_.ingredients.push_back(manifest->label);
  read_attested(content);
  check_parent(*manifest, path);
}

// What is wrong with the parent and not admitted by whoever built on it is this manifest's fault.
void ManifestJudge::check_parent(const Box& manifest, const std::string& path) {
  const auto known = context_.judged.find(&manifest);
  if (known == context_.judged.end() && context_.judged.size() >= kMaxJudged) {
    bad("general.error", path, "more than " + std::to_string(kMaxJudged) + " manifests");
    return;
  }
  if (known == context_.judged.end()) {
    context_.judged.emplace(&manifest, Report{});
    Report found;
    try {
      found = ManifestJudge(context_, manifest, false).judge();
    } catch (const Error& error) {
      found.manifest = manifest.label;
      found.state = State::kInvalid;
      found.failure.push_back(
          {"general.error", std::string(kPrefix) + manifest.label, error.what()});
    }
    context_.judged[&manifest] = std::move(found);
  }
  const Report& parent = context_.judged[&manifest];
  if (parent.manifest.empty()) return;  // its own ancestor: the hash has said what there is to say
  if (report_.parents.size() < kMaxListed) {
    report_.parents.push_back(
        {parent.manifest, parent.title, parent.signer, parent.state, parent.failure});
  }
  for (const Ingredient& older : parent.parents) {
    if (report_.parents.size() < kMaxListed) report_.parents.push_back(older);
  }
  for (const Status& failure : parent.failure) {
    if (context_.attested.count({failure.code, failure.url}) == 0) {
      report_.failure.push_back(failure);
    }
  }
}

// `validationResults` since version 3, `validationStatus` before.
void ManifestJudge::read_attested(const Cbor& content) {
  const auto take = [this](const Cbor* list) {
    if (list == nullptr) return;
    for (const Cbor& item : list->items()) {
      context_.attested.emplace(item.text_of("code"), item.text_of("url"));
    }
  };
  take(content.find("validationStatus", Cbor::Kind::kArray));
  const Cbor* results = content.find("validationResults", Cbor::Kind::kMap);
  if (results == nullptr) return;
  if (const Cbor* active = results->find("activeManifest", Cbor::Kind::kMap)) {
    take(active->find("failure", Cbor::Kind::kArray));
  }
  const Cbor* deltas = results->find("ingredientDeltas", Cbor::Kind::kArray);
  if (deltas == nullptr) return;
  for (const Cbor& delta : deltas->items()) {
    const Cbor* found = delta.find("validationDeltas", Cbor::Kind::kMap);
    if (found != nullptr) take(found->find("failure", Cbor::Kind::kArray));
  }
}

}  // namespace brandiron::watermark::c2pa
