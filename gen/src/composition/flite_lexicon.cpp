#include "composition/flite_lexicon.h"

#include <flite/flite.h>

#include <cctype>
#include <mutex>

extern "C" cst_lexicon* cmu_lex_init(void);

namespace brandiron::gen {
namespace {

/// flite writes "ax" for the schwa and lower-case names; everything else is ARPAbet already.
std::string to_arpabet(const char* name) {
  std::string phone;
  for (const char* c = name; *c != '\0'; ++c) {
    phone += static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
  }
  if (phone.starts_with("AX")) phone = "AH0";
  const bool vowel = std::string("AEIOU").find(phone[0]) != std::string::npos;
  if (vowel && !is_vowel(phone)) phone += '0';
  return phone;
}

}  // namespace

Phones flite_phones(const std::string& word) {
  static std::mutex mutex;  // flite's hash of the addenda is not documented as thread safe
  const std::lock_guard lock(mutex);
  static cst_lexicon* const lexicon = cmu_lex_init();
  std::string letters;
  for (const char c : word) {
    if (std::isalpha(static_cast<unsigned char>(c)) || c == '\'') letters += c;
  }
  Phones phones;
  if (letters.empty()) return phones;
  cst_val* found = lex_lookup(lexicon, letters.c_str(), nullptr, nullptr);
  for (const cst_val* at = found; at != nullptr; at = val_cdr(at)) {
    phones.push_back(to_arpabet(val_string(val_car(at))));
  }
  delete_val(found);
  return phones;
}

}  // namespace brandiron::gen
