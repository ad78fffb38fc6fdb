#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "openssl_objects.h"

namespace brandiron::watermark::c2pa {

/// Every certificate of a PEM text. @throws Error(kFormat) naming `what`.
std::vector<CertificatePtr> certificates_from_pem(std::string_view pem, const std::string& what);
/// One certificate that fills `der`; null when it is none.
CertificatePtr certificate_from_der(std::string_view der);
std::string certificate_to_der(X509* certificate);

/// Why the certificate may not sign claims (C2PA 2.2, 14.5.1: version 3, no CA, digitalSignature,
/// an extended key usage for signing documents or e-mail and none for other certificates, an
/// authority key identifier, issued by somebody else); empty when it may.
std::string profile_breach(X509* end_entity);

/// Whether `time_s` lies within the certificate's validity.
bool valid_at(X509* certificate, std::int64_t time_s);

/// Why no anchor vouches for `chain` (end entity first) at `time_s`; empty when one does.
std::string trust_breach(const std::vector<CertificatePtr>& chain,
                         const std::vector<CertificatePtr>& anchors, std::int64_t time_s);

/// Organisation and common name of the subject, as far as there are any: "Label Ltd, Signer 1".
std::string subject_of(X509* certificate);

}  // namespace brandiron::watermark::c2pa
