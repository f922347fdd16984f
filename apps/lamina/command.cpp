// Command on top of CLI11.
#include "command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <type_traits>

#include "cli.h"

namespace lamina::cli {
namespace {

void describe(CLI::Option* option, const Argument& argument) {
  if (argument.required) option->required();
  if (*argument.type) option->type_name(argument.type);
  if (!argument.choices.empty()) option->check(CLI::IsMember(argument.choices));
  if (argument.show_default) option->capture_default_str();
}

template <class T>
struct ValueOf {
  using Type = T;
};
template <class T>
struct ValueOf<std::optional<T>> {
  using Type = T;
};

template <class T>
std::string range_text(T least, T most) {
  return fmt::format("expected at least {} and at most {}", least, most);
}

// Puts a whole number into the form that the parser reads as the same number: it would take what is too large
// for the largest, and a zero in front for an octal number. Returns what is wrong with it, or "".
template <class T>
std::string read_whole(std::string& text, const Argument& argument) {
  using Limits = std::numeric_limits<T>;
  const T least =
      argument.least > static_cast<double>(Limits::min()) ? static_cast<T>(argument.least) : Limits::min();
  const T most =
      argument.most < static_cast<double>(Limits::max()) ? static_cast<T>(argument.most) : Limits::max();
  const std::string range = range_text(least, most);
  const char* first = text.c_str() + (text[0] == '+' && text[1] != '-' ? 1 : 0);
  const char* last = text.c_str() + text.size();
  // Negative ones are too small for what counts from 0, and not something else than numbers.
  const bool negative = std::is_unsigned_v<T> && *first == '-';
  T number{};
  const auto [end, error] = std::from_chars(first + (negative ? 1 : 0), last, number);
  if (error == std::errc::invalid_argument || end != last)
    return fmt::format("'{}' is no whole number; {}", text, range);
  if (error != std::errc() || (negative && number != 0) || number < least || number > most)
    return fmt::format("{} is out of range; {}", text, range);
  text = std::to_string(number);
  return "";
}

std::string read_real(const std::string& text, const Argument& argument) {
  const std::string range = range_text(argument.least, argument.most);
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0') return fmt::format("'{}' is no number; {}", text, range);
  if (number >= argument.least && number <= argument.most) return "";
  return fmt::format("{} is out of range; {}", text, range);
}

template <class T>
void add_number(CLI::App* command, T& value, const Argument& argument) {
  CLI::Option* option = command->add_option(argument.name, value, argument.help);
  describe(option, argument);
  using Number = typename ValueOf<T>::Type;
  const auto read = [argument](std::string& text) -> std::string {
    if constexpr (std::is_integral_v<Number>) {
      return read_whole<Number>(text, argument);
    } else {
      return read_real(text, argument);
    }
  };
  option->transform(CLI::Validator(read, ""));
}

// An empty word is a mistake, as of a variable of the shell that is not set, and not an option that is not
// there.
void refuse_empty(CLI::Option* option) {
  option->check([](const std::string& text) {
    return text.empty() ? std::string("the value is empty; give one, or leave it out") : std::string();
  });
}

}  // namespace

Command::Command(CLI::App& app, const char* name, const char* description)
    : command_(app.add_subcommand(name, description)) {}

void Command::add(std::string& value, const Argument& argument) {
  CLI::Option* option = command_->add_option(argument.name, value, argument.help);
  describe(option, argument);
  if (!argument.may_be_empty) refuse_empty(option);
}

void Command::add(std::vector<std::string>& values, const Argument& argument) {
  CLI::Option* option = command_->add_option(argument.name, values, argument.help);
  describe(option, argument);
  if (!argument.may_be_empty) refuse_empty(option);
}

void Command::add(int& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(int64_t& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(uint64_t& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(double& value, const Argument& argument) { add_number(command_, value, argument); }
void Command::add(std::optional<int>& value, const Argument& argument) {
  add_number(command_, value, argument);
}

void Command::add(std::optional<double>& value, const Argument& argument) {
  add_number(command_, value, argument);
}

void Command::flag(bool& value, const char* name, const std::string& help) {
  command_->add_flag(name, value, help);
}

void Command::footer(const std::string& text) { command_->footer(text); }

void Command::on_call(std::function<void()> chosen) { command_->callback(std::move(chosen)); }

Given Command::given() const {
  Given names;
  for (const CLI::Option* option : command_->get_options()) {
    if (option->count() > 0) names.push_back(option->get_name());
  }
  return names;
}

void check_belongings(const std::string& command, const Given& given, const std::vector<Belonging>& all) {
  const auto is_given = [&](const std::string& name) {
    return std::find(given.begin(), given.end(), name) != given.end();
  };
  for (const auto& [option, to] : all) {
    if (is_given(option) && std::none_of(to.begin(), to.end(), is_given))
      throw UsageError(fmt::format("{}: {} belongs to {}", command, option, fmt::join(to, " or ")));
  }
}

void take_only(const std::string& who, const Given& given, const std::vector<std::string>& taken,
               const std::function<std::string(const std::string&)>& instead) {
  for (const std::string& option : given) {
    if (std::find(taken.begin(), taken.end(), option) != taken.end()) continue;
    throw UsageError(who + " has no " + option + (instead ? instead(option) : std::string()));
  }
}

}  // namespace lamina::cli
