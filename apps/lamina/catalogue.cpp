// The catalogue. Every checksum was computed from the file of that commit in its source's repository; those
// of t5-small are the ones that projects which pin the same commit publish, in agreement.
#include "catalogue.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace lamina::cli {

const std::vector<CatalogueSet>& catalogue() {
  static const std::string github = "https://raw.githubusercontent.com/";
  static const std::string banking =
      github + "PolyAI-LDN/task-specific-datasets/57ec275d8078af65b7731c2a98be812d844a6d6b/banking_data/";
  static const std::string handson =
      github + "ageron/handson-ml2/1e2115277b50f6c584cd668fa30e3af309a5b136/datasets/";
  static const std::string t5 =
      "https://huggingface.co/google-t5/t5-small/resolve/df1b051c49625cf57a3d0d8d3863ed4d13564fe4/";
  static const std::vector<CatalogueSet> sets{
      {"banking77",
       "77 intents of bank customers in English: train.csv (10003), test.csv (3080)",
       "CC BY 4.0",
       "https://github.com/PolyAI-LDN/task-specific-datasets",
       {{"train.csv", banking + "train.csv", 839073,
         "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b"},
        {"test.csv", banking + "test.csv", 239961,
         "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d"}}},
      {"california-housing",
       "prices of houses in 20640 districts of California: housing.csv",
       "Apache-2.0",
       "https://github.com/ageron/handson-ml2",
       {{"housing.csv", handson + "housing/housing.csv", 1423529,
         "8a3727f4cf54ac1a327f69b1d5b4db54c5834ea81c6e4efc0d163300022a685e"}}},
      {"t5-small",
       "the translation model T5-small, 60 million parameters: a folder for lamina translate --model",
       "Apache-2.0",
       "https://huggingface.co/google-t5/t5-small",
       {{"generation_config.json", t5 + "generation_config.json", 147,
         "f5a1c7e2be8092018d8835128987edf0111637dd98e90599cc80310fef75d95a"},
        {"config.json", t5 + "config.json", 1206,
         "530e25060e3a8d5f7b0fcf53bfea9f3601165161f3b1914676e98d97cf07bcf1"},
        {"tokenizer_config.json", t5 + "tokenizer_config.json", 2324,
         "d1e7146101aa96282057f374aa9c3b260fba2109e5990edb1775d6efc70ffa3c"},
        {"tokenizer.json", t5 + "tokenizer.json", 1389353,
         "d2acde0d8d71dd30a711834b07781b9c89feaac33fd332f60507699282740066"},
        {"spiece.model", t5 + "spiece.model", 791656,
         "d60acb128cf7b7f2536e8f38a5b18a05535c9e14c7a355904270e15b0945ea86"},
        {"model.safetensors", t5 + "model.safetensors", 242043056,
         "bd944e5f1b3ad9b70dd9d00010a517059e19265671076b8b0a4a58d9491842bc"}}},
      {"tiny-shakespeare",
       "1.1 million characters of Shakespeare's plays: input.txt",
       "MIT; the text is in the public domain",
       "https://github.com/karpathy/char-rnn",
       {{"input.txt",
         github + "karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
         1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"}}},
      {"titanic",
       "891 passengers of the Titanic, and who survived: train.csv",
       "Apache-2.0",
       "https://github.com/ageron/handson-ml2",
       {{"train.csv", handson + "titanic/train.csv", 61904,
         "14769fb1850e2d26d8e6db0ee49c213878040432827e39b13caaa15603c6598f"}}},
  };
  return sets;
}

uint64_t CatalogueSet::bytes() const {
  uint64_t sum = 0;
  for (const CatalogueFile& file : files) sum += file.bytes;
  return sum;
}

std::string place_of(const CatalogueSet& set) {
  std::vector<std::string> folders{set.name};
  if (const char* data = std::getenv("LAMINA_DATA"); data && *data)
    folders.insert(folders.begin(), std::string(data) + "/" + set.name);
  for (const std::string& folder : folders) {
    std::error_code ignored;
    const bool all = std::all_of(set.files.begin(), set.files.end(), [&](const CatalogueFile& file) {
      return std::filesystem::file_size(folder + "/" + file.name, ignored) == file.bytes && !ignored;
    });
    if (all) return folder;
  }
  return "";
}

}  // namespace lamina::cli
