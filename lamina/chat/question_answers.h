// Questions and their answers, as a company keeps them: read from tables, JSON and YAML.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// One entry. Several entries may have one question (other answers to it) or one answer (other ways to ask).
struct QuestionAnswer {
  std::string question, answer;
  bool operator==(const QuestionAnswer& other) const = default;
};

/// Which columns of a table (or members of objects) are read. Empty: those called question and answer, or
/// else the first two columns.
struct QuestionColumns {
  std::string question = {}, answer = {};
};

/// Most bytes of one question or answer.
inline constexpr size_t kMostAnswerBytes = 65536;

/// The entries of a file, plain or gzip-compressed, or of all such files below a folder, in the order of
/// their names:
///   .csv .tsv     a table with at least two columns
///   .json         a list of {"question": ..., "answer": ...} or of [question, answer]; or {question: answer}
///   .jsonl        one such object or list a line
///   .yml .yaml    `conversations:`, lists whose first line is the question and the others answers to it, as
///                 the corpora of ChatterBot are
/// Spaces around texts are dropped, and so are entries that came before. Throws FileError for another kind of
/// file, one without entries, a table of one column, texts that are no UTF-8, empty questions or answers, and
/// texts of more than kMostAnswerBytes; and InvalidArgument for columns that are not there.
std::vector<QuestionAnswer> read_question_answers(const std::string& path,
                                                  const QuestionColumns& columns = {});

}  // namespace lamina
