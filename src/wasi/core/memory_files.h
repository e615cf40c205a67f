// Open files and directories of a file system in memory (memory_fs.h).
#pragma once
#include "wasi/core/memory_fs.h"

namespace zwasm::wasi {

class MemoryFile final : public File {
 public:
  // With the lock of `fs` held.
  MemoryFile(std::shared_ptr<MemoryFs> fs, MemoryFs::NodeId node, Access access, FdFlags flags);
  ~MemoryFile() override;
  Readiness readiness(Interest interest, short revents) override;

 private:
  Result<FileStat> do_stat() override;
  Errno do_set_times(const TimeChanges& changes) override;
  Result<size_t> do_read(IoVecs buffers, sys::Wake& wake) override;
  Result<size_t> do_write(IoVecs buffers, sys::Wake& wake) override;
  Result<size_t> do_read_at(IoVecs buffers, uint64_t offset) override;
  Result<size_t> do_write_at(IoVecs buffers, uint64_t offset) override;
  Result<uint64_t> do_seek(int64_t offset, Whence whence) override;
  Errno do_set_size(uint64_t size) override;
  Errno do_allocate(uint64_t offset, uint64_t length) override;
  Errno do_advise(uint64_t, uint64_t, Advice) override { return Errno::success; }
  Errno do_sync() override { return Errno::success; }
  Errno do_sync_data() override { return Errno::success; }

  size_t read_locked(IoVecs buffers, uint64_t offset);
  Result<size_t> write_locked(IoVecs buffers, uint64_t offset);

  const std::shared_ptr<MemoryFs> fs_;
  const MemoryFs::NodeId node_;
  uint64_t position_ = 0;
};

class MemoryDirectory final : public Directory {
 public:
  // With the lock of `fs` held.
  MemoryDirectory(std::shared_ptr<MemoryFs> fs, MemoryFs::NodeId node, Access access,
                  FdFlags flags);
  ~MemoryDirectory() override;

 private:
  Result<FileStat> do_stat() override;
  Errno do_set_times(const TimeChanges& changes) override;
  Errno do_sync() override { return Errno::success; }
  Errno do_sync_data() override { return Errno::success; }
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

  const std::shared_ptr<MemoryFs> fs_;
  const MemoryFs::NodeId node_;
};

}  // namespace zwasm::wasi
