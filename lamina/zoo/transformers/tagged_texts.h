// TaggedTexts: words with a tag each, from the files that such data come in.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// Texts as words, and a tag for each word: "B-PER", "O".
struct TaggedTexts {
  std::vector<std::vector<std::string>> words, tags;
  size_t size() const { return words.size(); }
};

/// The texts of a file, plain or .gz. A name that ends in .jsonl is an object on each line, with lists of
/// strings "tokens" (or "words") and "tags" (or "ner_tags"). Any other is in columns, as the data of CoNLL: a
/// word on each line, its tag last, blanks or tabs between columns, an empty line behind each text;
/// "-DOCSTART-" and lines that begin with "# " and do not end with a tag are passed over. Throws FileError,
/// naming the line, for what cannot be read, texts with other numbers of tags than words, lines of one
/// column, tags that are numbers, and files without texts.
TaggedTexts read_tagged_texts(const std::string& path);

/// The file that holds a part of a data set; "" for a folder that has no such part.
/// @param place  a file, which is every part; or a folder with PART and one of the endings .conll, .txt,
/// .tsv,
///               .iob, .bio, .jsonl and .json (dialogues), plain or .gz, or none. The part "val" may also be
///               called "valid", "validation" or "dev". What is not there is looked for in $LAMINA_DATA and
///               /usr/share/datasets, where it is a name alone.
/// @param part   "train", "val" or "test"
std::string tagged_file(const std::string& place, const std::string& part);

/// The tags of `texts`, each once: "O" first, the others in alphabetical order, B- before I- of a type.
std::vector<std::string> tags_of(const TaggedTexts& texts);

/// A text as words: what blanks separate, with signs in front and behind apart ("Boston." is two words,
/// "6:30pm" one).
std::vector<std::string> words_of(const std::string& text);

}  // namespace lamina
