#include "module/reader.h"

namespace zwasm::module {

void Reader::fail(LoadError::Kind kind, std::string message, uint64_t offset) {
  if (failed_) return;
  failed_ = true;
  error_.kind = kind;
  error_.message = std::move(message);
  error_.offset = offset;
  base_ = offset;
  begin_ = p_ = end_;
}

void Reader::malformed(std::string message, uint64_t at) {
  fail(LoadError::Kind::malformed, std::move(message), at);
}

void Reader::malformed(const char* message, uint64_t at) { malformed(std::string(message), at); }

void Reader::malformed(std::string message) { malformed(std::move(message), offset()); }

void Reader::malformed(const char* message) { malformed(std::string(message), offset()); }

void Reader::fail_end() { malformed(end_message_, base_ + static_cast<uint64_t>(end_ - begin_)); }

void Reader::fail_leb(LebStatus status) {
  switch (status) {
    case LebStatus::ok: break;
    case LebStatus::truncated:
      malformed(std::string(end_message_) + ": integer representation too long or cut off",
                base_ + static_cast<uint64_t>(end_ - begin_));
      break;
    case LebStatus::too_long: malformed("integer representation too long"); break;
    case LebStatus::too_large: malformed("integer too large"); break;
  }
}

}  // namespace zwasm::module
