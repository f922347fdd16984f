// AutoTokenizer: tells by the path what there is to read.
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/text/tokenizers/detail/files.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

namespace lamina {

PretrainedTokenizer AutoTokenizer::from_pretrained(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw FileError("'" + path +
                    "' does not exist; a tokenizer is a folder with tokenizer.json, a SentencePiece model "
                    "or a vocabulary, or one such file");
  }
  const bool folder = std::filesystem::is_directory(path, ignored);
  return PretrainedTokenizer(folder ? detail::tokenizers::read_folder_of_tokenizer(path)
                                    : detail::tokenizers::read_file_of_tokenizer(path));
}

}  // namespace lamina
