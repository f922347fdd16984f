// The defaults of our functions against those of keras.ops: both sides are read, ours from the headers,
// Keras's from a golden file made by tools/golden/signatures.py.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/base/json.h"

namespace lamina {
namespace {

struct Parameter {
  std::string name;
  std::optional<std::string> value;  // the default
};
struct Declaration {
  std::string function;
  std::vector<Parameter> parameters;
};

std::string without_comments(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) i = text.find('\n', i);
    if (i == std::string::npos) break;
    result += text[i];
  }
  return result;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \n") - begin + 1);
}

/// Cuts at commas outside of brackets.
std::vector<std::string> cut(const std::string& text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    if (std::string("<({").find(c) != std::string::npos) ++depth;
    if (std::string(">)}").find(c) != std::string::npos) --depth;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (trimmed(parts.back()).empty()) parts.pop_back();
  return parts;
}

Parameter parameter_of(const std::string& text) {
  Parameter result;
  std::string declarator = text;
  if (const size_t at = text.find('='); at != std::string::npos) {
    result.value = trimmed(text.substr(at + 1));
    declarator = text.substr(0, at);
  }
  declarator = trimmed(declarator);
  result.name = declarator.substr(declarator.find_last_of(" &*") + 1);
  return result;
}

/// The functions that give tensors, of one header.
std::vector<Declaration> declarations(const std::string& header) {
  const std::string text = without_comments(header);
  std::vector<Declaration> result;
  for (const std::string type : {"\nTensor ", "\nstd::vector<Tensor> "}) {
    for (size_t at = text.find(type); at != std::string::npos; at = text.find(type, at + 1)) {
      const size_t name = at + type.size();
      const size_t open = text.find('(', name);
      size_t close = open + 1;
      for (int depth = 1; depth > 0 && close < text.size(); ++close) {
        if (text[close] == '(') ++depth;
        if (text[close] == ')') --depth;
      }
      Declaration found{trimmed(text.substr(name, open - name)), {}};
      if (found.function.starts_with("operator")) continue;
      for (const std::string& part : cut(text.substr(open + 1, close - open - 2)))
        found.parameters.push_back(parameter_of(part));
      result.push_back(std::move(found));
    }
  }
  return result;
}

std::vector<Declaration> our_functions() {
  std::vector<Declaration> all;
  const std::filesystem::path folder = std::filesystem::path(LAMINA_SOURCE_DIR) / "lamina" / "ops";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".h") continue;
    for (Declaration& found : declarations(read_file(entry.path().string()))) all.push_back(std::move(found));
  }
  return all;
}

/// Python's text of a C++ default.
std::string in_python(const std::string& value) {
  static const std::map<std::string, std::string> words = {
      {"{}", "None"}, {"std::nullopt", "None"}, {"false", "False"}, {"true", "True"}, {"{0, 1}", "(0, 1)"}};
  if (const auto found = words.find(value); found != words.end()) return found->second;
  if (value.starts_with('"')) return "'" + value.substr(1, value.size() - 2) + "'";
  return value;
}

/// Where we differ on purpose, and why.
const std::map<std::pair<std::string, std::string>, std::string> kOnPurpose = {
    {{"full", "dtype"}, "None means floatx(), which is float32"},
    {{"zeros", "dtype"}, "None means floatx(), which is float32"},
    {{"ones", "dtype"}, "None means floatx(), which is float32"},
    {{"one_hot", "dtype"}, "None means floatx(), which is float32"},
    {{"multi_hot", "dtype"}, "None means floatx(), which is float32"},
    {{"multi_hot", "num_classes"}, "None is an error"},
    {{"bincount", "length"}, "an addition, for functions that are compiled; there are no sparse results"},
    {{"arange", "dtype"}, "None means the dtype of the bounds, which are integers here"},
    {{"eye", "dtype"}, "None means floatx(), which is float32"},
    {{"tri", "dtype"}, "None means floatx(), which is float32"},
    {{"linspace", "dtype"}, "None means floatx(), of bounds that are no integers"},
    {{"logspace", "dtype"}, "None means floatx(), of bounds that are no integers"},
    {{"geomspace", "dtype"}, "None means floatx(), of bounds that are no integers"},
    {{"full_like", "dtype"}, "None means x's, which is an overload of its own"},
    {{"round", "decimals"}, "0 is an overload of its own"},
    {{"normalize", "epsilon"}, "None means backend.epsilon(), which is 1e-7"},
    {{"layer_normalization", "epsilon"}, "None means backend.epsilon(), which is 1e-7"},
    {{"rms_normalization", "epsilon"}, "None means backend.epsilon(), which is 1e-7"},
    {{"cond", "operands"}, "an addition: values that the branches read, which may be left out"},
    {{"matmul", "transpose_a"}, "an addition: keras.ops has transposed copies instead"},
    {{"matmul", "transpose_b"}, "an addition: keras.ops has transposed copies instead"},
    {{"slice", "steps"}, "slice takes bounds as Python's brackets do, not a size"},
    {{"pad", "value"}, "constant_values, of which None is 0"},
    {{"pad", "mode"}, "constant without a mode, which is an overload of its own"},
};

TEST(KerasDefaults, AreOurs) {
  const Json keras =
      Json::parse(read_file(std::string(LAMINA_SOURCE_DIR) + "/tests/golden/ops/signatures.json"));
  std::set<std::string> compared;
  std::set<std::pair<std::string, std::string>> used;
  for (const Declaration& ours : our_functions()) {
    const std::string name = ours.function == "variance" ? "var" : ours.function;
    const Json* const theirs = keras.find(name);
    if (!theirs) continue;
    compared.insert(name);
    for (size_t i = 0; i < ours.parameters.size(); ++i) {
      const Parameter& parameter = ours.parameters[i];
      // Of the same name, else at the same place.
      const Json* match = i < theirs->size() ? &theirs->at(i) : nullptr;
      for (size_t k = 0; k < theirs->size(); ++k) {
        if (theirs->at(k).at(size_t{0}).as_string() == parameter.name) match = &theirs->at(k);
      }
      if (!parameter.value) {
        if (const auto reason = kOnPurpose.find({ours.function, parameter.name});
            reason != kOnPurpose.end()) {
          used.insert(reason->first);
          continue;
        }
        EXPECT_TRUE(!match || match->at(size_t{0}).as_string() != parameter.name ||
                    match->at(size_t{1}).is_null())
            << ours.function << ": " << parameter.name << " must be given, but Keras has a default";
        continue;
      }
      const std::string expected = !match                           ? "no such parameter"
                                   : match->at(size_t{1}).is_null() ? "a parameter without default"
                                                                    : match->at(size_t{1}).as_string();
      if (in_python(*parameter.value) == expected) continue;
      const auto reason = kOnPurpose.find({ours.function, parameter.name});
      if (reason != kOnPurpose.end()) {
        used.insert(reason->first);
        continue;
      }
      ADD_FAILURE() << ours.function << ": " << parameter.name << " is " << *parameter.value
                    << " unless given; in Keras: " << expected;
    }
  }
  for (const auto& [place, reason] : kOnPurpose)
    EXPECT_TRUE(used.contains(place))
        << place.first << ", " << place.second << " need not differ: " << reason;
  EXPECT_GT(compared.size(), 60u);
  for (const char* name :
       {"argmax", "sum", "any", "greater", "take", "concatenate", "softmax", "one_hot", "zeros"})
    EXPECT_TRUE(compared.contains(name)) << name;
}

}  // namespace
}  // namespace lamina
