#include "wasi/p1/trace.h"

#include <optional>
#include <span>

#include "base/format.h"
#include "wasi/core/rights.h"
#include "wasi/p1/abi.h"

namespace zwasm::wasi::p1 {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view kLookupFlags[] = {"symlink_follow"};
constexpr std::string_view kOpenFlags[] = {"creat", "directory", "excl", "trunc"};
constexpr std::string_view kFdFlags[] = {"append", "dsync", "nonblock", "rsync", "sync"};
constexpr std::string_view kTimeFlags[] = {"atim", "atim_now", "mtim", "mtim_now"};
constexpr std::string_view kReceiveFlags[] = {"recv_peek", "recv_waitall"};
constexpr std::string_view kShutdownFlags[] = {"rd", "wr"};
constexpr std::string_view kRights[] = {
#define WASI_RIGHT(name) #name,
#include "wasi/core/rights.def"
#undef WASI_RIGHT
};
constexpr std::string_view kClocks[] = {"realtime", "monotonic", "process_cputime_id",
                                        "thread_cputime_id"};
constexpr std::string_view kAdvice[] = {"normal",   "sequential", "random",
                                        "willneed", "dontneed",   "noreuse"};
constexpr std::string_view kWhence[] = {"set", "cur", "end"};
constexpr std::string_view kFileTypes[] = {"unknown",       "block_device", "character_device",
                                           "directory",     "regular_file", "socket_dgram",
                                           "socket_stream", "symbolic_link"};

struct FlagSet {
  std::string_view kind;
  Names names;
};
constexpr FlagSet kFlagSets[] = {
    {"lookupflags", kLookupFlags}, {"oflags", kOpenFlags},     {"fdflags", kFdFlags},
    {"fstflags", kTimeFlags},      {"riflags", kReceiveFlags}, {"sdflags", kShutdownFlags},
    {"rights", kRights},
};
constexpr FlagSet kEnumerations[] = {{"clock", kClocks}, {"advice", kAdvice}};

std::optional<Names> find_names(std::span<const FlagSet> sets, std::string_view kind) {
  for (const FlagSet& s : sets) {
    if (s.kind == kind) return s.names;
  }
  return std::nullopt;
}

std::string flag_text(uint64_t value, Names names) {
  std::string text;
  for (size_t bit = 0; bit < names.size(); ++bit) {
    if (!(value >> bit & 1)) continue;
    if (!text.empty()) text += '|';
    text += names[bit];
    value &= ~(uint64_t{1} << bit);
  }
  if (value != 0) append_format(text, "{}{:#x}", text.empty() ? "" : "|", value);
  return text.empty() ? "0" : text;
}

std::string name_text(uint64_t value, Names names) {
  return value < names.size() ? std::string(names[value]) : fmt::format("{}", value);
}

// One parameter as p1.def describes it.
struct Parameter {
  std::string_view name;
  std::string_view kind;
  bool result = false;
};

// Takes the first parameter off `rest`.
Parameter next_parameter(std::string_view& rest) {
  size_t end = rest.find(' ');
  std::string_view word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  size_t mark = word.find_first_of(":>");
  return {word.substr(0, mark), word.substr(mark + 1), word[mark] == '>'};
}

class Describer {
 public:
  Describer(const P1Function& function, const P1Call& call, const uint64_t* args,
            TraceFormat format)
      : function_(function),
        call_(call),
        memory_(call.mem),
        args_(args),
        json_(format == TraceFormat::json),
        format_(format) {}

  CallText describe(Errno result) {
    CallText text;
    bool succeeded = result == Errno::success && call_.outcome == Outcome::returned;
    size_t index = 0;
    std::string_view rest = function_.parameters;
    while (!rest.empty()) {
      Parameter p = next_parameter(rest);
      bool shown_after = p.result || p.kind == "text";
      if (!shown_after) text.arguments.emplace_back(p.name, input(p.kind, index));
      else if (succeeded) text.results.emplace_back(p.name, output(p.kind, index));
      bool pair = p.kind == "str" || p.kind == "buf" || p.kind == "iovs" || p.kind == "text";
      index += pair ? 2 : 1;
    }
    text.outcome = call_.outcome == Outcome::interrupted ? "interrupted"
                   : call_.outcome == Outcome::exited    ? "exit"
                                                         : errno_name(result);
    return text;
  }

 private:
  // A word that is no number: plain in text, a string in JSON.
  std::string word(const std::string& text) const {
    return json_ ? fmt::format("\"{}\"", text) : text;
  }

