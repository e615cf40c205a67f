// Custom sections that zwasm reads: names, producers, target features, branch hints.
#include <doctest/doctest.h>

#include "module/branch_hints.h"
#include "module/metadata.h"
#include "module/names.h"
#include "module_fixture.h"

using namespace zwasm;
using namespace zwasm::test;
using namespace zwasm::module;

TEST_CASE("all kinds of names round trip") {
  Names names;
  names.module = "m";
  names.funcs = {{0, "zero"}, {300, "three hundred"}};
  names.locals = {{0, 0, "a"}, {0, 2, "c"}, {300, 1, ""}};
  names.labels = {{0, 1, "loop"}};
  names.types = {{1, "t"}};
  names.tables = {{0, "table"}};
  names.memories = {{0, "mem"}};
  names.globals = {{5, "\xE2\x82\xAC"}};
  names.elems = {{0, "e"}};
  names.datas = {{0, "d"}};
  names.fields = {{1, 0, "x"}, {1, 1, "y"}};
  names.tags = {{0, "tag"}};
  Bytes bytes = encode_names(names);
  Names back;
  REQUIRE(decode_names(bytes, 0, back));
  CHECK(encode_names(back) == bytes);
  CHECK(back.module == "m");
  CHECK(find_name(back.funcs, 300) == "three hundred");
  CHECK(find_name(back.funcs, 1).empty());
  CHECK(find_name(back.locals, 0, 2) == "c");
  CHECK(find_name(back.locals, 0, 1).empty());
  CHECK(find_name(back.fields, 1, 1) == "y");
  CHECK(!back.empty());
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    Names part;
    (void)decode_names(std::span(bytes).first(cut), 0, part);
  }
}

TEST_CASE("a name section is used as far as it decodes") {
  // Functions 1 and 0 in the wrong order, 1 twice; then a subsection of a later version; then a
  // subsection that is cut off.
  Bytes bytes = {1, 10, 3, 1, 1, 'b', 0, 1, 'a', 1, 1, 'c', 20, 1, 0, 21, 9};
  Names names;
  auto result = decode_names(bytes, 0, names);
  CHECK(!result);
  CHECK(find_name(names.funcs, 0) == "a");
  CHECK(find_name(names.funcs, 1) == "b");
  CHECK(names.funcs.size() == 2);
}

TEST_CASE("names of a text module") {
  Bytes bytes = assemble(kSamples[1]);
  auto decoded = decode(share(bytes), isa::FeatureSet::all());
  REQUIRE(decoded);
  Names names = read_names(*decoded);
  CHECK(names.module == "names");
  CHECK(find_name(names.funcs, 0) == "imported");
  CHECK(find_name(names.memories, 1) == "m2");
  CHECK(find_name(names.tags, 1) == "tag");
}

TEST_CASE("producers") {
  std::vector<ProducerField> fields = {{"language", {{"C", "11"}, {"Go", ""}}}, {"sdk", {}}};
  Bytes bytes = encode_producers(fields);
  auto back = decode_producers(bytes, 0);
  REQUIRE(back);
  CHECK(back->size() == 2);
  CHECK((*back)[0].values[1].name == "Go");
  CHECK(encode_producers(*back) == bytes);
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    CHECK(!decode_producers(std::span(bytes).first(cut), 0));
}

TEST_CASE("target features") {
  std::vector<TargetFeature> features = {{'+', "simd128"}, {'-', "atomics"}};
  Bytes bytes = encode_target_features(features);
  auto back = decode_target_features(bytes, 0);
  REQUIRE(back);
  CHECK((*back)[1].prefix == '-');
  CHECK(encode_target_features(*back) == bytes);
  bytes[1] = '*';
  auto bad = decode_target_features(bytes, 7);
  REQUIRE(!bad);
  CHECK(bad.error().message == "malformed target feature: prefix 0x2a");
  CHECK(bad.error().offset == 8);
}

TEST_CASE("branch hints") {
  std::string_view text = R"((module (func (param i32)
    (@metadata.code.branch_hint "\01") (if (local.get 0) (then))
    (block (@metadata.code.branch_hint "\00") (br_if 0 (local.get 0))))))";
  Bytes bytes = assemble(text);
  auto decoded = decode(share(bytes), isa::FeatureSet::all());
  REQUIRE(decoded);
  REQUIRE(decoded->branch_hints.size() == 1);
  REQUIRE(decoded->branch_hints[0].hints.size() == 2);
  CHECK(decoded->branch_hints[0].hints[0].taken);
  CHECK(!decoded->branch_hints[0].hints[1].taken);
  CHECK(check_branch_hints(*decoded));
  for (const CustomSection& custom : decoded->customs)
    if (custom.name == kBranchHintSection)
      CHECK(encode_branch_hints(decoded->branch_hints) ==
            Bytes(custom.bytes.begin(), custom.bytes.end()));
  // A hint at another instruction is invalid, but does not keep the module from loading.
  std::array<BranchHint, 1> wrong = {{{1, true}}};
  std::array<FuncBranchHints, 1> funcs = {{{0, wrong}}};
  decoded->branch_hints.assign(funcs.begin(), funcs.end());
  auto check = check_branch_hints(*decoded);
  REQUIRE(!check);
  CHECK(check.error().message.find("invalid target") != std::string::npos);
}
