// Typed functions on both sides of the border, of every kind of signature, in every tier: values
// arrive unchanged, and every way a call can end comes out where it should. Public headers only.
#include <doctest/doctest.h>
#include <zwasm/zwasm.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace zwasm;

namespace {

constexpr Tier kTiers[] = {Tier::compiled, Tier::interpreter, Tier::automatic};

struct World {
  explicit World(Tier tier, uint64_t stack = 1 << 20)
      : engine(config(tier, stack)), store(engine), linker(engine) {}
  static Config config(Tier tier, uint64_t stack) {
    Config config;
    config.tier = tier;
    config.max_wasm_stack = stack;
    config.features = Features::all();
    return config;
  }
  Instance load(const std::string& text) {
    return linker.instantiate(store, Module::from_wat(engine, text, "test.wat").value()).value();
  }
  Engine engine;
  Store store;
  Linker linker;
};

template <class T>
constexpr const char* kName = nullptr;
template <>
constexpr const char* kName<int32_t> = "i32";
template <>
constexpr const char* kName<int64_t> = "i64";
template <>
constexpr const char* kName<float> = "f32";
template <>
constexpr const char* kName<double> = "f64";
template <>
constexpr const char* kName<V128> = "v128";

// The n-th value of a type, telling where it should arrive.
template <class T>
T sample(int n) {
  if constexpr (std::is_same_v<T, V128>) {
    return V128::of<uint64_t>({0xF00D00000000 + uint64_t(n), ~uint64_t(n)});
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(-1000 - n);  // upper bits set
  } else {
    return static_cast<T>(n) + T{0.5};
  }
}

template <class T>
T next_sample(int& n) {
  return sample<T>(n++);
}

// A guest that hands its arguments to a host function of the same signature and back its result.
template <class R, class... A>
void round_trip() {
  for (Tier tier : kTiers) {
    World world(tier);
    int calls = 0;
    world.linker.func("host", "f", [&calls]([[maybe_unused]] A... args) -> R {
      ++calls;
      [[maybe_unused]] int n = 0;
      [[maybe_unused]] bool arrived = (... && (args == sample<A>(n++)));
      CHECK(arrived);
      if constexpr (!std::is_void_v<R>) return sample<R>(99);
    });
    std::string type, push;
    [[maybe_unused]] int n = 0;
    ((type += std::string(" (param ") + kName<A> + ")",
      push += " (local.get " + std::to_string(n++) + ")"),
     ...);
    if constexpr (!std::is_void_v<R>) type += std::string(" (result ") + kName<R> + ")";
    Instance instance =
        world.load("(module (import \"host\" \"f\" (func $f" + type + ")) (func (export \"run\")" +
                   type + " (call $f" + push + ")) (func (export \"last\")" + type +
                   " (return_call $f" + push + ")))");
    for (const char* name : {"run", "last"}) {
      auto run = instance.get<R(A...)>(name).value();
      for (int i = 0; i < 3; ++i) {
        [[maybe_unused]] int m = 0;
        std::tuple<A...> args{next_sample<A>(m)...};  // braces: left to right
        auto result = std::apply([&](const A&... each) { return run(each...); }, args);
        REQUIRE(result.ok());
        if constexpr (!std::is_void_v<R>) CHECK(*result == sample<R>(99));
      }
    }
    CHECK(calls == 6);
  }
}

using I = int32_t;
using L = int64_t;
using F = float;
using D = double;
using V = V128;

}  // namespace

TEST_CASE("typed calls: values of every signature arrive on both sides") {
  round_trip<void>();
  round_trip<I>();
  round_trip<L, I>();
  round_trip<F, I, L>();
  round_trip<D, I, L, I>();
  round_trip<V, L, I, L, I>();
  round_trip<void, I, I, I, I, I>();
  round_trip<I, L, I, L, I, L, I>();
  round_trip<L, L, I, L, I, L, I, L>();
  round_trip<F, L, L, L, L, L, L, L, L>();
  round_trip<I, I, I, I, I, I, I, I, I, I>();  // one more than there are registers
  round_trip<D, F>();
  round_trip<F, F, D, F, D, F, D, F, D>();
  round_trip<V, V, F, V, D, V, V, V, V>();
  round_trip<D, D, D, D, D, D, D, D, D, D>();
  round_trip<I, I, F, L, D, I, V, L, F, I, D, I, V, L, F, I, V>();  // eight and eight
}

