// The part of capstone's ABI that is used is declared here: its headers are seldom installed where
// the library is. What differs between its versions 4 and 5 is the room for an instruction's bytes.
#include "disassembler.h"

#include <dlfcn.h>

namespace zwasm::cli {
namespace {

template <size_t kBytes>
struct CapstoneInstruction {
  unsigned id;
  uint64_t address;
  uint16_t size;
  uint8_t bytes[kBytes];
  char mnemonic[32];
  char operands[160];
  void* detail;
};

struct Functions {
  unsigned (*version)(int* major, int* minor);
  int (*open)(int arch, int mode, size_t* handle);
  size_t (*disasm)(size_t handle, const uint8_t* code, size_t size, uint64_t address, size_t count,
                   void** instructions);
  void (*free)(void* instructions, size_t count);
  int (*close)(size_t* handle);
};

template <class F>
bool find(void* library, const char* name, F*& function) {
  function = reinterpret_cast<F*>(::dlsym(library, name));
  return function != nullptr;
}

template <size_t kBytes>
class Capstone : public Disassembler {
 public:
  Capstone(const Functions& functions, size_t handle) : functions_(functions), handle_(handle) {}
  ~Capstone() override { functions_.close(&handle_); }

  bool decode(std::span<const uint8_t> code, uint64_t address, Instruction& to) override {
    void* found = nullptr;
    if (functions_.disasm(handle_, code.data(), code.size(), address, 1, &found) != 1) return false;
    const auto* instruction = static_cast<const CapstoneInstruction<kBytes>*>(found);
    to.size = instruction->size;
    to.mnemonic = instruction->mnemonic;
    to.operands = instruction->operands;
    functions_.free(found, 1);
    return to.size != 0 && to.size <= code.size();
  }

 private:
  const Functions functions_;
  size_t handle_;
};

}  // namespace

std::unique_ptr<Disassembler> Disassembler::open(std::string_view arch) {
  constexpr int kArm64 = 1, kX86 = 3, kMode64 = 1 << 3;
  for (const auto& [name, major] : {std::pair{"libcapstone.so.5", 5}, {"libcapstone.so.4", 4}}) {
    // It stays loaded until the process ends.
    void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    Functions f;
    if (!find(library, "cs_version", f.version) || !find(library, "cs_open", f.open) ||
        !find(library, "cs_disasm", f.disasm) || !find(library, "cs_free", f.free) ||
        !find(library, "cs_close", f.close))
      continue;
    int is_major = 0, is_minor = 0;
    f.version(&is_major, &is_minor);
    size_t handle = 0;
    const bool arm = arch == "arm64";
    if (is_major != major || f.open(arm ? kArm64 : kX86, arm ? 0 : kMode64, &handle) != 0) continue;
    if (major == 5) return std::make_unique<Capstone<24>>(f, handle);
    return std::make_unique<Capstone<16>>(f, handle);
  }
  return nullptr;
}

}  // namespace zwasm::cli
