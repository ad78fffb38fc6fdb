#pragma once

#include "brandiron/core/disclosure.h"
#include "cbor.h"

namespace brandiron::watermark::c2pa {

/// Whether there is anything for our own assertion to say.
bool has_facts(const DisclosureFacts& facts);
/// The content of our own assertion (`kDisclosureLabel`).
Cbor facts_to_cbor(const DisclosureFacts& facts);
/// What such an assertion says; entries of other kinds than expected are passed over.
DisclosureFacts facts_from_cbor(const Cbor& content);

}  // namespace brandiron::watermark::c2pa
