/// All of the C++ API of zwasm.
///
///     #include <zwasm/zwasm.h>
///
///     int main() {
///       zwasm::Engine engine;
///       zwasm::Store store(engine);
///       zwasm::Linker linker(engine);
///       linker.func("env", "log", [](int32_t x) { std::printf("%d\n", x); });
///       auto module = zwasm::Module::load(engine, "f.wasm").value();
///       auto instance = linker.instantiate(store, module).value();
///       auto add = instance.get<int32_t(int32_t, int32_t)>("add").value();
///       return add(2, 40).value();
///     }
#pragma once
#include "zwasm/call_info.h"
#include "zwasm/caller.h"
#include "zwasm/config.h"
#include "zwasm/engine.h"
#include "zwasm/error.h"
#include "zwasm/func.h"
#include "zwasm/global.h"
#include "zwasm/instance.h"
#include "zwasm/linker.h"
#include "zwasm/memory.h"
#include "zwasm/module.h"
#include "zwasm/store.h"
#include "zwasm/table.h"
#include "zwasm/tools.h"
#include "zwasm/types.h"
#include "zwasm/value.h"
#include "zwasm/version.h"
#include "zwasm/wasi.h"
#include "zwasm/wasm_module.h"
