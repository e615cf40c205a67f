// From a function's IR to its machine code: the pipeline, and what comes out of it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "codegen/code_buffer.h"
#include "codegen/regalloc.h"
#include "ir/ir.h"
#include "isa/traps.h"

namespace zwasm::codegen {

enum class Arch : uint8_t { x64, arm64 };
#if defined(__aarch64__)
inline constexpr Arch kHostArch = Arch::arm64;
#else
inline constexpr Arch kHostArch = Arch::x64;
#endif

// Extensions beyond the baseline (x86-64 with SSE4.1, ARMv8.0 with NEON).
struct CpuFeatures {
  bool avx = false, avx2 = false, bmi1 = false, bmi2 = false, fma = false, lzcnt = false,
       popcnt = false;
  bool lse = false, dotprod = false;
  static CpuFeatures host();
};

// Everything that changes generated code. A new field changes every cache key.
struct CodegenSettings {
  Arch arch = kHostArch;
  CpuFeatures cpu;
  uint8_t opt_level = 2;        // 0: spill everything, 1: linear scan, 2: all
  bool signals = true;          // traps may be hardware faults; else explicit checks and calls
  bool reserved_memory = true;  // 32-bit memories of 64 KiB pages are reserved: no bounds checks
  bool fuel = false;
  bool nan_canonicalization = false;
  bool relaxed_simd_deterministic = false;
  bool verify = false;  // run the verifiers and the allocation checker
  bool lines = false;   // note which wasm instruction code belongs to: MachineCode::lines
};

// An instruction that faults or is a trap (ud2, udf): its address, what it means.
struct TrapSite {
  uint32_t offset;  // of the instruction in the code
  isa::Trap trap;
  uint32_t position;  // of the wasm instruction
};
// A root: a slot of the frame, or a register saved by the stub of a poll.
struct RootPlace {
  bool is_reg;
  int32_t where;  // bytes from the frame pointer, or PReg::number
};
struct CallSite {
  uint32_t return_offset;  // of the instruction behind the call
  uint32_t position;
  uint32_t landing_pad;  // offset in the code, or ~0u
  uint32_t first_root, root_count;
};
// A direct call: the distance (x86-64: the four bytes at `offset`; arm64: the bl there) to the
// entry of `func` is filled in when the batch is laid out.
struct CallRelocation {
  uint32_t offset;
  uint32_t func;
};

struct CodeLine {
  uint32_t offset;    // from here on the code belongs
  uint32_t position;  // to this wasm instruction
};

// Steps of the algorithms that made it: what must not grow faster than the function.
struct CodegenWork {
  uint64_t lowering = 0, allocation = 0, emission = 0;
};

struct MachineCode {
  std::vector<uint8_t> bytes;   // position independent; constants behind the code
  uint32_t frame_bytes = 0;     // that the entry takes below the frame pointer
  bool frameless = false;       // the stack is as at the entry throughout
  std::vector<TrapSite> traps;  // by offset
  std::vector<CallSite> calls;  // by return_offset
  std::vector<RootPlace> roots;
  std::vector<CallRelocation> relocations;
  std::vector<CodeLine> lines;  // by offset
  CodegenWork work;
};

// How `call` reaches a function of the same module: directly when it is in the batch, else through
// the instance's FuncRefs. Functions of a module without tail calls return with the registers of
// their instance, and where they were called.
using InBatch = bool (*)(void* env, uint32_t func);
struct Batch {
  InBatch contains = nullptr;
  void* env = nullptr;
  bool tail_calls = true;  // of the functions in the batch
};

// What calls between functions look like, for who lays them out one behind the other (jit/link.h).
struct Linkage {
  uint64_t reach;  // bytes; a direct call reaches everything that is nearer
  uint8_t filler;  // between functions: int3, or of udf
  // Makes the call at `place` (CallRelocation::offset, counted from `code`) one of `target`, also
  // if it was another's. False: out of reach.
  CodeBuffer::Patch set_call;
  // Code that continues at the function whose FuncRef stands so far behind the instance.
  void (*put_jump)(CodeBuffer& code, uint32_t func_ref);
};
const Linkage& linkage_of(Arch arch);

// Optional outputs for `--dump`.
struct Dumps {
  std::string* machine = nullptr;    // before allocation
  std::string* allocated = nullptr;  // after
};

// Err: the function is too large for something (names what).
struct CompileError {
  std::string message;
};
bool generate(const ir::Function& function, const CodegenSettings& settings, const Batch& batch,
              MachineCode& code, CompileError& error, const Dumps& dumps = {});

}  // namespace zwasm::codegen
