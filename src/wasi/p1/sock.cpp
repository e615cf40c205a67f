// Functions on sockets.
#include "wasi/p1/abi.h"
#include "wasi/p1/functions.h"

namespace zwasm::wasi::p1 {

Errno sock_accept(P1Call& call, const uint64_t* args) {
  Args a(args);
  if (!known_flags(a.u32(1), static_cast<uint32_t>(FdFlags::all))) return Errno::inval;
  Result<Descriptor> listener = call.ctx.descriptors().get(a.u32(0), right::sock_accept);
  if (!listener) return listener.error();
  Out<uint32_t> connection(call, a.u32(2));
  if (!connection.valid()) return Errno::fault;
  Result<FilePtr> accepted = listener->file->accept(static_cast<FdFlags>(a.u32(1)), call.wake);
  if (!accepted) return accepted.error();
  Rights rights = listener->inheriting & ~right::sock_accept;
  Result<Fd> fd = call.ctx.descriptors().insert({std::move(*accepted), rights, rights});
  if (!fd) return fd.error();
  connection.set(*fd);
  return Errno::success;
}

Errno sock_recv(P1Call& call, const uint64_t* args) {
  constexpr uint32_t kPeek = 1, kWaitAll = 2;
  constexpr uint16_t kTruncated = 1;
  Args a(args);
  uint32_t flags = a.u32(3);
  if (!known_flags(flags, kPeek | kWaitAll)) return Errno::inval;
  Result<FilePtr> file = call.ctx.descriptors().file(a.u32(0), right::fd_read);
  if (!file) return file.error();
  GuestBuffers buffers;
  if (Errno e = buffers.load(call, a.u32(1), a.u32(2)); e != Errno::success) return e;
  Out<uint32_t> count(call, a.u32(4));
  Out<uint16_t> out_flags(call, a.u32(5));
  if (!count.valid() || !out_flags.valid()) return Errno::fault;
  Result<Received> received =
      (*file)->receive(buffers.get(), flags & kPeek ? Peek::yes : Peek::no,
                       flags & kWaitAll ? WaitAll::yes : WaitAll::no, call.wake);
  if (!received) return received.error();
  count.set(static_cast<uint32_t>(received->count));
  out_flags.set(received->truncated ? kTruncated : uint16_t{0});
  return Errno::success;
}

Errno sock_send(P1Call& call, const uint64_t* args) {
  Args a(args);
  if (a.u32(3) != 0) return Errno::inval;  // no flag is defined
  Result<FilePtr> file = call.ctx.descriptors().file(a.u32(0), right::fd_write);
  if (!file) return file.error();
  GuestBuffers buffers;
  if (Errno e = buffers.load(call, a.u32(1), a.u32(2)); e != Errno::success) return e;
  Out<uint32_t> count(call, a.u32(4));
  if (!count.valid()) return Errno::fault;
  Result<size_t> sent = (*file)->send(buffers.get(), call.wake);
  if (!sent) return sent.error();
  count.set(static_cast<uint32_t>(*sent));
  return Errno::success;
}

Errno sock_shutdown(P1Call& call, const uint64_t* args) {
  constexpr uint32_t kReceiving = 1, kSending = 2;
  Args a(args);
  Result<FilePtr> file = call.ctx.descriptors().file(a.u32(0), right::sock_shutdown);
  if (!file) return file.error();
  if (!known_flags(a.u32(1), kReceiving | kSending)) return Errno::inval;
  return (*file)->shut_down((a.u32(1) & kReceiving) != 0, (a.u32(1) & kSending) != 0);
}

}  // namespace zwasm::wasi::p1
