// Objects of the garbage-collected heap, made and read by guest and host.
#include <zwasm/zwasm.h>

#include <cstdio>

int main() {
  zwasm::Engine engine;
  zwasm::Store store(engine);
  auto module = zwasm::Module::from_wat(engine, R"((module
    (type $point (struct (field $x (mut i32)) (field $y (mut i32))))
    (type $points (array (mut (ref null $point))))
    (func (export "point") (param i32 i32) (result (ref $point))
      (struct.new $point (local.get 0) (local.get 1)))
    (func (export "row") (param $n i32) (result (ref $points)) (local $a (ref $points))
      (local.set $a (array.new_default $points (local.get $n)))
      (loop $next (if (local.get $n) (then
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (array.set $points (local.get $a) (local.get $n)
          (struct.new $point (local.get $n) (i32.const 7)))
        (br $next))))
      (local.get $a))
    (func (export "sum") (param $p (ref $point)) (result i32)
      (i32.add (struct.get $point $x (local.get $p)) (struct.get $point $y (local.get $p))))
    (func (export "garbage") (param $n i32)
      (loop $next
        (drop (struct.new $point (local.get $n) (local.get $n)))
        (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))")
                    .value();
  auto instance = zwasm::Instance::create(store, module, {}).value();

  // A Ref keeps its object alive wherever the collector moves it.
  zwasm::Ref point = instance.call("point", {3, 4}).value()[0].ref();
  std::printf("a point of type %s\n", point.type().to_string().c_str());
  point.set_field(0, 38).value();
  instance.call("garbage", {1'000'000}).value();
  store.collect();
  std::printf("x = %d, y = %d, sum = %d\n", point.field(0).value().i32(),
              point.field(1).value().i32(), instance.call("sum", {point}).value()[0].i32());

  zwasm::Ref row = instance.call("row", {5}).value()[0].ref();
  std::printf("%u points, the last has x = %d\n", row.length().value(),
              row.element(4).value().ref().field(0).value().i32());
  std::printf("beyond: %s\n", row.element(5).error().message.c_str());

  // The host makes objects of the same types; a wrong field type is an error.
  const zwasm::Value fields[] = {20, 22};
  zwasm::Ref own = zwasm::Ref::new_struct(store, point.type(), fields).value();
  std::printf("the host's own: %d\n", instance.call("sum", {own}).value()[0].i32());
}
