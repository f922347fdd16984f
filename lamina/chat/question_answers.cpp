// Questions and answers from files of several forms.
#include "lamina/chat/question_answers.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/utf8.h"
#include "lamina/chat/detail/conversations.h"
#include "lamina/data/csv.h"
#include "lamina/data/detail/text_file.h"
#include "lamina/data/read_lines.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

// Entries of one file, checked as they come.
class Entries {
 public:
  Entries(std::string path, QuestionColumns columns) : path_(std::move(path)), columns_(std::move(columns)) {}

  [[noreturn]] void fail(const std::string& place, const std::string& what) const {
    throw FileError("'" + path_ + "'" + (place.empty() ? "" : ", " + place) + ": " + what);
  }

  void add(const std::string& question, const std::string& answer, const std::string& place) {
    QuestionAnswer entry{detail::trimmed(question), detail::trimmed(answer)};
    for (const auto* text : {&entry.question, &entry.answer}) {
      const std::string what = text == &entry.question ? "the question" : "the answer";
      if (text->empty()) fail(place, what + " is empty");
      if (text->size() > kMostAnswerBytes)
        fail(place, what + " has " + std::to_string(text->size()) + " bytes; at most " +
                        std::to_string(kMostAnswerBytes) + " are read");
      if (!is_utf8(*text)) fail(place, what + " is no UTF-8; save the file in that encoding");
    }
    entries_.push_back(std::move(entry));
  }

  void add(const Json& json, const std::string& place) {
    const std::string question = columns_.question.empty() ? "question" : columns_.question;
    const std::string answer = columns_.answer.empty() ? "answer" : columns_.answer;
    const Json *q = nullptr, *a = nullptr;
    if (json.is_object()) {
      q = json.find(question), a = json.find(answer);
    } else if (json.is_list() && json.size() == 2) {
      q = &json.at(size_t{0}), a = &json.at(size_t{1});
    }
    if (!q || !a || !q->is_string() || !a->is_string())
      fail(place, "expected {\"" + question + "\": text, \"" + answer + "\": text} or [question, answer]");
    add(q->as_string(), a->as_string(), place);
  }

  void read_table() {
    const CsvTable table = read_csv(path_);
    const auto index = [&](const std::string& asked, const char* usual, size_t place) {
      if (!asked.empty()) return table.column(asked);
      const auto found = std::find(table.columns.begin(), table.columns.end(), usual);
      return found == table.columns.end() ? place : static_cast<size_t>(found - table.columns.begin());
    };
    if (table.columns.size() < 2)
      fail("",
           "expected two columns, question and answer; got one. Is the separator a comma, a semicolon, a "
           "tab or a bar?");
    const size_t question = index(columns_.question, "question", 0);
    const size_t answer = index(columns_.answer, "answer", 1);
    if (question == answer) fail("", "question and answer are one column");
    for (size_t i = 0; i < table.rows.size(); ++i)
      add(table.rows[i][question], table.rows[i][answer], "line " + std::to_string(table.lines[i]));
  }

  void read_json() {
    const Json json = Json::parse(detail::whole_text(detail::text_file(path_), path_), path_);
    if (json.is_object() && !json.contains("question")) {
      for (const auto& [question, answer] : json.as_object()) {
        if (!answer.is_string()) fail("member '" + question + "'", "expected the answer, a text");
        add(question, answer.as_string(), "member '" + question + "'");
      }
      return;
    }
    if (!json.is_list()) fail("", "expected a list of questions and answers");
    size_t number = 0;
    for (const Json& entry : json.as_list()) add(entry, "element " + std::to_string(number++));
  }

  void read_json_lines() {
    size_t number = 0;
    for (const std::string& line : read_lines(path_)) {
      const std::string place = "line " + std::to_string(++number);
      if (!detail::trimmed(line).empty()) add(Json::parse(line, path_ + ", " + place), place);
    }
  }

  void read_yaml() {
    const std::string text = detail::whole_text(detail::text_file(path_), path_);
    size_t number = 0;
    for (const auto& lines : detail::parse_conversations(text, path_)) {
      const std::string place = "conversation " + std::to_string(++number);
      if (lines.size() < 2) continue;  // said, and not answered
      for (size_t i = 1; i < lines.size(); ++i) {
        if (!detail::trimmed(lines[0]).empty() && !detail::trimmed(lines[i]).empty())
          add(lines[0], lines[i], place);
      }
    }
  }

  std::vector<QuestionAnswer> take() { return std::move(entries_); }

 private:
  std::string path_;
  QuestionColumns columns_;
  std::vector<QuestionAnswer> entries_;
};

std::string kind_of(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (path.ends_with(".gz")) path.resize(path.size() - 3);
  const std::string extension = fs::path(path).extension().string();
  for (const char* known : {".csv", ".tsv", ".json", ".jsonl", ".yml", ".yaml"}) {
    if (extension == known) return extension;
  }
  return "";
}

std::vector<QuestionAnswer> read_one(const std::string& path, const QuestionColumns& columns) {
  Entries entries(path, columns);
  const std::string kind = kind_of(path);
  if (kind == ".csv" || kind == ".tsv") {
    entries.read_table();
  } else if (kind == ".json") {
    entries.read_json();
  } else if (kind == ".jsonl") {
    entries.read_json_lines();
  } else if (!kind.empty()) {
    entries.read_yaml();
  } else {
    entries.fail("", "questions and answers are read from .csv, .tsv, .json, .jsonl, .yml and .yaml");
  }
  return entries.take();
}

}  // namespace

std::vector<QuestionAnswer> read_question_answers(const std::string& path, const QuestionColumns& columns) {
  std::vector<std::string> files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file() && !kind_of(entry.path().string()).empty())
        files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  std::vector<QuestionAnswer> all;
  std::set<std::pair<std::string, std::string>> known;
  for (const std::string& file : files) {
    for (QuestionAnswer& entry : read_one(file, columns)) {
      if (known.emplace(entry.question, entry.answer).second) all.push_back(std::move(entry));
    }
  }
  if (all.empty()) throw FileError("'" + path + "': no questions and answers in it");
  return all;
}

}  // namespace lamina
