// C++ with its library: containers, strings, streams, virtual calls, closures, algorithms.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual std::string name() const = 0;
};
struct Circle : Shape {
  explicit Circle(double r) : r(r) {}
  double area() const override { return 3.0 * r * r; }
  std::string name() const override { return "circle"; }
  double r;
};
struct Box : Shape {
  Box(double w, double h) : w(w), h(h) {}
  double area() const override { return w * h; }
  std::string name() const override { return "box"; }
  double w, h;
};

static struct AtStart {
  AtStart() { std::cout << "constructed before main\n"; }
  ~AtStart() { std::cout << "destroyed after main\n"; }
} at_start;

int main(int argc, char** argv) {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 0; i < 1000; i++) {
    if (i % 3) shapes.push_back(std::make_unique<Circle>(i * 0.5));
    else shapes.push_back(std::make_unique<Box>(i, 2));
  }
  std::map<std::string, double> areas;
  for (const auto& shape : shapes) areas[shape->name()] += shape->area();
  for (const auto& [name, area] : areas)
    std::cout << name << ' ' << std::setprecision(12) << area << '\n';

  std::unordered_map<std::string, int> counts;
  std::istringstream text(
      "the quick brown fox jumps over the lazy dog and the fox runs from the dog over and over");
  for (std::string word; text >> word;) counts[word]++;
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  for (const auto& [word, count] : sorted) std::cout << word << '=' << count << ' ';
  std::cout << '\n';

  std::vector<std::uint64_t> numbers(200000);
  std::uint64_t x = 88172645463325252u;
  for (auto& n : numbers) n = (x ^= x << 13, x ^= x >> 7, x ^= x << 17);
  std::sort(numbers.begin(), numbers.end());
  std::set<std::uint64_t> unique(numbers.begin(), numbers.end());
  std::cout << unique.size() << ' ' << std::hex << *unique.begin() << ' ' << numbers[100000]
            << std::dec << '\n';

  std::function<long(int)> fib = [&](int n) -> long { return n < 2 ? n : fib(n - 1) + fib(n - 2); };
  std::cout << "fib " << fib(22) << '\n';
  std::string all;
  for (int i = 1; i < argc; i++) all += std::string(argv[i]) + ",";
  std::cout << "arguments " << all << ' ' << std::accumulate(all.begin(), all.end(), 0) << '\n';
  return 3;
}
