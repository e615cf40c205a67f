// The labels that are in scope, innermost last. A name may hide an outer one; looking one up takes
// constant time however deep the nesting is.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zwasm::text {

class LabelStack {
 public:
  // An empty name is none. The characters must outlive the label.
  void push(std::string_view name) {
    if (!name.empty()) by_name_[name].push_back(names_.size());
    names_.push_back(name);
  }
  void pop() {
    if (!names_.back().empty()) {
      auto it = by_name_.find(names_.back());
      it->second.pop_back();
      if (it->second.empty()) by_name_.erase(it);
    }
    names_.pop_back();
  }
  void clear() {
    names_.clear();
    by_name_.clear();
  }
  size_t size() const { return names_.size(); }
  std::string_view name(size_t position) const { return names_[position]; }
  // Where the innermost label of this name stands, from the outside.
  std::optional<size_t> find(std::string_view name) const {
    auto it = by_name_.find(name);
    if (it == by_name_.end()) return std::nullopt;
    return it->second.back();
  }

 private:
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::vector<size_t>> by_name_;
};

}  // namespace zwasm::text
