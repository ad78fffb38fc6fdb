#include <memory>

#include "brandiron/core/marker.h"
#include "brandiron/watermark/watermark.h"

namespace brandiron::watermark {
namespace {

class KeyedMarker final : public Marker {
 public:
  KeyedMarker(const Key& key, const EmbedOptions& options) : key_(key), options_(options) {}

  MarkRecord mark(AudioBuffer& audio, const std::string& payload) const override {
    const std::uint64_t bits = parse_payload(payload);
    const EmbedReport report = embed(audio, key_, bits, options_);
    MarkRecord record;
    record.present = report.snr_db > 0;
    record.scheme = kScheme;
    record.key_fingerprint = key_.fingerprint();
    record.payload_hex = payload_hex(bits);
    record.strength = options_.strength;
    record.snr_db = report.snr_db;
    return record;
  }

 private:
  Key key_;
  EmbedOptions options_;
};

}  // namespace

std::unique_ptr<Marker> make_marker(const Key& key, const EmbedOptions& options) {
  return std::make_unique<KeyedMarker>(key, options);
}

}  // namespace brandiron::watermark
