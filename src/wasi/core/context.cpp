#include "wasi/core/context.h"

#include <fcntl.h>

#include "base/format.h"
#include "base/utf8.h"
#include "sys/files_io.h"
#include "sys/sockets.h"
#include "wasi/core/host_directory.h"
#include "wasi/core/host_file.h"
#include "wasi/core/host_socket.h"

namespace zwasm::wasi {
namespace {

// Both lists reach the guest as strings that end at the first NUL.
std::string check_strings(const std::vector<std::string>& list, std::string_view what,
                          bool need_equals) {
  uint64_t total = 0;
  for (const std::string& s : list) {
    total += s.size() + 1;
    if (s.find('\0') != std::string::npos) {
      return fmt::format("{} '{}' contains a NUL byte", what, s.c_str());
    }
    if (need_equals && s.find('=') == std::string::npos) {
      return fmt::format("{} '{}' has no '=': expected NAME=value", what, s);
    }
  }
  if (total > INT32_MAX || list.size() > INT32_MAX / sizeof(uint32_t)) {
    return fmt::format("the list of each {} is too long for a guest", what);
  }
  return {};
}

std::string failure(std::string_view action, std::string_view name, Errno e) {
  return fmt::format("cannot {} '{}': {}", action, name, errno_text(e));
}

// A standard stream that the host has as a descriptor.
Result<FilePtr> stream_file(HostFd fd, Access access) {
  auto st = sys::stat_of(fd.get());
  if (!st) return fail(to_errno(st.error()));
  auto flags = sys::open_flags(fd.get());
  bool append = flags && (*flags & O_APPEND);
  return make_host_file(std::move(fd), *st, access, append ? FdFlags::append : FdFlags::none);
}

}  // namespace

BasicResult<std::unique_ptr<Context>, ContextError> Context::create(ContextConfig config) {
  std::unique_ptr<Context> context(new Context(config.max_descriptors));
  std::string problem = check_strings(config.args, "argument", false);
  if (problem.empty()) problem = check_strings(config.env, "environment variable", true);
  context->args_ = std::move(config.args);
  context->env_ = std::move(config.env);
  context->clock_ = config.clock;
  context->random_ = config.random;
  if (problem.empty()) problem = context->add_stream(std::move(config.in), 0);
  if (problem.empty()) problem = context->add_stream(std::move(config.out), 1);
  if (problem.empty()) problem = context->add_stream(std::move(config.err), 2);
  for (Preopen& p : config.preopens) {
    if (problem.empty()) problem = context->add_preopen(std::move(p), config);
  }
  for (Listener& l : config.listeners) {
    if (problem.empty()) problem = context->add_listener(std::move(l));
  }
  if (problem.empty()) problem = Tracer::create(std::move(config.trace), context->tracer_);
  if (!problem.empty()) return Err{ContextError{std::move(problem)}};
  return context;
}

std::string Context::add_stream(StdStream stream, int number) {
  bool input = number == 0;
  Access access{.read = input, .write = !input};
  FilePtr file;
  switch (stream.kind_) {
    case StdStream::Kind::refused: file = std::make_shared<RefusedFile>(); break;
    case StdStream::Kind::null: file = std::make_shared<NullFile>(); break;
    case StdStream::Kind::input: file = std::make_shared<InputFile>(std::move(stream.text_)); break;
    case StdStream::Kind::captured: file = std::make_shared<OutputFile>(stream.output_); break;
    case StdStream::Kind::inherited:
    case StdStream::Kind::descriptor: {
      bool inherited = stream.kind_ == StdStream::Kind::inherited;
      auto host = stream_file(
          inherited ? HostFd::borrow(number) : HostFd::own(std::move(stream.fd_)), access);
      if (host) {
        file = std::move(*host);
      } else if (inherited && host.error() == Errno::badf) {
        file = std::make_shared<NullFile>();  // closed before we started: nobody listens
      } else {
        return fmt::format("cannot use descriptor as standard stream {}: {}", number,
                           errno_text(host.error()));
      }
      break;
    }
  }
  Rights rights = applicable_rights(file->type()) & ~(input ? right::fd_write : right::fd_read);
  Result<Fd> fd = descriptors_.insert({std::move(file), rights, rights});
  return fd ? std::string() : std::string(errno_text(fd.error()));
}

std::string Context::add_preopen(Preopen preopen, const ContextConfig& config) {
  if (preopen.guest_name.empty() || !is_utf8(preopen.guest_name)) {
    return fmt::format("the guest's name '{}' of a directory is empty or not UTF-8",
                       preopen.guest_name);
  }
  FilePtr directory;
  if (preopen.memory) {
    directory = preopen.memory->open_top(preopen.access);
  } else {
    auto host = HostDirectory::open_top(preopen.host_path, preopen.access, config.resolver,
                                        config.withheld);
    if (!host) return failure("open directory", preopen.host_path, host.error());
    directory = std::move(*host);
  }
  Descriptor d{std::move(directory), preopen_base_rights(), preopen_inheriting_rights()};
  Result<Fd> fd = descriptors_.insert_preopen(std::move(d), std::move(preopen.guest_name));
  return fd ? std::string() : std::string(errno_text(fd.error()));
}

std::string Context::add_listener(Listener listener) {
  if (!listener.descriptor) {
    auto socket = sys::listen_on(listener.address);
    if (!socket) return failure("listen on", listener.address, to_errno(socket.error()));
    listener.descriptor = std::move(*socket);
  } else if (!sys::is_stream_socket(listener.descriptor.get())) {
    return "a listener's descriptor is not a stream socket";
  }
  auto file = std::make_shared<HostSocket>(std::move(listener.descriptor), FileType::socket_stream,
                                           FdFlags::none);
  Rights rights = applicable_rights(FileType::socket_stream);
  Result<Fd> fd = descriptors_.insert({std::move(file), rights, rights});
  return fd ? std::string() : std::string(errno_text(fd.error()));
}

}  // namespace zwasm::wasi
