// Reading and writing of the sections `producers` and `target_features`.
#include "module/metadata.h"

#include "base/format.h"
#include "base/leb128.h"
#include "base/utf8.h"
#include "module/reader.h"

namespace zwasm::module {
namespace {

std::string_view read_name(Reader& r) {
  uint64_t at = r.offset();
  uint32_t length = r.u32();
  std::span<const uint8_t> bytes = r.bytes(length);
  std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!is_utf8(name)) r.malformed("malformed UTF-8 encoding", at);
  return name;
}

void write_name(std::vector<uint8_t>& out, std::string_view name) {
  write_uleb(out, name.size());
  out.insert(out.end(), name.begin(), name.end());
}

LoadError end_of(Reader& r) {
  if (r.ok()) r.malformed("section size mismatch");
  return r.error();
}

}  // namespace

LoadResult<std::vector<ProducerField>> decode_producers(std::span<const uint8_t> bytes,
                                                        Offset offset) {
  Reader r(bytes, offset);
  std::vector<ProducerField> fields;
  uint32_t count = r.u32();
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    ProducerField field;
    field.name = read_name(r);
    uint32_t values = r.u32();
    for (uint32_t j = 0; j < values && r.ok(); ++j) {
      ProducerValue value;
      value.name = read_name(r);
      value.version = read_name(r);
      field.values.push_back(value);
    }
    fields.push_back(std::move(field));
  }
  if (!r.ok() || !r.at_end()) return Err{end_of(r)};
  return fields;
}

std::vector<uint8_t> encode_producers(std::span<const ProducerField> fields) {
  std::vector<uint8_t> out;
  write_uleb(out, fields.size());
  for (const ProducerField& field : fields) {
    write_name(out, field.name);
    write_uleb(out, field.values.size());
    for (const ProducerValue& value : field.values) {
      write_name(out, value.name);
      write_name(out, value.version);
    }
  }
  return out;
}

LoadResult<std::vector<TargetFeature>> decode_target_features(std::span<const uint8_t> bytes,
                                                              Offset offset) {
  Reader r(bytes, offset);
  std::vector<TargetFeature> features;
  uint32_t count = r.u32();
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    TargetFeature feature;
    uint64_t at = r.offset();
    feature.prefix = static_cast<char>(r.u8());
    if (r.ok() && feature.prefix != '+' && feature.prefix != '-' && feature.prefix != '=')
      r.malformed(fmt::format("malformed target feature: prefix {:#04x}",
                              static_cast<uint8_t>(feature.prefix)),
                  at);
    feature.name = read_name(r);
    features.push_back(feature);
  }
  if (!r.ok() || !r.at_end()) return Err{end_of(r)};
  return features;
}

std::vector<uint8_t> encode_target_features(std::span<const TargetFeature> features) {
  std::vector<uint8_t> out;
  write_uleb(out, features.size());
  for (const TargetFeature& feature : features) {
    out.push_back(static_cast<uint8_t>(feature.prefix));
    write_name(out, feature.name);
  }
  return out;
}

}  // namespace zwasm::module
