#include "cbor.h"

#include <algorithm>

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::uint64_t kNull = 22;

void put_head(std::string& out, unsigned major, std::uint64_t number) {
  const auto first = static_cast<unsigned char>(major << 5U);
  if (number < 24) {
    out.push_back(static_cast<char>(first | number));
    return;
  }
  const unsigned log = number <= 0xFF ? 0 : number <= 0xFFFF ? 1 : number <= 0xFFFFFFFF ? 2 : 3;
  out.push_back(static_cast<char>(first | (24U + log)));
  for (int shift = (8 << log) - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((number >> static_cast<unsigned>(shift)) & 0xFFU));
  }
}

void put_float(std::string& out, unsigned size, std::uint64_t bits) {
  out.push_back(static_cast<char>(0xE0U | (size == 2 ? 25U : size == 4 ? 26U : 27U)));
  for (unsigned i = size; i-- > 0;) out.push_back(static_cast<char>((bits >> (8 * i)) & 0xFFU));
}

}  // namespace

Cbor Cbor::integer(std::int64_t value) {
  Cbor item;
  item.kind_ = value < 0 ? Kind::kNegative : Kind::kUnsigned;
  item.number_ = static_cast<std::uint64_t>(value < 0 ? -1 - value : value);
  return item;
}

Cbor Cbor::bytes(std::string value) {
  Cbor item;
  item.kind_ = Kind::kBytes;
  item.string_ = std::move(value);
  return item;
}

Cbor Cbor::text(std::string value) {
  Cbor item = bytes(std::move(value));
  item.kind_ = Kind::kText;
  return item;
}

Cbor Cbor::boolean(bool value) {
  Cbor item;
  item.number_ = value ? 21 : 20;
  return item;
}

Cbor Cbor::null() { return Cbor{}; }

Cbor Cbor::array(std::vector<Cbor> items) {
  Cbor item;
  item.kind_ = Kind::kArray;
  item.items_ = std::move(items);
  return item;
}

Cbor Cbor::tag(std::uint64_t number, Cbor inner) {
  Cbor item;
  item.kind_ = Kind::kTag;
  item.number_ = number;
  item.items_.push_back(std::move(inner));
  return item;
}

Cbor Cbor::map(std::vector<std::pair<Cbor, Cbor>> entries) {
  Cbor item;
  item.kind_ = Kind::kMap;
  for (auto& [key, value] : entries) {
    item.items_.push_back(std::move(key));
    item.items_.push_back(std::move(value));
  }
  return item;
}

Cbor Cbor::record(std::vector<std::pair<std::string, Cbor>> entries) {
  std::vector<std::pair<Cbor, Cbor>> pairs;
  for (auto& [key, value] : entries) pairs.emplace_back(text(std::move(key)), std::move(value));
  return map(std::move(pairs));
}

bool Cbor::is_null() const { return kind_ == Kind::kSimple && number_ == kNull; }

const Cbor* Cbor::find(std::string_view text_key) const {
  if (kind_ != Kind::kMap) return nullptr;
  for (std::size_t i = 0; i + 1 < items_.size(); i += 2) {
    if (items_[i].kind_ == Kind::kText && items_[i].string_ == text_key) return &items_[i + 1];
  }
  return nullptr;
}

const Cbor* Cbor::find(std::int64_t integer_key) const {
  if (kind_ != Kind::kMap) return nullptr;
  const Cbor key = integer(integer_key);
  for (std::size_t i = 0; i + 1 < items_.size(); i += 2) {
    if (items_[i].kind_ == key.kind_ && items_[i].number_ == key.number_) return &items_[i + 1];
  }
  return nullptr;
}

const Cbor* Cbor::find(std::string_view text_key, Kind kind) const {
  const Cbor* found = find(text_key);
  return found != nullptr && found->kind_ == kind ? found : nullptr;
}

std::string Cbor::text_of(std::string_view text_key) const {
  const Cbor* found = find(text_key, Kind::kText);
  return found != nullptr ? found->string_ : std::string();
}

std::string Cbor::encode() const {
  std::string out;
  encode_to(out);
  return out;
}

void Cbor::encode_to(std::string& out) const {
  switch (kind_) {
    case Kind::kUnsigned:
      return put_head(out, 0, number_);
    case Kind::kNegative:
      return put_head(out, 1, number_);
    case Kind::kBytes:
    case Kind::kText:
      put_head(out, kind_ == Kind::kBytes ? 2 : 3, string_.size());
      out += string_;
      return;
    case Kind::kArray:
      put_head(out, 4, items_.size());
      for (const Cbor& item : items_) item.encode_to(out);
      return;
    case Kind::kMap: {
      std::vector<std::pair<std::string, const Cbor*>> entries;
      for (std::size_t i = 0; i + 1 < items_.size(); i += 2) {
        entries.emplace_back(items_[i].encode(), &items_[i + 1]);
      }
      std::sort(entries.begin(), entries.end());
      put_head(out, 5, entries.size());
      for (const auto& [key, value] : entries) {
        out += key;
        value->encode_to(out);
      }
      return;
    }
    case Kind::kTag:
      put_head(out, 6, number_);
      return items_.front().encode_to(out);
    case Kind::kSimple:
      return put_head(out, 7, number_);
    case Kind::kFloat:
      return put_float(out, float_bytes_, number_);
  }
}

}  // namespace brandiron::watermark::c2pa
