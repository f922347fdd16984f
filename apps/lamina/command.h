// Command: the options of one subcommand, without the parser's header (which takes seconds to compile).
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lamina::cli {

/// How one option or positional argument looks to the user.
struct Argument {
  const char* name;  ///< "--epochs", or "MODEL" for a positional one
  std::string help;
  const char* type = "";  ///< what stands for the value in help: "N"
  bool required = false;
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};
  bool show_default = false;  ///< whether help tells the value that the variable has now
  bool may_be_empty = false;  ///< whether a word without characters is one that was meant
};

/// Names of the options that a command line gives, "--epochs".
using Given = std::vector<std::string>;

/// An option that means something only beside one of others.
struct Belonging {
  std::string option;
  std::vector<std::string> to;
};
/// Throws UsageError, in the name of `command`, for an option that is given without any that it belongs to.
void check_belongings(const std::string& command, const Given& given, const std::vector<Belonging>& all);
/// Throws UsageError for a given option that is none of `taken`: "who has no --epochs".
/// @param instead  gives what is said behind the name of an option; null: nothing
void take_only(const std::string& who, const Given& given, const std::vector<std::string>& taken,
               const std::function<std::string(const std::string&)>& instead = {});

/// One subcommand while it is being declared. The variables must live until the action has run.
class Command {
 public:
  Command(CLI::App& app, const char* name, const char* description);

  void add(std::string& value, const Argument& argument);
  void add(std::vector<std::string>& values, const Argument& argument);
  void add(int& value, const Argument& argument);
  void add(int64_t& value, const Argument& argument);
  void add(uint64_t& value, const Argument& argument);
  void add(double& value, const Argument& argument);
  void add(std::optional<int>& value, const Argument& argument);
  void add(std::optional<double>& value, const Argument& argument);
  void flag(bool& value, const char* name, const std::string& help);
  /// Text below the options in help.
  void footer(const std::string& text);
  /// `chosen` runs when this subcommand is the one that was called, after all values are in place.
  void on_call(std::function<void()> chosen);
  /// What the command line gives, once it has been read.
  Given given() const;

 private:
  CLI::App* command_;
};

}  // namespace lamina::cli
