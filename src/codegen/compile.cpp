#include "codegen/compile.h"

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
  // LZCNT came with BMI1 at one maker and before it at the other; there is no name for it in g++ 12.
  cpu.lzcnt = cpu.bmi1;
#endif
  return cpu;
}

bool generate(const ir::Function& function, const CodegenSettings& settings, const Batch& batch,
              MachineCode& code, CompileError& error, const Dumps& dumps) {
  LoweredFunction lowered;
  switch (settings.arch) {
    case Arch::x64: x64::lower_function(function, settings, batch, lowered); break;
    case Arch::arm64: error.message = "no code generator for arm64"; return false;
  }
  if (lowered.refusal != nullptr) {
    error.message = lowered.refusal;
    return false;
  }
  if (dumps.machine != nullptr)
    *dumps.machine = to_text(lowered.machine, nullptr, x64::op_name);
  RegallocResult allocation =
      allocate_registers(lowered.machine, allocator_for(settings, lowered.machine));
  if (dumps.allocated != nullptr)
    *dumps.allocated = to_text(lowered.machine, &allocation, x64::op_name);
  if (settings.verify) {
    std::string wrong = check_allocation(lowered.machine, allocation);
    if (!wrong.empty()) {
      error.message = "register allocation is wrong: " + wrong;
      return false;
    }
  }
  if (!x64::emit_function(lowered, allocation, settings, code)) {
    error.message = "the function is too large for its branches";
    return false;
  }
  return true;
}

}  // namespace zwasm::codegen
