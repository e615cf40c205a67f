"""The Python package, as a user of it sees it."""
import gc
import threading
import time
import unittest
import weakref

import zwasm
from zwasm import FuncType, GlobalType, Limits, MemoryType, TableType

ADD = """(module
  (import "host" "twice" (func $twice (param i32) (result i32)))
  (memory (export "memory") 1 3)
  (global (export "counter") (mut i64) (i64.const 5))
  (global (export "fixed") f32 (f32.const 1.5))
  (table (export "table") 2 4 funcref)
  (data (i32.const 8) "hello")
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "quad") (param i32) (result i32) (call $twice (call $twice (local.get 0))))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "nothing"))
  (func (export "forever") (loop $l (br $l)))
  (func $inner (unreachable))
  (func (export "trap") (call $inner)))"""


def load(**limits):
    return zwasm.instantiate(ADD, {"host": {"twice": lambda x: 2 * x}}, **limits)


class Calls(unittest.TestCase):
    def test_numbers(self):
        exports = load().exports
        self.assertEqual(exports.add(2, 40), 42)
        self.assertEqual(exports.add(-1, 0), -1)
        self.assertEqual(exports.add(0xFFFFFFFF, 0), -1)
        self.assertEqual(exports.quad(3), 12)
        self.assertEqual(exports.swap(-(1 << 63), 0.25), (0.25, -(1 << 63)))
        self.assertIsNone(exports.nothing())

    def test_vectors(self):
        instance = zwasm.instantiate("""(module
            (import "host" "f" (func $f (param v128) (result v128)))
            (global (export "g") (mut v128) (v128.const i64x2 1 2))
            (func (export "f") (param v128) (result v128) (call $f (local.get 0))))""",
                                     {"host": {"f": lambda vector: vector[::-1]}})
        vector = bytes(range(16))
        self.assertEqual(instance.exports.f(vector), vector[::-1])
        self.assertEqual(instance.exports.f(bytearray(vector)), vector[::-1])
        self.assertEqual(instance.exports.g.value, b"\1" + bytes(7) + b"\2" + bytes(7))
        instance.exports.g.value = vector
        self.assertEqual(instance.exports.g.value, vector)
        for wrong in (b"short", 5, None):
            with self.assertRaises(TypeError):
                instance.exports.f(wrong)

    def test_wrong_arguments(self):
        exports = load().exports
        with self.assertRaises(TypeError):
            exports.add(1)
        with self.assertRaises(TypeError):
            exports.add(1, "2")
        with self.assertRaises(OverflowError):
            exports.add(1 << 32, 0)
        with self.assertRaisesRegex(AttributeError, "ad'.*add, quad"):
            exports.ad

    def test_exports_are_a_mapping(self):
        exports = load().exports
        self.assertEqual(list(exports)[:3], ["memory", "counter", "fixed"])
        self.assertIn("add", exports)
        self.assertEqual(exports["add"].type, FuncType(("i32", "i32"), ("i32",)))
        self.assertEqual(exports["add"], exports.add)

    def test_any_object_is_an_externref(self):
        class Thing:
            pass
        instance = load()
        thing = Thing()
        self.assertIs(instance.exports.same(thing), thing)
        self.assertIsNone(instance.exports.same(None))
        gone = weakref.ref(thing)
        del thing
        for _ in range(3):
            gc.collect()
            instance.store.collect()
        self.assertIsNone(gone())


