// What can stand behind a guest's standard streams when it is not a descriptor of the host's:
// nothing, a text given beforehand, a buffer that captures what is written, or a refusal.
#pragma once
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "wasi/core/file.h"

namespace zwasm::wasi {

// Output of a guest, kept in memory. Thread-safe: it may be read while the guest runs.
class CapturedOutput {
 public:
  static constexpr size_t kDefaultLimit = size_t{64} << 20;
  // A write beyond `limit` bytes is cut short, then gives `nospc`.
  explicit CapturedOutput(size_t limit = kDefaultLimit) : limit_(limit) {}
  // Nothing is kept: `sink` gets each piece at once, one at a time.
  explicit CapturedOutput(std::function<void(std::string_view)> sink)
      : limit_(0), sink_(std::move(sink)) {}

  std::string text() const {
    std::lock_guard lock(mutex_);
    return text_;
  }
  // The text so far, which is forgotten.
  std::string take() {
    std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }
  Result<size_t> append(IoVecs buffers);

 private:
  mutable std::mutex mutex_;
  std::string text_;
  const size_t limit_;
  const std::function<void(std::string_view)> sink_;
};

// Every operation is `acces`: the stream was not granted.
class RefusedFile final : public File {
 public:
  RefusedFile() : File(FileType::unknown, Access{}, FdFlags::none) {}
};

// Reads as empty, swallows what is written.
class NullFile final : public File {
 public:
  NullFile() : File(FileType::character_device, Access{true, true}, FdFlags::none) {}

 private:
  Result<size_t> do_read(IoVecs, sys::Wake&) override { return size_t{0}; }
  Result<size_t> do_write(IoVecs buffers, sys::Wake&) override;
};

class InputFile final : public File {
 public:
  explicit InputFile(std::string text)
      : File(FileType::unknown, Access{.read = true, .write = false}, FdFlags::none),
        text_(std::move(text)) {}
  Readiness readiness(Interest interest, short revents) override;

 private:
  Result<size_t> do_read(IoVecs buffers, sys::Wake& wake) override;

  std::mutex mutex_;
  const std::string text_;
  size_t position_ = 0;
};

class OutputFile final : public File {
 public:
  explicit OutputFile(std::shared_ptr<CapturedOutput> output)
      : File(FileType::unknown, Access{.read = false, .write = true}, FdFlags::none),
        output_(std::move(output)) {}

 private:
  Result<size_t> do_write(IoVecs buffers, sys::Wake&) override { return output_->append(buffers); }

  std::shared_ptr<CapturedOutput> output_;
};

}  // namespace zwasm::wasi
