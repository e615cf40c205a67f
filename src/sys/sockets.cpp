#include "sys/sockets.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <climits>
#include <memory>

namespace zwasm::sys {
namespace {

int socket_option(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &length) != 0) return -1;
  return value;
}

msghdr message_of(Buffers buffers) {
  msghdr message{};
  message.msg_iov = const_cast<::iovec*>(buffers.data());  // sendmsg takes it by a mutable pointer
  message.msg_iovlen = buffers.size();
  return message;
}

}  // namespace

SysResult<UniqueFd> listen_on(const std::string& address) {
  size_t colon = address.rfind(':');
  if (colon == std::string::npos) return fail(EINVAL);
  std::string host = address.substr(0, colon);
  std::string port = address.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found) != 0) {
    return fail(EADDRNOTAVAIL);
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);

  int error = EADDRNOTAVAIL;
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    UniqueFd fd(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int on = 1;
    if (fd && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        ::bind(fd.get(), a->ai_addr, a->ai_addrlen) == 0 && ::listen(fd.get(), SOMAXCONN) == 0) {
      return fd;
    }
    error = errno;
  }
  return fail(error);
}

SysResult<uint16_t> local_port(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return last_error();
  if (storage.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
  }
  if (storage.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
  }
  return fail(EAFNOSUPPORT);
}

SysResult<UniqueFd> accept(int fd) {
  // accept4 waits if the listener is in blocking mode, which we may not change: it is shared. Then
  // the queue is asked first; should another process take the connection in between, the call
  // waits for the next one.
  SysResult<int> flags = open_flags(fd);
  if (!flags) return Err{flags.error()};
  if (!(*flags & O_NONBLOCK)) {
    pollfd p{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&p, 1, 0) == 0) return fail(EAGAIN);
  }
  for (;;) {
    UniqueFd connection(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection) return connection;
    if (errno != EINTR) return last_error();
  }
}

SysResult<Received> receive(int fd, Buffers buffers, Peek peek) {
  for (;;) {
    msghdr message = message_of(buffers);
    ssize_t n = ::recvmsg(fd, &message, MSG_DONTWAIT | (peek == Peek::yes ? MSG_PEEK : 0));
    if (n >= 0) return Received{static_cast<size_t>(n), (message.msg_flags & MSG_TRUNC) != 0};
    if (errno != EINTR) return last_error();
  }
}

SysResult<size_t> send(int fd, Buffers buffers) {
  for (;;) {
    msghdr message = message_of(buffers);
    ssize_t n = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno != EINTR) return last_error();
  }
}

SysResult<void> set_readable_at(int fd, size_t bytes) {
  int value = static_cast<int>(std::min<size_t>(bytes, INT_MAX));
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value) != 0) return last_error();
  return {};
}

SysResult<void> shut_down(int fd, bool receiving, bool sending) {
  if (!receiving && !sending) return fail(EINVAL);
  int how = receiving ? (sending ? SHUT_RDWR : SHUT_RD) : SHUT_WR;
  if (::shutdown(fd, how) != 0) return last_error();
  return {};
}

bool is_socket(int fd) { return socket_option(fd, SO_TYPE) >= 0; }
bool is_stream_socket(int fd) { return socket_option(fd, SO_TYPE) == SOCK_STREAM; }

int pending_error(int fd) {
  int error = socket_option(fd, SO_ERROR);
  return error < 0 ? 0 : error;
}

}  // namespace zwasm::sys