class HostFunctions(unittest.TestCase):
    def test_exceptions_pass_unchanged(self):
        class Own(Exception):
            pass

        def fail(x):
            raise Own(x)
        instance = zwasm.instantiate(ADD, {"host": {"twice": fail}})
        with self.assertRaises(Own) as caught:
            instance.exports.quad(7)
        self.assertEqual(caught.exception.args, (7,))
        self.assertEqual(instance.exports.add(1, 1), 2)

    def test_wrong_results(self):
        instance = zwasm.instantiate(ADD, {"host": {"twice": lambda x: "no"}})
        with self.assertRaises(TypeError):
            instance.exports.quad(1)

    def test_reentrance(self):
        def twice(x):
            return instance.exports.add(x, x)
        instance = zwasm.instantiate(ADD, {"host": {"twice": twice}})
        self.assertEqual(instance.exports.quad(5), 20)

    def test_functions_as_values(self):
        instance = load()
        table = instance.exports.table
        self.assertIsNone(table[0])
        table[1] = zwasm.Func(instance.store, FuncType(("i32",), ("i32",)), lambda x: -x)
        self.assertEqual(table[1](5), -5)
        table[0] = instance.exports.add
        self.assertEqual(table[0], instance.exports.add)
        with self.assertRaises(IndexError):
            table[2]
        self.assertEqual(table.grow(2), 2)
        with self.assertRaises(MemoryError):
            table.grow(1)


class Objects(unittest.TestCase):
    def test_memory(self):
        memory = load().exports.memory
        self.assertEqual(memory[8:13], b"hello")
        memory[8:13] = b"HELLO"
        self.assertEqual(memory.read(8, 5), b"HELLO")
        memory.write(16, b"\x01\0\0\0\x02\0\0\0")
        self.assertEqual(memory.unpack("<ii", 16), (1, 2))
        memory[20] = 7
        self.assertEqual(memory.data[20], 7)
        self.assertEqual(len(memory), 65536)
        with self.assertRaises(IndexError):
            memory.read(65535, 2)
        with self.assertRaises(IndexError):
            memory.write(65535, b"ab")
        self.assertEqual(memory.grow(2), 1)
        with self.assertRaises(MemoryError):
            memory.grow(1)
        self.assertEqual(memory.type, MemoryType(Limits(3, 3)))

    def test_globals(self):
        exports = load().exports
        exports.counter.value += 1
        self.assertEqual(exports.counter.value, 6)
        self.assertEqual(exports.fixed.value, 1.5)
        with self.assertRaises(zwasm.UsageError):
            exports.fixed.value = 2

    def test_made_by_the_host(self):
        store = zwasm.Store()
        memory = zwasm.Memory(store, MemoryType(Limits(1, 2)))
        count = zwasm.Global(store, GlobalType("i32", mutable=True), 3)
        table = zwasm.Table(store, TableType("externref", Limits(1)))
        table[0] = {"any": "object"}
        instance = zwasm.instantiate("""(module (import "e" "m" (memory 1)) (import "e" "g" (global $g (mut i32)))
            (import "e" "t" (table 1 externref))
            (func (export "f") (result externref)
              (i32.store8 (i32.const 0) (global.get $g)) (global.set $g (i32.const 4))
              (table.get (i32.const 0))))""", {"e": {"m": memory, "g": count, "t": table}}, store=store)
        self.assertEqual(instance.exports.f(), {"any": "object"})
        self.assertEqual((memory[0], count.value), (3, 4))

    def test_instances_as_imports(self):
        library = load()
        user = zwasm.instantiate("""(module (import "lib" "add" (func $a (param i32 i32) (result i32)))
            (func (export "f") (result i32) (call $a (i32.const 1) (i32.const 2))))""",
                                 {"lib": library}, store=library.store)
        self.assertEqual(user.exports.f(), 3)


