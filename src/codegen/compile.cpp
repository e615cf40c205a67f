#include "codegen/compile.h"

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "codegen/arm64/emit.h"
#include "codegen/arm64/machine_ops.h"
#include "codegen/lowering.h"
#include "codegen/x64/emit.h"
#include "codegen/x64/lower.h"
#include "codegen/x64/machine_ops.h"

namespace zwasm::codegen {
namespace {

// Functions of more machine instructions than this are allocated by the allocator that is linear.
constexpr size_t kHugeFunction = 200'000;

Allocator allocator_for(const CodegenSettings& settings, const MachineFunction& machine) {
  if (settings.opt_level == 0) return Allocator::spill_all;
  if (settings.opt_level == 1 || machine.insts.size() > kHugeFunction)
    return Allocator::linear_scan;
  return Allocator::greedy;
}

// What an instruction set's folder is to the pipeline.
struct Leaf {
  void (*lower)(const ir::Function&, const CodegenSettings&, const Batch&, LoweredFunction&);
  bool (*emit)(const LoweredFunction&, const RegallocResult&, const CodegenSettings&, MachineCode&);
  MachineOps ops;
  Linkage linkage;
};
constexpr Leaf kX64 = {x64::lower_function, x64::emit_function, x64::kMachineOps, x64::kLinkage};
constexpr Leaf kArm64 = {arm64::lower_function, arm64::emit_function, arm64::kMachineOps,
                         arm64::kLinkage};
const Leaf& leaf_of(Arch arch) { return arch == Arch::x64 ? kX64 : kArm64; }

}  // namespace

CpuFeatures CpuFeatures::host() {
  CpuFeatures cpu;
#if defined(__x86_64__)
  __builtin_cpu_init();
  cpu.avx = __builtin_cpu_supports("avx") != 0;
  cpu.avx2 = __builtin_cpu_supports("avx2") != 0;
  cpu.bmi1 = __builtin_cpu_supports("bmi") != 0;
  cpu.bmi2 = __builtin_cpu_supports("bmi2") != 0;
  cpu.fma = __builtin_cpu_supports("fma") != 0;
  cpu.popcnt = __builtin_cpu_supports("popcnt") != 0;
  // LZCNT came with BMI1 at one maker and before it at the other; there is no name for it in
  // g++ 12.
  cpu.lzcnt = cpu.bmi1;
#elif defined(__aarch64__)
  // Bits of AT_HWCAP.
  constexpr unsigned long kAtomics = 1 << 8, kDotProducts = 1 << 20;
  unsigned long capabilities = getauxval(AT_HWCAP);
  cpu.lse = (capabilities & kAtomics) != 0;
  cpu.dotprod = (capabilities & kDotProducts) != 0;
#endif
  return cpu;
}

const Linkage& linkage_of(Arch arch) { return leaf_of(arch).linkage; }

bool generate(const ir::Function& function, const CodegenSettings& settings, const Batch& batch,
              MachineCode& code, CompileError& error, const Dumps& dumps) {
  LoweredFunction lowered;
  const Leaf& leaf = leaf_of(settings.arch);
  leaf.lower(function, settings, batch, lowered);
  if (lowered.refusal != nullptr) {
    error.message = lowered.refusal;
    return false;
  }
  if (dumps.machine != nullptr) *dumps.machine = to_text(lowered.machine, nullptr, leaf.ops);
  if (settings.verify) {
    std::string wrong = check_machine_function(lowered.machine);
    if (!wrong.empty()) {
      error.message = "lowering is wrong: " + wrong;
      return false;
    }
  }
  RegallocResult allocation =
      allocate_registers(lowered.machine, allocator_for(settings, lowered.machine));
  if (allocation.refusal != nullptr) {
    error.message = allocation.refusal;
    return false;
  }
  if (dumps.allocated != nullptr)
    *dumps.allocated = to_text(lowered.machine, &allocation, leaf.ops);
  if (settings.verify) {
    std::string wrong = check_allocation(lowered.machine, allocation);
    if (!wrong.empty()) {
      error.message = "register allocation is wrong: " + wrong;
      return false;
    }
  }
  if (!leaf.emit(lowered, allocation, settings, code) ||
      code.bytes.size() > leaf.linkage.reach / 2) {
    error.message = "the function is too large for its branches";
    return false;
  }
  code.work.lowering = lowered.work;
  code.work.allocation = allocation.work;
  return true;
}

}  // namespace zwasm::codegen