TEST_CASE("typed calls: a host function that wants its caller, in every tier") {
  for (Tier tier : kTiers) {
    World world(tier);
    world.linker.func("host", "peek", [](Caller& caller, int32_t at) -> Result<int32_t> {
      if (!caller.instance()) return Error::host("no caller");
      auto memory = caller.memory();
      if (!memory) return Error::host("no memory");
      auto value = memory->read<int32_t>(static_cast<uint64_t>(at));
      if (!value) return Error::from_trap(Trap::memory_out_of_bounds);
      return *value;
    });
    Instance a = world.load(R"((module (import "host" "peek" (func $p (param i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 8) "\2a\00\00\00")
        (func (export "peek") (param i32) (result i32) (call $p (local.get 0)))))");
    // Its own memory is another one; the call comes from it all the same.
    world.linker.instance("a", a);
    Instance b = world.load(R"((module (import "a" "peek" (func $a (param i32) (result i32)))
        (import "host" "peek" (func $p (param i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 8) "\07\00\00\00")
        (func (export "both") (result i32) (i32.add (call $a (i32.const 8))
          (i32.mul (i32.const 1000) (call $p (i32.const 8)))))))");
    CHECK(b.get<int32_t()>("both").value()().value() == 7042);
    auto peek = a.get<int32_t(int32_t)>("peek").value();
    Error error = peek(1 << 20).error();
    CHECK(error.trap == Trap::memory_out_of_bounds);
    CHECK(error.backtrace.size() == 1);
  }
}

TEST_CASE("typed calls: every end of a host function passes the guest") {
  for (Tier tier : kTiers) {
    World world(tier);
    struct Odd {};
    world.linker.func("host", "f", [](int32_t what) -> Result<int64_t> {
      switch (what) {
        case 0: return int64_t{5};
        case 1: return Error::host("it failed");
        case 2: return Error::from_trap(Trap::integer_overflow);
        case 3: return Error::exit(3);
        case 4: throw std::runtime_error("thrown");
        case 5: throw Odd{};
        default: return Error::usage("odd");
      }
    });
    world.linker.func("host", "g", [](int32_t what) {
      if (what != 0) throw std::out_of_range("from a void function");
    });
    Instance instance = world.load(R"((module
        (import "host" "f" (func $f (param i32) (result i64)))
        (import "host" "g" (func $g (param i32)))
        (tag $t (param i32))
        (func $deep (export "f") (param i32) (result i64)
          (block $caught (result exnref)
            (return (try_table (result i64) (catch_all_ref $caught) (call $f (local.get 0)))))
          (drop) (i64.const -1))
        (func (export "g") (param i32) (call $g (local.get 0)))))");
    auto f = instance.get<int64_t(int32_t)>("f").value();
    auto g = instance.get<void(int32_t)>("g").value();
    for (int round = 0; round < 3; ++round) {
      CHECK(f(0).value() == 5);
      CHECK(f(1).error().kind == ErrorKind::host);
      CHECK(f(1).error().message == "it failed");
      CHECK(f(1).error().backtrace.size() == 1);
      CHECK(f(2).error().trap == Trap::integer_overflow);
      CHECK(f(3).error().exit_status == 3);
      CHECK(f(4).error().message == "thrown");
      CHECK_THROWS_AS(f(4).value(), std::runtime_error);
      CHECK_THROWS_AS(f(5).value(), Odd);
      CHECK(g(0).ok());
      CHECK_THROWS_AS(g(1).value(), std::out_of_range);
      CHECK(f(6).error().kind == ErrorKind::host);
    }
  }
}

