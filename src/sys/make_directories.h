// A directory for files of our own, with those on the way to it.
#pragma once
#include <sys/stat.h>

#include <string>

namespace zwasm::sys {

// Of an absolute path; what is missing is for nobody but the user. Who needs it opens it and sees
// whether it is there.
inline void make_directories(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0700);
  ::mkdir(path.c_str(), 0700);
}

}  // namespace zwasm::sys
