// `zwasm cache`: what the cache of compiled code holds; `zwasm cache clear` empties it.
#include <zwasm/zwasm.h>

#include <cstdio>

#include "commands.h"
#include "json.h"
#include "report.h"

namespace zwasm::cli {

int cache(const CommandRow& command, Args args) {
  ParsedArgs parsed = parse_args(command, args, Order::anywhere);
  const bool clear = parsed.operands.size() == 1 && parsed.operands[0] == "clear";
  if (!parsed.operands.empty() && !clear)
    return usage_error("cache takes nothing, or clear", command.name);
  const CodeCacheUsage usage = clear ? clear_code_cache() : code_cache_usage();
  const std::string directory = code_cache_directory();
  if (parsed.has(OptionId::json)) {
    Json json = Json::object();
    json.set("directory", directory);
    json.set(clear ? "removed_entries" : "entries", usage.entries);
    json.set(clear ? "removed_bytes" : "bytes", usage.bytes);
    std::printf("%s\n", json.dump(2).c_str());
    return kOk;
  }
  std::printf("%s: %zu entries, %llu bytes%s\n",
              directory.empty() ? "nowhere" : printable(directory).c_str(), usage.entries,
              static_cast<unsigned long long>(usage.bytes), clear ? " removed" : "");
  return kOk;
}

}  // namespace zwasm::cli
