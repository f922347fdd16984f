// What the subcommands share: how they register, speak and fail.
#pragma once

#include <cstdio>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "command.h"
#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/core/tensor.h"
#include "lamina/formats/text_tensors.h"
#include "lamina/nn/model.h"

namespace lamina::cli {

/// A command line that cannot be understood: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What main() runs after the command line has been read; returns the exit status.
using Action = std::function<int()>;

// Each adds one subcommand to `app`, which stores its action when it is the one that was called.
void add_bench(CLI::App& app, Action& action);
/// `completion` and `man`, which tell of all that are there when they are called.
void add_completion(CLI::App& app, Action& action);
void add_convert(CLI::App& app, Action& action);
void add_data(CLI::App& app, Action& action);
void add_diff(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
/// `words`: the command line, which its report repeats.
void add_evaluate(CLI::App& app, Action& action, const std::vector<std::string>& words);
/// `generate` and `translate` of language models.
void add_generate(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_list(CLI::App& app, Action& action);
void add_new(CLI::App& app, Action& action);
void add_predict(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_run(CLI::App& app, Action& action);
void add_summary(CLI::App& app, Action& action);
void add_tokenize(CLI::App& app, Action& action);
/// `words`: the command line, which train repeats when it says how to resume.
void add_train(CLI::App& app, Action& action, const std::vector<std::string>& words);
void add_translate(CLI::App& app, Action& action);

/// The flag `--json` for a command that prints `what` with it.
void add_json(Command& command, bool& json, const std::string& what);
/// `--device D` and `--threads N`; enter() puts them to work for as long as what it returns lives.
struct Place {
  std::string device;
  int threads = 0;
};
void add_place(Command& command, Place& place);
[[nodiscard]] DeviceScope enter(const Place& place);

/// The network in a file; the message of what load_model throws gets a hint when `path` does not exist.
/// Throws InvalidArgument for a file of an estimator.
Model load(const std::string& path, const LoadOptions& options = {});

/// The same to ask it for predictions or to describe it. What only training would miss is no error, but is
/// told in one warning.
Model load_to_ask(const std::string& path);

/// The result of `work`, which computes with what `source` holds: what is wrong with that names it.
template <class F>
auto with_data_of(const std::string& source, F&& work) {
  try {
    return std::forward<F>(work)();
  } catch (const InvalidArgument& error) {
    const std::string message = error.what();
    if (message.find(source) != std::string::npos) throw;
    throw InvalidArgument("'" + source + "': " + message);
  }
}

/// Writes what a model said into `folder`, one .npy each, and tells it; names are made fit for files. Those of `texts`
/// become arrays of strings.
void write_outputs(const std::string& folder, const std::vector<std::pair<std::string, Tensor>>& outputs,
                   bool json, const TextTensors& texts = {});

/// "NAME=FILE" or "FILE" as both parts. Names and files may hold "=": the longest of `known` that the text begins with is
/// the name; else a text that is a file is one, and else the name ends at the first "=".
std::pair<std::string, std::string> name_and_file(const std::string& text, const std::vector<std::string>& known = {});

/// Whether `path` ends in one of these, in lower case: cameras and Windows write others. For files that are
/// not there, or not what they are called; those that are there are known by their bytes.
bool ends_with_any(std::string path, std::initializer_list<const char*> endings);
/// Whether anything is at `path`.
bool exists(const std::string& path);

/// "multi30k:val" as its place and its part, one of `parts`; `otherwise` where none is named.
std::pair<std::string, std::string> place_and_part(const std::string& source,
                                                   const std::vector<std::string>& parts,
                                                   const std::string& otherwise);
/// Makes the folder, with those above it, unless it is there. Throws FileError.
void make_folder(const std::string& path);

/// Writes `text` to `stream` and flushes it. A failure does not throw: work goes on when nobody listens any
/// more, and main() looks at standard output at the end.
void tell(std::FILE* stream, const std::string& text);
/// After a failed write: when it failed because the reader of a pipe has ended or the terminal is closed,
/// sends this and all later output nowhere, as if it had been read.
void forget_gone_reader(std::FILE* stream);

/// Prints one JSON object as one line on standard output and flushes it. Bytes that are no UTF-8 (names of
/// files may hold any) become U+FFFD, since JSON is UTF-8.
void print_json(const Json& value);
/// Non-finite numbers have no form in JSON: they become null.
Json finite(double value);

/// Text as a terminal may have it: lines and tabs stay, other control characters do not.
std::string shown(const std::string& text);

/// "12.3 GiB"
std::string bytes(double count);

}  // namespace lamina::cli
