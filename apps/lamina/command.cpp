// Command on top of CLI11.
#include "command.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <sstream>

namespace lamina::cli {
namespace {

void describe(CLI::Option* option, const Argument& argument) {
  if (argument.required) option->required();
  if (*argument.type) option->type_name(argument.type);
  if (!argument.choices.empty()) option->check(CLI::IsMember(argument.choices));
  if (argument.show_default) option->capture_default_str();
}

template <class T>
void add_number(CLI::App* command, T& value, const Argument& argument) {
  CLI::Option* option = command->add_option(argument.name, value, argument.help);
  describe(option, argument);
  const double least = argument.least, most = argument.most;
  option->check([least, most, name = std::string(argument.name)](const std::string& text) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end == text.c_str() || *end != '\0') return "'" + text + "' is no number";
    if (number >= least && number <= most) return std::string();
    std::ostringstream range;
    range.precision(15);
    range << text << " is out of range";
    if (least > -1e300) range << "; expected at least " << least;
    if (most < 1e300) range << (least > -1e300 ? " and at most " : "; expected at most ") << most;
    return range.str();
  });
}

}  // namespace

Command::Command(CLI::App& app, const char* name, const char* description)
    : command_(app.add_subcommand(name, description)) {}

void Command::add(std::string& value, const Argument& argument) {
  describe(command_->add_option(argument.name, value, argument.help), argument);
}

void Command::add(std::vector<std::string>& values, const Argument& argument) {
  describe(command_->add_option(argument.name, values, argument.help), argument);
}

void Command::add(int& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(int64_t& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(uint64_t& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(double& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(std::optional<int>& value, const Argument& argument) {
  add_number(command_, value, argument);
}

void Command::flag(bool& value, const char* name, const std::string& help) {
  command_->add_flag(name, value, help);
}

void Command::footer(const std::string& text) { command_->footer(text); }

void Command::on_call(std::function<void()> chosen) { command_->callback(std::move(chosen)); }

}  // namespace lamina::cli
