#include "data_hash.h"

#include <algorithm>

#include "brandiron/core/error.h"
#include "openssl_objects.h"

namespace brandiron::watermark::c2pa {
namespace {

const EVP_MD* digest_named(std::string_view algorithm) {
  if (algorithm == "sha256") return EVP_sha256();
  if (algorithm == "sha384") return EVP_sha384();
  if (algorithm == "sha512") return EVP_sha512();
  return nullptr;
}

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorCode::kFormat, "c2pa.hash.data: " + why);
}

}  // namespace

std::string digest_of(std::string_view algorithm, std::string_view bytes,
                      const std::vector<Exclusion>& exclusions) {
  const EVP_MD* digest = digest_named(algorithm);
  if (digest == nullptr) return {};
  const MdContextPtr context(EVP_MD_CTX_new());
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  bool good = context && EVP_DigestInit_ex(context.get(), digest, nullptr) == 1;
  std::size_t at = 0;
  const auto take_to = [&](std::size_t end) {
    good = good && EVP_DigestUpdate(context.get(), bytes.data() + at, end - at) == 1;
  };
  for (const Exclusion& range : exclusions) {
    take_to(range.start);
    at = range.start + range.length;
  }
  take_to(bytes.size());
  if (!good || EVP_DigestFinal_ex(context.get(), out, &size) != 1) {
    throw Error(ErrorCode::kInternal, "OpenSSL: hashing failed");
  }
  return {reinterpret_cast<const char*>(out), size};
}

std::vector<Exclusion> read_exclusions(const Cbor& assertion, std::size_t file_size) {
  std::vector<Exclusion> ranges;
  const Cbor* list = assertion.find("exclusions");
  if (list == nullptr || list->is_null()) return ranges;
  if (!list->is(Cbor::Kind::kArray)) refuse("exclusions that are no list");
  std::size_t end = 0;
  for (const Cbor& item : list->items()) {
    const Cbor* start = item.find("start", Cbor::Kind::kUnsigned);
    const Cbor* length = item.find("length", Cbor::Kind::kUnsigned);
    if (start == nullptr || length == nullptr) refuse("an exclusion without start or length");
    if (start->number() > file_size || length->number() > file_size - start->number()) {
      refuse("an exclusion past the end of the file");
    }
    ranges.push_back(
        {static_cast<std::size_t>(start->number()), static_cast<std::size_t>(length->number())});
    if (ranges.back().start < end) refuse("exclusions that overlap or are out of order");
    end = ranges.back().start + ranges.back().length;
  }
  return ranges;
}

}  // namespace brandiron::watermark::c2pa
