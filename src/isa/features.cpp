#include "isa/features.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/parts.h"

namespace zwasm::isa {
namespace {
constexpr std::array<FeatureInfo, kFeatureCount> kFeatures = {{
#define FEATURE(id, name, level, in_default, since, about) {name, level, in_default, since, about},
#include "isa/features.def"
}};

// Sets that are made here leave out what the build has left out.
bool in_build(uint32_t feature) {
  return static_cast<Feature>(feature) != Feature::gc || has_part(Part::gc);
}

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
    set.set(static_cast<Feature>(i), kFeatures[i].in_default && in_build(i));
  return set;
}

FeatureSet FeatureSet::level(uint32_t level) {
  FeatureSet set;
  for (uint32_t i = 0; i < kFeatureCount; ++i)
    set.set(static_cast<Feature>(i),
            kFeatures[i].level != 0 && kFeatures[i].level <= level && in_build(i));
  return set;
}

FeatureSet FeatureSet::all() {
  FeatureSet set;
  for (uint32_t i = 0; i < kFeatureCount; ++i) set.set(static_cast<Feature>(i), in_build(i));
  return set;
}

namespace {

// Proposals that zwasm does not have, by the names that other tools switch them with.
constexpr std::string_view kAbsent[] = {
    "shared-everything-threads", "stack-switching", "custom-descriptors",
    "compact-imports",           "memory-control",  "component-model",
};

std::optional<FeatureSet> level_by_name(std::string_view name) {
  if (name == "wasm1") return FeatureSet::level(1);
  if (name == "wasm2") return FeatureSet::level(2);
  if (name == "wasm3") return FeatureSet::level(3);
  // What browsers shipped first, before mutable globals could be shared.
  if (name == "mvp") return FeatureSet::level(1).set(Feature::mutable_globals, false);
  return std::nullopt;
}

}  // namespace

bool FeatureSet::apply(std::string_view name, bool on) {
  if (std::optional<FeatureSet> level = level_by_name(name)) {
    *this = on ? *level : from_bits(bits_ & ~level->bits_);
    return true;
  }
  if (name == "all-proposals") {
    *this = on ? all() : level(1);
    return true;
  }
  if (std::optional<Feature> feature = feature_by_name(name)) {
    set(*feature, on);
    return true;
  }
  // What is not there can be switched off.
  return !on && std::find(std::begin(kAbsent), std::end(kAbsent), name) != std::end(kAbsent);
}

}  // namespace zwasm::isa
