// The line that resumes.
#include "train_talk.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli.h"
#include "run_folder.h"

namespace lamina::cli {

void tell_interrupted(const TrainOptions& options, const std::string& checkpoint, bool saved, bool good) {
  if (!saved) throw Error("interrupted before the last step; nothing is saved: the weights are no numbers");
  std::vector<std::string> words = options.words;
  if (std::find(words.begin(), words.end(), "--resume") == words.end()) words.push_back("--resume");
  const std::string command = shell_line(words);
  if (options.json) {
    print_json(Json::object(
        {{"done", false}, {"interrupted", true}, {"checkpoint", checkpoint}, {"resume", command}}));
  }
  tell(stderr, fmt::format("{} {}. Go on with:\n  {}\n", good ? "Saved" : "The last good state is in",
                           checkpoint, command));
  throw Error("interrupted before the last step; the training can be resumed");
}

}  // namespace lamina::cli
