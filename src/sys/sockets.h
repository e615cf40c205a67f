// Stream sockets that somebody else has opened: a listener given to the guest and the connections
// it accepts. None of these functions waits; EAGAIN where they would.
#pragma once
#include <cstdint>
#include <string>

#include "sys/error.h"
#include "sys/files_io.h"
#include "sys/unique_fd.h"

namespace zwasm::sys {

struct Received {
  size_t count = 0;
  bool truncated = false;  // a datagram was longer than the buffers
};

enum class Peek : bool { no, yes };

// A socket listening on "host:port" or "[v6]:port"; port 0 takes a free one.
SysResult<UniqueFd> listen_on(const std::string& address);
// The port a socket is bound to.
SysResult<uint16_t> local_port(int fd);

SysResult<UniqueFd> accept(int fd);
SysResult<Received> receive(int fd, Buffers buffers, Peek peek);
// Never raises SIGPIPE.
SysResult<size_t> send(int fd, Buffers buffers);
// The socket polls readable only when it holds `bytes`, or has ended.
SysResult<void> set_readable_at(int fd, size_t bytes);
SysResult<void> shut_down(int fd, bool receiving, bool sending);
bool is_socket(int fd);
bool is_stream_socket(int fd);
// The error that the socket has stored (and forgets by this), 0 if none.
int pending_error(int fd);

}  // namespace zwasm::sys
