// The interface by which native debuggers (gdb; lldb with plugin.jit-loader.gdb.enable on) learn of
// machine code: a list of ELF images in this process, and a function that is called, and in which
// they have a breakpoint, whenever the list changes.
#pragma once
#include <memory>

#include "runtime/loaded_module.h"
#include "runtime/native_code.h"

namespace zwasm::jit {

// A debugger controls this process. (It may come later, too: then the list is read as it stands.)
bool under_debugger();

// Shows the code to debuggers until its end. Before it runs; any thread.
void show_to_debuggers(const runtime::LoadedModule& module, runtime::NativeCode& code);

}  // namespace zwasm::jit
