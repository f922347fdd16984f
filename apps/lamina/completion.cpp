// lamina completion and lamina man: what shells and the manual know of the commands, made of the commands
// themselves.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli.h"
#include "lamina/base/version.h"
#include "lamina/zoo/recipes.h"
#include "recipe_kinds.h"

namespace lamina::cli {
namespace {

using Commands = std::vector<const CLI::App*>;

Commands commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command, bool positional) {
  return command.get_options(
      [positional](const CLI::Option* option) { return option->get_positional() == positional; });
}

std::string long_name(const CLI::Option& option) { return "--" + option.get_lnames().at(0); }
bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

/// What may stand at the first place of a command, beside files.
std::vector<std::string> first_words(const std::string& command) {
  if (command == "data") return {"list", "get", "check", "split"};
  if (command == "completion") return {"bash", "zsh", "fish"};
  std::vector<std::string> names;
  if (command == "bench") {
    for (const Recipe& recipe : recipes()) names.push_back(recipe.name);
  }
  if (command == "train") {
    for (const auto& [name, description] : recipe_list()) names.push_back(name);
  }
  return names;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string bash(const CLI::App& app) {
  std::vector<std::string> names;
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    names.push_back(command->get_name());
    std::vector<std::string> options;
    for (const CLI::Option* option : options_of(*command, false)) options.push_back(long_name(*option));
    cases += fmt::format("    {})\n      options='{}'\n      words='{}'\n      ;;\n", command->get_name(),
                         joined(options), joined(first_words(command->get_name())));
  }
  return fmt::format(R"(# bash completion for lamina
_lamina() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} options='' words=''
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W '{} --help --version' -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  (( COMP_CWORD == 2 )) && COMPREPLY=($(compgen -W "$words" -- "$current"))
  compopt -o default 2> /dev/null
}}
complete -F _lamina lamina
)",
                     joined(names), cases);
}

/// Text between single quotes.
std::string quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::string zsh(const CLI::App& app) {
  const auto plain = [](std::string text) {  // no sign of zsh's own
    for (const char* sign : {"[", "]", ":", "\\"}) text = replaced(text, sign, std::string(" "));
    return text;
  };
  std::string names, cases;
  for (const CLI::App* command : commands_of(app)) {
    names += fmt::format("    {}\n", quoted(command->get_name() + ":" + plain(command->get_description())));
    cases += fmt::format("    {})\n      _arguments \\\n", command->get_name());
    for (const CLI::Option* option : options_of(*command, false)) {
      cases +=
          fmt::format("        {} \\\n", quoted(long_name(*option) + "[" + plain(option->get_description()) +
                                                "]" + (takes_value(*option) ? ":value:_files" : "")));
    }
    const std::vector<std::string> words = first_words(command->get_name());
    if (!words.empty())
      cases += fmt::format("        {} \\\n", quoted("1: :{_alternative 'words:word:(" + joined(words) +
                                                     ")' 'files:file:_files'}"));
    cases += "        '*:file:_files'\n      ;;\n";
  }
  return fmt::format(R"(#compdef lamina
_lamina() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
{}  esac
}}
if [[ $funcstack[1] == _lamina ]]; then
  _lamina "$@"
else
  compdef _lamina lamina
fi
)",
                     names, cases);
}

std::string fish(const CLI::App& app) {
  const auto fish_quoted = [](const std::string& text) {
    return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
  };
  std::string script = "# fish completion for lamina\n";
  for (const CLI::App* command : commands_of(app)) {
    const std::string& name = command->get_name();
    script += fmt::format("complete -c lamina -n __fish_use_subcommand -f -a {} -d {}\n", name,
                          fish_quoted(command->get_description()));
    const std::string seen = fmt::format("-n '__fish_seen_subcommand_from {}'", name);
    for (const CLI::Option* option : options_of(*command, false)) {
      script += fmt::format("complete -c lamina {} -l {}{} -d {}\n", seen, option->get_lnames()[0],
                            takes_value(*option) ? " -r" : "", fish_quoted(option->get_description()));
    }
    if (const auto words = first_words(name); !words.empty())
      script += fmt::format("complete -c lamina {} -a {}\n", seen, fish_quoted(joined(words)));
  }
  return script;
}

/// Text as roff takes it: no sign of its own, no line that begins with one.
std::string roff(const std::string& text) {
  return replaced(replaced(replaced(text, "\\", "\\e"), "-", "\\-"), "\n", "\n\\&");
}

std::string man(const CLI::App& app) {
  std::string page = fmt::format(
      ".TH LAMINA 1 \"\" \"lamina {}\"\n.SH NAME\nlamina \\- deep learning, native: train, evaluate, "
      "predict\n"
      ".SH SYNOPSIS\n.B lamina\n.I COMMAND\n.RI [ ARGUMENTS ]\n.SH DESCRIPTION\n{}\nEvery command explains "
      "itself:\n"
      ".B lamina COMMAND \\-\\-help\n.SH COMMANDS\n",
      version(), roff(app.get_description()));
  for (const CLI::App* command : commands_of(app)) {
    std::string usage;
    for (const CLI::Option* option : options_of(*command, true)) usage += " " + option->get_name(true);
    page += fmt::format(".SS {}\n.B lamina {}{}\n.PP\n{}\n", command->get_name(), command->get_name(),
                        roff(usage), roff(command->get_description()));
    for (const bool positional : {true, false}) {
      for (const CLI::Option* option : options_of(*command, positional)) {
        const std::string name = positional ? option->get_name(true) : long_name(*option);
        const bool value = !positional && takes_value(*option);
        page +=
            fmt::format(".TP\n.B {}{}\n{}\n", roff(name), value ? " " + roff(option->get_type_name()) : "",
                        roff(option->get_description()));
      }
    }
  }
  return page +
         ".SH EXIT STATUS\n0 where all went well, 1 where it did not, 2 for a command line that cannot be "
         "understood. A "
         "message is one line\non standard error that begins with\n.BR \"lamina: error:\" .\n";
}

struct Options {
  std::string shell;
};

int print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  Command command(app, "completion", "Print what completes commands and options in a shell");
  auto options = std::make_shared<Options>();
  command.add(options->shell, {.name = "SHELL",
                               .help = "Which: bash, zsh or fish",
                               .required = true,
                               .choices = {"bash", "zsh", "fish"}});
  command.footer("Example: source <(lamina completion bash)");
  command.on_call([options, &app, &action] {
    action = [options, &app] {
      return print(options->shell == "bash" ? bash(app) : options->shell == "zsh" ? zsh(app) : fish(app));
    };
  });
  Command manual(app, "man", "Print the manual page");
  manual.footer("Example: lamina man | man -l -");
  manual.on_call([&app, &action] { action = [&app] { return print(man(app)); }; });
}

}  // namespace lamina::cli
