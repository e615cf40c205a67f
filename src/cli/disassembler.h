// Machine code as text, by capstone (libcapstone, from the distribution), which is loaded when it
// is there and first wanted: so that no other command pays for it, and zwasm runs without it.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace zwasm::cli {

class Disassembler {
 public:
  // For "x86-64" or "arm64". Null: the library is not there, or too old or new.
  static std::unique_ptr<Disassembler> open(std::string_view arch);
  virtual ~Disassembler() = default;

  // The instruction at the beginning of `code`, which stands at `address`. False: there is none.
  struct Instruction {
    size_t size = 0;
    std::string mnemonic, operands;
  };
  virtual bool decode(std::span<const uint8_t> code, uint64_t address, Instruction& to) = 0;
};

}  // namespace zwasm::cli
