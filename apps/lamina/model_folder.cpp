// A folder is known by its config.json.
#include "model_folder.h"

#include <filesystem>
#include <optional>

#include "fine_tuning.h"
#include "lamina/base/error.h"
#include "lamina/chat/reply_generator.h"
#include "train_language.h"
#include "translation.h"
#include "model_file.h"

namespace lamina::cli {
namespace {

/// What a folder is, and the command for it.
struct Use {
  std::string is, command;
  bool writes = true;
};

std::string class_of(const Json& config) {
  const Json* const names = config.find("architectures");
  return names && names->is_list() && names->size() > 0 && names->at(0).is_string() ? names->at(0).as_string()
                                                                                    : "";
}

Use use_of(const std::string& path) {
  if (ReplyGenerator::is_in(path)) return {"writes replies", "lamina chat --model " + path};
  if (translates(path)) return {"is an encoder-decoder", "lamina translate --model " + path + " TEXT"};
  const std::string name = class_of(config_of(path));
  if (name.ends_with("ForCausalLM") || name.ends_with("LMHeadModel"))
    return {"goes on with texts", "lamina generate --model " + path + " TEXT"};
  return {(name.empty() ? "is a model" : "is a " + name) + " that no task was learned by",
          "lamina train classify --from " + path + ", and lamina run " + path + " for its tensors", false};
}

}  // namespace

void check_folder(const std::string& command, const std::string& path, bool takes_language) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored) || is_saved_model(path)) return;
  if (!is_model_folder(path))
    throw InvalidArgument("'" + path +
                          "' is a folder without config.json, and so no model: a .keras or .classic file, or "
                          "the folder of a language model was expected");
  const Use use = use_of(path);
  if (takes_language && use.writes) return;
  throw InvalidArgument("'" + path + "' " + use.is + ", and " + command + " cannot ask it: " + use.command);
}

}  // namespace lamina::cli
