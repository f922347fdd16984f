// The command line: reads it, runs one subcommand, turns exceptions into one line and an exit status.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <new>

#include "chat.h"
#include "cli.h"
#include "detect.h"
#include "face.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/base/version.h"

namespace {

using lamina::cli::UsageError;

// Exit statuses of the contract.
constexpr int kFailure = 1, kUsage = 2;

int fail(int status, std::string message) {
  for (char& c : message) {
    if (c == '\n') c = ' ';
  }
  std::string line = "lamina: error: " + lamina::printable(message) + "\n";
  std::fflush(stdout);
  std::fwrite(line.data(), 1, line.size(), stderr);
  return status;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

// CLI11 tells which words it could not place; we add which of the known options was probably meant.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  for (const CLI::App* sub : app.get_subcommands()) command = sub;
  const std::string help =
      command == &app ? "see 'lamina --help'" : "see 'lamina " + command->get_name() + " --help'";
  for (const std::string& extra : command->remaining()) {
    if (extra.size() < 2 || extra[0] != '-') continue;
    std::string name = extra.substr(0, extra.find('='));
    std::vector<std::string> known;
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& text : option->get_lnames()) known.push_back("--" + text);
    }
    return "unknown option '" + name + "' (" + help + ")" + lamina::suggest(name, known);
  }
  std::string text = error.what();
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  return text + "; " + help;
}

int run(int argc, char** argv) {
  CLI::App app("Deep learning with the face of Keras, native.", "lamina");
  app.set_version_flag("--version", std::string("lamina ") + lamina::version());
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  lamina::cli::Action action;
  lamina::cli::add_doctor(app, action);
  const std::vector<std::string> words(argv, argv + argc);
  lamina::cli::add_train(app, action, words);
  lamina::cli::add_evaluate(app, action, words);
  lamina::cli::add_predict(app, action);
  lamina::cli::add_detect(app, action);
  lamina::cli::add_summary(app, action);
  lamina::cli::add_inspect(app, action);
  lamina::cli::add_convert(app, action);
  lamina::cli::add_diff(app, action);
  lamina::cli::add_list(app, action);
  lamina::cli::add_report(app, action);
  lamina::cli::add_run(app, action);
  lamina::cli::add_generate(app, action);
  lamina::cli::add_translate(app, action);
  lamina::cli::add_tokenize(app, action);
  lamina::cli::add_chat(app, action);
  lamina::cli::add_face(app, action);
  lamina::cli::add_bench(app, action);
  lamina::cli::add_data(app, action);
  lamina::cli::add_new(app, action);
  lamina::cli::add_completion(app, action);

  if (argc < 2) throw UsageError("a command is missing; see 'lamina --help'");
  if (std::string word = argv[1]; word[0] != '-') {
    std::vector<std::string> known = subcommand_names(app);
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      throw UsageError("unknown command '" + word + "' (see 'lamina --help')" + lamina::suggest(word, known));
    }
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    throw UsageError(explain(app, error));
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    // An earlier flush may have failed already: a full disk must not look like success.
    const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
    return written || status != 0 ? status : fail(kFailure, "cannot write to standard output");
  } catch (const UsageError& error) {
    return fail(kUsage, error.what());
  } catch (const std::bad_alloc&) {
    return fail(kFailure, "out of memory");
  } catch (const std::exception& error) {
    return fail(kFailure, error.what());
  }
}
