// The folder that a training run leaves: history.csv and report.html.
#pragma once

#include <string>
#include <vector>

namespace lamina::cli {

/// Makes `wanted`, or, if that is empty, the first free of runs/NAME-YYYYMMDD-1, -2, ... Returns its path.
/// Throws FileError.
std::string make_run_folder(const std::string& wanted, const std::string& name);

/// `words` as a POSIX shell reads them back.
std::string shell_line(const std::vector<std::string>& words);

/// "22 November 2026"
std::string today();

}  // namespace lamina::cli
