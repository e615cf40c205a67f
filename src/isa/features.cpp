#include "isa/features.h"

#include <array>

namespace zwasm::isa {
namespace {
constexpr std::array<FeatureInfo, kFeatureCount> kFeatures = {{
#define FEATURE(id, name, level, in_default, since, about) {name, level, in_default, since, about},
#include "isa/features.def"
}};
}  // namespace

const FeatureInfo& feature_info(Feature feature) {
  return kFeatures[static_cast<uint32_t>(feature)];
}

std::optional<Feature> feature_by_name(std::string_view name) {
  for (uint32_t i = 0; i < kFeatureCount; ++i)
    if (kFeatures[i].name == name) return static_cast<Feature>(i);
  return std::nullopt;
}

FeatureSet FeatureSet::defaults() {
  FeatureSet set;
  for (uint32_t i = 0; i < kFeatureCount; ++i)
    set.set(static_cast<Feature>(i), kFeatures[i].in_default);
  return set;
}

FeatureSet FeatureSet::level(uint32_t level) {
  FeatureSet set;
  for (uint32_t i = 0; i < kFeatureCount; ++i)
    set.set(static_cast<Feature>(i), kFeatures[i].level != 0 && kFeatures[i].level <= level);
  return set;
}

FeatureSet FeatureSet::all() {
  FeatureSet set;
  for (uint32_t i = 0; i < kFeatureCount; ++i) set.set(static_cast<Feature>(i));
  return set;
}

}  // namespace zwasm::isa
