// Options from a file: `--config FILE`, and `zwasm config`.
#pragma once
#include <string>
#include <vector>

namespace zwasm::cli {

// What a file says, as words of a command line. Ends the process with status 2 and the place on a
// line that is wrong.
std::vector<std::string> read_config(const std::string& path);

// A file in which every option and switch stands as a comment.
std::string config_template();

}  // namespace zwasm::cli