TEST_CASE("typed calls: a guest catches the exception that a host function throws or passes on") {
  for (Tier tier : kTiers) {
    World world(tier);
    std::optional<TypedFunc<int32_t(int32_t)>> thrower;
    world.linker.func("host", "f", [&](int32_t n) -> Result<int32_t> {
      return (*thrower)(n);  // an error of kind exception is thrown again
    });
    Instance instance = world.load(R"((module
        (import "host" "f" (func $f (param i32) (result i32)))
        (tag $t (param i32))
        (func (export "throw") (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
          (throw $t (local.get 0)))
        (func (export "run") (param i32) (result i32)
          (block $caught (result i32)
            (return (try_table (result i32) (catch $t $caught) (call $f (local.get 0)))))
          (i32.const 100) (i32.add))))");
    thrower = instance.get<int32_t(int32_t)>("throw").value();
    auto run = instance.get<int32_t(int32_t)>("run").value();
    for (int round = 0; round < 3; ++round) {
      CHECK(run(0).value() == 7);
      CHECK(run(11).value() == 111);
      CHECK((*thrower)(3).error().kind == ErrorKind::exception);
    }
  }
}

TEST_CASE("typed calls: deep re-entrance ends in a trap, and leaves the store usable") {
  for (Tier tier : kTiers) {
    // Each level's error looks at all frames once more.
    World world(tier, 128 << 10);
    std::optional<TypedFunc<int32_t(int32_t)>> down;
    world.linker.func("host", "f", [&](int32_t n) -> Result<int32_t> { return (*down)(n); });
    Instance instance = world.load(R"((module
        (import "host" "f" (func $f (param i32) (result i32)))
        (func (export "down") (param i32) (result i32)
          (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0))))))");
    down = instance.get<int32_t(int32_t)>("down").value();
    CHECK((*down)(10).value() == 10);
    CHECK((*down)(1 << 30).error().trap == Trap::stack_exhausted);
    CHECK((*down)(10).value() == 10);
  }
}

TEST_CASE("typed calls: references stay what they are when the collector runs in between") {
  for (Tier tier : kTiers) {
    World world(tier);
    world.linker.func("host", "f", [&](ExternRef ref, int32_t n) {
      if (n % 3 == 0) world.store.collect();
      return ref;
    });
    Instance instance = world.load(R"((module
        (import "host" "f" (func $f (param externref i32) (result externref)))
        (func (export "run") (param externref externref) (result externref)
          (drop (call $f (local.get 0) (i32.const 3)))
          (drop (call $f (local.get 1) (i32.const 1)))
          (call $f (call $f (local.get 0) (i32.const 6)) (i32.const 1)))))");
    auto run = instance.get<ExternRef(ExternRef, ExternRef)>("run").value();
    ExternRef one(Ref::host(world.store, 1).value()), two(Ref::host(world.store, 2).value());
    for (int i = 0; i < 5; ++i) CHECK(run(one, two).value() == one);
  }
}

TEST_CASE("typed calls: a call hook sees them, from the moment it is set until it is taken away") {
  for (Tier tier : kTiers) {
    World world(tier);
    std::vector<CallEvent> seen;
    world.linker.func("host", "f", [](int32_t x) { return x + 1; });
    Instance instance = world.load(R"((module
        (import "host" "f" (func $f (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $f (local.get 0)))))");
    auto run = instance.get<int32_t(int32_t)>("run").value();
    CHECK(run(1).value() == 2);
    world.store.set_call_hook([&](CallEvent event) { seen.push_back(event); });
    CHECK(run(1).value() == 2);
    CHECK(seen == std::vector<CallEvent>{CallEvent::calling_wasm, CallEvent::calling_host,
                                         CallEvent::returning_from_host,
                                         CallEvent::returning_from_wasm});
    world.store.set_call_hook(nullptr);
    CHECK(run(1).value() == 2);
    CHECK(seen.size() == 4);
  }
}

TEST_CASE("typed calls: an interrupt from a host function ends the guest") {
  for (Tier tier : kTiers) {
    World world(tier);
    InterruptHandle handle = world.store.interrupt_handle();
    world.linker.func("host", "f", [&] { handle.interrupt(); });
    Instance instance = world.load(R"((module (import "host" "f" (func $f))
        (func (export "run") (loop $l (call $f) (br $l)))))");
    auto run = instance.get<void()>("run").value();
    CHECK(run().error().trap == Trap::interrupted);
    world.store.clear_interrupt();
    CHECK(run().error().trap == Trap::interrupted);
  }
}

