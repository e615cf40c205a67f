// The proposals that can be switched, as a set. The rows stand in features.def.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace zwasm::isa {

enum class Feature : uint8_t {
#define FEATURE(id, name, level, in_default, since, about) id,
#include "isa/features.def"
};

struct FeatureInfo {
  std::string_view name;
  uint8_t level;  // specification level 1, 2, 3; 0: beyond 3.0
  bool in_default;
  std::string_view since;
  std::string_view about;
};

inline constexpr uint32_t kFeatureCount =
#define FEATURE(...) +1
#include "isa/features.def"
    ;

const FeatureInfo& feature_info(Feature feature);
std::optional<Feature> feature_by_name(std::string_view name);

class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  constexpr bool has(Feature f) const { return (bits_ >> static_cast<uint32_t>(f)) & 1; }
  constexpr FeatureSet& set(Feature f, bool on = true) {
    uint64_t bit = uint64_t{1} << static_cast<uint32_t>(f);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
    return *this;
  }
  constexpr uint64_t bits() const { return bits_; }
  friend constexpr bool operator==(FeatureSet, FeatureSet) = default;

  static FeatureSet defaults();
  // Exactly what a level of the specification (1, 2 or 3) contains.
  static FeatureSet level(uint32_t level);
  static FeatureSet all();

  // Applies a switch of the command line: a feature, a level (mvp, wasm1, wasm2, wasm3; `on` makes
  // the set exactly that level, off removes what it contains), or all-proposals. False if the
  // name is none of these. Proposals that zwasm does not have can be switched off.
  bool apply(std::string_view name, bool on);

 private:
  static FeatureSet from_bits(uint64_t bits) {
    FeatureSet set;
    set.bits_ = bits;
    return set;
  }
  uint64_t bits_ = 0;
};
static_assert(kFeatureCount <= 64);

}  // namespace zwasm::isa
