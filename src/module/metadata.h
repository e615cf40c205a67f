// Custom sections of tools: who produced a module (`producers`), and what its code needs
// (`target_features`).
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "module/module.h"

namespace zwasm::module {

inline constexpr std::string_view kProducersSection = "producers";
inline constexpr std::string_view kTargetFeaturesSection = "target_features";

struct ProducerValue {
  std::string_view name;
  std::string_view version;
};
// A field: "language", "processed-by" or "sdk".
struct ProducerField {
  std::string_view name;
  std::vector<ProducerValue> values;
};

struct TargetFeature {
  char prefix = '+';  // '+': used, '-': must not be used, '=': required
  std::string_view name;
};

LoadResult<std::vector<ProducerField>> decode_producers(std::span<const uint8_t> bytes,
                                                        Offset offset);
std::vector<uint8_t> encode_producers(std::span<const ProducerField> fields);

LoadResult<std::vector<TargetFeature>> decode_target_features(std::span<const uint8_t> bytes,
                                                              Offset offset);
std::vector<uint8_t> encode_target_features(std::span<const TargetFeature> features);

}  // namespace zwasm::module
