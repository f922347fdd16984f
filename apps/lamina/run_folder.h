// The folder that a training run leaves: history.csv, report.html, and run.json, which says whose they are.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/base/json.h"

namespace lamina::cli {

/// What run.json says of the run that a folder belongs to. Nothing in it leads anywhere: it is only compared.
struct RunNote {
  std::string checkpoint;  ///< of the training, relative to the folder; empty: it has none
  double seconds = 0;      ///< of training so far, in all processes
  /// Of a training that is done, for `lamina report`: its name, task, options, metrics, ... Not read back.
  Json about = Json::object();
  /// Why the folder's note cannot be understood, with its name; "" where it can, and where there is none.
  std::string problem = {};
};
void write_run_note(const std::string& folder, const RunNote& note, const WriteOptions& options);
/// The folder's note; an empty one when there is none, or one of an older release or another program. What is
/// wrong with one is its problem.
RunNote read_run_note(const std::string& folder);

/// `checkpoint` as the note of a run in `folder` names it.
std::string checkpoint_name(const std::string& checkpoint, const std::string& folder);

/// The newest folder in runs/ whose note names `checkpoint`; "" when there is none. Notes that cannot be
/// understood are told. A checkpoint itself does
/// not say where its run folder is: whoever made the file could choose what is overwritten.
std::string find_run_folder(const std::string& checkpoint);

/// Makes `wanted`, or, if that is empty, the first free of runs/NAME-YYYYMMDD-1, -2, ... Returns its path.
/// Throws FileError.
std::string make_run_folder(const std::string& wanted, const std::string& name);

/// `words` as a POSIX shell reads them back.
std::string shell_line(const std::vector<std::string>& words);

/// "22 November 2026"
std::string today();

}  // namespace lamina::cli