class Errors(unittest.TestCase):
    def test_text(self):
        with self.assertRaises(zwasm.LoadError) as caught:
            zwasm.Module("(module\n  (func unreachabel))")
        self.assertEqual((caught.exception.line, caught.exception.column), (2, 9))
        self.assertIn("(func unreachabel)", str(caught.exception))

    def test_binary(self):
        with self.assertRaises(zwasm.LoadError) as caught:
            zwasm.Module(b"\0asm\2\0\0\0")
        self.assertEqual(caught.exception.offset, 4)
        with self.assertRaises(FileNotFoundError):
            zwasm.Module.load("/does/not/exist")

    def test_link(self):
        with self.assertRaisesRegex(zwasm.LinkError, "twice"):
            zwasm.instantiate(ADD)
        with self.assertRaisesRegex(zwasm.LinkError, "42"):
            zwasm.instantiate(ADD, {"host": {"twice": 42}})

    def test_trap(self):
        with self.assertRaises(zwasm.Trap) as caught:
            load().exports.trap()
        self.assertEqual(caught.exception.code, "unreachable")
        self.assertEqual([f.func_name for f in caught.exception.frames], ["inner", "trap"])
        self.assertIn("inner", str(caught.exception))

    def test_foreign_store(self):
        one, two = load(), load()
        with self.assertRaises(zwasm.UsageError):
            one.exports.table.__class__  # the class itself is fine
            zwasm.instantiate("(module (import \"a\" \"f\" (func (param i32 i32) (result i32))))",
                              {"a": {"f": two.exports.add}}, store=one.store)


class Limited(unittest.TestCase):
    def test_fuel(self):
        engine = zwasm.Engine(fuel=True)
        instance = load(engine=engine, fuel=10000)
        with self.assertRaises(zwasm.Trap) as caught:
            instance.exports.forever()
        self.assertEqual(caught.exception.code, "out_of_fuel")
        self.assertEqual(instance.store.fuel, 0)
        with self.assertRaises(zwasm.UsageError):
            zwasm.Store(fuel=1)

    def test_timeout_and_interrupt(self):
        instance = load(timeout=0.02)
        with self.assertRaises(zwasm.Trap) as caught:
            instance.exports.forever()
        self.assertEqual(caught.exception.code, "timeout")
        instance.store.clear_interrupt()
        instance.store.set_timeout(None)

        def later():
            time.sleep(0.02)
            instance.store.interrupt()
        thread = threading.Thread(target=later)
        thread.start()
        with self.assertRaises(zwasm.Trap) as caught:
            instance.exports.forever()
        thread.join()
        self.assertEqual(caught.exception.code, "interrupted")

    def test_memory(self):
        with self.assertRaises(zwasm.LinkError):
            load(max_memory=1000)
        with self.assertRaises(ValueError):
            zwasm.Engine(features={"nonsense": True})
        with self.assertRaisesRegex(zwasm.LoadError, "simd"):
            zwasm.Module("(module (func (param v128)))", zwasm.Engine(features={"simd": False}))


class Hooks(unittest.TestCase):
    def test_calls(self):
        seen, kept = [], []

        def hook(call):
            kept.append(call)
            what = call.results if call.event.startswith("returning") else call.arguments
            seen.append((call.event, call.module, call.name, what))

        instance = load()
        instance.store.set_call_hook(hook)
        self.assertEqual(instance.exports.quad(3), 12)
        self.assertEqual(seen, [
            ("calling_wasm", "", "quad", (3,)),
            ("calling_host", "host", "twice", (3,)), ("returning_from_host", "host", "twice", (6,)),
            ("calling_host", "host", "twice", (6,)), ("returning_from_host", "host", "twice", (12,)),
            ("returning_from_wasm", "", "quad", (12,))])
        with self.assertRaises(zwasm.UsageError):
            kept[0].name
        seen.clear()
        instance.store.set_call_hook(None)
        self.assertEqual(instance.exports.quad(3), 12)
        self.assertEqual(seen, [])

    def test_failures(self):
        instance, errors = load(), []
        instance.store.set_call_hook(lambda call: errors.append((call.func_index, call.error)))
        with self.assertRaises(zwasm.Trap):
            instance.exports.trap()
        self.assertEqual(len(errors), 2)
        self.assertIsNone(errors[0][1])
        self.assertEqual(errors[1][1].code, "unreachable")
        self.assertEqual(errors[0][0], errors[1][0])

    def test_references(self):
        instance, seen, thing = load(), [], object()
        instance.store.set_call_hook(lambda call: seen.append(call.arguments + call.results))
        self.assertIs(instance.exports.same(thing), thing)
        self.assertIs(seen[0][0], thing)
        self.assertIs(seen[1][0], thing)

    def test_wasi(self):
        lines = []
        instance = zwasm.instantiate(CAT, wasi=zwasm.Wasi(args=["cat"], stdin="x", capture=True))
        instance.store.set_call_hook(lambda call: lines.append(call.wasi))
        with self.assertRaises(zwasm.ExitError):
            instance.exports._start()
        words = [line for line in lines if line is not None]
        self.assertTrue(any(line.startswith("fd_write(fd=1") for line in words), words)

    def test_the_hook_does_not_keep_the_store(self):
        instance = load()
        store = weakref.ref(instance.store)
        instance.store.set_call_hook(lambda call: None)
        instance.exports.nothing()
        del instance
        gc.collect()
        self.assertIsNone(store())


