// Every op with immediates of its kind survives writing and reading.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "module/immediates.h"

using namespace zwasm;
using namespace zwasm::module;
using isa::HeapType;
using isa::Imm;
using isa::Op;
using isa::ValType;

namespace {

constexpr std::array<uint32_t, 3> kLabels = {0, 127, 0xFFFFFFFF};
const std::array<CatchClause, 4> kCatches = {{
    {CatchClause::Kind::catch_, 300, 1},
    {CatchClause::Kind::catch_ref, 0, 200},
    {CatchClause::Kind::catch_all, 0, 3},
    {CatchClause::Kind::catch_all_ref, 0, 0xFFFFFFFF},
}};
const std::array<ValType, 3> kTypes = {isa::kV128, ValType::ref(HeapType::concrete(99), false),
                                       isa::kExternRef};
constexpr std::array<uint8_t, 16> kBytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};

// Immediates of a few very different sizes.
Immediates sample(uint32_t variant) {
  static constexpr std::array<uint32_t, 4> kIndices = {0, 1, 200, 0xFFFFFFFF};
  static constexpr std::array<uint64_t, 4> kValues = {0, 0x7F, 0x80000000u, ~uint64_t{0}};
  Immediates imm;
  imm.index = kIndices[variant];
  imm.index2 = kIndices[3 - variant];
  imm.value = kValues[variant];
  imm.align = static_cast<uint8_t>(variant);
  imm.lane = static_cast<uint8_t>(5 * variant);
  imm.bytes = kBytes.data();
  switch (variant) {
    case 0: break;
    case 1: imm.block = {BlockType::Kind::value, isa::kF64, 0}; break;
    case 2: imm.block = {BlockType::Kind::value, kTypes[1], 0}; break;
    default: imm.block = {BlockType::Kind::type, {}, 1'000'000}; break;
  }
  imm.heap = variant < 2 ? HeapType(isa::AbsHeap::noexn) : HeapType::concrete(variant * 100);
  imm.from = ValType::ref(isa::AbsHeap::any, variant != 1);
  imm.to = ValType::ref(HeapType::concrete(variant), variant == 3);
  imm.labels = std::span(kLabels).first(variant);
  imm.catches = std::span(kCatches).first(variant + 1);
  imm.types = std::span(kTypes).first(variant);
  return imm;
}

void check_same(Imm kind, const Immediates& a, const Immediates& b) {
  std::vector<uint8_t> x, y;
  write_immediates(x, kind, a);
  write_immediates(y, kind, b);
  CHECK(x == y);
}

}  // namespace

TEST_CASE("every op and its immediates round trip") {
  ImmediateStorage storage;
  for (uint32_t i = 0; i < isa::kOpCount; ++i) {
    Op op = static_cast<Op>(i);
    Imm kind = isa::op_info(op).imm;
    CAPTURE(isa::op_info(op).text);
    for (uint32_t variant = 0; variant < 4; ++variant) {
      Immediates imm = sample(variant);
      std::vector<uint8_t> bytes;
      write_op(bytes, op);
      size_t op_size = bytes.size();
      write_immediates(bytes, kind, imm);
      Reader reader(bytes, 0);
      CHECK(read_op(reader) == op);
      CHECK(reader.offset() == op_size);
      Immediates back;
      read_immediates(reader, kind, back, storage);
      CHECK(reader.ok());
      CHECK(reader.at_end());
      check_same(kind, imm, back);
      // Cut off anywhere, it is an error and nothing else.
      for (size_t cut = 0; cut < bytes.size(); ++cut) {
        Reader part{std::span<const uint8_t>(bytes).first(cut), 0};
        if (read_op(part); part.ok()) read_immediates(part, kind, back, storage);
        CHECK(!part.ok());
        CHECK(part.error().message.starts_with("unexpected end"));
      }
    }
  }
}

TEST_CASE("fields end up where the header says") {
  ImmediateStorage storage;
  auto read = [&](Imm kind, std::vector<uint8_t> bytes) {
    Reader reader(bytes, 0);
    Immediates imm;
    read_immediates(reader, kind, imm, storage);
    REQUIRE(reader.ok());
    return imm;
  };
  Immediates memarg = read(Imm::memarg, {0x42, 0x05, 0x90, 0x01});
  CHECK(memarg.align == 2);
  CHECK(memarg.index == 5);
  CHECK(memarg.value == 144);
  Immediates indirect = read(Imm::type_table, {0x03, 0x01});
  CHECK(indirect.index == 3);
  CHECK(indirect.index2 == 1);
  Immediates table = read(Imm::label_table, {0x02, 0x07, 0x08, 0x09});
  CHECK(table.labels.size() == 2);
  CHECK(table.labels[1] == 8);
  CHECK(table.index == 9);
  CHECK(static_cast<int64_t>(read(Imm::i32_const, {0x7F}).value) == -1);
  CHECK(read(Imm::f32_const, {0, 0, 0x80, 0x7F}).value == 0x7F800000);
  Immediates cast = read(Imm::br_cast, {0x01, 0x04, 0x6E, 0x6D});
  CHECK(cast.index == 4);
  CHECK(cast.from == isa::kAnyRef);
  CHECK(cast.to == ValType::ref(isa::AbsHeap::eq, false));
}

TEST_CASE("malformed immediates") {
  ImmediateStorage storage;
  auto error = [&](Imm kind, std::vector<uint8_t> bytes) {
    Reader reader(bytes, 100);
    Immediates imm;
    read_immediates(reader, kind, imm, storage);
    return reader.ok() ? std::string("ok") : reader.error().message;
  };
  CHECK(error(Imm::memarg, {0x80, 0x01, 0}).starts_with("malformed memop flags"));
  CHECK(error(Imm::block_type, {0x41}).starts_with("malformed value type"));
  CHECK(error(Imm::block_type, {0x78}).starts_with("malformed value type"));
  CHECK(error(Imm::heap_type, {0x7F}).starts_with("malformed heap type"));
  CHECK(error(Imm::heap_type, {0x80, 0x7F}).starts_with("malformed heap type"));
  CHECK(error(Imm::heap_type, {0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).starts_with("unknown type"));
  CHECK(error(Imm::fence, {0x01}).starts_with("zero byte expected"));
  CHECK(error(Imm::br_cast, {0x04, 0, 0x6E, 0x6E}).starts_with("malformed br_on_cast flags"));
  CHECK(error(Imm::try_table, {0x40, 1, 4, 0}).starts_with("malformed catch clause"));
  // A count beyond the input is refused at once.
  CHECK(error(Imm::label_table, {0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).starts_with("unexpected end"));
  CHECK(error(Imm::select_types, {0xFF, 0xFF, 0xFF, 0xFF, 0x0F}).starts_with("unexpected end"));
}

TEST_CASE("illegal opcodes are shown") {
  auto error = [](std::vector<uint8_t> bytes) {
    Reader reader(bytes, 0);
    read_op(reader);
    return reader.ok() ? std::string("ok") : reader.error().message;
  };
  CHECK(error({0xFF}) == "illegal opcode ff");
  CHECK(error({0x27}) == "illegal opcode 27");
  CHECK(error({0xFC, 0x12}).starts_with("illegal opcode fc 12"));
  CHECK(error({0xFD, 0x80, 0x80, 0x80, 0x80, 0x80, 0}) == "integer representation too long");
}
