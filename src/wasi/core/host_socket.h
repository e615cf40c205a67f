// Sockets of the host: a listener that the user opened for the guest, and the connections it
// accepts. Also files: reading receives, writing sends.
#pragma once
#include "sys/unique_fd.h"
#include "wasi/core/file.h"

namespace zwasm::wasi {

class HostSocket final : public File {
 public:
  HostSocket(sys::UniqueFd fd, FileType type, FdFlags flags)
      : File(type, Access{.read = true, .write = true}, flags), fd_(std::move(fd)) {}
  int poll_descriptor() const override { return fd_.get(); }
  Readiness readiness(Interest interest, short revents) override;

 private:
  Errno do_set_flags(FdFlags flags) override;
  Result<FileStat> do_stat() override;
  Result<size_t> do_read(IoVecs buffers, sys::Wake& wake) override;
  Result<size_t> do_write(IoVecs buffers, sys::Wake& wake) override;
  Result<FilePtr> do_accept(FdFlags flags, sys::Wake& wake) override;
  Result<Received> do_receive(IoVecs buffers, Peek peek, WaitAll all, sys::Wake& wake) override;
  Result<size_t> do_send(IoVecs buffers, sys::Wake& wake) override;
  Errno do_shut_down(bool receiving, bool sending) override;

  Result<Received> peek_all(IoVecs buffers, sys::Wake& wake);

  sys::UniqueFd fd_;
};

}  // namespace zwasm::wasi