// A guest and a host that call each other: `down(n)` calls the host, which calls `down(n - 1)`, to
// the bottom, where the guest does what `what` says.
namespace {

struct Nested {
  explicit Nested(Tier tier) : world(tier) {
    world.linker.func("host", "f", [this](int32_t n) -> Result<int32_t> {
      if (on_the_way) on_the_way(n);
      Result<int32_t> inner = (*down)(n - 1);
      if (!inner && swallow) {
        swallowed = inner.error();
        return -1;
      }
      return inner;
    });
    instance = world.load(R"((module
        (import "host" "f" (func $f (param i32) (result i32)))
        (global $what (export "what") (mut i32) (i32.const 0))
        (tag $t)
        (func $recurse (param i32) (result i32)
          (i32.add (call $recurse (local.get 0)) (i32.const 1)))
        (func $bottom (result i32)
          (if (i32.eq (global.get $what) (i32.const 1)) (then unreachable))
          (if (i32.eq (global.get $what) (i32.const 2)) (then (throw $t)))
          (if (i32.eq (global.get $what) (i32.const 3))
            (then (return (call $recurse (i32.const 0)))))
          (if (i32.eq (global.get $what) (i32.const 4)) (then (loop $l (br $l))))
          (i32.const 0))
        (func (export "leaf") (param i32) (result i32) (local.get 0))
        (func (export "down") (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (return (call $bottom))))
          (i32.add (i32.const 1) (call $f (local.get 0))))))");
    down = instance->get<int32_t(int32_t)>("down").value();
    leaf = instance->get<int32_t(int32_t)>("leaf").value();
  }
  void set(int32_t what) { CHECK(instance->global("what").value().set(what).ok()); }

  World world;
  std::optional<Instance> instance;
  std::optional<TypedFunc<int32_t(int32_t)>> down, leaf;
  std::function<void(int32_t)> on_the_way;
  bool swallow = false;
  std::optional<Error> swallowed;
};

}  // namespace

TEST_CASE("typed calls: what ends the innermost of nested calls passes the others, or is stopped") {
  for (Tier tier : kTiers) {
    Nested nested(tier);
    for (int round = 0; round < 4; ++round) {  // the first prepares what the next ones find
      nested.swallow = false;
      nested.set(0);
      CHECK((*nested.down)(3).value() == 3);
      nested.set(1);
      Error trap = (*nested.down)(3).error();
      CHECK(trap.trap == Trap::unreachable);
      CHECK((*nested.down)(0).error().backtrace.size() == 2);
      nested.set(2);
      CHECK((*nested.down)(3).error().kind == ErrorKind::exception);
      nested.set(3);
      CHECK((*nested.down)(3).error().trap == Trap::stack_exhausted);
      nested.swallow = true;
      CHECK((*nested.down)(3).value() == 2);
      CHECK(nested.swallowed->trap == Trap::stack_exhausted);
      nested.set(1);
      CHECK((*nested.down)(2).value() == 1);
      CHECK(nested.swallowed->trap == Trap::unreachable);
      CHECK(nested.swallowed->backtrace.size() == 4);
      CHECK((*nested.leaf)(round).value() == round);
    }
  }
}

TEST_CASE("typed calls: a host function throws between nested calls") {
  for (Tier tier : kTiers) {
    Nested nested(tier);
    nested.on_the_way = [](int32_t n) {
      if (n == 1) throw std::runtime_error("on the way");
    };
    for (int round = 0; round < 3; ++round) {
      CHECK_THROWS_AS((*nested.down)(3).value(), std::runtime_error);
      CHECK_THROWS_AS((*nested.down)(1).value(), std::runtime_error);
      CHECK((*nested.down)(0).value() == 0);
    }
  }
}