  std::string quoted(std::string_view text) const {
    std::string q;
    append_quoted(q, text, format_);
    return q;
  }

  std::string input(std::string_view kind, size_t index) {
    uint64_t value = args_[index];
    auto low = static_cast<uint32_t>(value);
    if (kind == "u64") return fmt::format("{}", value);
    if (kind == "i64") return fmt::format("{}", static_cast<int64_t>(value));
    if (kind == "ptr") return word(fmt::format("{:#x}", low));
    if (kind == "str") return string_argument(low, static_cast<uint32_t>(args_[index + 1]));
    // Of buffers the size is told, or how many there are; the content is the guest's business.
    if (kind == "buf" || kind == "iovs") {
      return fmt::format("{}", static_cast<uint32_t>(args_[index + 1]));
    }
    if (kind == "whence") return word(whence_text(low));
    if (kind == "rights") return word(flag_text(value, kRights));
    if (auto names = find_names(kFlagSets, kind)) return word(flag_text(low, *names));
    if (auto names = find_names(kEnumerations, kind)) return word(name_text(low, *names));
    return fmt::format("{}", low);  // fd, u32
  }

  // The string as the call read it; if it never came to that, as it stands now.
  std::string string_argument(uint32_t address, uint32_t length) {
    const std::vector<std::string>* read = call_.strings_read;
    if (read != nullptr && next_string_ < read->size()) return quoted((*read)[next_string_++]);
    return text_at(address, length);
  }

  std::string text_at(uint32_t address, uint32_t length) const {
    if (!memory_.contains(address, length)) return word("out of bounds");
    length = std::min<uint32_t>(length, kMaxPathBytes);
    std::string copy(length, '\0');
    if (length > 0) std::memcpy(copy.data(), memory_.at(address), length);
    return quoted(copy);
  }

  std::string whence_text(uint32_t value) const {
    bool preview1 = function_.module == "wasi_snapshot_preview1";
    if (value > 2) return fmt::format("{}", value);
    Whence w = preview1 ? Preview1::kWhence[value] : Snapshot0::kWhence[value];
    return std::string(kWhence[static_cast<size_t>(w)]);
  }

  // A result that the call has stored, so its place was checked.
  std::string output(std::string_view kind, size_t index) const {
    auto address = static_cast<uint32_t>(args_[index]);
    if (kind == "u16") return fmt::format("{}", memory_.load<uint16_t>(address));
    if (kind == "u64") return fmt::format("{}", memory_.load<uint64_t>(address));
    if (kind == "prestat") return word("directory");
    if (kind == "fdstat") return word(name_text(*memory_.at(address), kFileTypes));
    if (kind == "filestat") {
      return word(name_text(*memory_.at(uint64_t{address} + 16), kFileTypes));
    }
    if (kind == "text") {
      Memory memory = memory_;
      auto length = static_cast<uint32_t>(args_[index + 1]);
      std::string_view shown(reinterpret_cast<const char*>(memory.at(address)), length);
      return quoted(shown.substr(0, kMaxPathBytes));
    }
    return fmt::format("{}", memory_.load<uint32_t>(address));  // fd, u32
  }

  const P1Function& function_;
  const P1Call& call_;
  const Memory memory_;
  const uint64_t* args_;
  const bool json_;
  const TraceFormat format_;
  size_t next_string_ = 0;
};

}  // namespace

CallText call_text(const P1Function& function, const P1Call& call, const uint64_t* args,
                   Errno result, TraceFormat format) {
  return Describer(function, call, args, format).describe(result);
}

std::string trace_line(const P1Function& function, const CallText& text, TraceFormat format) {
  const bool json = format == TraceFormat::json;
  auto list = [&](const auto& values) {
    std::string all;
    for (const auto& [name, value] : values) {
      if (!all.empty()) all += json ? "," : ", ";
      if (json) append_format(all, "\"{}\":{}", name, value);
      else append_format(all, "{}={}", name, value);
    }
    return all;
  };
  const std::string arguments = list(text.arguments), results = list(text.results);
  if (json)
    return fmt::format(R"({{"call":"{}","args":{{{}}},"errno":"{}","result":{{{}}}}})",
                       function.name, arguments, text.outcome, results);
  return fmt::format("{}({}) = {}{}", function.name, arguments, text.outcome,
                     results.empty() ? results : fmt::format(" ({})", results));
}

}  // namespace zwasm::wasi::p1
