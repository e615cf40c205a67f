#include "wasi/core/host_socket.h"

#include "sys/sockets.h"
#include "wasi/core/blocking.h"
#include "wasi/core/host_file.h"

namespace zwasm::wasi {

Errno HostSocket::do_set_flags(FdFlags flags) {
  // Appending and syncing mean nothing for a socket.
  return any(flags & ~FdFlags::nonblock) ? Errno::inval : Errno::success;
}

Result<FileStat> HostSocket::do_stat() {
  auto st = sys::stat_of(fd_.get());
  if (!st) return fail(to_errno(st.error()));
  FileStat stat = file_stat_of(*st);
  stat.type = type();
  return stat;
}

Result<size_t> HostSocket::do_read(IoVecs buffers, sys::Wake& wake) {
  Result<Received> received = do_receive(buffers, Peek::no, WaitAll::no, wake);
  if (!received) return fail(received.error());
  return received->count;
}

Result<size_t> HostSocket::do_write(IoVecs buffers, sys::Wake& wake) {
  return do_send(buffers, wake);
}

Result<FilePtr> HostSocket::do_accept(FdFlags flags, sys::Wake& wake) {
  if (any(flags & ~FdFlags::nonblock)) return fail(Errno::inval);
  Blocking how{fd_.get(), POLLIN, nonblocking(), wake};
  Result<sys::UniqueFd> connection = attempt_or_wait(how, [&] { return sys::accept(fd_.get()); });
  if (!connection) return fail(connection.error());
  return FilePtr(std::make_shared<HostSocket>(std::move(*connection), type(), flags));
}

Result<Received> HostSocket::do_receive(IoVecs buffers, Peek peek, WaitAll all, sys::Wake& wake) {
  if (all == WaitAll::yes && type() == FileType::socket_stream) {
    if (peek == Peek::yes) return peek_all(buffers, wake);
    Blocking how{fd_.get(), POLLIN, nonblocking(), wake};
    Result<size_t> count = transfer_all(how, buffers, [&](IoVecs rest) -> sys::SysResult<size_t> {
      auto received = sys::receive(fd_.get(), rest, sys::Peek::no);
      if (!received) return Err{received.error()};
      return received->count;
    });
    if (!count) return fail(count.error());
    return Received{*count, false};
  }
  Blocking how{fd_.get(), POLLIN, nonblocking(), wake};
  auto host_peek = peek == Peek::yes ? sys::Peek::yes : sys::Peek::no;
  Result<sys::Received> received =
      attempt_or_wait(how, [&] { return sys::receive(fd_.get(), buffers, host_peek); });
  if (!received) return fail(received.error());
  return Received{received->count, received->truncated};
}

// What was peeked at stays in the socket, so it keeps polling readable: the kernel is told how
// much to wait for.
Result<Received> HostSocket::peek_all(IoVecs buffers, sys::Wake& wake) {
  size_t wanted = 0;
  for (const IoVec& b : buffers) wanted += b.iov_len;
  if (!nonblocking() && wanted > 1 && sys::set_readable_at(fd_.get(), wanted)) {
    Errno e = wait_ready(fd_.get(), POLLIN, wake);
    if (!sys::set_readable_at(fd_.get(), 1)) return fail(Errno::io);
    if (e != Errno::success) return fail(e);
  }
  return do_receive(buffers, Peek::yes, WaitAll::no, wake);
}

Result<size_t> HostSocket::do_send(IoVecs buffers, sys::Wake& wake) {
  Blocking how{fd_.get(), POLLOUT, nonblocking(), wake};
  return transfer_all(how, buffers, [&](IoVecs rest) { return sys::send(fd_.get(), rest); });
}

Errno HostSocket::do_shut_down(bool receiving, bool sending) {
  auto done = sys::shut_down(fd_.get(), receiving, sending);
  return done ? Errno::success : to_errno(done.error());
}

Readiness HostSocket::readiness(Interest interest, short revents) {
  Readiness r = stream_readiness(fd_.get(), interest, revents);
  if (revents & POLLERR) {
    if (int error = sys::pending_error(fd_.get()); error != 0) r.error = errno_from_host(error);
  }
  return r;
}

}  // namespace zwasm::wasi