class Modules(unittest.TestCase):
    def test_types(self):
        module = zwasm.Module(ADD)
        self.assertEqual([(i.module, i.name, i.type) for i in module.imports],
                         [("host", "twice", FuncType(("i32",), ("i32",)))])
        self.assertEqual(module.exports[0].type, MemoryType(Limits(1, 3)))
        self.assertEqual(module.exports[1].type, GlobalType("i64", True))
        self.assertEqual(module.exports[3].type, TableType("funcref", Limits(2, 4)))

    def test_serialize(self):
        data = zwasm.Module(ADD).serialize()
        again = zwasm.Module.deserialize(data)
        self.assertEqual(zwasm.instantiate(again, {"host": {"twice": lambda x: x}}).exports.add(1, 2), 3)
        with self.assertRaises(zwasm.UsageError):
            zwasm.Module.deserialize(data[:-1])

    def test_threads(self):
        module, results = zwasm.Module(ADD), []

        def work():
            instance = zwasm.instantiate(module, {"host": {"twice": lambda x: 2 * x}})
            results.append(sum(instance.exports.quad(i) for i in range(100)))
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [4 * 4950] * 4)


CAT = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 100))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (i32.const 3))))"""


class WasiPrograms(unittest.TestCase):
    def test_captured(self):
        lines = []
        wasi = zwasm.Wasi(args=["cat"], stdin=b"through the guest", capture=True, trace=lines.append,
                          files={"/data": {"dir/file": b"contents"}})
        instance = zwasm.instantiate(CAT, wasi=wasi)
        with self.assertRaises(zwasm.ExitError) as caught:
            instance.exports._start()
        self.assertEqual(caught.exception.status, 3)
        self.assertEqual(wasi.stdout, b"through the guest")
        self.assertEqual(wasi.stderr, b"")
        self.assertEqual(wasi.read_file("/data", "dir/file"), b"contents")
        self.assertTrue(any("fd_read" in line for line in lines))

    def test_output_as_it_is_written(self):
        out, err = [], []
        instance = zwasm.instantiate(CAT, wasi=zwasm.Wasi(args=["cat"], stdin="some words", stdout=out.append,
                                                          stderr=err.append))
        with self.assertRaises(zwasm.ExitError):
            instance.exports._start()
        self.assertEqual(b"".join(out), b"some words")
        self.assertEqual(err, [])

    def test_missing_directory(self):
        with self.assertRaises(OSError):
            zwasm.Store(wasi=zwasm.Wasi(dirs={"/x": "/does/not/exist"}))


class MisuseTest(unittest.TestCase):
    def test_recursion_without_end_is_an_error(self):
        made = []
        instance = zwasm.instantiate(
            """(module (import "h" "f" (func $f (param i32) (result i32)))
                 (func (export "call") (param i32) (result i32) (call $f (local.get 0))))""",
            {"h": {"f": lambda n: made[0].exports.call(n)}})
        made.append(instance)
        with self.assertRaises((RecursionError, zwasm.Error)):
            instance.exports.call(1)

    def test_a_number_is_no_module(self):
        with self.assertRaises(TypeError):
            zwasm.Module(5)


if __name__ == "__main__":
    unittest.main()

