// Compiled by clang -g -gdwarf-4 and -gdwarf-5 into lines_dwarf4.wasm and lines_dwarf5.wasm
// (--target=wasm32 -O0 -nostdlib -Wl,--no-entry -fdebug-compilation-dir=/build).
static int divide(int a, int b) {
  return a / b;
}

__attribute__((noinline)) int middle(int x) {
  int y = x + 1;
  return divide(y, x);
}

__attribute__((export_name("run"))) int run(int x) {
  return
      middle(x);
}