TEST_CASE("typed calls: an interrupt during nested calls ends all of them, and the next one") {
  for (Tier tier : kTiers) {
    Nested nested(tier);
    InterruptHandle handle = nested.world.store.interrupt_handle();
    for (int round = 0; round < 3; ++round) {
      nested.on_the_way = nullptr;
      CHECK((*nested.down)(2).value() == 2);
      nested.on_the_way = [&](int32_t n) {
        if (n == 1) handle.interrupt();
      };
      CHECK((*nested.down)(3).error().trap == Trap::interrupted);
      CHECK((*nested.leaf)(1).error().trap == Trap::interrupted);
      nested.world.store.clear_interrupt();
      CHECK((*nested.leaf)(1).value() == 1);
      handle.interrupt();  // while nothing runs
      CHECK((*nested.leaf)(1).error().trap == Trap::interrupted);
      nested.world.store.clear_interrupt();
      // Cleared, and a timeout set, by a host function: the stack's limit is still there.
      nested.on_the_way = [&](int32_t n) {
        if (n != 2) return;
        handle.interrupt();
        nested.world.store.clear_interrupt();
        nested.world.store.set_timeout(std::chrono::hours(1));
      };
      nested.set(3);
      CHECK((*nested.down)(3).error().trap == Trap::stack_exhausted);
      nested.set(0);
      CHECK((*nested.down)(3).value() == 3);
      // A loop in the innermost, ended by a timeout.
      nested.set(4);
      nested.on_the_way = [&](int32_t n) {
        if (n == 2) nested.world.store.set_timeout(std::chrono::milliseconds(5));
      };
      CHECK((*nested.down)(3).error().trap == Trap::timeout);
      nested.world.store.clear_interrupt();
      nested.set(0);
    }
  }
}

TEST_CASE("typed calls: stores in turns, inside each other, and on several threads") {
  for (Tier tier : kTiers) {
    Nested a(tier), b(tier);
    auto both = [&](int32_t n) {
      CHECK((*a.down)(n).value() == n);
      CHECK((*b.leaf)(n).value() == n);
    };
    for (int round = 0; round < 4; ++round) {
      both(round);
      // Stacks are kept, not made for each call.
      a.on_the_way = [&](int32_t) {
        CHECK((*b.down)(1).value() == 1);
        CHECK((*b.leaf)(round).value() == round);
      };
      both(2);
      const uint64_t mapped = mapped_memory().stacks;
      for (int i = 0; i < 5; ++i) both(2);
      CHECK(mapped_memory().stacks == mapped);
      a.on_the_way = nullptr;
      std::thread other([&] {
        both(round);
        both(3);
        a.set(3);
        CHECK((*a.down)(1).error().trap == Trap::stack_exhausted);
        a.set(0);
      });
      other.join();  // its stacks are gone
      both(1);
    }
  }
}

TEST_CASE("typed calls: another thread that comes during one, or after the store's end") {
  for (Tier tier : kTiers) {
    std::optional<TypedFunc<int32_t(int32_t)>> kept;
    {
      Nested nested(tier);
      nested.on_the_way = [&](int32_t) {
        std::thread([&] { CHECK((*nested.leaf)(1).error().kind == ErrorKind::usage); }).join();
      };
      for (int round = 0; round < 3; ++round) CHECK((*nested.down)(2).value() == 2);
      std::thread([&] { CHECK((*nested.leaf)(1).value() == 1); }).join();
      kept = nested.leaf;
      CHECK((*kept)(5).value() == 5);
    }
    CHECK((*kept)(5).error().kind == ErrorKind::usage);
  }
}

TEST_CASE("typed calls: a call hook that is set by a host function sees what comes then") {
  for (Tier tier : kTiers) {
    Nested nested(tier);
    int events = 0;
    for (int round = 0; round < 3; ++round) {
      CHECK((*nested.leaf)(1).value() == 1);
      nested.on_the_way = [&](int32_t n) {
        if (n == 2) nested.world.store.set_call_hook([&](CallEvent) { ++events; });
      };
      CHECK((*nested.down)(2).value() == 2);
      // The call that the first function of the host makes, and that of the second one.
      CHECK(events >= 5);
      nested.world.store.set_call_hook(nullptr);
      events = 0;
      nested.on_the_way = nullptr;
      CHECK((*nested.down)(2).value() == 2);
      CHECK(events == 0);
    }
  }
}
