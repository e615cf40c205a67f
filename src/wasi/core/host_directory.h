// A directory of the host. Paths below it are resolved by sys/files.h, which confines them.
#pragma once
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "sys/files.h"
#include "wasi/core/file.h"

namespace zwasm::wasi {

// The top of a preopened tree; what is above it does not exist for the guest.
struct HostTreeTop {
  uint64_t dev = 0;
  uint64_t ino = 0;
};

class HostDirectory final : public Directory {
 public:
  // Opens `host_path` as the top of a tree. `access` holds for everything below it.
  // `withheld`: directories that no guest may reach (sys/withheld.h); below one nothing opens.
  static Result<FilePtr> open_top(const std::string& host_path, Access access,
                                  sys::Resolver resolver = sys::Resolver::automatic,
                                  std::span<const std::string> withheld = {});

  HostDirectory(sys::UniqueFd fd, HostTreeTop top, Access access, FdFlags flags,
                sys::Resolver resolver, std::shared_ptr<const sys::Withheld> withheld)
      : Directory(Backend::host, access, flags),
        fd_(std::move(fd)),
        top_(top),
        resolver_(resolver),
        withheld_(std::move(withheld)) {}

 private:
  Result<FileStat> do_stat() override;
  Errno do_set_times(const TimeChanges& changes) override;
  Errno do_sync() override;
  Errno do_sync_data() override;
  Result<FilePtr> do_open(const std::string& path, const OpenOptions& options,
                          sys::Wake& wake) override;
  Result<FileStat> do_stat_at(const std::string& path, Follow follow) override;
  Errno do_set_times_at(const std::string& path, Follow follow,
                        const TimeChanges& changes) override;
  Result<std::string> do_read_link(const std::string& path) override;
  Errno do_create_directory(const std::string& path) override;
  Errno do_remove_directory(const std::string& path) override;
  Errno do_unlink_file(const std::string& path) override;
  Errno do_symlink(const std::string& target, const std::string& path) override;
  Errno do_link(const std::string& old_path, Follow follow, Directory& to,
                const std::string& new_path) override;
  Errno do_rename(const std::string& old_path, Directory& to, const std::string& new_path) override;
  Errno do_list(uint64_t cookie, EntrySink& sink) override;

  sys::Root root() const { return {fd_.get(), resolver_, withheld_.get()}; }
  sys::SysResult<sys::UniqueFd> open_waiting_for_reader(const std::string& path, int flags,
                                                        bool follow, sys::Wake& wake);

  sys::UniqueFd fd_;
  HostTreeTop top_;
  sys::Resolver resolver_;
  std::shared_ptr<const sys::Withheld> withheld_;
  std::mutex listing_;  // the descriptor's offset is the place in the listing
};

}  // namespace zwasm::wasi
